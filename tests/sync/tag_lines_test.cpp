#include "sync/tag_lines.hpp"

#include <random>

#include "tests/support/catch.hpp"

namespace shale::sync {
namespace {

const std::string end = "{\"_type\": \"completed\", \"command\": \"generate-tags\"}\n";

std::string tag(const std::string& line, const std::string& last, const std::string& kind,
                const std::string& scope, const std::string& name) {
  return "1.rb\t" + line + '\t' + last + '\t' + kind + '\t' + scope + '\t' + name + '\n';
}

Result<std::vector<std::string>> read(const std::string& answer) {
  TagLines lines("1.rb");
  if (!TRY(lines.take(answer))) return fail(ErrorCode::io, "there is more to come");
  std::vector<std::string> found;
  for (const Symbol& symbol : lines.symbols())
    found.push_back(symbol.name + ' ' + symbol.kind + ' ' + std::to_string(symbol.first_line) +
                    '-' +
                    (symbol.last_line == UINT32_MAX ? "end" : std::to_string(symbol.last_line)));
  return found;
}

using Found = std::vector<std::string>;

}  // namespace

TEST_CASE("tag lines: functions and types, in the order of their lines") {
  CHECK(read(end).value().empty());
  CHECK(read(tag("4", "6", "method", "A", "f") + tag("1", "9", "class", "", "A") + end).value() ==
        Found{"A class 1-9", "f method 4-6"});
  CHECK(read(tag("1", "", "variable", "", "x") + tag("2", "", "function", "", "") +
             tag("3", "", "function", "", "g") + tag("5", "", "label", "", "l") + end)
            .value() == Found{"g function 3-0"});
  CHECK(read("{\"_type\": \"error\", \"warning\": true}\n" +
             tag("1", "1", "macro", "", "a\\\\b\tc") + end)
            .value() == Found{"a\\b\tc macro 1-1"});
}

TEST_CASE("tag lines: a class without an end has it before the first tag that is not in it") {
  CHECK(read(tag("1", "", "namespace", "", "N") + tag("2", "", "class", "N", "A") +
             tag("3", "", "function", "N\\\\A", "f") + tag("5", "", "function", "N\\\\A", "g") +
             tag("9", "", "class", "N", "AB") + tag("10", "", "function", "N\\\\AB", "f") +
             tag("12", "", "function", "N", "h") + tag("14", "", "function", "", "i") + end)
            .value() == Found{"N namespace 1-13", "A class 2-8", "f function 3-0", "g function 5-0",
                              "AB class 9-11", "f function 10-0", "h function 12-0",
                              "i function 14-0"});
  CHECK(read(tag("1", "", "module", "", "A") + tag("2", "", "function", "A", "f") + end).value() ==
        Found{"A module 1-end", "f function 2-0"});
  CHECK(read(tag("3", "", "class", "", "A") + tag("3", "", "class", "", "B") + end).value() ==
        Found{"A class 3-3", "B class 3-end"});
  CHECK(read(tag("1", "", "class", "", "A") + tag("3", "", "method", "AB", "f") + end).value() ==
        Found{"A class 1-2", "f method 3-0"});
}

TEST_CASE("tag lines: numbers beyond a text are nobody's concern here") {
  CHECK(read(tag("0", "99999999999999999999", "class", "", "A") +
             tag("4294967296", "1", "class", "", "B") + end)
            .value() == Found{"A class 0-end", "B class 4294967295-1"});
}

TEST_CASE("tag lines: what is no answer to the question is refused") {
  for (const std::string& bad :
       {std::string("garbage\n"), std::string("\n"), tag("x", "", "class", "", "A"),
        tag("", "", "class", "", "A"), tag("-1", "", "class", "", "A"),
        tag("1", "x", "class", "", "A"), tag("1 ", "", "class", "", "A"),
        std::string("1.rb\t1\t\tclass\tA\n"), std::string("2.rb\t1\t\tclass\t\tA\n"),
        tag("1", "", "class", "", "A\n2")}) {
    INFO(bad);
    const auto found = read(bad + end);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == ErrorCode::corrupt);
  }
  CHECK(read(end + "x").error().code == ErrorCode::corrupt);
  CHECK(read(end + tag("1", "", "class", "", "A")).error().code == ErrorCode::corrupt);
  CHECK(read(end + end).error().code == ErrorCode::corrupt);
  TagLines long_line("1.rb");
  CHECK_FALSE(long_line.take(std::string((1u << 20) + 1, 'x')));
  TagLines endless("1.rb");
  Result<bool> done = false;
  const std::string much = '{' + std::string(1u << 20, 'x') + '\n';
  for (int i = 0; i < 100 && done; ++i) done = endless.take(much);
  CHECK_FALSE(done);
}

TEST_CASE("tag lines: in blocks of any size") {
  const std::string answer =
      tag("1", "9", "class", "", "A") + tag("2", "3", "method", "A", "f") + end;
  for (usize size = 1; size < answer.size(); ++size) {
    TagLines lines("1.rb");
    for (usize at = 0; at < answer.size(); at += size)
      CHECK(lines.take(answer.substr(at, size)).value() == (at + size >= answer.size()));
    CHECK(lines.symbols().size() == 2);
  }
}

TEST_CASE("tag lines: any bytes end well") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::string_view bytes = "1.rb\t\t\t\n{}class9\\\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = round % 2 == 0 ? "" : tag("1", "2", "class", "A", "B") + end;
    for (auto i = random() % 20; i > 0; --i) {
      const char byte = bytes[random() % bytes.size()];
      text.insert(text.begin() + i64(random() % (text.size() + 1)), byte);
    }
    (void)read(text);
  }
}

}  // namespace shale::sync

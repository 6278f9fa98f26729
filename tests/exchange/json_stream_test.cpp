#include "exchange/json_stream.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::exchange;

namespace {

using Take = JsonStream::Take;
using Path = JsonStream::Path;

struct Got {
  std::vector<std::string> values;  // "path:line:text", or "<long>" for the text
  std::string problem;
  u64 problem_offset = 0;
};

std::string joined(const Path& path) {
  std::string text;
  for (const std::string& key : path) text += key + '/';
  return text;
}

Got read(const std::string& text, const JsonStream::Choose& choose, usize limit = 1000) {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "j") << text;
  const File file = File::open(folder / "j", File::Mode::read).value();
  JsonStream stream(file.descriptor(), "j", limit, choose);
  Got got;
  while (true) {
    const auto value = stream.next();
    if (!value) {
      CHECK(value.error().code == ErrorCode::corrupt);
      CHECK(value.error().path == "j");
      got.problem = value.error().message;
      got.problem_offset = value.error().offset;
      return got;
    }
    if (value->state == JsonStream::State::end) return got;
    const bool is_long = value->state == JsonStream::State::too_long;
    if (!is_long) CHECK(text.substr(value->offset, value->text.size()) == value->text);
    got.values.push_back(joined(stream.path()) + ':' + std::to_string(value->line) + ':' +
                         (is_long ? "<long>" : std::string(value->text)));
  }
}

Take segments(const Path& path) {
  if (path.empty()) return Take::enter;
  return path[0] == "segments" ? Take::each : Take::skip;
}
Take deep(const Path& path) {
  if (path.size() < 2) return Take::enter;
  return path.size() == 2 ? Take::each : Take::skip;
}
Take whole(const Path&) { return Take::whole; }
Take each(const Path&) { return Take::each; }

using Values = std::vector<std::string>;

}  // namespace

TEST_CASE("json stream: the elements under a key, the rest stepped over") {
  CHECK(read(R"({"segments":[]})", segments).values.empty());
  CHECK(read(R"({})", segments).values.empty());
  const Got got = read(
      "{\n \"version\": \"1.0\", \"x\": {\"segments\": [1, {\"]\": \"}\\\"\"}]},\n"
      " \"segments\": [\n  {\"a\": \"]\"},\n  12,\n  \"t\\\"\", [1,\n2], null\n ],\n \"z\": "
      "1e5\n}\n",
      segments);
  CHECK(got.problem.empty());
  CHECK(got.values == Values{"segments/:4:{\"a\": \"]\"}", "segments/:5:12",
                             "segments/:6:\"t\\\"\"", "segments/:6:[1,\n2]", "segments/:7:null"});
}

TEST_CASE("json stream: paths of keys, which may be escaped") {
  const Got got = read(R"({"p\u0061":{"a":[1],"b":[2,3],"c":{}},"q":{},"r":{"s":[4]}})", deep);
  CHECK(got.problem.empty());
  CHECK(got.values == Values{"pa/a/:1:1", "pa/b/:1:2", "pa/b/:1:3", "pa/c/:1:{}", "r/s/:1:4"});
}

TEST_CASE("json stream: a value that is not of the kind asked for is handed out") {
  CHECK(read(R"({"segments":{"a":1}})", segments).values == Values{"segments/:1:{\"a\":1}"});
  CHECK(read(R"({"segments":null})", segments).values == Values{"segments/:1:null"});
  CHECK(read("[1]", segments).values == Values{":1:[1]"});
}

TEST_CASE("json stream: the whole, or each of it") {
  CHECK(read("\xEF\xBB\xBF {\n}", whole).values == Values{":1:{\n}"});
  CHECK(read("\n 12", whole).values == Values{":2:12"});
  CHECK(read("[1 , \"a\",{}]", each).values == Values{":1:1", ":1:\"a\"", ":1:{}"});
}

TEST_CASE("json stream: values over the limit are told of and the rest is read") {
  const std::string fits = "\"" + std::string(8, 'x') + "\"";
  const std::string over = "\"" + std::string(9, 'x') + "\"";
  const std::string far_over = "[" + std::string(3u << 20, ' ') + "]";
  CHECK(read("[" + fits + "," + over + ",\n" + far_over + ",1]", each, 10).values ==
        Values{":1:" + fits, ":1:<long>", ":2:<long>", ":2:1"});
  CHECK(read(R"({"a":)" + far_over + R"(,"segments":[1]})", segments, 10).values ==
        Values{"segments/:1:1"});
}

TEST_CASE("json stream: what is malformed is told with its place, what is before it comes") {
  struct Case {
    const char* text;
    usize values;
    const char* problem;
    u64 offset;
  };
  const Case cases[] = {
      {"", 0, "line 1, byte 0: the file is empty.", 0},
      {"  \n ", 0, "line 2, byte 4: the file is empty.", 4},
      {"}", 0, "line 1, byte 0: this is no JSON.", 0},
      {"{\"segments\":[1,\n2", 1, "line 2, byte 16: the file ends in the middle of a value.", 16},
      {"{\"segments\":[1,\n2,", 2, "line 2, byte 18: the file ends in the middle.", 18},
      {"{\"segments\":[1 2]}", 1, "line 1, byte 15: a comma is missing.", 15},
      {"{\"segments\":[1,]}", 1, "line 1, byte 15: a value is missing.", 15},
      {"{\"segments\":[,1]}", 0, "line 1, byte 13: a value is missing.", 13},
      {"{\"segments\":[{\"a\":1", 0, "line 1, byte 13: the file ends in the middle of a value.",
       13},
      {"{\"segments\":[1}", 1, "line 1, byte 14: a comma is missing.", 14},
      {"{\"segments\" [1]}", 0, "line 1, byte 12: a colon is missing.", 12},
      {"{\"segments\":}", 0, "line 1, byte 12: a value is missing.", 12},
      {"{\"segments\":[1],}", 1, "line 1, byte 16: a key is missing.", 16},
      {"{segments:[1]}", 0, "line 1, byte 1: a key is missing.", 1},
      {"{\"segm", 0, "line 1, byte 1: the file ends in the middle of a key.", 1},
      {"{\"\\x\":1}", 0, "line 1, byte 1: a key is no JSON string.", 1},
      {"{\"segments\":[1]", 1, "line 1, byte 15: the file ends in the middle.", 15},
      {"{\"segments\":[1]}\n{}", 1, "line 2, byte 17: the file goes on behind its JSON value.", 17},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    const Got got = read(one.text, segments);
    CHECK(got.values.size() == one.values);
    CHECK_FALSE(got.problem.empty());
    if (*one.problem != '\0') CHECK(got.problem == one.problem);
    if (*one.problem != '\0') CHECK(got.problem_offset == one.offset);
  }
  CHECK(read("{\"" + std::string(1u << 18, 'k') + "\":1}", segments).problem ==
        "line 1, byte 1: a key is too long.");
}

TEST_CASE("json stream: a folder cannot be read") {
  const int folder = open("/", O_RDONLY);
  JsonStream stream(folder, "/", 100, whole);
  CHECK(stream.next().error().code == ErrorCode::io);
  close(folder);
}

TEST_CASE("json stream: any prefix of a file ends in an error, and gives what was whole") {
  const std::string text = R"({"v":1,"segments":[{"a":"\"}]"},[[]],"x",true],"w":{"q":[1,{}]}})";
  const Got all = read(text, segments);
  REQUIRE(all.problem.empty());
  for (usize length = 0; length < text.size(); ++length) {
    INFO(text.substr(0, length));
    const Got got = read(text.substr(0, length), segments);
    CHECK_FALSE(got.problem.empty());
    REQUIRE(got.values.size() <= all.values.size());
    CHECK(std::equal(got.values.begin(), got.values.end(), all.values.begin()));
  }
}

TEST_CASE("json stream: elements of every length cross the blocks whole") {
  std::string text = "{\"segments\": [";
  Values expected;
  for (usize i = 0; i < 70; ++i) {
    const std::string value = "{\"k\": \"" + std::string(i * 997, char('a' + i % 26)) + "\\\\\"}";
    expected.push_back("segments/:" + std::to_string(i + 1) + ":" + value);
    text += value + (i < 69 ? ",\n" : "]}");
  }
  const Got got = read(text, segments, 1u << 20);
  CHECK(got.problem.empty());
  CHECK(got.values == expected);
}

TEST_CASE("value end: the same whatever pieces the value comes in") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (const std::string value :
       {R"({"a":["]}\"",{"b":"\\"}]})", R"("x\\\"y")", "[]", "[[{}]]", "-12.5e3", "null"}) {
    const std::string text = value + ", rest\"]}";
    for (int round = 0; round < 50; ++round) {
      ValueEnd scanner;
      usize at = 0;
      usize end = ValueEnd::npos;
      while (end == ValueEnd::npos) {
        const usize piece = 1 + random() % 5;
        const usize found = scanner.step(std::string_view(text).substr(at, piece));
        if (found != ValueEnd::npos) end = at + found;
        at += piece;
        REQUIRE(at < text.size() + 5);
      }
      REQUIRE(text.substr(0, end) == value);
    }
  }
  ValueEnd number;
  CHECK_FALSE(number.may_end());
  CHECK(number.step("12") == ValueEnd::npos);
  CHECK(number.may_end());
  ValueEnd string;
  CHECK(string.step("\"1") == ValueEnd::npos);
  CHECK_FALSE(string.may_end());
}

TEST_CASE("json stream: agrees with a parser of whole documents on random ones") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  constexpr std::string_view some = "[]{},:\"\\ a1\n";
  for (int round = 0; round < 2000; ++round) {
    std::string text = "[";
    for (u64 i = random() % 12; i > 0; --i) text += some[random() % some.size()];
    text += ']';
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    if (parsed.is_discarded()) {
      static_cast<void>(read(text, each));  // an error or values to refuse, but it ends
      continue;
    }
    const Got got = read(text, each);
    INFO(text);
    REQUIRE(got.problem.empty());
    REQUIRE(got.values.size() == parsed.size());
  }
}

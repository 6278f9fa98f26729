#include "exchange/front_matter.hpp"

#include "base/integers.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;

namespace {

AttributeValue value(const std::string& yaml) {
  INFO(yaml);
  const auto front = parse_front_matter("k: " + yaml + "\n");
  if (!front) FAIL(front.error().message);
  REQUIRE(front->size() == 1);
  return front->front().second.value;
}

void refused(const std::string& yaml) {
  INFO(yaml.substr(0, 100));
  const auto front = parse_front_matter(yaml);
  REQUIRE_FALSE(front);
  CHECK(front.error().code == ErrorCode::invalid_argument);
}

AttributeValue text(const char* value) { return std::string(value); }

}  // namespace

TEST_CASE("front matter: a scalar is typed where its text comes back") {
  CHECK(value("word and more") == text("word and more"));
  CHECK(value("12") == AttributeValue(i64(12)));
  CHECK(value("-3") == AttributeValue(i64(-3)));
  CHECK(value("1.5") == AttributeValue(1.5));
  CHECK(value("true") == AttributeValue(true));
  CHECK(value("No") == AttributeValue(false));
  for (const char* same :
       {"1.10", "007", "1.0", "1e3", "+1", "0x1F", "12:30", ".inf", ".nan", "99999999999999999999",
        "2025-12-16", "2025-12-16T10:00:00", "-0", "."}) {
    CHECK(value(same) == text(same));
  }
}

TEST_CASE("front matter: what is quoted is text") {
  CHECK(value("'12'") == text("12"));
  CHECK(value("\"true\"") == text("true"));
  CHECK(value("''") == text(""));
  CHECK(value("'2025-12-16T10:00:00.000000'") == text("2025-12-16T10:00:00.000000"));
  CHECK(value("|\n  a\n  b\n") == text("a\nb\n"));
}

TEST_CASE("front matter: null, lists and mappings are JSON") {
  CHECK(value("") == AttributeValue(Json{"null"}));
  CHECK(value("~") == AttributeValue(Json{"null"}));
  CHECK(value("[1, 'x', 1.5, 007, true, null, {a: [é]}]") ==
        AttributeValue(Json{R"([1,"x",1.5,"007",true,null,{"a":["é"]}])"}));
  CHECK(value("{}") == AttributeValue(Json{"{}"}));
  CHECK(value("\n  a: 1\n  b:\n  - c\n") == AttributeValue(Json{R"({"a":1,"b":["c"]})"}));
}

TEST_CASE("front matter: scalars and lists of them as they were written") {
  const auto front = parse_front_matter("a: 1.10\nb: [x, 2]\nc: [[y]]\nd:\n").value();
  REQUIRE(front.size() == 4);
  CHECK(front[0].second.text == "1.10");
  CHECK(front[1].second.list == std::vector<std::string>{"x", "2"});
  CHECK_FALSE(front[1].second.text);
  CHECK_FALSE(front[2].second.list);
  CHECK_FALSE(front[3].second.text);
}

TEST_CASE("front matter: keys keep their order, none at all is no error") {
  const auto front = parse_front_matter("z: 1\na: 2\n12: 3\n").value();
  REQUIRE(front.size() == 3);
  CHECK(front[0].first == "z");
  CHECK(front[2].first == "12");
  CHECK(parse_front_matter("").value().empty());
  CHECK(parse_front_matter("# nothing\n").value().empty());
}

TEST_CASE("front matter: what is no mapping of YAML is refused") {
  for (const char* bad : {"a: [1", "a: b: c", "\tx: 1", "- list", "word", "a: 'open", "{a: 1",
                          "? [k]\n: v\n", "a: *nowhere", "a: !!binary [", "\xff: 1"}) {
    refused(bad);
  }
}

TEST_CASE("front matter: no nesting, no alias breaks the reader") {
  refused("a: " + std::string(100'000, '['));
  refused("a: " + std::string(200, '[') + std::string(200, ']'));
  refused("a: &a [*a]\n");
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 8; ++j) bomb += "," + before;
    bomb += "]\n";
  }
  refused(bomb);
}

TEST_CASE("front matter: what fields of a segment hold goes there") {
  NewSegment segment;
  const auto set = [&](const std::string& yaml) {
    const auto front = parse_front_matter(yaml).value();
    return set_field(segment, front[0].first, front[0].second);
  };
  CHECK(set("type: rule"));
  CHECK(set("tags: [a, 1]"));
  CHECK(set("created_at: 2025-12-16T10:00:00Z"));
  CHECK(segment.type == "rule");
  CHECK(segment.tags == std::vector<std::string>{"a", "1"});
  CHECK(segment.created_at == segment.touched_at);
  CHECK(segment.created_at->microseconds == 1'765'879'200'000'000);
  CHECK_FALSE(set("type: ''"));
  CHECK_FALSE(set("tags: word"));
  CHECK_FALSE(set("tags: ['']"));
  CHECK_FALSE(set("created_at: soon"));
  CHECK_FALSE(set("other: 1"));
  CHECK(segment.type == "rule");
}

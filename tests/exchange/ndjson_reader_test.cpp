#include "exchange/ndjson_reader.hpp"

#include <random>

#include "base/integers.hpp"
#include "exchange/json_text.hpp"
#include "model/record.hpp"
#include "tests/support/catch.hpp"
#include "text/utf8.hpp"

using namespace shale;
using namespace shale::exchange;

namespace {

NdjsonLine good(std::string_view line) {
  static NdjsonReader reader;  // kept over lines, as `ingest` does
  INFO(line);
  auto result = reader.read(line);
  if (!result) FAIL(result.error().message);
  return *std::move(result);
}

std::string problem(std::string_view line) {
  static NdjsonReader reader;
  INFO(line);
  const auto result = reader.read(line);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::invalid_argument);
  return result.error().message;
}

// The message for {"id":"a","text":"t",<member>}.
std::string bad_member(std::string_view member) {
  return problem("{\"id\":\"a\",\"text\":\"t\"," + std::string(member) + "}");
}
NewSegment member(std::string_view text) {
  return good("{\"id\":\"a\",\"text\":\"t\"," + std::string(text) + "}").segment;
}

bool says(const std::string& message, std::string_view part) {
  INFO(message);
  return message.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("ndjson reader: every field by its name") {
  const NdjsonLine line = good(
      R"({"id":"m1","text":"a\nb \u00e9","project":"p","type":"code","task":"t","file":"f.cpp",)"
      R"("topic":"","line_range":[3,9],"tags":["x","y"],"created_at":"2001-09-09T01:46:40Z",)"
      R"("touched_at":"2001-09-09T01:46:41","pinned":true,"tier":"archive","generation":"old",)"
      R"("gc_survival_count":4,"refcount":4294967295,"tokens":12,"tokenizer":"o200k",)"
      R"("tokens_computed_at":1000000000,"attrs":{"k":"v"},)"
      R"("sha256":"00000000000000000000000000000000000000000000000000000000000000fF"})");
  const NewSegment& segment = line.segment;
  CHECK(line.has_id);
  CHECK(line.project == "p");
  CHECK(segment.id == "m1");
  CHECK(segment.text == "a\nb \xC3\xA9");
  CHECK(segment.type == "code");
  CHECK(segment.task == "t");
  CHECK(segment.file == "f.cpp");
  CHECK(segment.topic == "");
  CHECK(segment.line_range == LineRange{3, 9});
  CHECK(segment.tags == std::vector<std::string>{"x", "y"});
  CHECK(segment.created_at == Time{1'000'000'000'000'000, true});
  CHECK(segment.touched_at == Time{1'000'000'001'000'000, false});
  CHECK(segment.pinned);
  CHECK(segment.tier == Tier::archive);
  CHECK(segment.generation == Generation::old);
  CHECK(segment.gc_survival_count == 4);
  CHECK(segment.refcount == UINT32_MAX);
  CHECK(segment.tokens == 12u);
  CHECK(segment.tokenizer == "o200k");
  CHECK(segment.tokens_computed_at == Time{1'000'000'000'000'000, true});
  REQUIRE(segment.sha256);
  CHECK(segment.sha256->back() == 255);
  CHECK(segment.attrs == Attributes{{"k", std::string("v")}});
}

TEST_CASE("ndjson reader: aliases, null values, other kinds of ids and times") {
  const NdjsonLine line = good(
      R"({"segment_id":17,"text":"","task_id":-4,"file_path":null,"topic_id":"x","project_id":8,)"
      R"("last_touched_at":1700000017.5,"created_at":1700000017,"line_range":null,"tokens":null,)"
      R"("tags":[1,"b"],"text_hash":null,"tokens_computed_at":null,"attrs":null})");
  CHECK(line.segment.id == "17");
  CHECK(line.project == "8");
  CHECK(line.segment.task == "-4");
  CHECK_FALSE(line.segment.file);
  CHECK(line.segment.topic == "x");
  CHECK(line.segment.created_at->microseconds == 1'700'000'017'000'000);
  CHECK(line.segment.touched_at->microseconds == 1'700'000'017'500'000);
  CHECK(line.segment.tags == std::vector<std::string>{"1", "b"});
  CHECK(line.segment.attrs.empty());
  CHECK(line.segment.type == "note");
  CHECK_FALSE(line.segment.sha256);
}

TEST_CASE("ndjson reader: text_hash is a SHA-256 or somebody's own key") {
  CHECK(member("\"text_hash\":\"" + std::string(64, 'a') + "\"").sha256);
  const NewSegment other = member(R"("text_hash":"md5:1")");
  CHECK_FALSE(other.sha256);
  CHECK(other.attrs.at("text_hash") == AttributeValue(std::string("md5:1")));
  CHECK(says(bad_member(R"("sha256":"md5:1")"), "\"sha256\""));
}

TEST_CASE("ndjson reader: unknown keys become attributes, by kind") {
  const NewSegment segment = member(
      R"("s":"x","i":-5,"d":1.0,"b":false,"n":null,"a":[1, {"x":[]}] ,"o":{ "k" : 1 },)"
      R"("big":18446744073709551616,"attrs":{".hash":"h","o2":{}}, "min":-9223372036854775808)");
  const Attributes expected = {{"s", std::string("x")},
                               {"i", i64(-5)},
                               {"d", 1.0},
                               {"b", false},
                               {"n", Json{"null"}},
                               {"a", Json{R"([1, {"x":[]}])"}},
                               {"o", Json{R"({ "k" : 1 })"}},
                               {"big", Json{"18446744073709551616"}},
                               {".hash", std::string("h")},
                               {"o2", Json{"{}"}},
                               {"min", INT64_MIN}};
  CHECK(segment.attrs == expected);
}

TEST_CASE("ndjson reader: text that is not UTF-8 travels as base64") {
  CHECK(good(R"({"id":"a","text_base64":"/wBh"})").segment.text == std::string("\xff\0a", 3));
  CHECK(says(problem(R"({"id":"a","text_base64":"%"})"), "\"text_base64\""));
}

TEST_CASE("ndjson reader: the last of two equal keys wins") {
  CHECK(member(R"("id":"b","text":"u")").id == "b");
  CHECK(member(R"("k":1,"k":"two")").attrs.at("k") == AttributeValue(std::string("two")));
  CHECK_FALSE(member(R"("task":"x","task":null)").task);
}

TEST_CASE("ndjson reader: NUL and control characters inside strings") {
  CHECK(good(R"({"id":"a","text":"\u0000\u001b"})").segment.text == std::string("\0\x1b", 2));
}

TEST_CASE("ndjson reader: lines that are no segments say why") {
  CHECK(says(problem(""), "not a JSON object"));
  CHECK(says(problem("[1,2]"), "not a JSON object"));
  CHECK(says(problem("\"text\""), "not a JSON object"));
  CHECK(says(problem("17"), "not a JSON object"));
  CHECK(says(problem("hello"), "line"));
  CHECK(says(problem("{}"), "neither \"text\""));
  CHECK(says(problem(R"({"id":"a"})"), "neither \"text\""));
  CHECK(says(problem(R"({"id":"a","text":"b")"), "valid JSON"));
  CHECK(says(problem(R"({"id":"a","text":"b)"), "string does not end"));
  CHECK(says(problem(R"({"id":"a" "text":"b"})"), "valid JSON"));
  CHECK(says(problem(R"({"id":"a","text":"b"} {})"), "goes on"));
  CHECK(says(problem(R"({"id":"a","text":"b"}})"), "goes on"));
  CHECK(says(problem("{\"id\":\"a\",\"text\":\"\xff\"}"), "not UTF-8"));
  CHECK(says(problem("{\"id\":\"a\",\"text\":\"a\tb\"}"), "control character"));
  CHECK(says(problem(R"({"id":"a","text":"\x"})"), "bad escape"));
  CHECK(says(problem(R"({"id":"a","text":"\ud800"})"), "bad escape"));
  CHECK(says(problem(R"({"id":"a","text":"b","k":[1,,2]})"), "\"k\""));
  CHECK(says(problem(R"({"id":"a","text":"b","k":nul})"), "valid JSON"));
  CHECK(says(problem(R"({"id":"a","text":"b","k":01})"), "valid JSON"));
  CHECK(says(problem(R"({"id":"a","text":"b","k":1e999})"), "number"));
  CHECK(says(problem("{\"id\":\"a\",\"text\":\"b\",\"k\":" + std::string(5000, '[')), "JSON"));
}

TEST_CASE("ndjson reader: wrong kinds name the field and what it takes") {
  CHECK(says(problem(R"({"id":null,"text":"b"})"), "\"id\" must be"));
  CHECK(says(problem(R"({"id":1.5,"text":"b"})"), "\"id\" must be a string or a whole number"));
  CHECK(says(problem(R"({"id":"a","text":7})"), "\"text\" must be a string"));
  CHECK(says(problem(R"({"id":"a","text":null})"), "\"text\" must be a string"));
  CHECK(says(bad_member(R"("created_at":"yesterday")"), "\"created_at\" must be an RFC 3339"));
  CHECK(says(bad_member(R"("created_at":1e300)"), "\"created_at\""));
  CHECK(says(bad_member(R"("created_at":true)"), "\"created_at\""));
  CHECK(says(bad_member(R"("created_at":9223372036854775807)"), "\"created_at\""));
  CHECK(says(bad_member(R"("line_range":[1])"), "\"line_range\""));
  CHECK(says(bad_member(R"("line_range":[1,2,3])"), "\"line_range\""));
  CHECK(says(bad_member(R"("line_range":"1-2")"), "\"line_range\""));
  CHECK(says(bad_member(R"("line_range":[1,-2])"), "\"line_range\""));
  CHECK(says(bad_member(R"("tags":"x")"), "\"tags\""));
  CHECK(says(bad_member(R"("tags":[[]])"), "\"tags\""));
  CHECK(says(bad_member(R"("pinned":"yes")"), "\"pinned\" must be true or false"));
  CHECK(says(bad_member(R"("tier":"gold")"), "\"tier\" must be"));
  CHECK(says(bad_member(R"("generation":"new")"), "\"generation\" must be"));
  CHECK(says(bad_member(R"("tokens":-1)"), "\"tokens\" must be a whole number from 0"));
  CHECK(says(bad_member(R"("tokens":4294967296)"), "\"tokens\""));
  CHECK(says(bad_member(R"("refcount":1.5)"), "\"refcount\""));
  CHECK(says(bad_member(R"("attrs":[1])"), "\"attrs\" must be an object"));
}

TEST_CASE("ndjson reader: a good line after a bad one, a short after a long one") {
  NdjsonReader reader;
  const std::string text(1u << 20, 'x');
  REQUIRE(reader.read(R"({"id":"a","text":")" + text + "\"}").value().segment.text == text);
  REQUIRE_FALSE(reader.read("{\"id\":"));
  REQUIRE(reader.read(R"({"id":"b","text":"c"})").value().segment.text == "c");
}

TEST_CASE("ndjson reader: a line cut off anywhere is refused") {
  const std::string line =
      R"({"id":"a","text":"t\u00e9\n","line_range":[1,2],"tags":["x"],"k":{"deep":[1.5,null]},)"
      R"("created_at":"2001-09-09","attrs":{"y":true},"tokens":3})";
  REQUIRE(good(line).segment.tokens == 3u);
  for (usize length = 0; length < line.size(); ++length) {
    CHECK_FALSE(NdjsonReader().read(line.substr(0, length)));
    CHECK_FALSE(NdjsonReader().read(line.substr(length + 1)));
  }
  CHECK(good(line + " \t\r").segment.id == "a");
  CHECK(good(" \t" + line).segment.id == "a");
}

TEST_CASE("ndjson reader: what follows a line in memory is not read") {
  NdjsonReader reader;
  const std::string two = R"({"id":"a","text":"t"}{"id":"b","text":"u","k":1}])";
  const auto first = reader.read(std::string_view(two).substr(0, 21));
  REQUIRE(first);
  CHECK(first->segment.id == "a");
  CHECK(first->segment.attrs.empty());
  // Nor is what an earlier, longer line left behind.
  REQUIRE(reader.read(R"({"id":"long","text":"t","k":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]})"));
  CHECK_FALSE(reader.read(R"({"id":"a","text":"t")"));
  CHECK_FALSE(reader.read(R"({"id":"a","text":)"));
}

TEST_CASE("ndjson reader: random damage is refused or read, never more") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::string line =
      R"({"id":"a","text":"t\u00e9","tags":["x",1],"k":{"deep":[1.5,"\ud83d\ude00"]},"n":-12,)"
      R"("created_at":1700000017.5,"pinned":false,"sha256":null,"attrs":{"y":true}})";
  usize refused = 0;
  NdjsonReader reader;
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = line;
    for (auto i = 1 + random() % 3; i > 0; --i) {
      const usize at = random() % damaged.size();
      switch (random() % 3) {
        case 0:
          damaged[at] = char(random());
          break;
        case 1:
          damaged.erase(at, 1 + random() % 5);
          break;
        default:
          damaged.insert(at, 1, "\"\\{}[],:0-\xff"[random() % 12]);
      }
    }
    INFO(damaged);
    const auto result = reader.read(damaged);
    if (!result) {
      REQUIRE(result.error().code == ErrorCode::invalid_argument);
      REQUIRE(result.error().message.ends_with('.'));
      ++refused;
      continue;
    }
    // Whatever was read is text that may stand in JSON again.
    REQUIRE(is_utf8(result->segment.text));
    for (const auto& [key, value] : result->segment.attrs) {
      REQUIRE(is_utf8(key));
      if (const auto* json = std::get_if<Json>(&value)) REQUIRE(is_json(json->text));
    }
  }
  CHECK(refused > 5000);
}

TEST_CASE("ndjson reader: nested values beyond every depth are refused with a reason") {
  for (const usize depth : {1000u, 2000u, 100'000u}) {
    const std::string arrays = std::string(depth, '[') + std::string(depth, ']');
    std::string objects;
    for (usize i = 0; i < depth; ++i) objects += "{\"a\":";
    objects += "1" + std::string(depth, '}');
    for (const std::string& value : {arrays, objects}) {
      CHECK_FALSE(bad_member("\"k\":" + value + ",\"tags\":1").empty());
      if (depth > 1024) CHECK(says(bad_member("\"k\":" + value), "JSON"));
    }
  }
  CHECK(member("\"k\":" + std::string(900, '[') + std::string(900, ']')).attrs.size() == 1);
}

TEST_CASE("ndjson reader: null takes every optional field back and no required one") {
  for (const char* key :
       {"project", "type", "task", "file", "topic", "line_range", "tags", "created_at",
        "touched_at", "tokens", "tokens_computed_at", "pinned", "tier", "generation",
        "gc_survival_count", "refcount", "tokenizer", "sha256", "attrs"}) {
    INFO(key);
    const NewSegment plain = member("\"" + std::string(key) + "\":null");
    CHECK(plain.attrs.empty());
    CHECK(plain.type == "note");
    CHECK(plain.tags.empty());
  }
  CHECK(member(R"("type":"code","type":null)").type == "note");
  CHECK(member(R"("tags":["x"],"tags":null)").tags.empty());
  CHECK_FALSE(member(R"("line_range":[1,2],"line_range":null)").line_range);
  CHECK_FALSE(member(R"("created_at":1,"created_at":null)").created_at);
  for (const char* key : {"id", "text", "text_base64"}) {
    INFO(key);
    CHECK(says(bad_member("\"" + std::string(key) + "\":null"), "must be a string"));
  }
}

TEST_CASE("a line that ends too early meets nothing that an earlier line left") {
  NdjsonReader reader;
  const std::string head = R"({"id":"a","text":"t","k":)";
  CHECK_FALSE(reader.read(head + '"' + std::string(100'000, 'x')));
  const auto after = reader.read(head);
  REQUIRE_FALSE(after);
  CHECK(after.error().message == NdjsonReader().read(head).error().message);
}

TEST_CASE("ndjson reader: a time to live as people write it, or as it is kept") {
  const i64 until = 1'893'456'000'000'000;
  for (const char* text : {R"("attrs":{".expires":"2030-01-01T00:00:00Z"})",
                           R"(".expires":"2030-01-01")", R"(".expires":1893456000000000)"}) {
    INFO(text);
    CHECK(std::get<i64>(member(text).attrs.at(".expires")) == until);
  }
  CHECK(says(bad_member(R"(".expires":"soon")"), "\".expires\" must be an RFC 3339 time"));
  // Of another kind, or seconds: told when it is stashed.
  for (const char* text : {R"(".expires":true)", R"(".expires":1893456000)"}) {
    NewSegment segment = member(text);
    CHECK_FALSE(check_segment(segment));
  }
}

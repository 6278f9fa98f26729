#include "exchange/ndjson_reader.hpp"

#include "base/integers.hpp"
#include "tests/support/catch.hpp"

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

TEST_CASE("ndjson reader: a count without a vocabulary is an importer's") {
  CHECK(member(R"("tokens":5)").tokenizer == "unknown");
  CHECK(member(R"("tokens":5,"tokenizer":"")").tokenizer.empty());
  CHECK(member(R"("tokens":null)").tokenizer.empty());
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

#include "exchange/context_writer.hpp"

#include <nlohmann/json.hpp>

#include "exchange/context_file.hpp"
#include "exchange/times.hpp"
#include "tests/exchange/imported.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;
using exchange::testing::Imported;
using exchange::testing::TemporaryFolder;
using exchange::testing::write_file;

namespace {

std::string ascii(std::string_view text) {
  std::string out;
  append_ascii_string(out, text);
  return out;
}

Metadata metadata(std::string id) {
  Metadata m;
  m.id = std::move(id);
  m.created_at = parse_time("2025-12-08T01:02:03Z").value();
  m.touched_at = parse_time("2025-12-08T01:02:03.5").value();
  return m;
}

}  // namespace

TEST_CASE("context writer: strings as Python's json module writes them") {
  CHECK(ascii("") == "\"\"");
  CHECK(ascii("a/b 'c' ~") == "\"a/b 'c' ~\"");
  CHECK(ascii("\"\\\n\r\t\b\f") == R"("\"\\\n\r\t\b\f")");
  CHECK(ascii(std::string_view("\0\x1f\x7f", 3)) == R"("\u0000\u001f\u007f")");
  CHECK(ascii("\xC3\xA9\xEF\xBF\xBF\xF0\x9F\x98\x80") == R"("\u00e9\uffff\ud83d\ude00")");
  CHECK(ascii("a\xFF\xC3") == R"("a\ufffd\ufffd")");
}

TEST_CASE("context writer: the form of a file") {
  std::string out;
  ContextLosses losses;
  ContextWriter empty(out, "p", losses);
  empty.begin();
  empty.end();
  CHECK(out == "{\n  \"segments\": []\n}");
  out.clear();
  ContextWriter writer(out, "p", losses);
  writer.begin();
  Metadata m = metadata("a");
  m.line_range = LineRange{1, 2};
  writer.segment(m, "t");
  m.tags = {"x", "y"};
  m.line_range.reset();
  m.tokens = 3;
  m.tokenizer = "unknown";
  writer.segment(m, "t");
  writer.end();
  CHECK(
      out.starts_with("{\n  \"segments\": [\n    {\n      \"segment_id\": \"a\",\n      \"text\""));
  CHECK(
      out.find("      \"line_range\": [\n        1,\n        2\n      ],\n      \"tags\": [],\n") !=
      std::string::npos);
  CHECK(out.find("\"tags\": [\n        \"x\",\n        \"y\"\n      ]") != std::string::npos);
  CHECK(out.ends_with("\"tier\": \"stashed\"\n    }\n  ]\n}"));
  CHECK(losses.text().empty());
  const auto json = nlohmann::ordered_json::parse(out);
  std::vector<std::string> keys;
  for (const auto& [key, value] : json["segments"][0].items()) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"segment_id", "text", "type", "project_id", "task_id",
                                         "created_at", "last_touched_at", "pinned", "generation",
                                         "gc_survival_count", "refcount", "file_path", "line_range",
                                         "tags", "topic_id", "tokens", "tokens_computed_at",
                                         "text_hash", "tier"});
  CHECK(json["segments"][0]["last_touched_at"] == "2025-12-08T01:02:03.500000");
  CHECK(json["segments"][0]["created_at"] == "2025-12-08T01:02:03Z");
}

TEST_CASE("context writer: what the original has no place for comes back all the same") {
  Metadata m = metadata("a");
  m.type = "project-info";
  m.tokens = 2;
  m.tokenizer = "o200k_base";
  m.attrs = {{"n", 1.5}, {"\xC3\xA9", std::string("\xC3\xA9\x7F")}, {"j", Json{"[null]"}}};
  std::string out;
  ContextLosses losses;
  ContextWriter writer(out, "a/b", losses);
  writer.begin();
  writer.segment(m, "\xFF\x00t");
  writer.segment(metadata("b"), "t");
  writer.end();
  CHECK(losses.text() ==
        "the attributes of 1; the tokenizer's name of 1; the text, which is not UTF-8, of 1; the "
        "type of 1 (it shows no such segment); the names of 1 projects (it does not find them)");
  for (const char c : out) REQUIRE(u8(c) < 0x80);

  const TemporaryFolder folder;
  write_file(folder / "stashed/a%2fb.json", out);
  Imported got;
  import_context(got.run, plan_import(folder / "stashed").value().files.front()).value();
  REQUIRE(got.segments.size() == 2);
  const NewSegment& back = got.segments["a/b/a"];
  CHECK(back.text == "\xFF");
  CHECK(metadata_of(back, {}) == m);
  CHECK(metadata_of(got.segments["a/b/b"], {}) == metadata("b"));
  CHECK(got.warnings.empty());
}

#include "cli/answers.hpp"

#include <algorithm>
#include <random>

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::cli;

namespace {

Hit sample_hit() {
  Hit hit;
  hit.id = "a#1";
  hit.score = 1.5;
  hit.snippet = "slow\nsearch";
  hit.spans = {{0, 4}, {5, 11}};
  hit.file = "src/a.cpp";
  hit.line_range = LineRange{1, 9};
  hit.type = "code";
  hit.tokens = 7;
  return hit;
}

}  // namespace

TEST_CASE("answers: where a hit comes from") {
  Hit hit = sample_hit();
  CHECK(place_of(hit, "p/a#1") == "src/a.cpp:1-9");
  hit.line_range.reset();
  CHECK(place_of(hit, "p/a#1") == "src/a.cpp");
  hit.file.reset();
  CHECK(place_of(hit, "p/a#1") == "p/a#1");
}

TEST_CASE("answers: the JSON of a hit has every key, absent values as null") {
  CHECK(to_text(json_of(ProjectHit{"p", sample_hit()}, "a#1")) ==
        R"({"id":"a#1","project":"p","score":1.5,"snippet":"slow\nsearch","spans":[[0,4],[5,11]],)"
        R"("file":"src/a.cpp","line_range":[1,9],"type":"code","tokens":7,)"
        R"("source":null})");
  CHECK(json_of(ProjectHit{"p", sample_hit(), SourceState::same}, "a#1")["source"] == "same");
  CHECK(json_of(ProjectHit{"p", sample_hit(), SourceState::gone}, "a#1")["source"] == "gone");
  Hit bare;
  bare.id = "x";
  const cli::Json json = json_of(ProjectHit{"p", bare}, "p/x");
  CHECK(json["id"] == "p/x");
  CHECK(json["file"].is_null());
  CHECK(json["line_range"].is_null());
  CHECK(json["tokens"].is_null());
  CHECK(json["spans"].is_array());
}

TEST_CASE("answers: snippets on one line, matches coloured on demand") {
  Hit hit = sample_hit();
  CHECK(snippet_text(hit, false) == "slow search");
  CHECK(snippet_text(hit, true) == "\033[1;31mslow\033[0m \033[1;31msearch\033[0m");
  hit.spans = {{5, 4}, {2, 99}, {0, 1}, {0, 4}};  // spans that make no sense colour nothing
  CHECK(snippet_text(hit, true) == "\033[1;31ms\033[0mlow search");
}

TEST_CASE("answers: a segment as JSON, a listing as columns") {
  Metadata metadata;
  metadata.id = "a";
  metadata.file = "f\tg";
  metadata.line_range = LineRange{2, 3};
  metadata.created_at.zoned = false;
  CHECK(segment_json(metadata, "t", "p", "a").starts_with(R"({"id":"a","text":"t","project":"p")"));
  CHECK(segment_json(metadata, std::nullopt, "p", "p/a").starts_with(R"({"id":"p/a","project")"));
  CHECK(listing_line(metadata, "p/a") == "p/a\tnote\tf g:2-3\t1970-01-01T00:00:00");
  metadata.file.reset();
  metadata.created_at.zoned = true;
  CHECK(listing_line(metadata, "a") == "a\tnote\t-\t1970-01-01T00:00:00Z");
}

TEST_CASE("answers: segments inside an answer") {
  CHECK(segments_object({}, {{"missing", {"x"}}}) == R"({"v":1,"segments":[],"missing":["x"]})");
  CHECK(segments_object({"{}", "{\"a\":1}"}, cli::Json::object()) ==
        R"({"v":1,"segments":[{},{"a":1}]})");
}

TEST_CASE("answers: colours only ever add to a snippet") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    Hit hit;
    for (auto i = random() % 30; i > 0; --i) hit.snippet += "ab \n\xC3\xA9"[random() % 6];
    for (auto i = random() % 5; i > 0; --i) {
      hit.spans.push_back({u32(random() % 35), u32(random() % 35)});
    }
    std::string coloured = snippet_text(hit, true);
    for (const std::string_view code : {"\033[1;31m", "\033[0m"}) {
      for (usize at; (at = coloured.find(code)) != std::string::npos;) {
        coloured.erase(at, code.size());
      }
    }
    REQUIRE(coloured == snippet_text(hit, false));
    REQUIRE(coloured.size() == hit.snippet.size());
  }
}

TEST_CASE("answers: a hit of foreign text is still JSON") {
  Hit hit = sample_hit();
  hit.snippet = "\xff\"\n";
  hit.file = "a\xC3";
  hit.type = "\x1b";
  const std::string json = to_text(json_of(ProjectHit{"p\xff", hit}, "\"id\""));
  const cli::Json back = cli::Json::parse(json);
  CHECK(back["id"] == "\"id\"");
  CHECK(back["snippet"] == "\xEF\xBF\xBD\"\n");
  CHECK(back["type"] == "\x1b");
}

TEST_CASE("answers: what one answer prints another program can split") {
  Metadata metadata;
  metadata.id =
      "a\x7f"
      "b";
  metadata.type = "t\ty";
  metadata.file = "f\ng";
  metadata.attrs = {{"k\n", shale::Json{"[1,\n2]"}}, {"l", std::string("\r\n")}};
  metadata.tags = {"x\ny"};
  const std::string json = segment_json(metadata, "text\n", "p", metadata.id);
  CHECK(json.find('\n') == std::string::npos);
  CHECK(cli::Json::parse(json)["attrs"]["k\n"] == cli::Json::parse("[1,2]"));
  const std::string columns = listing_line(metadata, metadata.id);
  CHECK(std::count(columns.begin(), columns.end(), '\t') == 3);
  CHECK(columns.find('\n') == std::string::npos);
  const std::string whole = segments_object({json, json}, {{"missing", {"m\n"}}, {"total", 2}});
  const cli::Json back = cli::Json::parse(whole);
  CHECK(back["segments"].size() == 2);
  CHECK(back["missing"][0] == "m\n");
  CHECK(whole.find('\n') == std::string::npos);
}

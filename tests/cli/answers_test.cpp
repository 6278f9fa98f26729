#include "cli/answers.hpp"

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
  CHECK(source_of(hit, "p/a#1") == "src/a.cpp:1-9");
  hit.line_range.reset();
  CHECK(source_of(hit, "p/a#1") == "src/a.cpp");
  hit.file.reset();
  CHECK(source_of(hit, "p/a#1") == "p/a#1");
}

TEST_CASE("answers: the JSON of a hit has every key, absent values as null") {
  CHECK(to_text(json_of(ProjectHit{"p", sample_hit()}, "a#1")) ==
        R"({"id":"a#1","project":"p","score":1.5,"snippet":"slow\nsearch","spans":[[0,4],[5,11]],)"
        R"("file":"src/a.cpp","line_range":[1,9],"type":"code","tokens":7,)"
        R"("source":"src/a.cpp:1-9"})");
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

#include "exchange/import_run.hpp"

#include "tests/exchange/imported.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;
using exchange::testing::Imported;

namespace {
const std::string file = "f.json";
}

TEST_CASE("import run: a refused segment is counted and told of, the rest goes on") {
  Imported got;
  got.run.take({file, 3}, "p", {.id = "", .text = "t"}).value();
  got.run.take({file, 4}, "p", {.id = "a", .text = "t"}).value();
  got.run.refuse({file}, "No.");
  CHECK(got.run.counts().bad == 2);
  CHECK(got.segments.size() == 1);
  CHECK(got.warnings == std::vector<std::string>{"f.json:3: The id is empty.", "f.json: No."});
}

TEST_CASE("import run: an error of the store ends it") {
  ImportRun run({}, {.stash = [](const std::string&, NewSegment) -> Result<void> {
                       return fail(ErrorCode::no_space, "full");
                     },
                     .warn = [](const std::string&) {},
                     .advance = [](u64) -> Result<void> { return {}; }});
  CHECK(run.take({file, 1}, "p", {.id = "a", .text = ""}).error().code == ErrorCode::no_space);
  CHECK(run.counts().bad == 0);
}

TEST_CASE("import run: the project of the call wins, then the one that is named") {
  const Imported free;
  CHECK(free.run.project_of("p") == "p");
  CHECK(free.run.project_of(std::nullopt) == "default");
  const Imported bound({.project = "q"});
  CHECK(bound.run.project_of("p") == "q");
  CHECK(bound.run.project_of(std::nullopt) == "q");
}

TEST_CASE("import run: trouble of one file is counted, any other is returned") {
  Imported got;
  got.run.close(file, {}).value();
  got.run.close(file, fail_at(ErrorCode::corrupt, "line 2, byte 9: no.", file)).value();
  got.run.close(file, fail_at(ErrorCode::io, "cannot read", file)).value();
  got.run.close(file, fail_at(ErrorCode::not_found, "gone", file)).value();
  CHECK(got.run.counts().files == 2);
  CHECK(got.run.counts().damaged == 1);
  CHECK(got.run.counts().unreadable == 2);
  CHECK(got.says("f.json: damaged, line 2, byte 9: no."));
  CHECK_FALSE(got.run.close(file, fail_at(ErrorCode::corrupt, "the store's", "MANIFEST")));
  CHECK_FALSE(got.run.close(file, fail(ErrorCode::cancelled, "Interrupted.")));
  CHECK_FALSE(got.run.close(file, fail_at(ErrorCode::invalid_argument, "no SELECT", file)));
  got.run.refuse_undecidable(file, "which?");
  CHECK(got.run.counts().undecidable == 1);
}

TEST_CASE("import run: a line's message becomes a segment's") {
  CHECK(about_segment("The line is not a JSON object.") == "The segment is not a JSON object.");
  CHECK(about_segment("\"id\" must be a string.") == "\"id\" must be a string.");
}

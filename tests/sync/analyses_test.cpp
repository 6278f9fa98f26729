#include "sync/analyses.hpp"

#include "tests/support/catch.hpp"
#include "tests/sync/mirror_fixture.hpp"

namespace shale::testing {
namespace {

bool is_fresh(Mirrored& mirrored, const char* file, const char* analyser = "lint") {
  return has_fresh_analysis(mirrored.project().snapshot().value(), file, analyser).value();
}

void analyse(Mirrored& mirrored, const char* file, const char* analyser = "lint") {
  Batch batch;
  batch.stash(
      analysis_of(mirrored.project().snapshot().value(), file, analyser, "all is well").value());
  REQUIRE(mirrored.project().commit(batch));
}

}  // namespace

TEST_CASE("analyses: one holds while the bytes of its file are the same") {
  Mirrored mirrored;
  mirrored.old_file("a.c", "int a;\n");
  mirrored.old_file("b.c", "int b;\n");
  mirrored.sync();
  CHECK_FALSE(is_fresh(mirrored, "a.c"));
  analyse(mirrored, "a.c");
  analyse(mirrored, "b.c");
  CHECK(is_fresh(mirrored, "a.c"));
  CHECK_FALSE(is_fresh(mirrored, "a.c", "other"));
  mirrored.file("a.c", "int A;\n");
  CHECK(is_fresh(mirrored, "a.c"));  // of what the project has
  mirrored.sync();
  CHECK_FALSE(is_fresh(mirrored, "a.c"));
  CHECK(is_fresh(mirrored, "b.c"));
  analyse(mirrored, "a.c");
  CHECK(is_fresh(mirrored, "a.c"));
  CHECK(mirrored.ids().size() == 4);  // the new one took the place of the old one
  mirrored.age("a.c");
  mirrored.sync();
  CHECK(is_fresh(mirrored, "a.c"));
  std::filesystem::remove(mirrored.root() / "a.c");
  mirrored.sync();
  CHECK_FALSE(is_fresh(mirrored, "a.c"));
}

TEST_CASE("analyses: of a synced file alone, under an id of its own") {
  Mirrored mirrored;
  const auto none = analysis_of(mirrored.project().snapshot().value(), "absent", "lint", "x");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ErrorCode::not_found);
  CHECK(sync::analysis_id("a.c", "lint") == "analysis:lint:a.c");
  const std::string long_path(300, 'x');
  CHECK(sync::analysis_id(long_path, "lint").size() == 9 + 32);
  CHECK(sync::analysis_id(long_path, "lint") != sync::analysis_id(long_path, "other"));
  CHECK(sync::analysis_id("a\nb", "lint").size() == 9 + 32);
}

}  // namespace shale::testing

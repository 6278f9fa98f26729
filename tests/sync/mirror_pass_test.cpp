#include "sync/mirror_pass.hpp"

#include "tests/support/catch.hpp"
#include "tests/sync/mirror_fixture.hpp"

namespace shale::sync {
namespace {

using testing::Mirrored;

namespace fs = std::filesystem;

using Paths = std::vector<std::string>;

PassResult pass(Mirrored& mirrored, const MirrorScope& scope, const MirrorNotes& notes = {}) {
  const fs::path root = mirrored.root();
  const SyncOptions options;
  const ProgressCallback progress;
  const std::stop_token stop;
  return mirror_pass({mirrored.project(), root, options, notes, progress, stop}, scope).value();
}

MirrorScope part(const Mirrored& mirrored, const std::string& folder,
                 std::vector<KnownFile> known) {
  const WalkPart parts[] = {{folder, false}};
  return {walk_parts(mirrored.root(), parts).value(), std::move(known)};
}

}  // namespace

TEST_CASE("mirror pass: a part of a folder alone, and what the project has of it afterwards") {
  Mirrored mirrored;
  mirrored.old_file("a/x", "one");
  mirrored.old_file("b/y", "two");
  mirrored.old_file("a/binary", std::string("\0", 1));
  const PassResult first = pass(mirrored, part(mirrored, "a", {}));
  CHECK(mirrored.texts() == std::map<std::string, std::string>{{"a/x", "one"}});
  REQUIRE(first.now.size() == 1);
  CHECK(first.now[0].path == "a/x");
  CHECK(first.now[0].is_settled);
  CHECK(first.gone.empty());
  CHECK(first.report.added == 1);
  // A file that moved within what was walked; what is skipped is not read again.
  fs::rename(mirrored.root() / "a/x", mirrored.root() / "a/z");
  const PassResult second = pass(mirrored, part(mirrored, "a", first.now), first.notes);
  CHECK(second.report.renamed == 1);
  CHECK(second.report.files_read == 1);
  CHECK(second.gone == Paths{"a/x"});
  REQUIRE(second.now.size() == 1);
  CHECK(second.now[0].path == "a/z");
  CHECK(second.notes == first.notes);
  fs::remove(mirrored.root() / "a/z");
  const PassResult third = pass(mirrored, part(mirrored, "a", second.now));
  CHECK(third.gone == Paths{"a/z"});
  CHECK(third.now.empty());
  CHECK(mirrored.texts().empty());
}

TEST_CASE("mirror pass: a stamp that has settled is known as such") {
  Mirrored mirrored;
  mirrored.file("x", "one");
  const PassResult first = pass(mirrored, part(mirrored, "", {}));
  REQUIRE(first.now.size() == 1);
  CHECK_FALSE(first.now[0].is_settled);
  mirrored.age("x");
  const PassResult second = pass(mirrored, part(mirrored, "", first.now));
  REQUIRE(second.now.size() == 1);
  CHECK(second.now[0].is_settled);
  CHECK(second.report.unchanged == 1);
  CHECK(second.report.updated == 1);
}

}  // namespace shale::sync

#include "sync/freshness.hpp"

#include <sys/stat.h>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/sync/mirror_fixture.hpp"

namespace shale::testing {
namespace {

namespace fs = std::filesystem;

SourceState state_of(Mirrored& mirrored, const std::string& file) {
  const std::string files[] = {file};
  return source_states(mirrored.project().snapshot().value(), files).value().at(0);
}

}  // namespace

TEST_CASE("freshness: a file is as it was, changed or gone") {
  Mirrored mirrored;
  mirrored.old_file("a.cpp", "int f() {\n  return 1;\n}\n\nint g() {\n  return 2;\n}\n");
  mirrored.old_file("sub/b.txt", "text");
  mirrored.sync({.prefix = "p/"});
  if (GENERATE(false, true)) REQUIRE(mirrored.project().merge(true));
  CHECK(state_of(mirrored, "p/a.cpp") == SourceState::same);
  CHECK(state_of(mirrored, "p/sub/b.txt") == SourceState::same);
  CHECK(state_of(mirrored, "a.cpp") == SourceState::unknown);
  mirrored.file("a.cpp", "int f() {\n  return 3;\n}\n\nint g() {\n  return 2;\n}\n");
  fs::remove(mirrored.root() / "sub/b.txt");
  CHECK(state_of(mirrored, "p/a.cpp") == SourceState::changed);
  CHECK(state_of(mirrored, "p/sub/b.txt") == SourceState::gone);
  mirrored.sync({.prefix = "p/"});
  CHECK(state_of(mirrored, "p/a.cpp") == SourceState::same);
  CHECK(state_of(mirrored, "p/sub/b.txt") == SourceState::unknown);
}

TEST_CASE("freshness: a touched file, and one whose stamp is not settled, tell by their bytes") {
  Mirrored mirrored;
  mirrored.file("a.txt", "one");  // just now
  mirrored.old_file("b.txt", "two");
  mirrored.sync();
  CHECK(state_of(mirrored, "a.txt") == SourceState::same);
  mirrored.file("a.txt", "ONE");
  CHECK(state_of(mirrored, "a.txt") == SourceState::changed);
  mirrored.age("b.txt");
  CHECK(state_of(mirrored, "b.txt") == SourceState::same);
}

TEST_CASE("freshness: a pipe in place of a file is no file, and is not waited for") {
  Mirrored mirrored;
  mirrored.old_file("a.txt", "one");
  mirrored.sync();
  fs::remove(mirrored.root() / "a.txt");
  REQUIRE(mkfifo((mirrored.root() / "a.txt").c_str(), 0600) == 0);
  CHECK(state_of(mirrored, "a.txt") == SourceState::gone);
}

TEST_CASE("freshness: what damage hides is unknown, and no error") {
  Mirrored mirrored;
  mirrored.old_file("a.txt", "one");
  mirrored.old_file("b.txt", "two");
  mirrored.sync();
  REQUIRE(mirrored.project().merge(true));
  const fs::path store = mirrored.root().parent_path() / "store";
  std::vector<fs::path> shards;
  for (const auto& entry : fs::recursive_directory_iterator(store)) {
    if (entry.path().extension() == ".shard") shards.push_back(entry.path());
  }
  REQUIRE(shards.size() == 1);
  usize hidden = 0;
  for (u64 at = 0; at < fs::file_size(shards[0]); at += 16) {
    flip_byte(shards[0], at);
    const Project project = Store::open(store, {}).value().project("default").value();
    const auto now = project.snapshot();
    const std::string files[] = {"a.txt"};
    if (now) {  // a shard that cannot be opened at all fails the snapshot
      const SourceState state = source_states(*now, files).value().at(0);
      CHECK((state == SourceState::same || state == SourceState::unknown));
      hidden += state == SourceState::unknown ? 1 : 0;
    }
    flip_byte(shards[0], at);
  }
  CHECK(hidden > 0);
}

TEST_CASE("freshness: nobody knows where the folder is not known") {
  Mirrored mirrored;
  mirrored.old_file("a.txt", "one");
  mirrored.sync();
  Batch batch;
  batch.stash({.id = "x", .text = "y", .file = "other.txt", .line_range = LineRange{1, 1}});
  REQUIRE(mirrored.project().commit(batch));
  CHECK(state_of(mirrored, "other.txt") == SourceState::unknown);
  for (const auto& entry : fs::recursive_directory_iterator(mirrored.root().parent_path()))
    if (entry.path().extension() == ".notes") fs::remove(entry.path());
  CHECK(state_of(mirrored, "a.txt") == SourceState::unknown);
}

}  // namespace shale::testing

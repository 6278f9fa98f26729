#include "backup/project_copy.hpp"

#include "base/file_system.hpp"
#include "tests/backup/backup_fixture.hpp"

namespace shale::testing {
namespace {

using backup::Meter;
using backup::PinnedProject;

// A file system without links, or on which the first of them finds its file gone.
class OddFileSystem : public FileSystem {
 public:
  explicit OddFileSystem(int problem) : problem_(problem) { FileSystem::use(this); }
  ~OddFileSystem() override { FileSystem::use(nullptr); }
  int link(const char*, const char*) override { return ++asked, errno = problem_, -1; }
  int asked = 0;

 private:
  int problem_;
};

struct Copied {
  BackedUp done;
  catalog::Manifest pinned;
  Result<void> result;
};

Copied copy(Project& project, const path& folder, bool may_link = true) {
  Meter meter({}, {});
  Copied copied;
  copied.result = backup::with_pinned(project, [&](const PinnedProject& pinned) {
    copied.pinned = pinned.manifest;
    return backup::copy_project(pinned, folder, may_link, meter);
  });
  copied.done = meter.done;
  return copied;
}

void fill(Project project) {
  stash_many(project, "a", 6);
  project.merge(true).value();
  stash(project, "a1", "second");
  erase(project, "a2");
  project.merge(false).value();
  stash_many(project, "b", 9);
}

std::set<u64> randoms_of(const catalog::Manifest& manifest) {
  std::set<u64> randoms;
  for (const catalog::LogEntry& log : manifest.logs) randoms.insert(log.id.random);
  return randoms;
}

TEST_CASE("project copy: the same shards under two names, logs under new ids, nothing volatile") {
  const TestStore store(sealing_after(4));
  Project project = store.open();
  fill(project);
  const path folder = store.parent() / "copy";
  const Copied copied = copy(project, folder);
  copied.result.value();
  const catalog::ProjectPaths paths{folder};
  const catalog::Manifest before = store.manifest();
  const catalog::Manifest after = catalog::read_manifest(paths.manifest()).value();
  CHECK(after.edition == before.edition);
  CHECK(after.project_id == before.project_id);
  CHECK(after.shards == before.shards);
  const std::vector<path> originals = backup::immutable_files(store.paths(), before);
  const std::vector<path> copies = backup::immutable_files(paths, after);
  REQUIRE(copies.size() == originals.size());
  for (usize i = 0; i < copies.size(); ++i) {
    CHECK(path_identity(copies[i]).value() == path_identity(originals[i]).value());
  }
  CHECK(copied.done.linked_files == copies.size());
  CHECK(copied.done.files == copies.size() + copied.pinned.logs.size() + 1);
  REQUIRE(after.logs.size() == copied.pinned.logs.size() + 1);
  for (usize i = 0; i < after.logs.size(); ++i) {
    const catalog::LogEntry& log = after.logs[i];
    CHECK((log.sealed_end == 0) == (i + 1 == after.logs.size()));
    CHECK(!randoms_of(before).contains(log.id.random));
    if (log.sealed_end != 0) CHECK(std::filesystem::file_size(paths.log(log.id)) == log.sealed_end);
    if (log.sealed_end != 0) CHECK(log.id.sequence == copied.pinned.logs[i].id.sequence);
  }
  CHECK(after.logs.back().id.sequence >= before.next_sequence);
  CHECK(files_in(folder) ==
        std::vector<std::string>{"LOCK", "MANIFEST", "changes", "log", "shards", "volatile"});
  CHECK(files_in(paths.volatile_folder()) == std::vector<std::string>{"CACHEDIR.TAG"});
  CHECK(after.changes == before.changes);
  CHECK(files_in(paths.shard_folder()).size() + files_in(paths.changes_folder()).size() ==
        copies.size());
}

TEST_CASE("project copy: without links every file is another one, and the bytes are the same") {
  const TestStore store(sealing_after(4));
  Project project = store.open();
  fill(project);
  const auto check = [&](const path& folder, const Copied& copied) {
    copied.result.value();
    const auto originals = backup::immutable_files(store.paths(), copied.pinned);
    const auto copies = backup::immutable_files({folder}, copied.pinned);
    CHECK(copied.done.linked_files == 0);
    for (usize i = 0; i < copies.size(); ++i) {
      CHECK(path_identity(copies[i]).value() != path_identity(originals[i]).value());
      CHECK(read_text(copies[i]) == read_text(originals[i]));
    }
  };
  check(store.parent() / "wanted", copy(project, store.parent() / "wanted", false));
  const OddFileSystem other(EXDEV);
  check(store.parent() / "forced", copy(project, store.parent() / "forced"));
  CHECK(other.asked == 1);
}

TEST_CASE("project copy: a shard that is retired while it is linked is not_found to the caller") {
  const TestStore store;
  Project project = store.open();
  fill(project);
  const OddFileSystem gone(ENOENT);
  Meter meter({}, {});
  int calls = 0;
  const auto copied = backup::with_pinned(project, [&](const PinnedProject& pinned) {
    ++calls;
    const path folder = store.parent() / ("copy" + std::to_string(calls));
    Result<void> made = backup::copy_project(pinned, folder, true, meter);
    CHECK(!made);
    CHECK(!std::filesystem::exists(folder / "MANIFEST"));
    return calls < 3 ? made : Result<void>();
  });
  copied.value();
  CHECK(calls == 3);
}

TEST_CASE("project copy: a log that is damaged is not copied") {
  const TestStore store;
  Project project = store.open();
  stash_many(project, "a", 6);
  flip_byte(store.active_log(), delta::log_header_bytes + 100);
  const Copied copied = copy(project, store.parent() / "copy");
  REQUIRE(!copied.result);
  CHECK(copied.result.error().code == ErrorCode::corrupt);
  CHECK(copied.result.error().path == store.active_log().string());
}

}  // namespace
}  // namespace shale::testing

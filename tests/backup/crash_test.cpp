// Every state that a power cut may leave of a backup or a restore, at every point of it.
//
// In each the source is as it was, the target is absent or whole, and the same call made again
// comes to its end; once it was acknowledged, the target is there. States are those of the crash
// laboratory (tests/crash), which records what is written, linked, renamed and synced.
#include <cstdio>

#include "tests/backup/backup_fixture.hpp"
#include "tests/crash/crash_states.hpp"
#include "tests/support/sanitizers.hpp"

namespace shale::testing {
namespace {

namespace fs = std::filesystem;

// Of what lies in `root`: "source", a store, and what was made of it.
struct Scene {
  std::string name;
  Result<BackedUp> (*act)(const path& root);
  std::string target;
  void (*prepare)(const path& root);
};

Result<BackedUp> make_folder_backup(const path& root) {
  return back_up(TRY(Store::open(root / "source", reading())), root / "target");
}
Result<BackedUp> make_copied_backup(const path& root) {
  BackupOptions options;
  options.may_link = false;
  return back_up(TRY(Store::open(root / "source", reading())), root / "target", options);
}
Result<BackedUp> make_bundle(const path& root) {
  return back_up_to_bundle(TRY(Store::open(root / "source", reading())), root / "target");
}
Result<BackedUp> restore_folder(const path& root) {
  return restore(root / "source", root / "target");
}
Result<BackedUp> restore_bundle(const path& root) {
  return restore(root / "bundle", root / "target");
}

void prepare_store(const path& root) {
  const Store store = Store::open(root / "source", plain_store()).value();
  Project project = store.project("default").value();
  stash_many(project, "s", 8);
  project.merge(true).value();
  stash(project, "s1", "second");
  erase(project, "s2");
  project.merge(false).value();
  Update pinned;
  pinned.pinned = true;
  update(project, "s3", pinned);
  stash(project, "late", "text", Durability::full);
  Project other = store.project("other").value();
  stash(other, "o", "text", Durability::full);
}
void prepare_bundle(const path& root) {
  prepare_store(root);
  make_bundle(root).value();
  fs::rename(root / "target", root / "bundle");
}

const Scene scenes[] = {
    {"backup by links", make_folder_backup, "target", prepare_store},
    {"backup by copies", make_copied_backup, "target", prepare_store},
    {"bundle", make_bundle, "target", prepare_store},
    {"restore from a folder", restore_folder, "target", prepare_store},
    {"restore from a bundle", restore_bundle, "target", prepare_bundle},
};

struct Expected {
  Saids one;
  Saids other;
};

Expected expected_of(const path& store) { return {said_in(store), said_in(store, "other")}; }

// Empty, or what is wrong with the store.
std::string wrong_with(const path& folder, const Expected& expected) {
  try {
    const Store store = Store::open(folder, reading()).value();
    std::string wrong = difference(said_by(store), expected.one);
    wrong += difference(said_by(store, "other"), expected.other);
    for (const Fault& fault : faults_of(store)) wrong += fault.file + ": " + fault.message;
    return wrong;
  } catch (const std::exception& problem) {
    return std::string("it cannot be read: ") + problem.what();
  }
}

// A store, or a bundle that restores to one.
std::string wrong_with_target(const path& root, const Expected& expected) {
  if (!fs::is_regular_file(root / "target")) return wrong_with(root / "target", expected);
  const Result<BackedUp> restored = restore(root / "target", root / "restored");
  if (!restored) return restored.error().message;
  const std::string wrong = wrong_with(root / "restored", expected);
  fs::remove_all(root / "restored");
  return wrong;
}

std::string check(const CrashState& state, const Scene& scene, const path& root,
                  const Expected& expected) {
  std::string wrong = wrong_with(root / "source", expected);
  if (!wrong.empty()) return "the source: " + wrong;
  const bool is_there = fs::exists(root / "target");
  if (!is_there && state.acknowledged > 0) return "what was acknowledged is not there";
  if (is_there) wrong = wrong_with_target(root, expected);
  if (!wrong.empty()) return "the target: " + wrong;
  if (is_there) return "";
  const Result<BackedUp> again = scene.act(root);
  if (!again) return "the next call: " + again.error().message + " " + again.error().path;
  wrong = wrong_with_target(root, expected);
  if (!wrong.empty()) return "the target of the next call: " + wrong;
  return fs::exists(root / "target.tmp") ? "the draft is still there" : "";
}

Record record_of(const Scene& scene, const path& root, usize& first) {
  RecordingFileSystem recorder(root, "boot-1");
  FileSystem::use(&recorder);
  recorder.mark(0, 1);
  first = recorder.record().operations.size();
  const Result<BackedUp> done = scene.act(root);
  recorder.mark(1, 1);
  FileSystem::use(nullptr);
  done.value();
  return recorder.take();
}

}  // namespace

TEST_CASE("whatever a crash leaves of a backup or a restore, nothing is lost and it can be done") {
  const bool slow = under_address_sanitizer || under_thread_sanitizer;
  for (const Scene& scene : scenes) {
    const InMemory memory;
    const TemporaryFolder folder;
    const path root = folder / "root";
    fs::create_directory(root);
    scene.prepare(root);
    const Expected expected = expected_of(root / "source");
    usize first = 0;
    const Record record = record_of(scene, root, first);
    u64 offered = 0;
    u64 with_target = 0;
    u64 without = 0;
    for (const Profile profile : {Profile::posix, Profile::linux_journal}) {
      CrashStates states(record, profile, 20261130, 4);
      for (usize point = first; point <= record.operations.size(); ++point) {
        states.at(point, [&](const CrashState& state) {
          if (++offered % (slow ? 8 : 1) != 0 && state.acknowledged == 0) return;
          const path left = folder / "left";
          state.write_to(left);
          const RestartedFileSystem restarted(left, "boot-2");
          FileSystem::use(const_cast<RestartedFileSystem*>(&restarted));
          const std::string wrong = check(state, scene, left, expected);
          FileSystem::use(nullptr);
          INFO(scene.name << ", " << state.kind << ", at operation " << point << " of "
                          << record.operations.size());
          REQUIRE(wrong == "");
          ++(state.files.contains("target") || state.folders.contains("target") ? with_target
                                                                                : without);
        });
      }
    }
    std::printf("%s: %llu states, %llu looked at, %llu with a target\n", scene.name.c_str(),
                static_cast<unsigned long long>(offered),
                static_cast<unsigned long long>(with_target + without),
                static_cast<unsigned long long>(with_target));
    CHECK(with_target > 0);
    CHECK(without > 20);
  }
}

}  // namespace shale::testing

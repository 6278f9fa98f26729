// The laboratory itself: that its record holds what was done, and its states what may be left.
#include "tests/crash/crash_states.hpp"

#include <map>
#include <set>

#include "base/file.hpp"
#include "base/file_copy.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::testing {
namespace {

using std::filesystem::path;

// What `act` does to a folder that holds `old` with "old bytes".
template <class Act>
Record record_of(const Act& act) {
  const TemporaryFolder folder;
  const path root = folder / "root";
  std::filesystem::create_directory(root);
  replace_file(root / "old", as_bytes("old bytes")).value();
  RecordingFileSystem recorder(root, "boot");
  FileSystem::use(&recorder);
  recorder.mark(0, 1);
  act(root);
  recorder.mark(1, 1);
  FileSystem::use(nullptr);
  return recorder.take();
}

// Every folder that a cut at any point may leave: file -> bytes, as one line for each.
std::set<std::string> leftovers(const Record& record, Profile profile, u64 acknowledged) {
  std::set<std::string> all;
  CrashStates states(record, profile, 1, 8);
  for (usize point = 0; point <= record.operations.size(); ++point) {
    states.at(point, [&](const CrashState& state) {
      if (state.acknowledged != acknowledged) return;
      std::string line;
      for (const auto& [name, file] : state.files) {
        std::string bytes = file.bytes;
        bytes.resize(usize(file.size), '\0');
        line += name + "=" + bytes + ";";
      }
      all.insert(line);
    });
  }
  return all;
}

TEST_CASE("a file that is replaced as it should be is old or new at every moment") {
  const Record record = record_of(
      [](const path& root) { replace_file(root / "old", as_bytes("new bytes")).value(); });
  for (const Profile profile : {Profile::posix, Profile::linux_journal}) {
    for (const std::string& line : leftovers(record, profile, 0)) {
      INFO(line);
      const bool is_old = line.find("old=old bytes;") != std::string::npos;
      const bool is_new = line.find("old=new bytes;") != std::string::npos;
      CHECK(is_old != is_new);
    }
    CHECK(leftovers(record, profile, 1) == std::set<std::string>{"old=new bytes;"});
  }
}

TEST_CASE("without the file's sync its bytes may be lost behind the rename") {
  const Record record = record_of([](const path& root) {
    File file = File::open(root / "draft", File::Mode::create_new).value();
    file.write_at(0, as_bytes("new bytes")).value();
    rename_path(root / "draft", root / "old").value();
    sync_folder(root).value();
  });
  const std::set<std::string> left = leftovers(record, Profile::linux_journal, 1);
  CHECK(left.contains("old=new bytes;"));
  CHECK(left.contains("old=;"));
  CHECK(left.contains("old=" + std::string(9, '\0') + ";"));
}

TEST_CASE(
    "without the folder's sync a name may be lost, in any order only where nothing keeps one") {
  const auto act = [](const path& root) {
    for (const char* name : {"first", "second"}) {
      File file = File::open(root / name, File::Mode::create_new).value();
      file.write_at(0, as_bytes("bytes")).value();
      file.sync_data().value();
    }
  };
  const Record record = record_of(act);
  const std::string second_alone = "old=old bytes;second=bytes;";
  const std::set<std::string> posix = leftovers(record, Profile::posix, 1);
  CHECK(posix.contains("old=old bytes;"));
  CHECK(posix.contains(second_alone));
  const std::set<std::string> journal = leftovers(record, Profile::linux_journal, 1);
  CHECK(journal == std::set<std::string>{"first=bytes;old=old bytes;second=bytes;"});
  CHECK(!leftovers(record, Profile::linux_journal, 0).contains(second_alone));
}

TEST_CASE("a write is torn at sectors, and lost or kept one without the other") {
  const Record record = record_of([](const path& root) {
    File file = File::open(root / "old", File::Mode::read_write).value();
    file.write_at(0, as_bytes(std::string(1024, 'a'))).value();
    file.write_at(1024, as_bytes(std::string(512, 'b'))).value();
  });
  const std::set<std::string> left = leftovers(record, Profile::posix, 1);
  const std::string sector(512, 'a');
  const std::string last(512, 'b');
  const auto holds = [&](const std::string& bytes) { return left.contains("old=" + bytes + ";"); };
  CHECK(holds("old bytes"));
  CHECK(holds(sector + sector));
  CHECK(holds(sector + sector + last));
  CHECK(holds("old bytes" + std::string(1015, '\0') + last));
  CHECK(left.size() >= 8);
}

TEST_CASE("what was synced is there whatever comes later; what a failed sync lost never is") {
  const auto act = [](const path& root) {
    File file = File::open(root / "old", File::Mode::read_write).value();
    file.write_at(0, as_bytes("one")).value();
    file.sync_data().value();
    file.write_at(3, as_bytes("two")).value();
    file.sync_data().value();
  };
  Record record = record_of(act);
  for (const std::string& line : leftovers(record, Profile::posix, 1)) {
    CHECK(line == "old=onetwotes;");
  }
  for (Operation& operation : record.operations) {
    if (operation.is_data() && operation.offset == 3) operation.is_lost = true;
  }
  CHECK(leftovers(record, Profile::posix, 1).contains("old=one bytes;"));
}

TEST_CASE("a folder that is renamed takes along what is in it") {
  const Record record = record_of([](const path& root) {
    make_folder(root / "draft").value();
    replace_file(root / "draft" / "file", as_bytes("inside")).value();
    rename_path(root / "draft", root / "made").value();
    sync_folder(root).value();
  });
  CHECK(leftovers(record, Profile::posix, 1) ==
        std::set<std::string>{"made/file=inside;old=old bytes;"});
  for (const std::string& line : leftovers(record, Profile::linux_journal, 0)) {
    CHECK((line.find("made/") == std::string::npos || line.find("draft/") == std::string::npos));
  }
}

TEST_CASE("another name of a file shows its bytes, and may be lost as any name") {
  const Record record = record_of([](const path& root) {
    make_folder(root / "sub").value();
    sync_folder(root).value();
    CHECK(link_file(root / "old", root / "sub" / "name").value());
    sync_folder(root / "sub").value();
    remove_file(root / "old").value();
    sync_folder(root).value();
  });
  const std::string both = "old=old bytes;sub/name=old bytes;";
  for (const Profile profile : {Profile::posix, Profile::linux_journal}) {
    CHECK(leftovers(record, profile, 1) == std::set<std::string>{"sub/name=old bytes;"});
    CHECK(leftovers(record, profile, 0) ==
          std::set<std::string>{"old=old bytes;", both, "sub/name=old bytes;"});
  }
}

TEST_CASE("a state is written to a folder as it is, sizes included") {
  const Record record = record_of([](const path& root) {
    make_folder(root / "sub").value();
    File file = File::open(root / "sub" / "zeros", File::Mode::create_new).value();
    file.write_at(0, as_bytes(std::string(100, '\0'))).value();
    file.write_at(10, as_bytes("x")).value();
  });
  CrashStates states(record, Profile::posix, 1, 0);
  bool seen = false;
  states.at(record.operations.size(), [&](const CrashState& state) {
    if (state.kind != "everything") return;
    seen = true;
    const TemporaryFolder folder;
    state.write_to(folder / "copy");
    CHECK(as_text(read_file(folder / "copy" / "old", 100).value()) == "old bytes");
    const Buffer zeros = read_file(folder / "copy" / "sub" / "zeros", 1000).value();
    REQUIRE(zeros.size() == 100);
    CHECK(zeros[10] == std::byte('x'));
  });
  CHECK(seen);
}

}  // namespace
}  // namespace shale::testing

#include "base/folder_events.hpp"

#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds patience{2000};

using Names = std::set<std::string>;

FolderEvents events_of(FolderWatch& watch) {
  FolderEvents events;
  if (watch.wait(patience).value()) REQUIRE(watch.take(events));
  return events;
}

bool is_quiet(FolderWatch& watch) {
  FolderEvents events;
  if (watch.wait(std::chrono::milliseconds(20)).value()) REQUIRE(watch.take(events));
  return events.empty();
}

}  // namespace

TEST_CASE("folder events: each kind of change names the folder it is in") {
  const testing::TemporaryFolder folder;
  fs::create_directory(folder.path() / "a");
  FolderWatch watch = FolderWatch::open().value();
  REQUIRE(watch.watch(folder.path(), "").value());
  REQUIRE(watch.watch(folder.path() / "a", "a").value());
  CHECK(is_quiet(watch));
  std::ofstream(folder.path() / "x") << "1";
  CHECK(events_of(watch).changed == Names{""});
  std::ofstream(folder.path() / "a/y") << "1";
  const FolderEvents written = events_of(watch);
  CHECK(written.changed == Names{"a"});
  CHECK(written.entries == Names{"y"});
  fs::rename(folder.path() / "x", folder.path() / "a/x");
  CHECK(events_of(watch).changed == Names{"", "a"});
  fs::remove(folder.path() / "a/x");
  CHECK(events_of(watch).changed == Names{"a"});
  CHECK(is_quiet(watch));
  CHECK_FALSE(watch.watch(folder.path() / "absent", "absent").value());
}

TEST_CASE("folder events: folders that appear and go are told by name") {
  const testing::TemporaryFolder folder;
  fs::create_directory(folder.path() / "a");
  FolderWatch watch = FolderWatch::open().value();
  REQUIRE(watch.watch(folder.path() / "a", "a").value());
  fs::create_directory(folder.path() / "a/b");
  CHECK(events_of(watch).appeared == Names{"a/b"});
  fs::rename(folder.path() / "a/b", folder.path() / "a/c");
  const FolderEvents moved = events_of(watch);
  CHECK(moved.gone == Names{"a/b"});
  CHECK(moved.appeared == Names{"a/c"});
  fs::create_directory(folder.path() / "a/d");
  fs::remove(folder.path() / "a/d");
  CHECK(events_of(watch).appeared.empty());
}

TEST_CASE("folder events: what is forgotten tells no more") {
  const testing::TemporaryFolder folder;
  FolderWatch watch = FolderWatch::open().value();
  for (const char* name : {"a", "a/b", "ab"}) {
    fs::create_directory(folder.path() / name);
    REQUIRE(watch.watch(folder.path() / name, name).value());
  }
  watch.forget("a");
  std::ofstream(folder.path() / "a/x") << "1";
  std::ofstream(folder.path() / "a/b/x") << "1";
  CHECK(is_quiet(watch));
  std::ofstream(folder.path() / "ab/x") << "1";
  CHECK(events_of(watch).changed == Names{"ab"});
  FolderWatch moved = std::move(watch);
  fs::remove_all(folder.path() / "ab");
  CHECK(events_of(moved).changed == Names{"ab"});
}

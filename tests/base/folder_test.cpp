#include "base/folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
namespace fs = std::filesystem;

namespace {

std::vector<FolderEntry> sorted(const fs::path& folder, bool follow_links = false) {
  auto entries = read_folder(folder, follow_links).value();
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

}  // namespace

TEST_CASE("folder: entries with their kinds and stamps") {
  const testing::TemporaryFolder folder;
  std::ofstream(folder.path() / "a") << "12345";
  fs::create_directory(folder.path() / "b");
  fs::create_symlink("a", folder.path() / "c");
  fs::create_symlink("b", folder.path() / "d");
  fs::create_symlink("gone", folder.path() / "e");
  REQUIRE(mkfifo((folder.path() / "f").c_str(), 0600) == 0);
  const auto kinds = [](const std::vector<FolderEntry>& entries) {
    std::vector<EntryKind> result;
    for (const FolderEntry& entry : entries) result.push_back(entry.kind);
    return result;
  };
  constexpr EntryKind file = EntryKind::file, link = EntryKind::link;
  const auto entries = sorted(folder.path());
  CHECK(kinds(entries) == std::vector{file, EntryKind::folder, link, link, link, EntryKind::other});
  struct stat status {};
  REQUIRE(stat((folder.path() / "a").c_str(), &status) == 0);
  const FileStamp stamp = entries[0].stamp;
  CHECK(stamp.bytes == 5);
  CHECK(stamp.modified_ns == i64(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec);
  CHECK(stamp.inode == status.st_ino);
  CHECK(stamp_of(File::open(folder.path() / "a", File::Mode::read).value()).value() == stamp);
  // A link to a file is that file where links are followed.
  const auto followed = sorted(folder.path(), true);
  CHECK(kinds(followed) ==
        std::vector{file, EntryKind::folder, file, link, link, EntryKind::other});
  CHECK(followed[2].stamp == stamp);
}

TEST_CASE("folder: what is no folder is told") {
  const testing::TemporaryFolder folder;
  CHECK(read_folder(folder.path()).value().empty());
  CHECK(read_folder(folder.path() / "absent").error().code == ErrorCode::not_found);
  std::ofstream(folder.path() / "file") << "x";
  CHECK_FALSE(read_folder(folder.path() / "file"));
}

TEST_CASE("folder: the stamp at a path, whatever lies there") {
  const testing::TemporaryFolder folder;
  std::ofstream(folder.path() / "a") << "12345";
  REQUIRE(mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
  const File file = File::open(folder.path() / "a", File::Mode::read).value();
  CHECK(stamp_at(folder.path() / "a").value() == stamp_of(file).value());
  CHECK_FALSE(stamp_at(folder.path() / "absent").value());
  CHECK_FALSE(stamp_at(folder.path() / "a/b").value());
  CHECK_FALSE(stamp_at(folder.path()).value());
  CHECK_FALSE(stamp_at(folder.path() / "pipe").value());  // and nobody waits for a writer
}

#include "base/file_memory.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/file.hpp"
#include "base/file_copy.hpp"
#include "base/lock.hpp"
#include "base/mapped_file.hpp"
#include "base/mount.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_descriptors.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale {
namespace {

using std::filesystem::path;
using testing::memory_descriptors;
using testing::TemporaryFolder;
using Names = std::vector<std::string>;

std::shared_ptr<MemoryVolume> new_volume() { return MemoryVolume::make().value(); }

void write_text(const path& at, std::string_view text) {
  File::open(at, File::Mode::create).value().write_at(0, as_bytes(text)).value();
}

std::string read_text(const path& at) {
  return std::string(as_text(read_file(at, 1 << 20).value()));
}

int errno_of(const Result<void>& result) { return result ? 0 : result.error().errno_value; }

TEST_CASE("a file in memory is written, read and listed by its path") {
  const auto volume = new_volume();
  const path folder = volume->root() / "a" / "b";
  make_folders(folder).value();
  write_text(folder / "x", "text");
  CHECK(read_text(folder / "x") == "text");
  CHECK(list_folder(folder).value() == Names{"x"});
  CHECK(list_folder(volume->root()).value() == Names{"a"});
  CHECK(path_standing(folder / "x").value()->bytes == 4);
  CHECK(leads_to_folder(folder));
  CHECK_FALSE(leads_to_folder(folder / "x"));
  CHECK_FALSE(path_exists(folder / "y").value());
  CHECK_FALSE(path_exists(folder / "x" / "y").value());
  CHECK(sync_folder(folder));
  CHECK(mount_of(folder).value().magic == 0x01021994);
}

TEST_CASE("a path is taken as it is written, and leaves no volume") {
  const auto volume = new_volume();
  write_text(volume->root() / "x", "text");
  const std::string root = volume->root().string();
  CHECK(read_text(root + "//./x") == "text");
  CHECK(read_text(root + "/none/../x") == "text");
  CHECK(read_text(root + "/../../x") == "text");
  CHECK_FALSE(path_exists(root + "0/x").value());
  CHECK_FALSE(path_exists(root + "x/x").value());
  CHECK_FALSE(path_exists("/proc/shale-memory/").value());
  CHECK(read_text(root + "/x/") == "text");
}

TEST_CASE("no folder on a disk is taken for one in memory") {
  const auto volume = new_volume();
  const std::string relative = volume->root().string().substr(1);
  CHECK_FALSE(is_memory_path(relative.c_str()));
  CHECK_FALSE(is_memory_path(("/" + volume->root().string()).c_str()));
  std::error_code ignored;
  CHECK_FALSE(std::filesystem::exists(volume->root(), ignored));
  CHECK_FALSE(std::filesystem::create_directory("/proc/shale-memory", ignored));
}

TEST_CASE("a new file is made once, in a folder that is there") {
  const auto volume = new_volume();
  const path at = volume->root() / "x";
  CHECK(File::open(at, File::Mode::read).error().code == ErrorCode::not_found);
  CHECK(File::open(at, File::Mode::read_write).error().code == ErrorCode::not_found);
  CHECK(File::open(at, File::Mode::create_new));
  CHECK(File::open(at, File::Mode::create_new).error().errno_value == EEXIST);
  CHECK(File::open(at, File::Mode::create));
  CHECK(File::open(volume->root() / "no" / "x", File::Mode::create).error().errno_value == ENOENT);
  CHECK(File::open(at / "x", File::Mode::create).error().errno_value == ENOTDIR);
  CHECK(File::open(volume->root(), File::Mode::read_write).error().errno_value == EISDIR);
  CHECK(errno_of(sync_folder(at)) == ENOTDIR);
  CHECK(errno_of(make_folder(volume->root() / "no" / "folder")) == ENOENT);
  CHECK(errno_of(make_folder(at)) == EEXIST);
}

TEST_CASE("what is opened to be read cannot be written") {
  const auto volume = new_volume();
  write_text(volume->root() / "x", "text");
  File file = File::open(volume->root() / "x", File::Mode::read).value();
  CHECK_FALSE(file.write_at(0, as_bytes("other")));
  CHECK(read_text(volume->root() / "x") == "text");
}

TEST_CASE("two openings exclude each other by locks, and see one file") {
  const auto volume = new_volume();
  LockFile one = LockFile::open(volume->root() / "LOCK", true).value();
  LockFile two = LockFile::open(volume->root() / "LOCK", false).value();
  CHECK(one.try_lock(3).value());
  CHECK_FALSE(two.try_lock(3).value());
  CHECK(two.is_locked(3).value());
  CHECK(two.still_at_path().value());
  one.raise_count().value();
  CHECK(two.count_at_path().value() == 1u);
  one.unlock(3);
  CHECK(two.try_lock(3).value());
  replace_file(volume->root() / "LOCK", {}).value();
  CHECK_FALSE(two.still_at_path().value());
}

TEST_CASE("a file is mapped, and a map of it shares what is written") {
  const auto volume = new_volume();
  File file = File::open(volume->root() / "x", File::Mode::create_new).value();
  SharedMap map = SharedMap::open(std::move(file), 1 << 20).value();
  map.reserve(4096).value();
  map.data()[5] = std::byte('5');
  CHECK(read_text(volume->root() / "x").at(5) == '5');
  const ReadMap again = ReadMap::open(volume->root() / "x").value();
  again.release(0, 4096);
  CHECK(again.bytes()[5] == std::byte('5'));
}

TEST_CASE("a file that is replaced or removed lives on where it is open") {
  const auto volume = new_volume();
  const path at = volume->root() / "x";
  write_text(at, "old");
  const File open = File::open(at, File::Mode::read).value();
  const FileIdentity before = open.identity().value();
  CHECK(path_identity(at).value() == before);
  replace_file(at, as_bytes("new!")).value();
  CHECK(path_identity(at).value() != before);
  CHECK(read_text(at) == "new!");
  remove_file(at).value();
  CHECK(remove_file(at));
  Buffer bytes(3);
  open.read_exactly(0, bytes).value();
  CHECK(as_text(bytes) == "old");
}

TEST_CASE("a folder is renamed with all that is in it, and over an empty one alone") {
  const auto volume = new_volume();
  const path root = volume->root();
  make_folders(root / "from" / "deep").value();
  make_folder(root / "from-not").value();  // begins alike
  make_folder(root / "empty").value();
  make_folder(root / "full").value();
  write_text(root / "full" / "x", "there");
  write_text(root / "from" / "deep" / "x", "text");
  CHECK(errno_of(rename_path(root / "from", root / "full")) == ENOTEMPTY);
  CHECK(errno_of(rename_path(root / "from", root / "full" / "x")) == ENOTDIR);
  CHECK(errno_of(rename_path(root / "from", root / "from" / "deep" / "in")) == EINVAL);
  CHECK(errno_of(rename_path(root / "full" / "x", root / "empty")) == EISDIR);
  CHECK(errno_of(rename_path(root / "none", root / "to")) == ENOENT);
  rename_path(root / "from", root / "empty").value();
  CHECK(read_text(root / "empty" / "deep" / "x") == "text");
  CHECK(list_folder(root).value() == Names{"empty", "from-not", "full"});
  CHECK(list_folder(root / "empty").value() == Names{"deep"});
}

TEST_CASE("a folder goes when it is empty, a tree with all of it") {
  const auto volume = new_volume();
  const int before = memory_descriptors();
  make_folders(volume->root() / "a" / "b").value();
  write_text(volume->root() / "a" / "b" / "x", "text");
  CHECK(memory_descriptors() == before + 1);
  CHECK(memory_files::remove_folder((volume->root() / "a").c_str()) == -1);
  CHECK(errno == ENOTEMPTY);
  CHECK(memory_files::remove((volume->root() / "a").c_str()) == -1);
  CHECK(errno == EISDIR);
  remove_tree(volume->root() / "a").value();
  CHECK(list_folder(volume->root()).value().empty());
  CHECK(memory_descriptors() == before);
}

TEST_CASE("a link is another name of the same file; to a disk it is a copy") {
  const auto volume = new_volume();
  const TemporaryFolder disk;
  const path at = volume->root() / "x";
  write_text(at, "text");
  CHECK(link_file(at, volume->root() / "y").value());
  CHECK(path_identity(at).value() == path_identity(volume->root() / "y").value());
  CHECK(link_file(at, volume->root() / "y").error().errno_value == EEXIST);
  remove_file(at).value();
  CHECK(read_text(volume->root() / "y") == "text");
  CHECK_FALSE(link_file(volume->root() / "y", disk / "y").value());
  CHECK(errno_of(rename_path(volume->root() / "y", disk / "y")) == EXDEV);
  const File file = File::open(volume->root() / "y", File::Mode::read).value();
  copy_file(file, 4, disk / "y", [](u64) { return Result<void>(); }).value();
  CHECK(read_text(disk / "y") == "text");
  const auto other = new_volume();
  CHECK_FALSE(link_file(volume->root() / "y", other->root() / "y").value());
}

TEST_CASE("volumes do not see each other, and give all back with their last handle") {
  const int before = memory_descriptors();
  auto one = new_volume();
  const auto two = new_volume();
  CHECK(one->root() != two->root());
  write_text(one->root() / "x", "text");
  CHECK_FALSE(path_exists(two->root() / "x").value());
  const path at = one->root() / "x";
  auto kept = MemoryVolume::of(at);
  CHECK(kept == one);
  one.reset();
  CHECK(read_text(at) == "text");
  kept.reset();
  CHECK_FALSE(path_exists(at).value());
  CHECK(MemoryVolume::of(at) == nullptr);
  CHECK(MemoryVolume::of("/tmp") == nullptr);
  CHECK(memory_descriptors() == before);
}

TEST_CASE("a spool takes no name") {
  const auto volume = new_volume();
  const int before = memory_descriptors();
  {
    File spool = File::make_unnamed(volume->root()).value();
    spool.write_at(0, as_bytes("text")).value();
    CHECK(spool.size().value() == 4);
    CHECK(memory_descriptors() == before + 1);
  }
  CHECK(list_folder(volume->root()).value().empty());
  CHECK(memory_descriptors() == before);
}

TEST_CASE("a child of fork has none of its parent's files, and makes its own") {
  const auto volume = new_volume();
  const path at = volume->root() / "x";
  write_text(at, "text");
  const pid_t child = fork();
  if (child == 0) {
    const bool has_none = memory_descriptors() == 0 && !path_exists(at).value();
    const auto own = MemoryVolume::make();
    const bool makes = own && make_folder((*own)->root() / "a") && (*own)->root() != volume->root();
    _exit(has_none && makes ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(read_text(at) == "text");
}

TEST_CASE("many threads open, rename and remove at once") {
  const auto volume = new_volume();
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const path folder = volume->root() / std::to_string(t);
      for (int i = 0; i < 300; ++i) {
        const bool done = make_folder(folder) && replace_file(folder / "x", as_bytes("text")) &&
                          rename_path(folder / "x", volume->root() / "shared") &&
                          remove_tree(folder);
        if (!done) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(read_text(volume->root() / "shared") == "text");
}

}  // namespace
}  // namespace shale

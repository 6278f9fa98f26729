#include "base/file_system.hpp"

#include <cerrno>
#include <map>
#include <string>

#include "base/file.hpp"
#include "base/mapped_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale {
namespace {

using testing::TemporaryFolder;

// Counts the calls by name; the one named `failing` fails with EIO, a write before that is short.
class CountingFileSystem : public FileSystem {
 public:
  CountingFileSystem() { FileSystem::use(this); }
  ~CountingFileSystem() override { FileSystem::use(nullptr); }

  std::map<std::string, int> calls;
  std::string failing;
  usize write_at_most = ~usize(0);
  int problem = EIO;

  int open(const char* path, int flags, mode_t rights) override {
    return fails("open") ? -1 : FileSystem::open(path, flags, rights);
  }
  ssize_t read(int descriptor, void* out, usize bytes, off_t offset) override {
    return fails("read") ? -1 : FileSystem::read(descriptor, out, bytes, offset);
  }
  ssize_t write(int descriptor, const iovec* pieces, int count, off_t offset) override {
    if (fails("write")) return -1;
    if (pieces->iov_len <= write_at_most)
      return FileSystem::write(descriptor, pieces, count, offset);
    const iovec some = {pieces->iov_base, write_at_most};
    return FileSystem::write(descriptor, &some, 1, offset);
  }
  int allocate(int descriptor, off_t offset, off_t bytes) override {
    return fails("allocate") ? -1 : FileSystem::allocate(descriptor, offset, bytes);
  }
  int sync_data(int descriptor) override {
    return fails("sync_data") ? -1 : FileSystem::sync_data(descriptor);
  }
  int write_back(int descriptor, off_t offset, off_t bytes, unsigned flags) override {
    return fails("write_back") ? -1 : FileSystem::write_back(descriptor, offset, bytes, flags);
  }
  int sync_folder(int descriptor) override {
    return fails("sync_folder") ? -1 : FileSystem::sync_folder(descriptor);
  }
  int make_folder(const char* path, mode_t rights) override {
    return fails("make_folder") ? -1 : FileSystem::make_folder(path, rights);
  }
  int rename(const char* from, const char* to) override {
    return fails("rename") ? -1 : FileSystem::rename(from, to);
  }
  int remove(const char* path) override { return fails("remove") ? -1 : FileSystem::remove(path); }
  int remove_folder(const char* path) override {
    return fails("remove_folder") ? -1 : FileSystem::remove_folder(path);
  }
  int allow_map(int) override { return fails("map") ? -1 : 0; }

 private:
  bool fails(const std::string& call) {
    ++calls[call];
    if (call != failing) return false;
    errno = problem;
    return true;
  }
};

TEST_CASE("what base/file does comes by the file system in use") {
  const TemporaryFolder folder;
  CountingFileSystem disk;
  make_folders(folder / "a" / "b").value();
  replace_file(folder / "a" / "b" / "file", as_bytes("four")).value();
  CHECK(as_text(read_file(folder / "a" / "b" / "file", 100).value()) == "four");
  remove_tree(folder / "a").value();
  CHECK_FALSE(path_exists(folder / "a").value());
  CHECK(disk.calls == std::map<std::string, int>{{"make_folder", 2},
                                                 {"open", 5},
                                                 {"read", 1},
                                                 {"remove", 2},
                                                 {"remove_folder", 2},
                                                 {"rename", 1},
                                                 {"sync_data", 1},
                                                 {"sync_folder", 3},
                                                 {"write", 1}});
}

TEST_CASE("a call that fails is an error with its errno") {
  const TemporaryFolder folder;
  CountingFileSystem disk;
  disk.failing = GENERATE("open", "write", "sync_data", "rename", "sync_folder");
  const Result<void> done = replace_file(folder / "file", as_bytes("four"));
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ErrorCode::io);
  CHECK(done.error().errno_value == EIO);
  CHECK_FALSE(path_exists(folder / "file.tmp").value());
}

TEST_CASE("a map that is not allowed is an error, and so are blocks that cannot be had") {
  const TemporaryFolder folder;
  replace_file(folder / "file", as_bytes("four")).value();
  CountingFileSystem disk;
  disk.failing = "map";
  CHECK_FALSE(ReadMap::open(folder / "file"));
  CHECK_FALSE(SharedMap::open(File::open(folder / "file", File::Mode::read_write).value(), 8192));
  disk.failing = "allocate";
  SharedMap map =
      SharedMap::open(File::open(folder / "file", File::Mode::read_write).value(), 8192).value();
  CHECK_FALSE(map.reserve(8192));
}

TEST_CASE("short writes are gone on with until all is written") {
  const TemporaryFolder folder;
  CountingFileSystem disk;
  disk.write_at_most = 3;
  File file = File::open(folder / "file", File::Mode::create_new).value();
  file.write_at(0, as_bytes("ten bytes.")).value();
  CHECK(disk.calls["write"] == 4);
  CHECK(as_text(read_file(folder / "file", 100).value()) == "ten bytes.");
}

// Writes 9 MiB in sequence, in pieces that fit no step; stops at the first error.
Result<void> write_long(File& file) {
  constexpr usize pieces = 30;
  for (usize piece = 0; piece < pieces; ++piece) {
    const std::string bytes((usize(9) << 20) / pieces, char('a' + piece));
    TRY(file.write_at(piece * bytes.size(), as_bytes(bytes)));
  }
  return {};
}

TEST_CASE("a paced file goes to the disk in steps, another one as the kernel likes") {
  const TemporaryFolder folder;
  CountingFileSystem disk;
  File paced = File::open(folder / "paced", File::Mode::create_new).value();
  File other = File::open(folder / "other", File::Mode::create_new).value();
  paced.pace_writes();
  write_long(paced).value();
  CHECK(disk.calls["write_back"] == 7);  // four steps begun, three waited for
  write_long(other).value();
  CHECK(disk.calls["write_back"] == 7);
  CHECK(read_file(folder / "paced", 10'000'000).value() ==
        read_file(folder / "other", 10'000'000).value());
}

TEST_CASE("what the disk tells of a step is told, where steps are unknown nothing is") {
  const TemporaryFolder folder;
  CountingFileSystem disk;
  disk.failing = "write_back";
  File file = File::open(folder / "file", File::Mode::create_new).value();
  file.pace_writes();
  const Result<void> failed = write_long(file);
  REQUIRE(!failed);
  CHECK(failed.error().code == ErrorCode::io);
  CHECK(failed.error().path == file.path().string());
  disk.problem = GENERATE(ENOSYS, EINVAL);
  disk.calls.clear();
  File unknown = File::open(folder / "unknown", File::Mode::create_new).value();
  unknown.pace_writes();
  write_long(unknown).value();
  CHECK(disk.calls["write_back"] == 1);
}

TEST_CASE("the disk is asked to begin with all of a file, and what it says to that is for nobody") {
  const TemporaryFolder folder;
  CountingFileSystem disk;
  File file = File::open(folder / "file", File::Mode::create_new).value();
  write_long(file).value();
  file.start_writing();
  CHECK(disk.calls["write_back"] == 1);
  CHECK(disk.calls["sync_data"] == 0);
  disk.failing = "write_back";
  file.start_writing();
  CHECK(disk.calls["write_back"] == 2);
  file.sync_data().value();
}

TEST_CASE("without another one it is the kernel's") {
  FileSystem* const kernel = &FileSystem::current();
  {
    CountingFileSystem disk;
    CHECK(&FileSystem::current() == &disk);
  }
  CHECK(&FileSystem::current() == kernel);
}

}  // namespace
}  // namespace shale

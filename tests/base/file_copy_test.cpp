#include "base/file_copy.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <random>

#include "base/file_system.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

// Calls that fail as they would between file systems that do not go together.
class ForeignFileSystem : public FileSystem {
 public:
  ForeignFileSystem() { FileSystem::use(this); }
  ~ForeignFileSystem() override { FileSystem::use(nullptr); }

  int link(const char*, const char*) override { return errno = link_problem, -1; }
  ssize_t copy_range(int source, off_t* from, int target, off_t* to, usize bytes) override {
    if (copy_problem != 0) return errno = copy_problem, -1;
    return FileSystem::copy_range(source, from, target, to, std::min(bytes, copy_most));
  }
  int sync_data(int) override {
    return ++syncs, sync_problem == 0 ? 0 : (errno = sync_problem, -1);
  }

  int link_problem = EXDEV;
  int copy_problem = 0;
  int sync_problem = 0;
  usize copy_most = usize(1) << 30;
  int syncs = 0;
};

std::string random_bytes(usize size) {
  std::mt19937_64 random(size);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = char(random());
  return bytes;
}

fs::path written(const TemporaryFolder& folder, const std::string& bytes) {
  const fs::path path = folder / "from";
  replace_file(path, as_bytes(bytes)).value();
  return path;
}

std::string content_of(const fs::path& path) {
  return std::string(as_text(read_file(path, u64(1) << 30).value()));
}

Result<void> copied(const fs::path& from, const fs::path& to, u64* told = nullptr) {
  const File file = TRY(File::open(from, File::Mode::read));
  return copy_file(file, TRY(file.size()), to, [&](u64 bytes) {
    if (told != nullptr) *told += bytes;
    return Result<void>();
  });
}

TEST_CASE("a link is another name of the same file") {
  const TemporaryFolder folder;
  const fs::path from = written(folder, "bytes");
  CHECK(link_file(from, folder / "to").value());
  CHECK(path_identity(from).value() == path_identity(folder / "to").value());
  CHECK(content_of(folder / "to") == "bytes");
}

TEST_CASE("where no link can be the caller hears so, and of everything else as an error") {
  const TemporaryFolder folder;
  const fs::path from = written(folder, "bytes");
  const auto gone = link_file(folder / "nothing", folder / "to");
  REQUIRE(!gone);
  CHECK(gone.error().code == ErrorCode::not_found);
  CHECK(gone.error().path == (folder / "nothing").string());
  CHECK(!link_file(from, from));
  ForeignFileSystem foreign;
  for (const int problem : {EXDEV, EPERM, EMLINK, EOPNOTSUPP, ENOSYS}) {
    foreign.link_problem = problem;
    CHECK(!link_file(from, folder / "to").value());
  }
  for (const int problem : {EIO, ENOSPC, ENOENT, EACCES}) {
    foreign.link_problem = problem;
    CHECK(!link_file(from, folder / "to"));
  }
}

TEST_CASE("a copy has the bytes, by the kernel or by hand, in whatever pieces") {
  const TemporaryFolder folder;
  for (const usize size :
       {usize(0), usize(1), usize(4096), usize(3) << 20, (usize(17) << 20) + 5}) {
    const std::string bytes = random_bytes(size);
    const fs::path from = written(folder, bytes);
    ForeignFileSystem foreign;
    for (const int problem : {0, EXDEV, EINVAL, EOPNOTSUPP}) {
      for (const usize most : {usize(1) << 30, usize(1000) << 10}) {
        foreign.copy_problem = problem;
        foreign.copy_most = most;
        u64 told = 0;
        foreign.syncs = 0;
        copied(from, folder / "to", &told).value();
        CHECK(content_of(folder / "to") == bytes);
        CHECK(told == size);
        CHECK(foreign.syncs == 1);
        fs::remove(folder / "to");
      }
    }
  }
}

TEST_CASE("a copy takes the bytes it was asked for, and no file that is there") {
  const TemporaryFolder folder;
  const File file = File::open(written(folder, "0123456789"), File::Mode::read).value();
  const auto step = [](u64) { return Result<void>(); };
  copy_file(file, 4, folder / "to", step).value();
  CHECK(content_of(folder / "to") == "0123");
  CHECK(!copy_file(file, 4, folder / "to", step));
  CHECK(content_of(folder / "to") == "0123");
  // More than there is: an error that says where, and not zeros.
  const auto longer = copy_file(file, 11, folder / "other", step);
  REQUIRE(!longer);
  CHECK(longer.error().code == ErrorCode::corrupt);
}

TEST_CASE("of a copy that fails nothing is left") {
  const TemporaryFolder folder;
  const fs::path from = written(folder, random_bytes(usize(40) << 20));
  {
    const File file = File::open(from, File::Mode::read).value();
    int steps = 0;
    const auto ended = copy_file(file, file.size().value(), folder / "to", [&](u64) {
      return ++steps == 2 ? Result<void>(fail(ErrorCode::cancelled, "enough")) : Result<void>();
    });
    REQUIRE(!ended);
    CHECK(ended.error().code == ErrorCode::cancelled);
    CHECK(steps == 2);
    CHECK(!fs::exists(folder / "to"));
  }
  ForeignFileSystem foreign;
  foreign.sync_problem = EIO;
  CHECK(!copied(from, folder / "to"));
  CHECK(!fs::exists(folder / "to"));
  foreign.sync_problem = 0;
  foreign.copy_problem = ENOSPC;
  const auto full = copied(from, folder / "to");
  REQUIRE(!full);
  CHECK(full.error().code == ErrorCode::no_space);
  CHECK(!fs::exists(folder / "to"));
}

}  // namespace
}  // namespace shale

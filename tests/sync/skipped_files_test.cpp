#include "sync/skipped_files.hpp"

#include <sys/stat.h>

#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::sync {

namespace fs = std::filesystem;

TEST_CASE("skipped files: what was saved is known by path and stamp") {
  const testing::TemporaryFolder folder;
  const fs::path path = folder.path() / "skipped";
  SkippedFiles files;
  const FileStamp stamp{4, -17, 9};
  files.add("a b/c", stamp);
  files.add("", {1, 2, 3});
  files.add("with\nnewline", stamp);  // is read again each time
  files.save(path);
  const SkippedFiles loaded = SkippedFiles::load(path);
  CHECK(loaded == files);
  CHECK(loaded.contains("a b/c", stamp));
  CHECK(loaded.contains("", {1, 2, 3}));
  CHECK_FALSE(loaded.contains("a b/c", {4, -17, 8}));
  CHECK_FALSE(loaded.contains("other", stamp));
  CHECK_FALSE(loaded.contains("with\nnewline", stamp));
}

TEST_CASE("skipped files: equal ones are not written again") {
  const testing::TemporaryFolder folder;
  const fs::path path = folder.path() / "skipped";
  SkippedFiles().save(path);
  CHECK_FALSE(fs::exists(path));
  SkippedFiles files;
  files.add("a", {1, 2, 3});
  files.save(path);
  struct stat before {
  }, after{};
  REQUIRE(stat(path.c_str(), &before) == 0);
  files.save(path);
  REQUIRE(stat(path.c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
  SkippedFiles().save(path);
  CHECK(SkippedFiles::load(path) == SkippedFiles());
}

TEST_CASE("skipped files: any damage makes them none") {
  const testing::TemporaryFolder folder;
  const fs::path path = folder.path() / "skipped";
  SkippedFiles files;
  files.add("a", {1, 2, 3});
  files.save(path);
  std::ifstream in(path, std::ios::binary);
  const std::string whole(std::istreambuf_iterator<char>(in), {});
  for (usize i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = char(flipped[i] ^ 4);
    std::ofstream(path, std::ios::binary) << flipped;
    CHECK(SkippedFiles::load(path) == SkippedFiles());
    std::ofstream(path, std::ios::binary) << whole.substr(0, i);
    CHECK(SkippedFiles::load(path) == SkippedFiles());
  }
  CHECK(SkippedFiles::load(folder.path() / "absent") == SkippedFiles());
}

}  // namespace shale::sync

#include "sync/mirror_notes.hpp"

#include <sys/stat.h>

#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::sync {

namespace fs = std::filesystem;

TEST_CASE("mirror notes: what was saved is known by path and stamp") {
  const testing::TemporaryFolder folder;
  const fs::path path = folder.path() / "notes";
  MirrorNotes notes;
  notes.set_root("/a root");
  const FileStamp stamp{4, -17, 9};
  notes.skip("a b/c", stamp);
  notes.skip("", {1, 2, 3});
  notes.skip("with\nnewline", stamp);  // is read again each time
  notes.save(path);
  const MirrorNotes loaded = MirrorNotes::load(path);
  CHECK(loaded == notes);
  CHECK(loaded.root() == "/a root");
  CHECK(loaded.skips("a b/c", stamp));
  CHECK(loaded.skips("", {1, 2, 3}));
  CHECK_FALSE(loaded.skips("a b/c", {4, -17, 8}));
  CHECK_FALSE(loaded.skips("other", stamp));
  CHECK_FALSE(loaded.skips("with\nnewline", stamp));
}

TEST_CASE("mirror notes: equal ones are not written again") {
  const testing::TemporaryFolder folder;
  const fs::path path = folder.path() / "notes";
  MirrorNotes().save(path);
  CHECK_FALSE(fs::exists(path));
  MirrorNotes notes;
  notes.skip("a", {1, 2, 3});
  notes.save(path);
  struct stat before {
  }, after{};
  REQUIRE(stat(path.c_str(), &before) == 0);
  notes.save(path);
  REQUIRE(stat(path.c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
  MirrorNotes().save(path);
  CHECK(MirrorNotes::load(path) == MirrorNotes());
}

TEST_CASE("mirror notes: any damage makes them none") {
  const testing::TemporaryFolder folder;
  const fs::path path = folder.path() / "notes";
  MirrorNotes notes;
  notes.skip("a", {1, 2, 3});
  notes.save(path);
  std::ifstream in(path, std::ios::binary);
  const std::string whole(std::istreambuf_iterator<char>(in), {});
  for (usize i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = char(flipped[i] ^ 4);
    std::ofstream(path, std::ios::binary) << flipped;
    CHECK(MirrorNotes::load(path) == MirrorNotes());
    std::ofstream(path, std::ios::binary) << whole.substr(0, i);
    CHECK(MirrorNotes::load(path) == MirrorNotes());
  }
  CHECK(MirrorNotes::load(folder.path() / "absent") == MirrorNotes());
}

}  // namespace shale::sync

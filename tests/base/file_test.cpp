#include "base/file.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "tests/support/catch.hpp"
#include "tests/support/full_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

Buffer buffer_of(std::string_view text) {
  const Bytes bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

std::string content_of(const fs::path& path) {
  return std::string(as_text(read_file(path, u64(1) << 30).value()));
}

template <class T>
ErrorCode code_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error().code;
}

TEST_CASE("the modes of opening differ as they say") {
  const TemporaryFolder folder;
  const fs::path path = folder / "a";
  CHECK(code_of(File::open(path, File::Mode::read)) == ErrorCode::not_found);
  CHECK(code_of(File::open(path, File::Mode::read_write)) == ErrorCode::not_found);
  {
    File file = File::open(path, File::Mode::create_new).value();
    REQUIRE(file.write_at(0, as_bytes("abc")));
    CHECK(file.path() == path);
  }
  CHECK(File::open(path, File::Mode::create_new).error().errno_value == EEXIST);
  CHECK(File::open(path, File::Mode::create).value().size().value() == 3);  // not cut
  File reading = File::open(path, File::Mode::read).value();
  const Result<void> refused = reading.write_at(0, as_bytes("x"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().path == path.string());
  CHECK((fs::status(path).permissions() & fs::perms::mask) ==
        (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("descriptors do not survive exec and close with the file") {
  const TemporaryFolder folder;
  int descriptor = -1;
  {
    const File file = File::open(folder / "a", File::Mode::create).value();
    descriptor = file.descriptor();
    CHECK((fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
    const File spool = File::make_unnamed(folder.path()).value();
    CHECK((fcntl(spool.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(fcntl(descriptor, F_GETFD) == -1);
}

TEST_CASE("files move, and the target's descriptor is closed") {
  const TemporaryFolder folder;
  File a = File::open(folder / "a", File::Mode::create).value();
  File b = File::open(folder / "b", File::Mode::create).value();
  const int old = b.descriptor();
  const int kept = a.descriptor();
  {
    File c = std::move(a);
    std::swap(b, c);
    CHECK(b.descriptor() == kept);
  }
  CHECK(fcntl(old, F_GETFD) == -1);
  CHECK(b.path() == folder / "a");
}

TEST_CASE("reads say how much there was, exact reads insist") {
  const TemporaryFolder folder;
  File file = File::open(folder / "a", File::Mode::create).value();
  REQUIRE(file.write_at(2, as_bytes("hello")));
  CHECK(file.size().value() == 7);
  Buffer room(10);
  CHECK(file.read_at(0, room).value() == 7);
  CHECK(as_text(Bytes(room).first(7)) == std::string("\0\0hello", 7));
  CHECK(file.read_at(5, room).value() == 2);
  CHECK(file.read_at(100, room).value() == 0);
  CHECK(file.read_exactly(2, MutableBytes(room).first(5)));
  const Result<void> cut = file.read_exactly(3, MutableBytes(room).first(5));
  CHECK(code_of(cut) == ErrorCode::corrupt);
  CHECK(cut.error().offset == 3);
  CHECK(cut.error().path == (folder / "a").string());
}

TEST_CASE("pieces land one behind the other, however many") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const TemporaryFolder folder;
  File file = File::open(folder / "a", File::Mode::create).value();
  std::vector<std::string> texts;
  std::string expected(10, '\0');
  for (int i = 0; i < 3000; ++i) {  // more than one system call takes
    texts.emplace_back(random() % 50, char('a' + random() % 26));
    expected += texts.back();
  }
  std::vector<Bytes> pieces;
  for (const std::string& text : texts) pieces.push_back(as_bytes(text));
  REQUIRE(file.write_pieces(10, pieces));
  CHECK(content_of(folder / "a") == expected);
  CHECK(file.write_pieces(0, {}));
  CHECK(file.write_at(0, {}));
  CHECK(file.size().value() == expected.size());
}

// What `f` says where files of at most `bytes` may be written.
template <class F>
bool under_file_limit(u64 bytes, F f) {
  const testing::FullDisk full(bytes);
  return f();
}

TEST_CASE("a write cut short goes on where it was cut") {
  const TemporaryFolder folder;
  const std::string one(3000, '1');
  const std::string two(3000, '2');
  const Bytes pieces[] = {as_bytes(one), as_bytes(two)};
  // The first call writes up to the limit, the second is refused: only a loop sees the error.
  CHECK(under_file_limit(5000, [&] {
    File file = File::open(folder / "a", File::Mode::create).value();
    const Result<void> result = file.write_pieces(0, pieces);
    return !result && result.error().errno_value == EFBIG;
  }));
  CHECK(content_of(folder / "a") == one + two.substr(0, 2000));
}

TEST_CASE("a full disk is no_space") {
  Result<File> full = File::open("/dev/full", File::Mode::read_write);
  REQUIRE(full);
  CHECK(code_of(full->write_at(0, as_bytes("x"))) == ErrorCode::no_space);
}

TEST_CASE("allocating grows the file by real blocks and keeps what is there") {
  const TemporaryFolder folder;
  File file = File::open(folder / "a", File::Mode::create).value();
  REQUIRE(file.write_at(0, as_bytes("keep")));
  REQUIRE(file.allocate(0, 1 << 20));
  CHECK(file.size().value() == 1 << 20);
  REQUIRE(file.allocate(0, 100));  // never shrinks
  CHECK(file.size().value() == 1 << 20);
  REQUIRE(file.allocate(5, 0));
  struct stat status = {};
  REQUIRE(fstat(file.descriptor(), &status) == 0);
  CHECK(u64(status.st_blocks) * 512 >= 1 << 20);
  CHECK(content_of(folder / "a").substr(0, 5) == std::string("keep\0", 5));
  CHECK_FALSE(file.allocate(0, u64(1) << 62));
}

TEST_CASE("advice and syncing work on a plain file") {
  const TemporaryFolder folder;
  File file = File::open(folder / "a", File::Mode::create).value();
  REQUIRE(file.write_at(0, as_bytes("abc")));
  CHECK(file.sync_data());
  CHECK(file.drop_cached());
  CHECK(file.advise_random());
  CHECK(content_of(folder / "a") == "abc");
  CHECK(sync_folder(folder.path()));
  CHECK(code_of(sync_folder(folder / "none")) == ErrorCode::not_found);
}

TEST_CASE("identity follows the file, not the name") {
  const TemporaryFolder folder;
  const File file = File::open(folder / "a", File::Mode::create).value();
  const FileIdentity identity = file.identity().value();
  CHECK(path_identity(folder / "a").value() == identity);
  REQUIRE(rename_path(folder / "a", folder / "b"));
  CHECK(file.identity().value() == identity);
  CHECK(path_identity(folder / "b").value() == identity);
  CHECK_FALSE(path_identity(folder / "a").value().has_value());
  const File other = File::open(folder / "a", File::Mode::create).value();
  CHECK_FALSE(path_identity(folder / "a").value() == identity);
  CHECK_FALSE(path_identity(folder / "b" / "below").value().has_value());
}

TEST_CASE("a spool has no name") {
  const TemporaryFolder folder;
  File spool = File::make_unnamed(folder.path()).value();
  REQUIRE(spool.write_at(0, as_bytes("spooled")));
  CHECK(spool.size().value() == 7);
  CHECK(list_folder(folder.path()).value().empty());
  CHECK_FALSE(File::make_unnamed(folder / "none"));
}

TEST_CASE("a file is copied behind what the target holds") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const TemporaryFolder folder;
  File source = File::make_unnamed(folder.path()).value();
  std::string text(3 << 20, '\0');
  for (char& c : text) c = char(random());
  REQUIRE(source.write_at(0, as_bytes(text)));
  File target = File::open(folder / "target", File::Mode::create).value();
  REQUIRE(target.write_at(0, as_bytes("head")));
  REQUIRE(source.copy_all_to(target, 4));
  CHECK(content_of(folder / "target") == "head" + text);
  File empty = File::make_unnamed(folder.path()).value();
  REQUIRE(empty.copy_all_to(target, 0));
  CHECK(target.size().value() == text.size() + 4);
}

TEST_CASE("where the system cannot copy ranges, the copy is made by hand") {
  const TemporaryFolder folder;
  File source = File::open(folder / "source", File::Mode::create).value();
  const std::string text(3'000'000, 'z');
  REQUIRE(source.write_at(0, as_bytes(text)));
  // copy_file_range refuses a target opened to append, and Linux appends every pwrite to it.
  File target = File::open(folder / "target", File::Mode::create).value();
  REQUIRE(fcntl(target.descriptor(), F_SETFL, O_APPEND) == 0);
  const Result<void> result = source.copy_all_to(target, 0);
  CHECK_FALSE(result);  // EBADF: a programmer's error stays one
  // /proc files have no size: nothing to copy, and no error either.
  const File proc = File::open("/proc/self/stat", File::Mode::read).value();
  CHECK(proc.copy_all_to(source, 0));
  // From another file system.
  if (access("/dev/shm", W_OK) != 0) return;
  File memory = File::make_unnamed("/dev/shm").value();
  REQUIRE(memory.write_at(0, as_bytes(text)));
  File plain = File::open(folder / "plain", File::Mode::create).value();
  REQUIRE(memory.copy_all_to(plain, 1));
  CHECK(content_of(folder / "plain") == std::string(1, '\0') + text);
}

TEST_CASE("read_file refuses what is larger than it may be") {
  const TemporaryFolder folder;
  REQUIRE(replace_file(folder / "a", as_bytes("12345")));
  CHECK(read_file(folder / "a", 5).value() == buffer_of("12345"));
  CHECK(code_of(read_file(folder / "a", 4)) == ErrorCode::corrupt);
  CHECK(code_of(read_file(folder / "b", 4)) == ErrorCode::not_found);
  CHECK_FALSE(read_file(folder.path(), 1 << 20));
}

TEST_CASE("replace_file leaves the whole new bytes and nothing beside them") {
  const TemporaryFolder folder;
  const fs::path path = folder / "MANIFEST";
  REQUIRE(replace_file(path, as_bytes("first")));
  CHECK(content_of(path) == "first");
  REQUIRE(replace_file(path, as_bytes("2")));
  CHECK(content_of(path) == "2");
  REQUIRE(replace_file(path, {}));
  CHECK(content_of(path).empty());
  CHECK(list_folder(folder.path()).value() == std::vector<std::string>{"MANIFEST"});
}

TEST_CASE("the left-over draft of a killed writer is no obstacle") {
  const TemporaryFolder folder;
  std::ofstream(folder / "a.tmp") << "a much longer draft than the new bytes";
  REQUIRE(replace_file(folder / "a", as_bytes("new")));
  CHECK(content_of(folder / "a") == "new");
  CHECK(list_folder(folder.path()).value().size() == 1);
}

TEST_CASE("a replacement that fails leaves the old bytes and no draft") {
  const TemporaryFolder folder;
  REQUIRE(replace_file(folder / "a", as_bytes("old")));
  const std::string text(100'000, 'n');
  CHECK(under_file_limit(4096,
                         [&] { return !replace_file(folder / "a", as_bytes(text)).has_value(); }));
  CHECK(content_of(folder / "a") == "old");
  CHECK(list_folder(folder.path()).value().size() == 1);

  REQUIRE(make_folder(folder / "d"));  // a file cannot be renamed over a folder
  CHECK_FALSE(replace_file(folder / "d", as_bytes("x")));
  CHECK(list_folder(folder.path()).value() == std::vector<std::string>{"a", "d"});
  CHECK(code_of(replace_file(folder / "none" / "a", as_bytes("x"))) == ErrorCode::not_found);
}

TEST_CASE("readers see the old bytes or the new ones, never a mixture") {
  const TemporaryFolder folder;
  const fs::path path = folder / "a";
  REQUIRE(replace_file(path, as_bytes(std::string(5000, 'a'))));
  const pid_t child = fork();
  if (child == 0) {
    bool fine = true;
    for (int i = 0; i < 50; ++i) {
      const std::string text(5000 + usize(i), char('a' + i % 26));
      fine = replace_file(path, as_bytes(text)).has_value() && fine;
    }
    _exit(fine ? 0 : 1);
  }
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    const std::string text = content_of(path);
    REQUIRE(text.size() >= 5000);
    REQUIRE(std::count(text.begin(), text.end(), text[0]) == std::ptrdiff_t(text.size()));
  }
  CHECK(status == 0);
}

TEST_CASE("folders are made once, private, and listed in order") {
  const TemporaryFolder folder;
  REQUIRE(make_folder(folder / "f"));
  REQUIRE(make_folder(folder / "f"));
  CHECK((fs::status(folder / "f").permissions() & fs::perms::mask) == fs::perms::owner_all);
  CHECK(code_of(make_folder(folder / "x" / "y")) == ErrorCode::not_found);
  REQUIRE(replace_file(folder / "file", {}));
  CHECK_FALSE(make_folder(folder / "file"));
  for (const char* name : {"c", "a", "b"}) REQUIRE(replace_file(folder / "f" / name, {}));
  CHECK(list_folder(folder / "f").value() == std::vector<std::string>{"a", "b", "c"});
  CHECK(code_of(list_folder(folder / "none")) == ErrorCode::not_found);
}

TEST_CASE("removing what is gone is fine, existence is told") {
  const TemporaryFolder folder;
  REQUIRE(replace_file(folder / "a", {}));
  CHECK(path_exists(folder / "a").value());
  CHECK(remove_file(folder / "a"));
  CHECK(remove_file(folder / "a"));
  CHECK_FALSE(path_exists(folder / "a").value());
  CHECK_FALSE(remove_file(folder.path()));
  CHECK_FALSE(rename_path(folder / "a", folder / "b"));
}

TEST_CASE("missing folders are made with those above them, and a tree goes with all in it") {
  const TemporaryFolder folder;
  const fs::path deep = folder / "one" / "two" / "three";
  make_folders(deep).value();
  CHECK(std::filesystem::is_directory(deep));
  make_folders(deep).value();  // there already
  replace_file(deep / "file", as_bytes("text")).value();
  replace_file(folder / "outside", as_bytes("stays")).value();
  std::filesystem::create_symlink(folder / "outside", deep / "link");
  std::filesystem::create_directory_symlink(folder / "one", deep / "loop");
  remove_tree(folder / "one").value();
  CHECK(list_folder(folder.path()).value() == std::vector<std::string>{"outside"});
  const Result<void> under_a_file = make_folders(folder / "outside" / "sub");
  CHECK_FALSE(under_a_file);
}

}  // namespace
}  // namespace shale

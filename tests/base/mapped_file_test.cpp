#include "base/mapped_file.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/system.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/guarded_child.hpp"
#include "tests/support/sanitizers.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

constexpr u64 mebibyte = u64(1) << 20;

File make_file(const fs::path& path, u64 bytes) {
  File file = File::open(path, File::Mode::create).value();
  const std::string text(usize(bytes), 'm');
  REQUIRE(file.write_at(0, as_bytes(text)));
  REQUIRE(file.sync_data());
  return file;
}

// Pages of [offset, offset + bytes) of the map that lie in the page cache.
u64 cached_pages(Bytes map, u64 offset, u64 bytes) {
  const u64 page = u64(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> present(usize((bytes + page - 1) / page));
  std::byte* const at = const_cast<std::byte*>(map.data()) + offset;
  REQUIRE(mincore(at, usize(bytes), present.data()) == 0);
  u64 count = 0;
  for (const unsigned char flag : present) count += flag & 1;
  return count;
}

u64 sum_of(Bytes bytes, usize step = 1) {
  u64 sum = 0;
  for (usize i = 0; i < bytes.size(); i += step) sum += u64(bytes[i]);
  return sum;
}

TEST_CASE("a file is seen through its map") {
  const TemporaryFolder folder;
  File file = make_file(folder / "a", 5000);
  REQUIRE(file.write_at(4998, as_bytes("xy")));
  ReadMap map = ReadMap::open(folder / "a").value();
  REQUIRE(map.bytes().size() == 5000);
  CHECK(as_text(map.bytes().subspan(4996)) == "mmxy");
  ReadMap moved = std::move(map);
  CHECK(as_text(moved.bytes().subspan(4996)) == "mmxy");
  REQUIRE(remove_file(folder / "a"));  // a mapped file outlives its name
  CHECK(sum_of(moved.bytes()) == u64('m') * 4998 + 'x' + 'y');
}

TEST_CASE("an empty file is an empty map") {
  const TemporaryFolder folder;
  make_file(folder / "a", 0);
  const ReadMap map = ReadMap::open(folder / "a").value();
  CHECK(map.bytes().empty());
  map.will_need(0, 100);
  map.release(0, 100);
}

TEST_CASE("what cannot be mapped is an error with a path") {
  const TemporaryFolder folder;
  const auto missing = ReadMap::open(folder / "none");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::not_found);
  CHECK(missing.error().path == (folder / "none").string());
  CHECK_FALSE(ReadMap::open(folder.path()));
}

TEST_CASE("a map leaves no descriptor open") {
  const TemporaryFolder folder;
  make_file(folder / "a", 100);
  const auto descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const auto before = descriptors();
  const ReadMap map = ReadMap::open(folder / "a").value();
  CHECK(descriptors() == before);
}

TEST_CASE("releasing gives the whole pages inside back, and they read the same again") {
  const TemporaryFolder folder;
  constexpr u64 size = 16 * mebibyte + 100;
  make_file(folder / "a", size);
  const ReadMap map = ReadMap::open(folder / "a").value();
  const u64 before = resident_file_bytes();
  const u64 sum = sum_of(map.bytes());
  const u64 touched = resident_file_bytes();
  CHECK(touched >= before + 15 * mebibyte);
  map.release(4 * mebibyte, 8 * mebibyte);
  const u64 part = resident_file_bytes();
  CHECK(part + 7 * mebibyte <= touched);
  CHECK(part >= before + 6 * mebibyte);
  map.release(0, size);
  CHECK(resident_file_bytes() <= before + mebibyte);
  CHECK(sum_of(map.bytes()) == sum);
  // Ranges beyond the end, or within one page, are harmless.
  map.release(size, 10);
  map.release(~u64(0), 10);
  map.release(0, ~u64(0));
  map.release(10, 20);
  map.will_need(0, ~u64(0));
  map.will_need(~u64(0), 1);
  CHECK(sum_of(map.bytes()) == sum);
}

TEST_CASE("only the range asked for is read from disk") {
  const TemporaryFolder folder;
  File file = make_file(folder / "a", 16 * mebibyte);
  REQUIRE(file.drop_cached());
  const ReadMap map = ReadMap::open(folder / "a").value();
  const u64 all = 16 * mebibyte;
  if (cached_pages(map.bytes(), 0, all) > 64) {
    WARN("this file system does not drop its cache: nothing to see");
    return;
  }
  CHECK(map.bytes()[5 * mebibyte] == std::byte('m'));
  CHECK(cached_pages(map.bytes(), 0, all) <= 64);  // MADV_RANDOM: no read-ahead
  map.will_need(8 * mebibyte + 10, mebibyte);
  for (int i = 0; i < 2000 && cached_pages(map.bytes(), 8 * mebibyte, mebibyte) < 256; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(cached_pages(map.bytes(), 8 * mebibyte, mebibyte) == 256);
  CHECK(cached_pages(map.bytes(), 10 * mebibyte, 6 * mebibyte) <= 64);
}

TEST_CASE("a map that was brought in has no page left to be fetched") {
  const TemporaryFolder folder;
  constexpr u64 size = 5 * mebibyte + 100;
  File file = make_file(folder / "a", size);
  REQUIRE(file.drop_cached());
  const ReadMap map = ReadMap::open(folder / "a").value();
  const u64 before = resident_file_bytes();
  map.bring_in();
  CHECK(resident_file_bytes() >= before + 5 * mebibyte);
  CHECK(sum_of(map.bytes()) == u64('m') * size);
  make_file(folder / "b", 0);
  ReadMap::open(folder / "b").value().bring_in();
}

SharedMap open_shared(const fs::path& path, u64 capacity = 64 * mebibyte) {
  return SharedMap::open(File::open(path, File::Mode::create).value(), capacity).value();
}

TEST_CASE("two maps of one file are one memory, growth included") {
  const TemporaryFolder folder;
  SharedMap writer = open_shared(folder / "idx");
  SharedMap reader = open_shared(folder / "idx");  // mapped while the file is empty
  CHECK(writer.capacity() == 64 * mebibyte);
  CHECK(writer.reserved() == 0);
  REQUIRE(writer.reserve(100));
  store_value(writer.data(), u64(42));
  CHECK(load<u64>(reader.data()) == 42);
  REQUIRE(writer.reserve(20 * mebibyte));
  CHECK(load<u64>(writer.data()) == 42);
  store_value(writer.data() + 20 * mebibyte - 8, u64(43));
  CHECK(load<u64>(reader.data() + 20 * mebibyte - 8) == 43);
  CHECK(reader.reserved() == 0);
  const SharedMap late = open_shared(folder / "idx");
  CHECK(late.reserved() == writer.reserved());
  CHECK(load<u64>(late.data()) == 42);
}

TEST_CASE("another process sees the growth without mapping again") {
  const TemporaryFolder folder;
  SharedMap writer = open_shared(folder / "idx");
  REQUIRE(writer.reserve(4096));
  const pid_t child = fork();
  if (child == 0) {
    SharedMap map = open_shared(folder / "idx");
    std::atomic_ref<u64> ready(*object_at<u64>(map.data(), 0));
    ready = 1;
    for (int i = 0; i < 5000 && ready != 2; ++i) usleep(1000);
    _exit(load<u64>(map.data() + 30 * mebibyte) == 77 ? 0 : 1);
  }
  std::atomic_ref<u64> ready(*object_at<u64>(writer.data(), 0));
  for (int i = 0; i < 5000 && ready != 1; ++i) usleep(1000);
  REQUIRE(writer.reserve(30 * mebibyte + 8));
  store_value(writer.data() + 30 * mebibyte, u64(77));
  ready = 2;
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("space is taken in steps, on disk, and up to the capacity") {
  const TemporaryFolder folder;
  SharedMap map = open_shared(folder / "idx", 20 * mebibyte + 4096);
  REQUIRE(map.reserve(1));
  CHECK(map.reserved() == mebibyte / 8);
  REQUIRE(map.reserve(mebibyte));
  CHECK(map.reserved() == mebibyte);
  REQUIRE(map.reserve(mebibyte + 1));
  CHECK(map.reserved() == 2 * mebibyte);
  REQUIRE(map.reserve(8 * mebibyte + 1));
  CHECK(map.reserved() == 16 * mebibyte);
  REQUIRE(map.reserve(17 * mebibyte));
  CHECK(map.reserved() == 20 * mebibyte + 4096);
  REQUIRE(map.reserve(map.capacity()));
  const File file = File::open(folder / "idx", File::Mode::read).value();
  CHECK(file.size().value() == map.reserved());
  struct stat status = {};
  REQUIRE(fstat(file.descriptor(), &status) == 0);
  CHECK(u64(status.st_blocks) * 512 >= map.reserved());
  const auto full = map.reserve(map.capacity() + 1);
  REQUIRE_FALSE(full);
  CHECK(full.error().code == ErrorCode::no_space);
}

TEST_CASE("reserved pages are present before anybody stores into them") {
  if (testing::under_thread_sanitizer) {
    WARN("skipped: page faults cannot be counted here");
    return;
  }
  const TemporaryFolder folder;
  SharedMap map = open_shared(folder / "idx");
  REQUIRE(map.reserve(mebibyte));
  rusage before = {};
  REQUIRE(getrusage(RUSAGE_SELF, &before) == 0);
  for (u64 at = 0; at < mebibyte; at += 4096) store_value(map.data() + at, u64(at));
  rusage after = {};
  REQUIRE(getrusage(RUSAGE_SELF, &after) == 0);
  CHECK(after.ru_minflt - before.ru_minflt < 64);
}

TEST_CASE("an allocation that fails changes nothing") {
  const TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    SharedMap map = open_shared(folder / "idx");
    const bool first = map.reserve(mebibyte).has_value();
    const rlimit limit = {.rlim_cur = 2 * mebibyte, .rlim_max = 2 * mebibyte};
    setrlimit(RLIMIT_FSIZE, &limit);
    const bool refused = !map.reserve(4 * mebibyte).has_value();
    store_value(map.data() + mebibyte - 8, u64(1));
    _exit(first && refused && map.reserved() == mebibyte ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("a file larger than the capacity is reserved up to it") {
  const TemporaryFolder folder;
  make_file(folder / "idx", 2 * mebibyte);
  SharedMap map = open_shared(folder / "idx", mebibyte);
  CHECK(map.reserved() == mebibyte);
  CHECK(map.reserve(mebibyte));
  CHECK_FALSE(map.reserve(mebibyte + 1));
}

TEST_CASE("a map of a spool needs no name") {
  const TemporaryFolder folder;
  SharedMap map = SharedMap::open(File::make_unnamed(folder.path()).value(), 8 * mebibyte).value();
  REQUIRE(map.reserve(100));
  store_value(map.data() + 50, u32(5));
  CHECK(load<u32>(map.data() + 50) == 5);
}

TEST_CASE("anonymous memory given back serves the next map of its capacity") {
  const u64 capacity = u64(32) << 20;
  std::optional<SharedMap> first = SharedMap::anonymous(capacity).value();
  std::byte* const base = first->data();
  std::optional<SharedMap> beside = SharedMap::anonymous(capacity).value();
  CHECK(beside->data() != base);
  first.reset();
  CHECK(SharedMap::anonymous(2 * capacity).value().data() != base);
  const SharedMap again = SharedMap::anonymous(capacity).value();
  CHECK(again.data() == base);
  CHECK(again.reserved() == 0);
  beside.reset();
  const SharedMap third = SharedMap::anonymous(capacity).value();
  CHECK(third.data() != base);
}

TEST_CASE("anonymous memory is zero, private and costs only what is touched") {
  const u64 capacity = u64(64) << 30;
  SharedMap map = SharedMap::anonymous(capacity).value();
  CHECK(map.capacity() == capacity);
  CHECK(map.reserved() == 0);
  REQUIRE(map.reserve(10 * mebibyte));
  CHECK(map.reserved() == 16 * mebibyte);
  CHECK(load<u64>(map.data() + 9 * mebibyte) == 0);
  store_value(map.data() + 9 * mebibyte, u64(9));
  SharedMap moved = std::move(map);
  CHECK(load<u64>(moved.data() + 9 * mebibyte) == 9);
  CHECK_FALSE(moved.reserve(capacity + 1));
}

TEST_CASE("maps that cannot be made are errors") {
  const TemporaryFolder folder;
  make_file(folder / "a", 100);
  CHECK_FALSE(SharedMap::anonymous(0));
  CHECK_FALSE(SharedMap::anonymous(~u64(0) >> 1));
  CHECK_FALSE(SharedMap::open(File::open(folder / "a", File::Mode::create).value(), 0));
  const auto reading = SharedMap::open(File::open(folder / "a", File::Mode::read).value(), 4096);
  REQUIRE_FALSE(reading);
  CHECK(reading.error().code == ErrorCode::read_only);
  CHECK_FALSE(SharedMap::open(File::open(folder / "a", File::Mode::create).value(), ~u64(0) >> 1));
}

TEST_CASE("how much of a file is cached: all that was just written, nothing once it is dropped") {
  const TemporaryFolder folder;
  const u64 bytes = 3 * mebibyte + 5;
  const File file = make_file(folder / "f", bytes);
  const ReadMap map = ReadMap::open(folder / "f").value();
  CHECK(map.cached_bytes().value() == bytes);
  file.drop_cached().value();
  if (map.cached_bytes().value() == bytes) return;  // a file system that lies in memory
  CHECK(map.cached_bytes().value() < mebibyte);
  file.will_need(mebibyte, mebibyte);
  std::byte room[4096];
  for (u64 at = mebibyte; at < 2 * mebibyte; at += sizeof room) {
    file.read_exactly(at, room).value();
  }
  CHECK(map.cached_bytes().value() >= mebibyte);
  CHECK(map.cached_bytes().value() < bytes);
}

TEST_CASE(
    "what shared maps hold resident is counted, measured, and given back with all its bytes") {
  const TemporaryFolder folder;
  measure_shared_maps();
  const u64 before = shared_map_bytes();
  SharedMap map = open_shared(folder / "idx");
  map.reserve(3 * mebibyte).value();
  CHECK(shared_map_bytes() >= before + 3 * mebibyte);
  for (u64 at = 0; at < 3 * mebibyte; at += 4096) map.data()[at] = std::byte(7);
  measure_shared_maps();
  CHECK(shared_map_bytes() >= before + 3 * mebibyte);
  release_shared_maps();
  CHECK(shared_map_bytes() == 0);
  measure_shared_maps();
  CHECK(shared_map_bytes() <= before);
  CHECK(map.data()[mebibyte] == std::byte(7));  // comes in again
  map.data()[mebibyte + 4096] = std::byte(8);
  measure_shared_maps();
  CHECK(shared_map_bytes() > 0);
  CHECK(map.data()[mebibyte + 4096] == std::byte(8));
}

TEST_CASE("a map that is gone is not measured") {
  const TemporaryFolder folder;
  {
    SharedMap map = open_shared(folder / "idx");
    map.reserve(3 * mebibyte).value();
  }
  measure_shared_maps();
  CHECK(shared_map_bytes() < 3 * mebibyte);
}

// The thread that measures is not in the child, whatever it was at.
TEST_CASE("a child of fork measures what it has, not what it inherited and let go") {
  const TemporaryFolder folder;
  std::optional<SharedMap> map = open_shared(folder / "idx");
  map->reserve(3 * mebibyte).value();
  const std::jthread thread([](const std::stop_token& stop) {
    while (!stop.stop_requested()) measure_shared_maps();
  });
  for (int round = 0; round < 50; ++round) {
    REQUIRE(testing::end_of([&] {
              alarm(60);  // by the time of a loaded machine
              map.reset();
              const SharedMap anew = open_shared(folder / ("idx" + std::to_string(round)));
              const SharedMap spare = SharedMap::anonymous(mebibyte).value();
              measure_shared_maps();
              return shared_map_total() == 0 ? 0 : 1;
            }) == 0);
  }
}

}  // namespace
}  // namespace shale

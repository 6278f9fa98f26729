#include "base/map_guard.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>
#include <thread>

#include "base/mapped_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/guarded_child.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale {
namespace {

namespace fs = std::filesystem;
using testing::end_of;
using testing::TemporaryFolder;

constexpr u64 page = 4096;

void write_file(const fs::path& path, u64 bytes, char fill = 'x') {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << std::string(bytes, fill);
}

void cut(const fs::path& path, u64 bytes) { fs::resize_file(path, bytes); }

bool is_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte(0); });
}

volatile std::sig_atomic_t heard = 0;
volatile std::sig_atomic_t heard_number = 0;
void* heard_at = nullptr;

TEST_CASE("without the guard a cut file ends the process") {
  const TemporaryFolder folder;
  write_file(folder / "a", 4 * page);
  CHECK(end_of([&] {
          const ReadMap map = ReadMap::open(folder / "a").value();
          cut(folder / "a", page);
          return is_zero(map.bytes().subspan(2 * page, 1)) ? 0 : 1;
        }) == -SIGBUS);
}

TEST_CASE("a lost page of a read map is zeros and a mark; the others keep their bytes") {
  const TemporaryFolder folder;
  write_file(folder / "a", 4 * page + 10);
  CHECK(end_of([&] {
          guard_maps().value();
          const ReadMap map = ReadMap::open(folder / "a").value();
          cut(folder / "a", page + 1);
          const Bytes bytes = map.bytes();
          if (bytes[0] != std::byte('x') || map.lost()) return 1;
          if (bytes[page] != std::byte('x') || map.lost())
            return 2;  // the page that is cut through
          if (!is_zero(bytes.subspan(3 * page, page)) || !map.lost()) return 3;
          if (!is_zero(bytes.subspan(4 * page))) return 4;
          if (!is_zero(bytes.subspan(2 * page, page))) return 5;
          if (bytes[page - 1] != std::byte('x')) return 6;
          const Error error = map.loss();
          if (error.code != ErrorCode::io || error.offset != 3 * page) return 7;
          if (error.path != (folder / "a").string()) return 8;
          if (error.message != "The file ends before what is mapped of it") return 9;
          return 0;
        }) == 0);
}

TEST_CASE("advice on a lost map does no harm") {
  const TemporaryFolder folder;
  write_file(folder / "a", 4 * page);
  CHECK(end_of([&] {
          guard_maps().value();
          const ReadMap map = ReadMap::open(folder / "a").value();
          cut(folder / "a", 0);
          if (!is_zero(map.bytes())) return 1;
          map.will_need(0, 4 * page);
          map.bring_in();
          map.release(0, 4 * page);
          return is_zero(map.bytes()) && map.lost() ? 0 : 2;
        }) == 0);
}

TEST_CASE("a page lost though the file is long enough is told as a failing disk") {
  const TemporaryFolder folder;
  write_file(folder / "a", 4 * page);
  CHECK(end_of([&] {
          guard_maps().value();
          const ReadMap map = ReadMap::open(folder / "a").value();
          cut(folder / "a", 0);
          if (!is_zero(map.bytes())) return 1;
          cut(folder / "a", 4 * page);  // long enough again: not the length, then
          return map.loss().message == "The disk cannot read what is mapped of the file" ? 0 : 2;
        }) == 0);
}

TEST_CASE("a store into a lost page of a shared map goes nowhere, and the map is used no more") {
  const TemporaryFolder folder;
  CHECK(
      end_of([&] {
        guard_maps().value();
        SharedMap map =
            SharedMap::open(File::open(folder / "a", File::Mode::create).value(), 1 << 24).value();
        map.reserve(1 << 20).value();
        map.data()[5] = std::byte(7);
        cut(folder / "a", 0);
        map.data()[page + 5] = std::byte(9);
        if (!map.lost() || map.data()[page + 5] != std::byte(9)) return 1;
        const Result<void> more = map.reserve(1 << 21);
        if (more || more.error().code != ErrorCode::io || more.error().offset != page) return 2;
        if (map.reserve(page)) return 3;
        if (fs::file_size(folder / "a") != 0) return 4;
        return map.data()[5] == std::byte(0) ? 0 : 5;
      }) == 0);
}

TEST_CASE("a map says nothing of another, nor of the one before it in its place") {
  const TemporaryFolder folder;
  write_file(folder / "a", page);
  write_file(folder / "b", page);
  CHECK(end_of([&] {
          guard_maps().value();
          const ReadMap other = ReadMap::open(folder / "b").value();
          {
            const ReadMap map = ReadMap::open(folder / "a").value();
            cut(folder / "a", 0);
            if (!is_zero(map.bytes()) || !map.lost()) return 1;
          }
          write_file(folder / "a", page);
          ReadMap again = ReadMap::open(folder / "a").value();
          if (again.lost() || other.lost() || other.bytes()[0] != std::byte('x')) return 2;
          const ReadMap moved = std::move(again);
          cut(folder / "a", 0);
          return is_zero(moved.bytes()) && moved.lost() && !other.lost() ? 0 : 3;
        }) == 0);
}

TEST_CASE("more maps than one block of the table holds are guarded") {
  const TemporaryFolder folder;
  write_file(folder / "a", page);
  CHECK(end_of([&] {
          guard_maps().value();
          std::vector<ReadMap> maps;
          for (int i = 0; i < 1500; ++i) maps.push_back(ReadMap::open(folder / "a").value());
          cut(folder / "a", 0);
          for (const ReadMap& map : maps) {
            if (map.lost() || !is_zero(map.bytes()) || !map.lost()) return 1;
          }
          return 0;
        }) == 0);
}

// Every second page: one by one they would take more pieces of address space than there are.
TEST_CASE("a map that loses many pages is lost whole, before address space is in too many pieces") {
  const TemporaryFolder folder;
  constexpr u64 pages = 160'000;
  { std::ofstream(folder / "a") << "x"; }
  cut(folder / "a", pages * page);
  CHECK(end_of([&] {
          guard_maps().value();
          const ReadMap map = ReadMap::open(folder / "a").value();
          cut(folder / "a", 0);
          for (u64 at = 0; at < pages; at += 2) {
            if (map.bytes()[at * page] != std::byte(0)) return 1;
          }
          return map.lost() ? 0 : 2;
        }) == 0);
}

TEST_CASE("threads that lose pages of maps that come and go all go on") {
  const TemporaryFolder folder;
  CHECK(end_of([&] {
          guard_maps().value();
          std::atomic<int> wrong = 0;
          const auto work = [&](int number) {
            const fs::path path = folder / std::to_string(number);
            for (int round = 0; round < 300; ++round) {
              write_file(path, 8 * page);
              const ReadMap map = ReadMap::open(path).value();
              const u64 kept = u64(round % 8);
              cut(path, kept * page);
              for (u64 at = 0; at < 8; ++at) {
                const bool there = map.bytes()[at * page] == std::byte('x');
                if (there != (at < kept) || map.lost() == there) ++wrong;
              }
            }
          };
          std::vector<std::thread> threads;
          for (int i = 0; i < 4; ++i) threads.emplace_back(work, i);
          for (std::thread& thread : threads) thread.join();
          return wrong.load() == 0 ? 0 : 1;
        }) == 0);
}

// A page of a file of no bytes, which no map of ours is.
std::byte* foreign_page(const fs::path& path) {
  const File file = File::open(path, File::Mode::create).value();
  void* const at = ::mmap(nullptr, page, PROT_READ, MAP_SHARED, file.descriptor(), 0);
  return static_cast<std::byte*>(at);
}

TEST_CASE("a foreign SIGBUS reaches the handler that was there before") {
  const TemporaryFolder folder;
  CHECK(end_of([&] {
          struct sigaction action = {};
          action.sa_flags = SA_SIGINFO;
          action.sa_sigaction = [](int number, siginfo_t* info, void*) {
            heard_number = number;
            heard_at = info->si_addr;
            _exit(7);
          };
          ::sigaction(SIGBUS, &action, nullptr);
          guard_maps().value();
          const volatile std::byte* const at = foreign_page(folder / "a");
          return *at == std::byte(0) ? 1 : 2;
        }) == 7);
}

TEST_CASE("so does one of the old kind of handler, and one that was sent; it may return") {
  CHECK(end_of([] {
          std::signal(SIGBUS, [](int) { heard = heard + 1; });
          guard_maps().value();
          guard_maps().value();  // once for the process
          ::raise(SIGBUS);
          return heard == 1 ? 0 : 1;
        }) == 0);
}

TEST_CASE("without a handler before, a foreign SIGBUS ends the process as it always did") {
  const TemporaryFolder folder;
  CHECK(end_of([&] {
          guard_maps().value();
          const volatile std::byte* const at = foreign_page(folder / "a");
          return *at == std::byte(0) ? 1 : 2;
        }) == -SIGBUS);
  CHECK(end_of([] {
          guard_maps().value();
          ::raise(SIGBUS);
          return 1;
        }) == -SIGBUS);
}

TEST_CASE("a SIGBUS that was sent and ignored before is ignored") {
  CHECK(end_of([] {
          std::signal(SIGBUS, SIG_IGN);
          guard_maps().value();
          ::raise(SIGBUS);
          return 0;
        }) == 0);
}

}  // namespace
}  // namespace shale

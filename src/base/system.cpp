#include "base/system.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/checksum.hpp"
#include "base/file.hpp"

namespace shale {

namespace {

std::optional<u64> parse_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  u64 value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

// What stands behind the first `count` fields, each of which a space ends; empty where there are
// fewer.
std::string_view behind_fields(std::string_view text, int count) {
  for (; count > 0; --count) {
    const usize space = text.find(' ');
    if (space == std::string_view::npos) return {};
    text.remove_prefix(space + 1);
  }
  return text;
}

// The figure behind `name` ("VmHWM:") in /proc/self/status, there in kB; 0 where it is not told.
u64 status_bytes(std::string_view name) {
  const Result<std::string> status = read_proc("/proc/self/status");
  if (!status) return 0;
  const usize at = status->find(name);
  if (at == std::string::npos) return 0;
  return parse_number(std::string_view(*status).substr(at + name.size())).value_or(0) * 1024;
}

// The kernel's random numbers; its system call cannot fail for 8 bytes once the pool is ready.
u64 kernel_random() {
  u64 value = 0;
  usize filled = 0;
  std::array<std::byte, sizeof value> room;
  while (filled < room.size()) {
    const ssize_t got = getrandom(room.data() + filled, room.size() - filled, 0);
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) filled += usize(got);
  }
  return load<u64>(room.data());
}

// Relaxed: the child that adds to it has one thread, and reads nothing else by it.
std::atomic<u64> generation = 0;

// /proc/self/statm of this process; -1 while it is not open. It stays open: to open and to close it
// takes four times as long as to read it, and a store over its budget reads it all the time. What a
// child of fork inherits tells of the parent, so the child lets go of it.
std::atomic<int> statm = -1;

int opened_statm() {
  [[maybe_unused]] static const bool is_registered = [] {
    at_fork(nullptr, nullptr, [] { static_cast<void>(close(statm.exchange(-1))); });
    return true;
  }();
  int known = statm.load();
  if (known >= 0) return known;
  const int opened = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (opened < 0 || statm.compare_exchange_strong(known, opened)) return opened;
  static_cast<void>(close(opened));  // another thread was faster
  return known;
}

}  // namespace

Result<std::string> read_proc(const std::string& path) {
  const File file = TRY(File::open(path, File::Mode::read));
  std::array<std::byte, 8192> room;
  const usize count = TRY(file.read_at(0, room));
  return std::string(as_text(Bytes(room).first(count)));
}

void at_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) {
  const int problem = pthread_atfork(before, in_parent, in_child);
  if (problem != 0) std::abort();  // no memory for a few pointers
}

u64 process_generation() {
  [[maybe_unused]] static const bool is_registered = [] {
    at_fork(nullptr, nullptr, [] { generation.fetch_add(1, std::memory_order_relaxed); });
    return true;
  }();
  return generation.load(std::memory_order_relaxed);
}

i64 now_microseconds() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

u64 random_u64() {
  u64 value = 0;
  while (value == 0) value = kernel_random();
  return value;
}

u64 process_id() { return u64(getpid()); }

u64 process_start_time() {
  const Result<std::string> stat = read_proc("/proc/self/stat");
  if (!stat) return 0;
  // The second field, the program's name, may hold anything: count from its last bracket, behind
  // which field 3 begins.
  const usize name_end = stat->rfind(')');
  if (name_end == std::string::npos) return 0;
  // A space ends the name, and then fields 3 to 21.
  return parse_number(behind_fields(std::string_view(*stat).substr(name_end), 20)).value_or(0);
}

std::string process_name() {
  const Result<std::string> name = read_proc("/proc/self/comm");
  return name ? name->substr(0, name->find('\n')) : std::string();
}

Result<u64> boot_id() {
  constexpr const char* path = "/proc/sys/kernel/random/boot_id";
  const std::string id = TRY(read_proc(path));
  if (id.size() < 36) return fail_at(ErrorCode::io, "the kernel's boot id is too short", path);
  return checksum64(as_bytes(std::string_view(id).substr(0, 36)));
}

// The third number of statm: RssFile and RssShmem of status, which takes five times as long.
u64 resident_file_bytes() {
  std::array<char, 128> room;
  const ssize_t count = pread(opened_statm(), room.data(), room.size(), 0);
  if (count <= 0) return 0;
  static const u64 page_bytes = u64(sysconf(_SC_PAGESIZE));
  const std::string_view memory(room.data(), usize(count));
  return parse_number(behind_fields(memory, 2)).value_or(0) * page_bytes;
}
u64 resident_anonymous_bytes() { return status_bytes("\nRssAnon:"); }
u64 peak_resident_bytes() { return status_bytes("\nVmHWM:"); }

}  // namespace shale

#include "base/mapped_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/file_system.hpp"
#include "base/map_guard.hpp"
#include "base/system.hpp"

namespace shale {

namespace {

namespace interprocess = boost::interprocess;

constexpr u64 first_step = u64(128) << 10;  // a project of a few notes
constexpr u64 small_step = u64(1) << 20;
constexpr u64 large_step = u64(8) << 20;  // LAYOUT C: 64 MB at once takes 15-40 ms

u64 page_bytes() {
  static const u64 bytes = u64(::sysconf(_SC_PAGESIZE));
  return bytes;
}

u64 round_up(u64 value, u64 step) { return (value + step - 1) / step * step; }

// What tests may forbid.
Result<void> check_allowed(const File& file) {
  if (FileSystem::current().allow_map(file.descriptor()) == 0) return {};
  return fail_errno("cannot map the file", file.path().string(), errno);
}

Unexpected fail_mapping(const interprocess::interprocess_exception& problem,
                        const std::filesystem::path& path) {
  const int native = problem.get_native_error();
  return fail_errno("cannot map the file", path.string(), native == 0 ? EINVAL : native);
}

// Hands an open descriptor to Boost's mapped_region, whose own file_mapping would open the path a
// second time: a path may name another file by now, or none (a spool).
class OpenFile {
 public:
  explicit OpenFile(const File& file) : descriptor_(file.descriptor()) {}
  interprocess::mapping_handle_t get_mapping_handle() const {
    return interprocess::ipcdetail::mapping_handle_from_file_handle(descriptor_);
  }

 private:
  int descriptor_;
};

// Why the page at `offset` could not be had: the file is shorter than it was, or the disk failed.
Error loss_of(const std::filesystem::path& path, u64 offset) {
  const auto there = path_standing(path);
  const bool is_cut = there && there->has_value() && (*there)->bytes <= offset;
  Error error(ErrorCode::io, is_cut ? "The file ends before what is mapped of it"
                                    : "The disk cannot read what is mapped of the file");
  error.path = path.string();
  error.offset = offset;
  return error;
}

}  // namespace

struct ReadMap::State {
  std::filesystem::path path;
  interprocess::mapped_region region;
  GuardedMap guard;  // behind the region: it goes first
};

ReadMap::ReadMap(std::unique_ptr<State> state) : state_(std::move(state)) {}
ReadMap::ReadMap(ReadMap&&) noexcept = default;
ReadMap& ReadMap::operator=(ReadMap&&) noexcept = default;
ReadMap::~ReadMap() = default;

Result<ReadMap> ReadMap::open(const std::filesystem::path& path) {
  const File file = TRY(File::open(path, File::Mode::read));
  const u64 size = TRY(file.size());
  auto state = std::make_unique<State>();
  state->path = path;
  if (size == 0) return ReadMap(std::move(state));  // no system maps nothing
  TRY(check_allowed(file));
  try {
    state->region = interprocess::mapped_region(OpenFile(file), interprocess::read_only, 0,
                                                static_cast<usize>(size));
  } catch (const interprocess::interprocess_exception& problem) {
    return fail_mapping(problem, path);
  }
  state->region.advise(interprocess::mapped_region::advice_random);
  state->guard = GuardedMap(static_cast<std::byte*>(state->region.get_address()),
                            round_up(size, page_bytes()), false);
  return ReadMap(std::move(state));
}

Bytes ReadMap::bytes() const {
  return {static_cast<const std::byte*>(state_->region.get_address()), state_->region.get_size()};
}

bool ReadMap::lost() const { return state_->guard.lost(); }
Error ReadMap::loss() const {
  return loss_of(state_->path, state_->guard.first_lost().value_or(0));
}

// Advice only: what the kernel makes of it, an error included, changes no answer.
void ReadMap::will_need(u64 offset, u64 bytes) const {
  const u64 size = state_->region.get_size();
  if (bytes == 0 || offset >= size) return;
  const u64 begin = offset / page_bytes() * page_bytes();
  const u64 end = offset + std::min(bytes, size - offset);
  std::byte* const base = static_cast<std::byte*>(state_->region.get_address());
  static_cast<void>(::madvise(base + begin, end - begin, MADV_WILLNEED));
}

void ReadMap::bring_in() const {
  void* const base = state_->region.get_address();
  const usize bytes = state_->region.get_size();
  if (bytes == 0) return;
  static_cast<void>(::madvise(base, bytes, MADV_HUGEPAGE));
  // A kernel before 5.14 has faults instead; so has what cannot be read.
  static_cast<void>(::madvise(base, bytes, MADV_POPULATE_READ));
}

Result<u64> ReadMap::cached_bytes() const {
  constexpr u64 step = u64(64) << 20;
  const u64 size = state_->region.get_size();
  std::byte* const base = static_cast<std::byte*>(state_->region.get_address());
  std::vector<unsigned char> pages(usize(step / page_bytes()));
  u64 cached = 0;
  for (u64 at = 0; at < size; at += step) {
    const u64 bytes = std::min(step, size - at);
    if (::mincore(base + at, usize(bytes), pages.data()) != 0) {
      return fail_errno("cannot ask what is cached of the file", state_->path.string(), errno);
    }
    const auto end = pages.begin() + i64((bytes + page_bytes() - 1) / page_bytes());
    const auto is_cached = [](unsigned char page) { return (page & 1) != 0; };
    cached += u64(std::count_if(pages.begin(), end, is_cached)) * page_bytes();
  }
  return std::min(cached, size);
}

void ReadMap::release(u64 offset, u64 bytes) const {
  const u64 size = state_->region.get_size();
  if (offset >= size) return;
  const u64 begin = round_up(offset, page_bytes());
  const u64 wanted_end = offset + std::min(bytes, size - offset);
  // The last page of the file is whole however few of its bytes the file has.
  const u64 end =
      wanted_end == size ? round_up(size, page_bytes()) : wanted_end / page_bytes() * page_bytes();
  if (begin >= end) return;
  std::byte* const base = static_cast<std::byte*>(state_->region.get_address());
  static_cast<void>(::madvise(base + begin, end - begin, MADV_DONTNEED));
}

namespace {

// One stretch of anonymous memory that was given back, for the next that asks for as much. A bulk
// ingest indexes piece after piece, and pages new from the kernel are a tenth of its CPU time. The
// kernel may take the pages back whenever it wants (MADV_FREE).
class SpareMemory {
 public:
  std::byte* take(usize bytes) {
    const std::lock_guard lock(mutex_);
    return bytes == bytes_ ? std::exchange(base_, nullptr) : nullptr;
  }
  // False: there is one already.
  bool keep(std::byte* base, usize bytes) {
    const std::lock_guard lock(mutex_);
    if (base_ != nullptr || ::madvise(base, bytes, MADV_FREE) != 0) return false;
    base_ = base;
    bytes_ = bytes;
    return true;
  }
  static SpareMemory& instance() {
    static SpareMemory* const spare = new SpareMemory;  // outlives every static that owns a map
    return *spare;
  }

 private:
  SpareMemory() {
    at_fork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
            [] { instance().mutex_.unlock(); });
  }

  std::mutex mutex_;
  std::byte* base_ = nullptr;
  usize bytes_ = 0;
};

// Address space that costs nothing until it is touched; Boost's anonymous memory counts against
// the commit limit (no MAP_NORESERVE), which a capacity far above the need must not.
class AnonymousMemory {
 public:
  AnonymousMemory() = default;
  explicit AnonymousMemory(u64 capacity) : size_(static_cast<usize>(capacity)) {
    base_ = SpareMemory::instance().take(size_);
    if (base_ != nullptr) return;
    void* const base = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) return;
    base_ = static_cast<std::byte*>(base);
    // An index is read and written all over: 2 MiB pages save 3 % of a bulk ingest.
    static_cast<void>(::madvise(base_, size_, MADV_HUGEPAGE));
  }
  ~AnonymousMemory() {
    if (base_ != nullptr && !SpareMemory::instance().keep(base_, size_)) ::munmap(base_, size_);
  }
  AnonymousMemory(const AnonymousMemory&) = delete;
  AnonymousMemory& operator=(const AnonymousMemory&) = delete;
  std::byte* base() const { return base_; }

 private:
  std::byte* base_ = nullptr;
  usize size_ = 0;
};

// One harmless store to every page, for kernels without MADV_POPULATE_WRITE (before 5.14); atomic
// because another process may own the byte.
void touch_pages(std::byte* begin, const std::byte* end) {
  for (std::byte* page = begin; page < end; page += page_bytes()) {
    std::atomic_ref<u8>(*object_at<u8>(page, 0)).fetch_or(0, std::memory_order_relaxed);
  }
}

// Brings the pages of [begin, end) in for writing; both are multiples of a page from the base.
Result<void> populate(std::byte* begin, std::byte* end, const std::filesystem::path& path) {
  for (;;) {
    if (::madvise(begin, usize(end - begin), MADV_POPULATE_WRITE) == 0) return {};
    if (errno == EINTR || errno == EAGAIN) continue;
    if (errno == EINVAL) break;
    return fail_errno("cannot populate the map", path.string(), errno);
  }
  touch_pages(begin, end);
  return {};
}

// Pages of this process that are present, of [begin, begin + bytes): bit 63 of each entry.
u64 resident_pages(const File& pagemap, const std::byte* begin, u64 bytes) {
  u64 present = 0;
  std::array<std::byte, 32'768> room;
  const u64 end = (address_of(begin) + bytes) / page_bytes();
  for (u64 page = address_of(begin) / page_bytes(); page < end;) {
    const usize want = usize(std::min<u64>((end - page) * sizeof(u64), room.size()));
    const auto count = pagemap.read_at(page * sizeof(u64), MutableBytes(room).first(want));
    if (!count || *count < sizeof(u64)) break;
    for (usize at = 0; at + sizeof(u64) <= *count; at += sizeof(u64)) {
      present += load<u64>(room.data() + at) >> 63;
      ++page;
    }
  }
  return present;
}

// The shared maps of files that this process has; what it inherited over a fork is among them.
class SharedMaps {
 public:
  // `file` until it is removed.
  void add(std::byte* data, const File& file, u64 capacity) {
    const std::lock_guard lock(mutex_);
    maps_.emplace(data, Mapped{&file, capacity});
  }
  void remove(std::byte* data) {
    const std::lock_guard lock(mutex_);
    maps_.erase(data);
  }
  void grew(u64 bytes) { bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  u64 bytes() const { return bytes_.load(std::memory_order_relaxed); }

  u64 total() const { return total_.load(std::memory_order_relaxed); }

  void measure() {
    const std::lock_guard lock(mutex_);
    u64 pages = 0, total = 0;
    for (const auto& [data, mapped] : maps_) total += mapped.bytes();
    total_.store(total, std::memory_order_relaxed);
    if (!maps_.empty()) {
      const auto pagemap = File::open("/proc/self/pagemap", File::Mode::read);
      if (!pagemap) return;  // what was reserved is the best that is known
      for (const auto& [data, mapped] : maps_) {
        pages += resident_pages(*pagemap, data, mapped.bytes());
      }
    }
    bytes_.store(pages * page_bytes(), std::memory_order_relaxed);
  }

  void release() {
    const std::lock_guard lock(mutex_);
    for (const auto& [data, mapped] : maps_) {
      const u64 bytes = mapped.bytes() / page_bytes() * page_bytes();
      if (bytes > 0) static_cast<void>(::madvise(data, usize(bytes), MADV_DONTNEED));
    }
    bytes_.store(0, std::memory_order_relaxed);
  }

  static SharedMaps& instance() {
    static SharedMaps* const maps = new SharedMaps;  // outlives every static that owns a map
    return *maps;
  }

 private:
  SharedMaps() {
    at_fork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
            [] { instance().mutex_.unlock(); });
  }

  struct Mapped {
    const File* file = nullptr;
    u64 capacity = 0;
    // What can be resident: other processes may have made the file longer.
    u64 bytes() const { return std::min(file->size().value_or(0), capacity); }
  };

  std::mutex mutex_;
  std::map<std::byte*, Mapped> maps_;
  std::atomic<u64> bytes_ = 0;  // relaxed, both: figures, which order nothing
  std::atomic<u64> total_ = 0;
};

}  // namespace

struct SharedMap::State {
  State() = default;
  ~State() {
    if (file) SharedMaps::instance().remove(data);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::optional<File> file;  // none: anonymous
  interprocess::mapped_region region;
  std::optional<AnonymousMemory> memory;
  GuardedMap guard;  // behind the region: it goes first
  std::byte* data = nullptr;
  u64 capacity = 0;
  std::mutex growing;
  std::atomic<u64> reserved = 0;

  // Allocates and populates [reserved, target) of the file.
  Result<void> grow(u64 target) {
    const u64 begin = reserved.load(std::memory_order_relaxed);
    TRY(file->allocate(begin, target - begin));
    const u64 first_page = begin / page_bytes() * page_bytes();
    TRY(populate(data + first_page, data + target, file->path()));
    reserved.store(target, std::memory_order_release);
    SharedMaps::instance().grew(target - begin);
    return {};
  }
};

SharedMap::SharedMap(std::unique_ptr<State> state)
    : state_(std::move(state)), data_(state_->data) {}
SharedMap::SharedMap(SharedMap&&) noexcept = default;
SharedMap& SharedMap::operator=(SharedMap&&) noexcept = default;
SharedMap::~SharedMap() = default;

Result<SharedMap> SharedMap::open(File file, u64 capacity) {
  if (capacity == 0) return fail(ErrorCode::invalid_argument, "a map needs a capacity");
  const u64 size = TRY(file.size());
  TRY(check_allowed(file));
  auto state = std::make_unique<State>();
  try {
    // Boost maps beyond the end of the file when it is given a size; pages there exist only once
    // the file has grown over them.
    state->region = interprocess::mapped_region(OpenFile(file), interprocess::read_write, 0,
                                                static_cast<usize>(capacity));
  } catch (const interprocess::interprocess_exception& problem) {
    return fail_mapping(problem, file.path());
  }
  state->data = static_cast<std::byte*>(state->region.get_address());
  state->capacity = capacity;
  state->guard = GuardedMap(state->data, round_up(capacity, page_bytes()), true);
  state->reserved = std::min(size, capacity);
  state->file = std::move(file);
  SharedMaps::instance().add(state->data, *state->file, capacity);
  return SharedMap(std::move(state));
}

Result<SharedMap> SharedMap::anonymous(u64 capacity) {
  if (capacity == 0) return fail(ErrorCode::invalid_argument, "a map needs a capacity");
  auto state = std::make_unique<State>();
  state->memory.emplace(capacity);
  state->data = state->memory->base();
  if (state->data == nullptr) return fail_errno("cannot map memory", {}, errno);
  state->capacity = capacity;
  return SharedMap(std::move(state));
}

bool SharedMap::has_file() const { return state_->file.has_value(); }
bool SharedMap::lost() const { return state_->guard.lost(); }
Error SharedMap::loss() const {
  const std::filesystem::path path = state_->file ? state_->file->path() : std::filesystem::path();
  return loss_of(path, state_->guard.first_lost().value_or(0));
}
Result<u64> SharedMap::usable_bytes() const {
  if (!state_->file) return state_->capacity;
  return std::min(TRY(state_->file->size()), state_->capacity);
}

u64 SharedMap::capacity() const { return state_->capacity; }
u64 SharedMap::reserved() const { return state_->reserved.load(std::memory_order_acquire); }

Result<void> SharedMap::reserve(u64 bytes) {
  State& state = *state_;
  if (lost()) return Unexpected{loss()};
  if (bytes <= reserved()) return {};
  if (bytes > state.capacity) {
    return fail_at(ErrorCode::no_space, "the map is full",
                   state.file ? state.file->path().string() : std::string(), state.capacity);
  }
  const std::lock_guard lock(state.growing);
  if (bytes <= reserved()) return {};
  const u64 step = bytes <= first_step ? first_step : bytes <= large_step ? small_step : large_step;
  const u64 target = std::min(round_up(bytes, step), state.capacity);
  if (state.file) return state.grow(target);
  state.reserved.store(target, std::memory_order_release);
  return {};
}

u64 shared_map_bytes() { return SharedMaps::instance().bytes(); }
u64 shared_map_total() { return SharedMaps::instance().total(); }
void measure_shared_maps() { SharedMaps::instance().measure(); }
void release_shared_maps() { SharedMaps::instance().release(); }

}  // namespace shale

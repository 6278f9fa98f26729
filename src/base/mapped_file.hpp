// Files in memory: the home of Boost.Interprocess (file_mapping, mapped_region).
//
// ReadMap maps a whole immutable file for reading, MADV_RANDOM (default read-ahead makes a cold
// point read 80 times slower: LAYOUT B). SharedMap maps a volatile file for reading and writing,
// with a maximum larger than the file: growth becomes visible without mapping again. Both may lose
// pages to a cut file or a failing disk (map_guard.hpp): lost() says so, asked after reading.
#pragma once

#include <filesystem>
#include <memory>

#include "base/bytes.hpp"
#include "base/file.hpp"

namespace shale {

class ReadMap {
 public:
  static Result<ReadMap> open(const std::filesystem::path& path);
  ReadMap(ReadMap&&) noexcept;
  ReadMap& operator=(ReadMap&&) noexcept;
  ~ReadMap();
  Bytes bytes() const;
  void will_need(u64 offset, u64 bytes) const;  // MADV_WILLNEED on the exact range
  // All of it, now: one call where each 16 pages would cost a fault, and in large pages where the
  // kernel has them: of a file of 8.8 MB that was read from the disk so, 15 us instead of 360, and
  // 7 instead of 160 when it is unmapped.
  void bring_in() const;
  void release(u64 offset, u64 bytes) const;  // MADV_DONTNEED on the whole pages inside
  // How much of the file the kernel holds in its page cache, in whole pages (mincore).
  Result<u64> cached_bytes() const;
  bool lost() const;  // zeros stand where bytes of the file should
  // What was lost first and why, for the caller to tell; asked where lost().
  Error loss() const;

 private:
  struct State;
  explicit ReadMap(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Memory for an arena: `capacity` bytes of address space backed by a file that grows, or by
// anonymous memory where there is no file (bulk builds, private indexes of readers).
class SharedMap {
 public:
  // Maps `file` (kept open) for reading and writing, shared between processes.
  static Result<SharedMap> open(File file, u64 capacity);
  // Holds zeros, or what an earlier map of this process left there.
  static Result<SharedMap> anonymous(u64 capacity);
  SharedMap(SharedMap&&) noexcept;
  SharedMap& operator=(SharedMap&&) noexcept;
  ~SharedMap();
  std::byte* data() const { return data_; }
  u64 capacity() const;
  // Makes [0, bytes) usable: blocks are allocated on disk and pages are present before anybody
  // stores into them, so that a full disk is an error here and never a signal later.
  Result<void> reserve(u64 bytes);
  u64 reserved() const;  // by this handle, or the size the file had when it was opened
  // A page of the file was replaced by zeros of this process's own: nothing stored here reaches
  // anybody with certainty. Never of anonymous memory.
  bool lost() const;
  Error loss() const;  // asked where lost()
  bool has_file() const;
  // What may be touched now, whoever reserved it: the file's length; the capacity of memory.
  Result<u64> usable_bytes() const;

 private:
  struct State;
  explicit SharedMap(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
  std::byte* data_ = nullptr;  // the state's: asked for with every step through what is mapped
};

// What this process holds resident of all its shared maps of files: as it was measured last, and
// what was reserved since. Part of RssFile, and none of it is a shard's.
u64 shared_map_bytes();
// How long these files were when that was measured last: so much it may become.
u64 shared_map_total();
// Measures it (.4 ms for an index of 200 MB): for a thread in the background.
void measure_shared_maps();
// Gives all of it back. The pages stay in the page cache as they are, and come in again where they
// are touched.
void release_shared_maps();

}  // namespace shale

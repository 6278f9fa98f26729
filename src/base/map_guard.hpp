// Guarded maps: a page of a mapped file that cannot be had any more (the file was cut, the disk
// cannot read it, a disk without room for a hole) becomes a page of zeros and a mark, not a signal
// that ends the process (PROTOCOL C8).
//
// Every map of a file is in a table of this process (GuardedMap does that), and guard_maps()
// installs the SIGBUS handler that looks there. Whoever computed something from a map asks lost()
// afterwards: if it is set, what was computed may be of zeros and is worth nothing. No jump out of
// the handler: destructors run and locks are given back as always. Not for memory without a file,
// and no help where another SIGBUS handler is installed later, or the signal is blocked.
// Used by mapped_file.cpp alone; store.cpp turns it on where StoreOptions::guard_reads says so.
#pragma once

#include <optional>

#include "base/bytes.hpp"

namespace shale {

// Installs the handler, once for the process. SIGBUS at other addresses goes to whoever had it
// before: a handler is called, the default ends the process.
Result<void> guard_maps();

// One map's place in the table, from its construction to its destruction. The memory must stay
// mapped meanwhile. Move-only.
class GuardedMap {
 public:
  GuardedMap() = default;  // guards nothing
  GuardedMap(std::byte* base, u64 bytes, bool writable);
  ~GuardedMap();
  GuardedMap(GuardedMap&& other) noexcept;
  GuardedMap& operator=(GuardedMap&& other) noexcept;

  // Whether a page of the map was replaced by zeros. Asked after reading: see map_guard.cpp.
  bool lost() const;
  // Where the first such page begins, in bytes from the map's.
  std::optional<u64> first_lost() const;

  struct Slot;

 private:
  Slot* slot_ = nullptr;
};

}  // namespace shale

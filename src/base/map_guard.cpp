#include "base/map_guard.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

namespace shale {

// One map. `turn` is odd while the slot is being filled or emptied; base 0: free.
//
// What the handler may do: it runs on the thread whose load or store failed, in the middle of
// whatever that thread was doing. It calls mmap (a bare system call: no lock and no memory of the C
// library), reads and writes lock-free atomics, and allocates, locks and waits for nothing.
//
// What it may rely on: the map of the failing address is alive, for somebody is touching it, so its
// slot was filled before (release of `turn`, acquired here) and does not change while the handler
// reads it. Any other slot may change under it; then `turn` is odd or differs between the first and
// the second load, and the slot is passed over, rightly, for it is not the one wanted. So the
// handler never waits, not even where it interrupted the very thread that was filling a slot.
//
// `lost` is stored before the page is replaced, so a thread that reads a zero out of the new page
// and then asks lost() sees it set: replacing the page is a system call that changes the page table
// after the store was made visible, the thread's load went through the changed table, and the
// acquire fence in lost() keeps that load before the one of the mark.
struct GuardedMap::Slot {
  std::atomic<u64> turn = 0;
  std::atomic<u64> base = 0;
  std::atomic<u64> end = 0;
  std::atomic<bool> writable = false;
  std::atomic<u64> lost = 0;  // 0: nothing is; else the first lost byte's offset, plus 1
  std::atomic<u64> pages_lost = 0;
};

namespace {

using Slot = GuardedMap::Slot;
static_assert(std::atomic<u64>::is_always_lock_free, "the signal handler uses them");

constexpr usize slots_per_block = 512;
constexpr u64 single_pages_max = 64;

// The table grows by blocks, which are never given back: the handler walks them without a lock.
struct Block {
  Slot slots[slots_per_block];
  std::atomic<Block*> next = nullptr;  // set once, released when the block is whole
};

Block first_block;
struct sigaction previous_action;
u64 page_bytes = 4096;

// Takes a free slot for [base, end): makes `turn` odd, which one thread alone can.
bool take(Slot& slot, u64 base, u64 end, bool writable) {
  u64 turn = slot.turn.load(std::memory_order_relaxed);
  if (turn % 2 != 0 || slot.base.load(std::memory_order_relaxed) != 0) return false;
  if (!slot.turn.compare_exchange_strong(turn, turn + 1, std::memory_order_acquire)) return false;
  const bool still_free = slot.base.load(std::memory_order_relaxed) == 0;
  if (still_free) {
    // The odd turn is visible before any of these.
    std::atomic_thread_fence(std::memory_order_release);
    slot.end.store(end, std::memory_order_relaxed);
    slot.writable.store(writable, std::memory_order_relaxed);
    slot.lost.store(0, std::memory_order_relaxed);
    slot.pages_lost.store(0, std::memory_order_relaxed);
    slot.base.store(base, std::memory_order_relaxed);
  }
  slot.turn.store(turn + 2, std::memory_order_release);
  return still_free;
}

void give_back(Slot& slot) {
  const u64 turn = slot.turn.load(std::memory_order_relaxed);
  slot.turn.store(turn + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  slot.base.store(0, std::memory_order_relaxed);
  slot.turn.store(turn + 2, std::memory_order_release);
}

Block& block_behind(Block& block) {
  if (Block* const next = block.next.load(std::memory_order_acquire)) return *next;
  auto* const fresh = new Block;  // for the rest of the process
  Block* expected = nullptr;
  if (block.next.compare_exchange_strong(expected, fresh, std::memory_order_acq_rel)) return *fresh;
  delete fresh;
  return *expected;
}

Slot& take_slot(u64 base, u64 end, bool writable) {
  for (Block* block = &first_block;; block = &block_behind(*block)) {
    for (Slot& slot : block->slots) {
      if (take(slot, base, end, writable)) return slot;
    }
  }
}

// -- in the handler --

bool map_zeros(std::byte* at, u64 bytes, bool writable) {
  const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  return ::mmap(at, usize(bytes), protection,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
}

// The page alone, for the others may be sound and in use. A map that loses many is replaced whole:
// each page would be a piece of address space of its own, of which a process has 65,530.
bool replace_page(Slot& slot, u64 base, u64 end, std::byte* failed) {
  const bool writable = slot.writable.load(std::memory_order_relaxed);
  std::byte* const page = failed - address_of(failed) % page_bytes;
  const u64 offset = address_of(page) - base;
  u64 none = 0;
  slot.lost.compare_exchange_strong(none, offset + 1, std::memory_order_seq_cst);
  const u64 before = slot.pages_lost.fetch_add(1, std::memory_order_relaxed);
  if (before < single_pages_max && map_zeros(page, page_bytes, writable)) return true;
  return map_zeros(page - offset, end - base, writable);
}

bool replace_page_of(Slot& slot, std::byte* failed) {
  const u64 turn = slot.turn.load(std::memory_order_acquire);
  const u64 base = slot.base.load(std::memory_order_relaxed);
  const u64 end = slot.end.load(std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_acquire);
  if (slot.turn.load(std::memory_order_relaxed) != turn || turn % 2 != 0) return false;
  const u64 address = address_of(failed);
  if (base == 0 || address < base || address >= end) return false;
  return replace_page(slot, base, end, failed);
}

bool is_lost_page(const siginfo_t& info) {
  return info.si_code == BUS_ADRERR || info.si_code == BUS_OBJERR || info.si_code == BUS_MCEERR_AR;
}

bool replaced(const siginfo_t& info) {
  if (!is_lost_page(info)) return false;
  auto* const failed = static_cast<std::byte*>(info.si_addr);
  for (Block* block = &first_block; block != nullptr;
       block = block->next.load(std::memory_order_acquire)) {
    for (Slot& slot : block->slots) {
      if (replace_page_of(slot, failed)) return true;
    }
  }
  return false;
}

// As if this handler were not here.
void pass_on(int number, siginfo_t* info, void* context) {
  if ((previous_action.sa_flags & SA_SIGINFO) != 0) {
    return previous_action.sa_sigaction(number, info, context);
  }
  const bool was_sent = info->si_code <= 0;
  if (previous_action.sa_handler == SIG_IGN && was_sent) return;
  if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
    return previous_action.sa_handler(number);
  }
  // The failed instruction runs again on return and ends the process; a signal that was sent does
  // not come again by itself.
  struct sigaction fallback = {};
  fallback.sa_handler = SIG_DFL;
  ::sigaction(number, &fallback, nullptr);
  if (was_sent) static_cast<void>(::raise(number));
}

void on_bus_error(int number, siginfo_t* info, void* context) {
  const int saved = errno;
  if (!replaced(*info)) pass_on(number, info, context);
  errno = saved;
}

Result<void> install() {
  page_bytes = u64(::sysconf(_SC_PAGESIZE));
  // Read first: another thread's signal may come as soon as the handler is there.
  if (::sigaction(SIGBUS, nullptr, &previous_action) != 0) {
    return fail_errno("cannot read the SIGBUS handler", {}, errno);
  }
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (::sigaction(SIGBUS, &action, nullptr) != 0) {
    return fail_errno("cannot install a SIGBUS handler", {}, errno);
  }
  return {};
}

}  // namespace

Result<void> guard_maps() {
  static const Result<void> installed = install();
  return installed;
}

GuardedMap::GuardedMap(std::byte* base, u64 bytes, bool writable)
    : slot_(bytes == 0 ? nullptr
                       : &take_slot(address_of(base), address_of(base) + bytes, writable)) {}

GuardedMap::~GuardedMap() {
  if (slot_ != nullptr) give_back(*slot_);
}

GuardedMap::GuardedMap(GuardedMap&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}

GuardedMap& GuardedMap::operator=(GuardedMap&& other) noexcept {
  std::swap(slot_, other.slot_);
  return *this;
}

bool GuardedMap::lost() const {
  if (slot_ == nullptr) return false;
  std::atomic_thread_fence(std::memory_order_acquire);
  return slot_->lost.load(std::memory_order_relaxed) != 0;
}

std::optional<u64> GuardedMap::first_lost() const {
  if (!lost()) return std::nullopt;
  return slot_->lost.load(std::memory_order_relaxed) - 1;
}

}  // namespace shale

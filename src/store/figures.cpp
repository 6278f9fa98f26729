#include "store/figures.hpp"

namespace shale::store {

namespace {

using Word = std::atomic_ref<u64>;
constexpr u64 wait_min_ns = 20'000;

void add_to(u64& word, u64 more) noexcept { Word(word).fetch_add(more, std::memory_order_relaxed); }

void raise(u64& word, u64 value) noexcept {
  u64 seen = Word(word).load(std::memory_order_relaxed);
  while (seen < value &&
         !Word(word).compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

}  // namespace

void Figures::add(Operation operation, u64 nanoseconds, u64 bytes) noexcept {
  catalog::OperationPart& part = words_.of(operation);
  part.latency.add(nanoseconds);
  add_to(part.nanoseconds, nanoseconds);
  raise(part.longest, nanoseconds);
  if (bytes != 0) add_to(part.bytes, bytes);
}

void Figures::add_wait(Lock lock, u64 nanoseconds) noexcept {
  if (nanoseconds < wait_min_ns) return;
  catalog::WaitPart& part = words_.of(lock);
  add_to(part.count, 1);
  add_to(part.nanoseconds, nanoseconds);
  raise(part.longest, nanoseconds);
}

void Figures::add_merge(bool is_fold, u64 read_bytes, u64 written_bytes, u64 nanoseconds) noexcept {
  catalog::MergePart& part = words_.merges;
  add_to(is_fold ? part.folds : part.merges, 1);
  add_to(part.read_bytes, read_bytes);
  add_to(part.written_bytes, written_bytes);
  add_to(part.nanoseconds, nanoseconds);
}

void Figures::add_faults(u64 count) noexcept {
  if (count != 0) add_to(words_.faults, count);
}

void Figures::add_cache(catalog::Cache cache, const LruCounters& more) noexcept {
  catalog::CachePart& part = words_.of(cache);
  add_to(part.hits, more.hits);
  add_to(part.misses, more.misses);
  add_to(part.evictions, more.evictions);
}

catalog::StatsWords Figures::words() const {
  catalog::StatsWords words = catalog::load_words(words_);
  for (const Slot& slot : slots_) {
    words.of(Operation::get).count += slot.counts[0].load(std::memory_order_relaxed);
    words.of(Operation::snapshot).count += slot.counts[1].load(std::memory_order_relaxed);
  }
  return words;
}

}  // namespace shale::store

#include "shard/hot_pages.hpp"

#include <algorithm>

namespace shale::shard {

namespace {

constexpr u64 recent_least = 64;  // of a small shard all is recent
constexpr u64 recent_texts_most = (u64(32) << 20) / text_use_bytes;

u64 stretches_of(u64 bytes) { return (bytes + text_use_bytes - 1) / text_use_bytes; }

}  // namespace

RecentUse::RecentUse(u64 stretches, u64 recent_most)
    : recent_max_(std::clamp(stretches / 4, recent_least, recent_most)),
      recent_(stretches / 64 + 1),
      before_(recent_.size()) {}

// Relaxed throughout: a bit that is lost to a turn is a hint less.
void RecentUse::set(u64 word, u64 bit) {
  const u64 old = recent_[word].fetch_or(bit, std::memory_order_relaxed);
  if ((old & bit) != 0) return;  // another thread was faster
  if (recent_count_.fetch_add(1, std::memory_order_relaxed) + 1 >= recent_max_) turn_over();
}

void RecentUse::turn_over() {
  const std::unique_lock lock(turning_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  for (usize i = 0; i < recent_.size(); ++i) {
    before_[i].store(recent_[i].exchange(0, std::memory_order_relaxed), std::memory_order_relaxed);
  }
  recent_count_.store(0, std::memory_order_relaxed);
}

u8 RecentUse::heat_of(u64 stretch) const {
  const u64 bit = u64(1) << (stretch % 64);
  if ((recent_[stretch / 64].load(std::memory_order_relaxed) & bit) != 0) return recent_heat;
  if ((before_[stretch / 64].load(std::memory_order_relaxed) & bit) != 0) return before_heat;
  return 0;
}

TextUse::TextUse(u64 section_bytes)
    : section_bytes_(section_bytes), use_(stretches_of(section_bytes), recent_texts_most) {}

void TextUse::add_runs(u64 file_offset, std::vector<PageRun>& runs) const {
  for (u64 at = 0; at < stretches_of(section_bytes_); ++at) {
    const u8 heat = use_.heat_of(at);
    if (heat == 0) continue;
    const u64 begin = at * text_use_bytes;
    const u64 end = std::min(begin + text_use_bytes, section_bytes_);
    add_pages(runs, file_offset + begin, file_offset + end, heat);
  }
}

}  // namespace shale::shard

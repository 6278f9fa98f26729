#include "shard/shard_map.hpp"

#include <algorithm>
#include <bitset>

#include "base/checksum.hpp"
#include "shard/sections.hpp"

namespace shale::shard {

namespace {

// What was given back is less hot than what is used again and again, or was read as a text.
constexpr u8 heat_given_back(u8 heat) { return heat / 4; }
constexpr u64 recent_extents_most = (u64(128) << 20) / extent_bytes;

constexpr u64 bit_of(u64 index) { return u64(1) << (index % 64); }
constexpr u64 words_for(u64 bits) { return (bits + 63) / 64; }

Result<void> check_sections(const std::vector<MappedSection>& sections, u64 checksum_count,
                            u64 file_bytes, const std::string& path) {
  u64 extents = 0;
  for (const MappedSection& section : sections) {
    if (section.offset > file_bytes || section.bytes > file_bytes - section.offset) {
      return fail_at(ErrorCode::corrupt,
                     "Section " + section_name(section.tag) + " lies beyond the end of the file",
                     path, section.offset);
    }
    extents += extent_count(section.bytes);
  }
  if (extents == checksum_count) return {};
  return fail_at(ErrorCode::corrupt,
                 "The shard has " + std::to_string(extents) + " extents but " +
                     std::to_string(checksum_count) + " checksums",
                 path);
}

}  // namespace

std::string section_name(u32 tag) {
  std::string name;
  for (int shift = 0; shift < 32; shift += 8) {
    const char letter = char(tag >> shift & 0xff);
    name += letter > 0x20 && letter < 0x7f ? letter : '?';
  }
  return name;
}

Result<std::shared_ptr<const ShardMap>> ShardMap::make(std::filesystem::path path,
                                                       std::vector<MappedSection> sections,
                                                       std::vector<u32> checksums,
                                                       std::shared_ptr<PageBudget> budget) {
  ReadMap map = TRY(ReadMap::open(path));
  TRY(check_sections(sections, checksums.size(), map.bytes().size(), path.string()));
  return std::shared_ptr<const ShardMap>(new ShardMap(std::move(map), std::move(path),
                                                      std::move(sections), std::move(checksums),
                                                      std::move(budget)));
}

ShardMap::ShardMap(ReadMap map, std::filesystem::path path, std::vector<MappedSection> sections,
                   std::vector<u32> checksums, std::shared_ptr<PageBudget> budget)
    : map_(std::move(map)),
      data_(map_.bytes().data()),
      path_(std::move(path)),
      sections_(std::move(sections)),
      checksums_(std::move(checksums)),
      budget_(std::move(budget)),
      verified_(words_for(checksums_.size())),
      used_(words_for(map_.bytes().size() / window_bytes + 1)),
      grown_(used_.size()),
      recent_(checksums_.size(), recent_extents_most) {
  u64 extents = 0;
  for (const MappedSection& section : sections_) {
    first_extents_.push_back(extents);
    extents += extent_count(section.bytes);
  }
}

ShardMap::~ShardMap() {
  if (budget_) budget_->forget(*this);
}

Result<Bytes> ShardMap::view(u32 entry, u64 offset, u64 count) const {
  const u64 first = offset / extent_bytes;
  const u64 last = (offset + count - 1) / extent_bytes;
  const u64 begin = sections_[entry].offset + offset;
  if (lost()) [[unlikely]]
    return Unexpected{loss()};
  if (!all_verified(first_extents_[entry] + first, first_extents_[entry] + last)) [[unlikely]] {
    TRY(verify(entry, first, last));
  } else if (budget_) {
    budget_->count_hit();
    touch_windows(begin, begin + count);
  }
  return Bytes(data_ + begin, usize(count));
}

// Here, and not beside the rest of SectionView, so that the compiler makes one function of both.
Result<Bytes> SectionView::view(u64 offset, u64 count) const {
  if (offset > bytes_ || count > bytes_ - offset) [[unlikely]] {
    return damaged(offset, "ends before byte " + std::to_string(offset) + " + " +
                               std::to_string(count) + " of it");
  }
  if (count == 0) {
    TRY(still_there());
    return Bytes{};
  }
  return map_->view(entry_, offset, count);
}

void SectionView::will_need(u64 offset, u64 count) const {
  if (map_) map_->will_need(entry_, offset, count);
}

void ShardMap::will_need(u32 entry, u64 offset, u64 count) const {
  const MappedSection& section = sections_[entry];
  if (offset >= section.bytes) return;
  map_.will_need(section.offset + offset, std::min(count, section.bytes - offset));
}

bool ShardMap::is_verified(u64 extent) const {
  return (verified_[extent / 64].load(std::memory_order_relaxed) & bit_of(extent)) != 0;
}

bool ShardMap::all_verified(u64 first, u64 last) const {
  if (first == last) [[likely]]
    return is_verified(first);
  for (u64 word = first / 64; word <= last / 64; ++word) {
    u64 wanted = ~u64(0);
    if (word == first / 64) wanted &= ~u64(0) << first % 64;
    if (word == last / 64) wanted &= ~u64(0) >> (63 - last % 64);
    if ((verified_[word].load(std::memory_order_relaxed) & wanted) != wanted) return false;
  }
  return true;
}

void ShardMap::touch_windows(u64 begin, u64 end) const {
  for (u64 window = begin / window_bytes; window <= (end - 1) / window_bytes; ++window) {
    std::atomic<u64>& word = used_[window / 64];
    if ((word.load(std::memory_order_relaxed) & bit_of(window)) != 0) [[likely]]
      continue;
    word.fetch_or(bit_of(window), std::memory_order_relaxed);
    budget_->touch(*this, window);
  }
}

// The slow path: asks for the pages of all unverified extents at once, then checks each.
Result<void> ShardMap::verify(u32 entry, u64 first, u64 last) const {
  const MappedSection& section = sections_[entry];
  const u64 begin = first * extent_bytes;
  const u64 end = std::min((last + 1) * extent_bytes, section.bytes);
  if (budget_) touch_windows(section.offset + begin, section.offset + end);
  map_.will_need(section.offset + begin, end - begin);
  if (budget_) budget_->count_verified(end - begin);
  u64 grown = 0;
  for (u64 extent = first; extent <= last; ++extent) {
    if (is_verified(first_extents_[entry] + extent)) continue;
    TRY(verify_extent(entry, extent));
    if (budget_ && ++grown % 16 == 0) budget_->grew(std::exchange(grown, 0));
  }
  if (budget_) budget_->grew(grown);
  return {};
}

Result<void> ShardMap::verify_extent(u32 entry, u64 extent) const {
  const MappedSection& section = sections_[entry];
  const u64 begin = extent * extent_bytes;
  const u64 count = std::min(extent_bytes, section.bytes - begin);
  const u64 index = first_extents_[entry] + extent;
  const u64 releases = releases_.load();
  const Bytes bytes(data_ + section.offset + begin, usize(count));
  if (checksum32(bytes, extent_seed(section.tag, extent)) != checksums_[index]) {
    return damaged(entry, begin, "fails its checksum");
  }
  recent_.note(index);
  if (releases % 2 == 0) {
    verified_[index / 64].fetch_or(bit_of(index));
    // A release that began meanwhile may have dropped the pages that were just checked.
    if (releases_.load() != releases) verified_[index / 64].fetch_and(~bit_of(index));
  }
  // Behind that: a window that shrinks now does so again once it has seen what became of the bit.
  note_growth(section.offset + begin, section.offset + begin + count);
  return {};
}

void ShardMap::note_growth(u64 begin, u64 end) const {
  for (u64 window = begin / window_bytes; window <= (end - 1) / window_bytes; ++window) {
    grown_[window / 64].fetch_or(bit_of(window));
  }
}

Unexpected ShardMap::damaged(u32 entry, u64 offset, const std::string& what) const {
  return fail_at(ErrorCode::corrupt, "Section " + section_name(sections_[entry].tag) + " " + what,
                 path_.string(), sections_[entry].offset + offset);
}

u8 ShardMap::heat_of_window(u64 window) const {
  if (!budget_) return 0;
  const bool is_used = (used_[window / 64].load(std::memory_order_relaxed) & bit_of(window)) != 0;
  return u8(budget_->heat_of(*this, window) / 2 + (is_used ? 128 : 0));
}

void ShardMap::add_hot_pages(std::vector<PageRun>& runs) const {
  for (usize entry = 0; entry < sections_.size(); ++entry) {
    const MappedSection& section = sections_[entry];
    u64 asked_window = ~u64(0);
    u8 heat_there = 0;
    for (u64 extent = 0; extent < extent_count(section.bytes); ++extent) {
      const u64 index = first_extents_[entry] + extent;
      const bool is_there = is_verified(index);
      const u8 recent = recent_.heat_of(index);
      if (!is_there && recent == 0) continue;
      const u64 begin = section.offset + extent * extent_bytes;
      const u64 end = std::min(begin + extent_bytes, section.offset + section.bytes);
      const u64 window = begin / window_bytes;
      if (is_there && window != asked_window) {
        heat_there = heat_of_window(window);
        asked_window = window;
      }
      add_pages(runs, begin, end, std::max(is_there ? heat_there : u8(0), heat_given_back(recent)));
    }
  }
}

template <class F>
void ShardMap::for_each_extent(u64 begin, u64 end, F&& f) const {
  for (usize entry = 0; entry < sections_.size(); ++entry) {
    const MappedSection& section = sections_[entry];
    const u64 to = std::min(end, section.offset + section.bytes);
    for (u64 at = std::max(begin, section.offset); at < to;) {
      const u64 extent = (at - section.offset) / extent_bytes;
      const u64 extent_end = section.offset + (extent + 1) * extent_bytes;
      f(first_extents_[entry] + extent, at, std::min(to, extent_end));
      at = extent_end;
    }
  }
}

void ShardMap::release_window(u64 window) const {
  const u64 begin = window * window_bytes;
  const u64 end = std::min<u64>(begin + window_bytes, map_.bytes().size());
  if (begin >= end) return;
  releases_.fetch_add(1);
  used_[window / 64].fetch_and(~bit_of(window));
  for_each_extent(begin, end,
                  [&](u64 index, u64, u64) { verified_[index / 64].fetch_and(~bit_of(index)); });
  map_.release(begin, end - begin);
  releases_.fetch_add(1);
}

bool ShardMap::shrink_window(u64 window) const {
  if ((grown_[window / 64].fetch_and(~bit_of(window)) & bit_of(window)) == 0) return false;
  const u64 begin = window * window_bytes;
  const u64 end = std::min<u64>(begin + window_bytes, map_.bytes().size());
  std::bitset<window_bytes / page_bytes> kept;
  // Odd before the bits are read: whoever verifies an extent whose bit is not seen here takes it
  // back himself, or checks what is read behind the release.
  releases_.fetch_add(1);
  for_each_extent(begin, end, [&](u64 index, u64 from, u64 to) {
    if ((verified_[index / 64].load() & bit_of(index)) == 0) return;
    for (u64 page = (from - begin) / page_bytes; page * page_bytes < to - begin; ++page) {
      kept.set(usize(page));
    }
  });
  for (u64 at = begin; at < end;) {
    const u64 first = at;
    while (at < end && !kept[usize((at - begin) / page_bytes)]) at += page_bytes;
    if (at > first) map_.release(first, at - first);
    while (at < end && kept[usize((at - begin) / page_bytes)]) at += page_bytes;
  }
  releases_.fetch_add(1);
  return true;
}

bool ShardMap::cool_window(u64 window) const {
  return (used_[window / 64].fetch_and(~bit_of(window)) & bit_of(window)) != 0;
}

}  // namespace shale::shard

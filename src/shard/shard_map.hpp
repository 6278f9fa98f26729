// A shard file in memory: the map, the checksums of its extents, and which of them were checked.
//
// Every view() of a section ends here. An extent is verified when this process touches it first,
// and again after its window was released, because the kernel may then read it from disk anew
// (PROTOCOL B10); a window that shrinks keeps the pages of verified extents. It knows neither table
// of contents nor what sections mean: shard_file.cpp reads those with pread and hands over sections
// and checksums. Thread-safe without locks of its own.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/mapped_file.hpp"
#include "shard/hot_pages.hpp"
#include "shard/page_budget.hpp"
#include "shard/shard_format.hpp"

namespace shale::shard {

constexpr u64 extent_count(u64 bytes) { return (bytes + extent_bytes - 1) / extent_bytes; }
constexpr u64 extent_seed(u32 tag, u64 extent) { return u64(tag) << 32 | extent; }

struct MappedSection {
  u32 tag = 0;
  u64 offset = 0;  // in the file
  u64 bytes = 0;
};

// "POSI" and the like, for messages.
std::string section_name(u32 tag);

class ShardMap final : public Releasable {
 public:
  // `checksums` holds one u32 per extent of each section, in order. `budget` may be null.
  static Result<std::shared_ptr<const ShardMap>> make(std::filesystem::path path,
                                                      std::vector<MappedSection> sections,
                                                      std::vector<u32> checksums,
                                                      std::shared_ptr<PageBudget> budget);
  ~ShardMap() override;
  ShardMap(const ShardMap&) = delete;
  ShardMap& operator=(const ShardMap&) = delete;

  // Verified bytes of section `entry`; the caller has checked the bounds and that count > 0.
  Result<Bytes> view(u32 entry, u64 offset, u64 count) const;
  // Asks the kernel for bytes of section `entry`; what lies beyond its end is passed over.
  void will_need(u32 entry, u64 offset, u64 count) const;
  Unexpected damaged(u32 entry, u64 offset, const std::string& what) const;
  // A page was lost: zeros may stand in what view() gave out, verified or not. Nothing more is
  // given out from then on.
  bool lost() const { return map_.lost(); }
  Error loss() const { return map_.loss(); }
  const std::vector<MappedSection>& sections() const { return sections_; }

  // Adds the pages of the extents that are verified now, and of those that were lately.
  void add_hot_pages(std::vector<PageRun>& runs) const;

  void release_window(u64 window) const override;
  bool shrink_window(u64 window) const override;
  bool cool_window(u64 window) const override;

 private:
  ShardMap(ReadMap map, std::filesystem::path path, std::vector<MappedSection> sections,
           std::vector<u32> checksums, std::shared_ptr<PageBudget> budget);

  using Bits = std::vector<std::atomic<u64>>;
  bool all_verified(u64 first, u64 last) const;
  bool is_verified(u64 extent) const;
  template <class F>  // f(index, begin, end) of each extent that has bytes in [begin, end)
  void for_each_extent(u64 begin, u64 end, F&& f) const;
  void touch_windows(u64 begin, u64 end) const;
  Result<void> verify(u32 entry, u64 first, u64 last) const;
  Result<void> verify_extent(u32 entry, u64 extent) const;
  void note_growth(u64 begin, u64 end) const;
  u8 heat_of_window(u64 window) const;

  ReadMap map_;
  const std::byte* data_;
  std::filesystem::path path_;
  std::vector<MappedSection> sections_;
  std::vector<u64> first_extents_;  // of each section, in checksums_
  std::vector<u32> checksums_;
  std::shared_ptr<PageBudget> budget_;
  mutable Bits verified_;     // one bit per extent
  mutable Bits used_;         // one bit per window of the file
  mutable Bits grown_;        // likewise: extents were verified there since it last shrank
  mutable RecentUse recent_;  // of extents that were verified
  // Odd while a window is being released or shrunk, one at a time (the budget sees to it): bits set
  // meanwhile are taken back.
  mutable std::atomic<u64> releases_ = 0;
};

}  // namespace shale::shard

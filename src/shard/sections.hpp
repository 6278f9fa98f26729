// Sections as writers fill them and as readers see them.
//
// SectionSpool collects one section while others grow beside it: 8 MiB in memory, then an unnamed
// file. SectionView is a verified window on one section of an opened shard: view() checks the
// 16 KiB extents it touches, the first time a process touches them (one relaxed load afterwards),
// and reports to the page budget. Used by every section's Writer and Reader in this folder.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/file.hpp"
#include "shard/shard_format.hpp"

namespace shale::shard {

class SectionSpool {
 public:
  // `folder` is where a spool file is made once the section outgrows `memory_max` bytes.
  explicit SectionSpool(std::filesystem::path folder, usize memory_max = usize(8) << 20)
      : folder_(std::move(folder)), memory_max_(memory_max) {}

  u64 size() const { return spilled_ + memory_.size(); }
  // Memory to append to; call settle() from time to time (once per term or document).
  Buffer& buffer() { return memory_; }
  Result<void> settle();  // spills when memory is over its maximum
  bool spilled() const { return spilled_ > 0; }
  // Bytes [offset, offset + out.size()) of the section, which must exist, as far as it has grown.
  Result<void> read_at(u64 offset, MutableBytes out) const;
  void pad_to(u64 alignment);  // of the section's own offset 0
  // Appends the whole section to `file` at `offset` (checksumming extents is the caller's: it
  // reads them back through `on_bytes`, called in order with pieces that end at extent borders).
  Result<void> write_to(File& file, u64 offset, const std::function<void(Bytes)>& on_bytes) const;

 private:
  std::filesystem::path folder_;
  usize memory_max_;
  Buffer memory_;
  std::optional<File> spill_;
  u64 spilled_ = 0;  // bytes in spill_, a multiple of extent_bytes
};

class ShardMap;  // shard_map.hpp: map, extent checksums, verified bits, page budget

class SectionView {
 public:
  SectionView() = default;  // an absent section: size 0
  SectionView(std::shared_ptr<const ShardMap> map, u32 entry, u64 offset, u64 bytes)
      : map_(std::move(map)), entry_(entry), offset_(offset), bytes_(bytes) {}

  u64 size() const { return bytes_; }
  u64 file_offset() const { return offset_; }  // where the section begins in the file
  // Bytes [offset, offset + count) of the section, verified. Out of bounds or a failed checksum is
  // ErrorCode::corrupt with path and file offset. Valid as long as the shard is open.
  Result<Bytes> view(u64 offset, u64 count) const;
  // Has the kernel read so much in the background: for what is viewed piece by piece from there on.
  void will_need(u64 offset, u64 count) const;
  // Whether zeros may stand in what view() gave out: asked after the last read of bytes that other
  // code (CRoaring, a writer's assertions) relies on.
  Result<void> still_there() const;
  // Error for a structure found wrong inside verified bytes.
  Unexpected damaged(u64 offset, std::string what) const;

 private:
  std::shared_ptr<const ShardMap> map_;
  u32 entry_ = 0;
  u64 offset_ = 0;  // in the file
  u64 bytes_ = 0;
};

}  // namespace shale::shard

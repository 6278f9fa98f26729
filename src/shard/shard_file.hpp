// The frame of a shard file: header, table of contents, info block, footer, extent checksums.
//
// Written once by shard_writer, read with pread by shard when a shard is opened or verified. What
// lies inside the sections is not looked at here. The info block, in varints unless said otherwise:
//   document count, text bytes, word count, base LSN, positions (0 or 1), analysis (text),
//   n, then n replaced files {sequence, u64 random}, then {first, count} of each coded field, then
//   (since version 2) the version of the analysis
#pragma once

#include <vector>

#include "base/file.hpp"
#include "shard/code_table.hpp"
#include "shard/shard.hpp"
#include "shard/shard_format.hpp"

namespace shale::shard {

struct ShardFrame {
  ShardHeader header;
  ShardFooter footer;
  std::vector<ContentsEntry> contents;
  ShardInfo info;
  CodeRanges codes;
  std::vector<u32> extent_checksums;  // of every section with extents, in the order of contents

  const ContentsEntry* find(u32 tag) const;
};

// Whether a section is verified by extents (all but the texts and the checksums themselves).
constexpr bool has_extents(u32 tag) { return tag != tag::texts && tag != tag::extents; }

ShardHeader make_header(FileId id);
// What stands at `contents_offset`: entries, info block, padding. `footer` gets their lengths.
Buffer encode_contents(const ShardFrame& frame, ShardFooter& footer);
u64 footer_checksum(const ShardFooter& footer, u64 random);

// Everything checked: magic, versions, checksums, lengths, that sections are ordered, aligned,
// apart from each other and inside the file.
Result<ShardFrame> read_frame(const File& file);

}  // namespace shale::shard

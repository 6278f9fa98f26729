// The shard file: header, sections, table of contents, footer.
//
//   offset 0            ShardHeader (64 bytes)
//   then                sections, each 64-byte aligned, in the order of their tags in the table
//   contents_offset     ContentsEntry[n], then the info block (what ShardInfo holds: varints and
//                       text), then padding to 8 bytes
//   file end - 64       ShardFooter, whose checksum covers the contents; MANIFEST names it
//
// Every section but `texts` is verified by extents of 16 KiB: the section `extents` holds one u32
// (XXH3 low half, seeded with tag and extent number) per extent of each other section, in table
// order; its own bytes are covered by a checksum in the footer. The text column has one checksum
// per text (texts.hpp). Unknown tags are skipped; a reader refuses a file whose reader_version is
// above its own (too_new).
//
// Version history: 1 first. 2 the info block has the version of the analysis. 3 columns of
// tokenizer and time of counting; the info block ends with the tokenizers' names.
#pragma once

#include "base/bytes.hpp"
#include "model/numbers.hpp"

namespace shale::shard {

inline constexpr u32 shard_version = 3;
inline constexpr u64 shard_magic = 0x3144524148534853;   // "SHSHARD1"
inline constexpr u64 footer_magic = 0x31444e4544524853;  // "SHRDEND1"
inline constexpr u64 extent_bytes = 16 * 1024;
inline constexpr u64 section_alignment = 64;
inline constexpr u32 documents_max = 1u << 24;

constexpr u32 tag_of(const char (&name)[5]) {
  return u32(u8(name[0])) | u32(u8(name[1])) << 8 | u32(u8(name[2])) << 16 | u32(u8(name[3])) << 24;
}

// Sections, each with the header that defines its layout.
namespace tag {
inline constexpr u32 texts = tag_of("TEXT");         // texts.hpp: frames
inline constexpr u32 text_places = tag_of("TPLC");   // text_places.hpp: offsets, lengths, checksums
inline constexpr u32 dictionaries = tag_of("ZDIC");  // texts.hpp: zstd dictionaries
inline constexpr u32 ids = tag_of("IDSF");           // ids.hpp: front-coded ids in document order
inline constexpr u32 id_table = tag_of("IDSH");      // ids.hpp: hash -> document
inline constexpr u32 columns = tag_of("COLS");       // columns.hpp: numbers and codes
inline constexpr u32 extras = tag_of("XTRA");        // extras.hpp: tags in order, attributes, ...
inline constexpr u32 term_heads = tag_of("TDIH");    // dictionary.hpp: heads and block offsets
inline constexpr u32 term_blocks = tag_of("TDIB");   // dictionary.hpp: front-coded blocks
inline constexpr u32 small_lists = tag_of("SMAL");   // postings.hpp: inline lists, df 2..31
inline constexpr u32 big_terms = tag_of("BIGT");     // postings.hpp: one record per df >= 32
inline constexpr u32 documents = tag_of("DOCS");     // postings.hpp: frozen roaring images
inline constexpr u32 frequencies = tag_of("TFRQ");   // postings.hpp: nibbles and exceptions
inline constexpr u32 range_maxima = tag_of("RDIR");  // ranges.hpp: df >= 4096
inline constexpr u32 positions = tag_of("POSI");     // positions.hpp: varints
inline constexpr u32 position_offsets = tag_of("POSO");  // positions.hpp: one u32 per 64 postings
inline constexpr u32 trigrams = tag_of("TRIG");  // trigrams.hpp: groups of terms by what is in them
inline constexpr u32 extents = tag_of("EXTS");   // sections.hpp: checksums of all the others
}  // namespace tag

struct ShardHeader {
  u64 magic = shard_magic;
  u32 version = shard_version;
  u32 reader_version = 3;
  u64 sequence = 0;
  u64 random = 0;
  u64 reserved[3] = {};
  u64 checksum = 0;  // XXH3-64 of the fields above
};
static_assert(sizeof(ShardHeader) == 64);

struct ContentsEntry {
  u32 tag = 0;
  u32 reserved = 0;
  u64 offset = 0;
  u64 bytes = 0;  // without padding
};
static_assert(sizeof(ContentsEntry) == 24);

struct ShardFooter {
  u64 contents_offset = 0;
  u64 contents_bytes = 0;  // entries, info block and padding
  u32 section_count = 0;
  u32 info_bytes = 0;
  u64 contents_checksum = 0;
  u64 extents_checksum = 0;  // of the whole section `extents`
  u64 file_bytes = 0;
  u64 magic = footer_magic;
  u64 checksum = 0;  // XXH3-64 of the fields above, seeded with the shard's random id
};
static_assert(sizeof(ShardFooter) == 64);

}  // namespace shale::shard

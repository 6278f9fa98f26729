// What only some documents have: tags in their order, attributes, tokenizer, hashes of others.
//
// XTRA (empty where no document has any):
//   records       of the documents that have one, in document order: varint length, then the record
//   padding       to 8 bytes
//   {u64 present, u64 base}[g + 1]   per group of 64 documents: which have a record, and where the
//                 group's first one begins; the last entry is {0, end of the records}
//
// Within a group the records before the wanted one are stepped over by their lengths. A record:
//   varint parts  bits of extras_part, then the parts in that order
//   tags          varint n, n varint codes (of field tag)
//   attributes    varint n, n times: text key, u8 type letter, value: s and j text, i zigzag
//                 varint, d 8 bytes, b 1 byte; keys ascending
//   sha256        32 bytes
//   tokens_computed_at   zigzag varint; zoned is a bit of its own
//   tokenizer     text
// Since version 3 the last two are columns, and here only where those cannot hold them.
// Used by shard_writer and shard.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shard/sections.hpp"

#include <shale/segment.hpp>

namespace shale::shard {

namespace extras_part {
inline constexpr u64 tags = 1;
inline constexpr u64 attributes = 2;
inline constexpr u64 sha256 = 4;
inline constexpr u64 tokens_computed_at = 8;
inline constexpr u64 tokens_zoned = 16;
inline constexpr u64 tokenizer = 32;
inline constexpr u64 end = 64;
}  // namespace extras_part

struct Extras {
  std::vector<u32> tags;  // codes
  Attributes attributes;
  std::optional<Sha256> sha256;
  std::optional<Time> tokens_computed_at;
  std::string tokenizer;
  bool operator==(const Extras&) const = default;
  bool empty() const { return *this == Extras(); }
};

struct ExtrasGroup {
  u64 present = 0;
  u64 base = 0;
};
static_assert(sizeof(ExtrasGroup) == 16);

class ExtrasWriter {
 public:
  explicit ExtrasWriter(SectionSpool& out) : out_(out) {}
  Result<void> add(const Extras& extras);  // of the next document; may be empty
  Result<void> finish();

 private:
  SectionSpool& out_;
  std::vector<ExtrasGroup> groups_;
  u64 documents_ = 0;
  bool any_ = false;
  ByteWriter record_;
};

class ExtrasReader {
 public:
  static Result<ExtrasReader> make(SectionView section, u32 document_count);
  // Empty extras for a document without a record.
  Result<Extras> extras(DocNo doc) const;

 private:
  SectionView section_;
  u32 document_count_ = 0;
  u64 groups_at_ = 0;
};

}  // namespace shale::shard

// Places of a shard's texts: where each lies in TEXT, how long it is and its checksum.
//
// TPLC:
//   groups of 64 documents, the last one filled up with zeros:
//     u64 base              where the group's first text begins in TEXT
//     u16 stored_bytes[64]  texts lie end to end: those before one say where it begins
//     u16 raw_bytes[64]     unpacked
//     u32 checksums[64]     texts.hpp
//     u8  dictionaries[64]  0 = none, else number + 1
//   {u32 document, u32 stored_bytes, u32 raw_bytes}[n], ascending: the texts of 65,535 bytes and
//     more, whose group has 0xffff in both places
//
// 9.1 bytes a text (13.1 with lengths of 4 bytes). Used by the halves of texts.hpp.
#pragma once

#include <optional>
#include <vector>

#include "model/numbers.hpp"
#include "shard/sections.hpp"

namespace shale::shard {

inline constexpr u32 places_per_group = 64;
inline constexpr u16 length_elsewhere = 0xffff;

struct PlaceGroup {
  u64 base = 0;
  u16 stored_bytes[places_per_group] = {};
  u16 raw_bytes[places_per_group] = {};
  u32 checksums[places_per_group] = {};
  u8 dictionaries[places_per_group] = {};
};
static_assert(sizeof(PlaceGroup) == 584);

struct LongPlace {
  u32 document = 0;
  u32 stored_bytes = 0;
  u32 raw_bytes = 0;
};
static_assert(sizeof(LongPlace) == 12);

// One text. `dictionary`: its number in the shard.
struct TextPlace {
  u64 offset = 0;  // in TEXT
  u32 stored_bytes = 0;
  u32 raw_bytes = 0;
  u32 checksum = 0;
  std::optional<u32> dictionary;
};

class TextPlacesWriter {
 public:
  explicit TextPlacesWriter(SectionSpool& out) : out_(out) {}
  // Of the next document; its offset is where the text before it ended.
  Result<void> add(u32 stored_bytes, u32 raw_bytes, u32 checksum, std::optional<u32> dictionary);
  Result<void> finish();

 private:
  Result<void> finish_group();

  SectionSpool& out_;
  PlaceGroup group_;
  std::vector<LongPlace> long_places_;
  u32 documents_ = 0;
  u64 end_ = 0;  // of the last text
};

class TextPlacesReader {
 public:
  static Result<TextPlacesReader> make(SectionView section, u32 document_count);
  // The fields as they are stored: whether they fit the texts is the caller's to check.
  Result<TextPlace> place(DocNo doc) const;
  // Unpacked lengths of texts [first, first + out.size()).
  Result<void> raw_bytes(u32 first, std::span<i64> out) const;
  // Each group begins where the texts before it end, the last text ends at `end`, and every long
  // place belongs to a document that asks for one.
  Result<void> verify(u64 end) const;
  // The error for a place that no writer writes.
  Unexpected damaged(DocNo doc, std::string what) const;

 private:
  Result<const PlaceGroup*> group(u32 number) const;
  Result<LongPlace> long_place(u32 doc) const;

  SectionView section_;
  u32 document_count_ = 0;
  u32 long_count_ = 0;
};

}  // namespace shale::shard

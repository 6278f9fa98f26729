// Columns of a shard: one number per document and field, in chunks of 4,096 documents, each of the
// width its values need.
//
// COLS:
//   ColumnsHeader, then ChunkHeader[columns][chunks], columns in the order of enum Column
//   then the chunks in the same order, end to end: `width` bytes per document, little endian
//
// A stored value is (value - base), `base` being the smallest of the chunk; all ones mean "absent",
// and the width is the smallest in 0..8 in which the largest difference stays below all ones. Width
// 0 stores no bytes: every document has the value `base`, or none has one (flag all_absent).
// Columns of plain bits (hashes) have width 8, base 0 and no absence. Neighbours were stashed
// together and belong to few files, so chunks take 10 bytes a document less than whole columns of
// one width did (1.1 M pieces of code).
//
// Where a field lies close to another one, the difference is kept: touched - created, and
// last - first line; ColumnsReader::numbers adds them up (wrapping, so that no value is lost).
// Codes of strings are defined in code_table.hpp. Of a column that a shard is too old to have,
// every value is absent. Used by shard_writer and shard.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>

#include "model/fields.hpp"
#include "model/index.hpp"
#include "shard/sections.hpp"

namespace shale::shard {

enum class Column : u8 {
  type,  // codes
  task,
  file,
  topic,
  line_first,
  line_span,  // last - first line
  created,
  touched,  // minus created
  flags,    // column_flag
  gc_survival_count,
  refcount,
  tokens,
  word_count,
  lsn,       // as given to the writer: the shard's base is added by the reader
  hash_low,  // of the text
  hash_high,
  tokenizer,        // place in ShardInfo::tokenizers; here and below: from version 3 on
  tokens_computed,  // zoned times alone; extras have the others
};
inline constexpr usize column_count = 18;
inline constexpr usize column_count_min = 16;  // what a reader takes: those before version 3
constexpr bool is_plain_bits(Column c) { return c == Column::hash_low || c == Column::hash_high; }

namespace column_flag {
inline constexpr u32 pinned = 1;
inline constexpr u32 tier_shift = 1;  // two bits
inline constexpr u32 old_generation = 8;
inline constexpr u32 created_zoned = 16;
inline constexpr u32 touched_zoned = 32;
inline constexpr u32 has_extras = 64;
inline constexpr u32 end = 128;
}  // namespace column_flag

// Whether a writer writes such flags: bits that exist, and a tier.
constexpr bool are_flags(u64 flags) {
  return flags < column_flag::end && (flags >> column_flag::tier_shift & 3) <= u64(Tier::archive);
}

struct ColumnsHeader {
  u32 columns = u32(column_count);
  u32 documents = 0;
};
static_assert(sizeof(ColumnsHeader) == 8);

inline constexpr u32 chunk_documents = 4096;

struct ChunkHeader {
  static constexpr u8 all_absent = 1;
  static constexpr u8 plain_bits = 2;
  u8 column = 0;
  u8 width = 0;
  u8 flags = 0;
  u8 reserved[5] = {};
  i64 base = 0;
  u64 offset = 0;  // in the section
};
static_assert(sizeof(ChunkHeader) == 24);

// What the columns hold of one document.
using ColumnRow = std::array<i64, column_count>;

class ColumnsWriter {
 public:
  explicit ColumnsWriter(const std::filesystem::path& folder);
  ~ColumnsWriter();
  // The row of the next document; no_number = absent.
  Result<void> add(const ColumnRow& row);
  Result<void> finish(SectionSpool& out);

 private:
  struct Values;
  std::vector<Values> values_;  // by column
  u32 documents_ = 0;
};

class KnownHeaders;  // known_headers.hpp

class ColumnsReader {
 public:
  static Result<ColumnsReader> make(SectionView section, u32 document_count);

  // Values of documents [first, first + out.size()); no_number where absent.
  Result<void> values(Column column, u32 first, std::span<i64> out) const;
  Result<void> codes(Column column, u32 first, std::span<u32> out) const;
  // Column::word_count, 0 where absent.
  Result<void> lengths(u32 first, std::span<u32> out) const;
  Result<void> lengths_of(std::span<const u32> docs, std::span<u32> out) const;
  // Those of all documents are read next.
  Result<void> will_need_lengths() const;
  // Of single documents, ascending.
  Result<void> values_of(Column column, std::span<const u32> docs, std::span<i64> out) const;
  Result<i64> value(Column column, DocNo doc) const;

  // Fields as the outside knows them: differences added up. Not Field::bytes, which the text column
  // answers, and not id.
  Result<void> numbers(Field field, u32 first, std::span<i64> out) const;
  Result<void> numbers_of(Field field, std::span<const u32> docs, std::span<i64> out) const;
  // The error for a value that no writer writes.
  Unexpected damaged(Column column, std::string what) const;

 private:
  Result<void> small_values(Column column, u32 first, std::span<u32> out, u32 absent) const;
  Result<void> check_range(u32 first, usize count) const;
  Result<ChunkHeader> header(Column column, u32 chunk) const;
  template <class Out>
  Result<void> some_values(Column column, std::span<const u32> docs, std::span<Out> out,
                           Out absent) const;
  template <class Out>
  Result<void> values_in_chunk(Column column, u32 chunk, std::span<const u32> docs,
                               std::span<Out> out, Out absent) const;

  SectionView section_;
  std::shared_ptr<KnownHeaders> known_headers_;
  u32 document_count_ = 0;
  u32 chunk_count_ = 0;
  u32 column_count_ = 0;
};

}  // namespace shale::shard

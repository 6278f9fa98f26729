// What TermsReader holds, and how a Term's handle is made: shared by the look-ups (terms_reader,
// terms_holders), the stream (terms_stream) and the checks (terms_verify), by nobody else.
//
// Handle, 64 bits: kind << 62, and below it
//   list    df 2..31   ordinal; the dictionary's block is read again to find the list (0.1 us)
//   single  df 1       document << 33 | (tf == 1) << 32 | ordinal: most need no further look
//   big     df >= 32   number of the BIGT record
#pragma once

#include "shard/dictionary.hpp"
#include "shard/frequencies.hpp"
#include "shard/positions.hpp"
#include "shard/postings.hpp"
#include "shard/ranges.hpp"
#include "shard/terms.hpp"
#include "shard/trigrams.hpp"

namespace shale::shard {

enum class HandleKind : u8 { list = 0, single = 1, big = 2 };

struct TermHandle {
  u64 value = 0;
  HandleKind kind() const { return HandleKind(value >> 62); }
  u32 number() const { return u32(value); }  // ordinal or record
  u32 doc() const { return u32(value >> 33) & (documents_max - 1); }
  bool once() const { return (value >> 32 & 1) != 0; }
};
static_assert(documents_max == 1u << 24);

inline Term make_term(const TermEntry& entry, u32 ordinal) {
  if (entry.df > small_df_max) return {u64(HandleKind::big) << 62 | entry.big, entry.df};
  if (entry.df > 1) return {ordinal, entry.df};
  const u64 single = u64(HandleKind::single) << 62 | u64(entry.doc) << 33;
  return {single | u64(entry.tf == 1) << 32 | ordinal, 1};
}

struct TermsReader::State {
  Dictionary dictionary;
  PostingsReader postings;
  RangesReader ranges;
  PositionsReader positions;
  TrigramsReader trigrams;
  bool keeps_positions;

  Result<void> add_documents(const TermEntry& entry, DenseSet& holders) const {
    return entry.df > small_df_max ? postings.add_big(entry.big, holders)
                                   : postings.add_list(entry, holders);
  }
  // Of the terms [first, end); of those from `first` on that have the prefix and are wanted.
  Result<void> add_range(u32 first, u32 end, DenseSet& holders) const;
  Result<void> add_block(u32 block, u32 first, u32 end, DenseSet& holders) const;
  Result<void> add_wanted(std::string_view prefix, u32 first, TermFilter& filter,
                          DenseSet& holders) const;
  // Of a group's wanted terms; none is before `next_term`, which the filter moves on.
  Result<void> add_group(u32 group, TermFilter& filter, std::string& next_term,
                         DenseSet& holders) const;
  // The document-ordered postings of any term; `entry` as the dictionary gives it.
  Result<void> decode(const TermEntry& entry, std::vector<u32>& docs, std::vector<u32>& tfs) const;
  Result<std::vector<u32>> small_positions(u32 ordinal, u32 doc) const;
  Result<std::vector<u32>> big_positions(u32 number, u32 doc) const;
};

}  // namespace shale::shard

// The dictionary: every term of a shard in byte order, front-coded, found by two levels of heads.
//
// term_blocks (TDIB): blocks of 16 terms (the last may hold fewer), one behind the other:
//   varint  small_base       SMAL offset of the block's first list
//   varint  big_base         number of the block's first BIGT record
//   varint  position_base    POSI offset of the block's first positions; only with positions
//   per term a key:  first of a block: varint length, bytes
//                    others: u8 lcp << 4 | suffix bytes - 1, suffix;
//                            or 0xff, varint lcp, varint suffix bytes, suffix
//   and an entry:    varint kind
//     0       one document, tf 1:     varint document, [varint position]
//     1       one document, tf > 1:   varint document, varint tf, [varint position bytes]
//     2..31   df, a list in SMAL:     varint list bytes, [varint position bytes]
//     32..    df, the next BIGT record:                  [varint position bytes]
//   [...] only for words, where the shard keeps positions. lcp is the longest common prefix with
//   the term before. Lists, records and positions lie in term order, so each place is a base plus
//   the lengths before it in the block; a single occurrence has its position in the entry itself.
//
// term_heads (TDIH), written in stretches so that a look-up touches one of them (776 bytes):
//   HeadStretch[n]        64 blocks each
//   u64 tops[n]           the first head of each stretch; a reader keeps them in memory
//   DictionaryTrailer
//
// A head is the first 8 bytes of a block's first term, big-endian, zeros behind a shorter one.
// Equal heads (file paths share long prefixes) are told apart by the block's first term itself.
// Knows where postings lie but not what they hold. Used by terms_writer and terms_reader.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/fields.hpp"
#include "shard/sections.hpp"

namespace shale::shard {

inline constexpr u32 block_terms = 16;
inline constexpr u32 stretch_blocks = 64;
inline constexpr u32 group_blocks = 64;  // a group of terms: what trigrams lead to
inline constexpr usize term_bytes_max = 65'535;
inline constexpr u32 small_df_max = 31;     // longer lists get a BIGT record
inline constexpr u32 list_bytes_max = 320;  // of those that get none

struct HeadStretch {
  u64 heads[stretch_blocks] = {};  // ~0 where there is no block
  u64 blocks_at = 0;               // TDIB offset of the first block
  u32 ends[stretch_blocks] = {};   // end of each block, from blocks_at
};
static_assert(sizeof(HeadStretch) == 776);

struct DictionaryTrailer {
  u32 term_count = 0;
  u32 big_count = 0;
};
static_assert(sizeof(DictionaryTrailer) == 8);

// Words have frequencies (and positions); metadata terms occur once in each of their documents.
inline bool is_word(std::string_view term) {
  return term.empty() || u8(term.front()) >= u8(first_text_byte);
}

// Where the postings of a term lie. The bases are filled in for every term, used or not.
struct TermEntry {
  u32 df = 0;
  bool word = false;
  u32 doc = 0;       // df 1: the document,
  u32 tf = 0;        // its frequency,
  u32 position = 0;  // and with tf 1 where the term stands
  u64 list_at = 0;   // SMAL
  u32 list_bytes = 0;
  u32 big = 0;           // BIGT record, df >= 32
  u64 positions_at = 0;  // POSI
  u64 positions_bytes = 0;
};

// Call order: add in byte order, then finish once.
class DictionaryWriter {
 public:
  DictionaryWriter(SectionSpool& heads, SectionSpool& blocks, bool positions)
      : heads_(heads), blocks_(blocks), positions_(positions) {}
  Result<void> add(std::string_view term, const TermEntry& entry);
  Result<void> finish(u32 big_count);
  u32 term_count() const { return term_count_; }

 private:
  void begin_block(std::string_view term, const TermEntry& entry);
  void add_key(std::string_view term);
  void add_entry(const TermEntry& entry);
  void end_block();
  void end_stretch();

  SectionSpool& heads_;
  SectionSpool& blocks_;
  bool positions_;
  ByteWriter block_;
  HeadStretch stretch_;
  u32 stretch_used_ = 0;  // blocks in stretch_
  u64 blocks_at_ = 0;     // end of the last whole block in TDIB
  std::vector<u64> tops_;
  std::string last_;
  u32 term_count_ = 0;
};

// The terms of one block in order. Trusts no byte of it.
class BlockCursor {
 public:
  BlockCursor(Bytes block, u32 terms, u32 document_count, bool positions);
  bool next();  // false at the end and on damage: ask ok()
  bool ok() const { return in_.ok(); }
  bool at_end() const { return index_ + 1 == terms_ && in_.at_end() && in_.ok(); }
  u32 index() const { return index_; }
  u32 lcp() const { return lcp_; }
  std::string_view suffix() const { return suffix_; }
  const TermEntry& entry() const { return entry_; }

 private:
  void read_key();
  void read_entry();
  void read_single(bool once);

  ByteReader in_;
  u32 terms_;
  u32 document_count_;
  bool positions_;
  u32 index_ = ~0u;
  u32 lcp_ = 0;
  u32 length_ = 0;  // of the current term
  std::string_view suffix_;
  TermEntry entry_;
};

class Dictionary {
 public:
  static Result<Dictionary> make(const SectionView& heads, const SectionView& blocks,
                                 u32 document_count, bool positions);
  u32 term_count() const { return trailer_.term_count; }
  u32 big_count() const { return trailer_.big_count; }
  u32 block_count() const { return (trailer_.term_count + block_terms - 1) / block_terms; }

  // The first term >= `term`; ordinal == term_count() where there is none.
  struct Found {
    u32 ordinal = 0;
    bool exact = false;
    TermEntry entry;  // only where exact
  };
  Result<Found> locate(std::string_view term) const;
  Result<BlockCursor> block(u32 number) const;
  // The block to look for `term` in, where that lies behind block `number`, else `number`. Two
  // loads where it does not.
  Result<u32> block_of(std::string_view term, u32 number) const;
  // `ordinal` < term_count().
  Result<TermEntry> entry_at(u32 ordinal) const;
  Unexpected damaged_block(u32 number, std::string what) const;
  // Heads and tops against the blocks' first terms, blocks one behind the other to the end.
  Result<void> verify_heads() const;

 private:
  Dictionary(SectionView heads, SectionView blocks)
      : heads_(std::move(heads)), blocks_(std::move(blocks)) {}
  Result<const HeadStretch*> stretch(u32 number) const;
  Result<Bytes> block_bytes(u32 number) const;
  Result<std::string_view> first_term(u32 block) const;
  Result<u32> count_not_after(u32 low, u32 high, u32 blocks_each, u32 first_block,
                              std::string_view term) const;
  Result<u32> blocks_not_after(std::string_view term) const;
  Result<void> verify_stretch(u32 number, u64& blocks_at) const;

  SectionView heads_;
  SectionView blocks_;
  u32 document_count_ = 0;
  bool positions_ = false;
  DictionaryTrailer trailer_;
  std::vector<u64> tops_;
};

// All terms from the first of `block` on, with their text put together.
class TermWalk {
 public:
  explicit TermWalk(const Dictionary& dictionary, u32 block = 0)
      : dictionary_(&dictionary), block_(block) {}
  Result<bool> next();  // false behind the last term
  // Leaves out whole blocks of terms before `term`; some of those before it may still come.
  Result<void> skip_to(std::string_view term);
  const std::string& term() const { return term_; }
  const TermEntry& entry() const { return cursor_->entry(); }
  const BlockCursor& cursor() const { return *cursor_; }
  u32 ordinal() const { return (block_ - 1) * block_terms + cursor_->index(); }
  u32 block() const { return block_ - 1; }  // of the current term

 private:
  const Dictionary* dictionary_;
  u32 block_;  // the next one to open
  std::optional<BlockCursor> cursor_;
  std::string term_;
};

}  // namespace shale::shard

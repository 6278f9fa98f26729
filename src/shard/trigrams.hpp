// Trigrams: which groups of terms hold three letters in a row, for words asked for by what is in
// them.
//
// trigrams (TRIG); absent in a shard of fewer than trigram_terms_min terms, whose dictionary is
// gone through instead:
//   TrigramsHeader
//   u32 ends[list_count]    of each list, from the first list
//   u16 codes[list_count]   ascending: the trigram of each list
//   lists, one behind the other:
//     varint count          at least 1
//     gaps                  of ascending group numbers (the first from -1), less one each, as
//                           Golomb-Rice codes, whose parameter k follows from count and
//                           group_count: gap >> k ones and a zero, then k bits; lowest bits first,
//                           zeros up to a whole byte behind the last
//
// A group is 64 blocks of the dictionary, 1,024 terms: with 256 the section is twice as long. Words
// are terms of text and forms without their tag, decomposed (NFD), so that letters with marks hold
// their letter. Letters are a to z and the underscore: digits would make it half as long again, for
// the hexadecimal constants of programs. The code of a trigram is its number in base 27;
// trigram_codes stands for long words (model/index.hpp).
// Written through terms_writer, read through terms_holders. The writer keeps some 1.1 bytes in
// memory for each group of a trigram: 2 MB for a million terms of program text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/dense_set.hpp"
#include "shard/dictionary.hpp"
#include "shard/sections.hpp"

namespace shale::shard {

inline constexpr u32 trigram_terms_min = 1u << 17;
inline constexpr u32 trigram_letters = 27;
inline constexpr u32 trigram_codes = trigram_letters * trigram_letters * trigram_letters;

struct TrigramsHeader {
  u32 group_count = 0;
  u32 list_count = 0;
};
static_assert(sizeof(TrigramsHeader) == 8);

inline u32 term_groups_of(u32 blocks) { return (blocks + group_blocks - 1) / group_blocks; }

// Call order: add every term in byte order, then encode once.
class TrigramsWriter {
 public:
  // `terms_min` is for tests.
  explicit TrigramsWriter(u32 terms_min = trigram_terms_min);
  void add(std::string_view term);
  // Appends the section; nothing where there are too few terms.
  void encode(Buffer& out);

 private:
  struct List {
    Buffer gaps;  // varints
    u32 count = 0;
    u32 next = 0;  // group that a gap of 0 stands for
  };
  void add_word(std::string_view word);
  void end_group();

  u32 terms_min_;
  u32 terms_ = 0;
  std::vector<u64> seen_;  // codes of the group, a bit each
  std::string seen_word_;  // the last plain word of the group
  std::vector<List> lists_;
};

class TrigramsReader {
 public:
  static Result<TrigramsReader> make(const SectionView& section, u32 group_count);
  // Adds the groups that may hold the piece (Index::add_groups): all of them where the section is
  // absent or knows nothing of it.
  Result<void> add_groups(std::string_view piece, DenseSet& groups) const;
  // The section against what a writer makes of the shard's terms.
  Result<void> verify(TrigramsWriter& writer) const;

 private:
  explicit TrigramsReader(SectionView section) : section_(std::move(section)) {}
  Result<bool> add_list(u32 code, DenseSet& groups) const;  // false where there is none
  Result<Bytes> list(u32 number) const;

  SectionView section_;
  TrigramsHeader header_;
  u64 lists_at_ = 0;
};

}  // namespace shale::shard

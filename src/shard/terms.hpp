// Terms of a shard: dictionary, postings, frequencies, range maxima and positions as one whole.
//
// TermsWriter takes terms in byte order and fills the sections; TermsReader answers look-ups. The
// layouts are in dictionary.hpp, postings.hpp, ranges.hpp and positions.hpp. The reader is safe
// from many threads; its views live as long as the shard is open. Used by shard_writer and shard.
#pragma once

#include <functional>
#include <memory>

#include "model/index.hpp"
#include "shard/ranges.hpp"
#include "shard/sections.hpp"

namespace shale::shard {

// The sections terms are written to, by reference into the shard writer's spools.
struct TermSpools {
  SectionSpool& heads;
  SectionSpool& blocks;
  SectionSpool& small_lists;
  SectionSpool& big_terms;
  SectionSpool& documents;
  SectionSpool& frequencies;
  SectionSpool& range_maxima;
  SectionSpool& positions;
  SectionSpool& position_offsets;
  SectionSpool& trigrams;
};

class TermsWriter {
 public:
  // 1 <= document_count <= documents_max unless no term is added.
  TermsWriter(TermSpools spools, u32 document_count, bool positions);
  ~TermsWriter();
  // Terms of at most 65,535 bytes, ascending in byte order, each once; the ordinal of the first is
  // 0. Metadata terms have tf 1 throughout. Positions that do not match the frequencies (a merge
  // of a damaged shard) are ErrorCode::corrupt; then the shard must be given up.
  Result<void> add(const TermPostings& term);
  // Range maxima need the length (word count) of every document: must be set before the first term
  // of df >= 4096 that is a word. lengths.size() == document_count.
  void set_lengths(std::span<const u32> lengths);
  Result<void> finish();
  u32 term_count() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct TermViews {
  SectionView heads;
  SectionView blocks;
  SectionView small_lists;
  SectionView big_terms;
  SectionView documents;
  SectionView frequencies;
  SectionView range_maxima;
  SectionView positions;
  SectionView position_offsets;
  SectionView trigrams;
};

class TermsReader {
 public:
  static Result<TermsReader> make(const TermViews& views, u32 document_count, bool positions);
  TermsReader(TermsReader&&) noexcept;
  ~TermsReader();

  u32 term_count() const;
  Result<std::optional<Term>> find(std::string_view term) const;
  // The ordinal of the first term >= `term`; term_count() if there is none.
  Result<u32> lower_bound(std::string_view term) const;
  Result<std::string> term_at(u32 ordinal) const;
  Result<void> for_each(std::string_view prefix, const Index::TermVisitor& visit) const;
  Result<DocumentSet> documents(const Term& term) const;
  Result<void> add_holders(std::string_view prefix, TermFilter* filter, DenseSet& holders) const;
  u32 group_count() const;
  Result<void> add_groups(std::string_view piece, DenseSet& groups) const;
  Result<void> add_holders_in(const DenseSet& groups, TermFilter& filter, DenseSet& holders) const;
  // `docs` ascending; 0 for a document that does not hold the term.
  Result<void> frequencies(const Term& term, std::span<const u32> docs, std::span<u32> tfs) const;
  // Null for metadata terms and without positions.
  Result<std::unique_ptr<PositionCursor>> position_cursor(const Term& term) const;
  // Empty for metadata terms, without positions, and for a document that does not hold the term.
  Result<std::vector<u32>> positions(const Term& term, DocNo doc) const;
  std::unique_ptr<TermStream> all() const;
  // Score bounds of a word of df >= 4096; nothing for other terms.
  Result<std::optional<RangeMaxima>> range_maxima(const Term& term) const;
  // Such a word by ranges, null for other terms. `average_length` is the shard's own.
  Result<std::unique_ptr<RangePostings>> range_postings(const Term& term,
                                                        float average_length) const;
  // All of a term: `docs` ascending, a frequency each (1 throughout for metadata terms).
  Result<void> postings(const Term& term, std::vector<u32>& docs, std::vector<u32>& tfs) const;
  // Every structure of every term, in order; the first thing found wrong.
  Result<void> verify() const;

 private:
  struct State;  // terms_state.hpp
  friend class AllTerms;
  friend class TermsVerifier;
  explicit TermsReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace shale::shard

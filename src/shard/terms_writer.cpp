#include <algorithm>
#include <cassert>
#include <functional>

#include "shard/dictionary.hpp"
#include "shard/positions.hpp"
#include "shard/postings.hpp"
#include "shard/ranges.hpp"
#include "shard/terms.hpp"
#include "shard/trigrams.hpp"

namespace shale::shard {

struct TermsWriter::State {
  State(TermSpools s, u32 documents, bool with_positions)
      : document_count(documents),
        keeps_positions(with_positions),
        dictionary(s.heads, s.blocks, with_positions),
        postings({s.small_lists, s.big_terms, s.documents, s.frequencies}),
        ranges(s.range_maxima, documents),
        positions(s.positions, s.position_offsets),
        trigrams_spool(s.trigrams) {}

  u32 document_count;
  bool keeps_positions;
  DictionaryWriter dictionary;
  PostingsWriter postings;
  RangesWriter ranges;
  PositionsWriter positions;
  TrigramsWriter trigrams;
  SectionSpool& trigrams_spool;

  void check(const TermPostings& term, bool word) const;
  Result<void> add_single(const TermPostings& term, TermEntry& entry);
  Result<void> add_list(const TermPostings& term, TermEntry& entry);
  Result<void> add_big(const TermPostings& term, TermEntry& entry);
};

TermsWriter::TermsWriter(TermSpools spools, u32 document_count, bool positions)
    : state_(std::make_unique<State>(spools, document_count, positions)) {
  assert(document_count <= documents_max);
}

TermsWriter::~TermsWriter() = default;

void TermsWriter::set_lengths(std::span<const u32> lengths) { state_->ranges.set_lengths(lengths); }

u32 TermsWriter::term_count() const { return state_->dictionary.term_count(); }

Result<void> TermsWriter::finish() {
  state_->trigrams.encode(state_->trigrams_spool.buffer());
  TRY(state_->trigrams_spool.settle());
  return state_->dictionary.finish(state_->postings.big_count());
}

// Programmers' errors only: what comes from a damaged source has been refused by its reader.
void TermsWriter::State::check([[maybe_unused]] const TermPostings& term,
                               [[maybe_unused]] bool word) const {
  assert(!term.docs.empty() && term.docs.size() == term.tfs.size());
  assert(term.docs.back() < document_count);
  assert(std::adjacent_find(term.docs.begin(), term.docs.end(), std::greater_equal<>()) ==
         term.docs.end());
  assert(std::find(term.tfs.begin(), term.tfs.end(), 0u) == term.tfs.end());
  assert(word || std::all_of(term.tfs.begin(), term.tfs.end(), [](u32 tf) { return tf == 1; }));
}

Result<void> TermsWriter::add(const TermPostings& term) {
  State& state = *state_;
  TermEntry entry;
  entry.df = u32(term.docs.size());
  entry.word = is_word(term.term);
  state.check(term, entry.word);
  entry.list_at = state.postings.lists_end();
  entry.big = state.postings.big_count();
  entry.positions_at = state.positions.end();
  if (entry.df == 1)
    TRY(state.add_single(term, entry));
  else if (entry.df <= small_df_max)
    TRY(state.add_list(term, entry));
  else
    TRY(state.add_big(term, entry));
  state.trigrams.add(term.term);
  return state.dictionary.add(term.term, entry);
}

Result<void> TermsWriter::State::add_single(const TermPostings& term, TermEntry& entry) {
  entry.doc = term.docs[0];
  entry.tf = term.tfs[0];
  if (!keeps_positions || !entry.word) return {};
  if (entry.tf > 1) {
    entry.positions_bytes = term.positions.size();
    return positions.add(term.positions, term.tfs);
  }
  std::vector<u32> only;
  if (!decode_positions(term.positions, 0, 1, only))
    return fail(ErrorCode::corrupt, "positions of a term do not match its frequencies");
  entry.position = only[0];
  return {};
}

Result<void> TermsWriter::State::add_list(const TermPostings& term, TermEntry& entry) {
  entry.list_bytes = TRY(postings.add_list(term.docs, term.tfs, entry.word));
  if (!keeps_positions || !entry.word) return {};
  entry.positions_bytes = term.positions.size();
  return positions.add(term.positions, term.tfs);
}

Result<void> TermsWriter::State::add_big(const TermPostings& term, TermEntry& entry) {
  BigTerm record = TRY(postings.add_big(term.docs, term.tfs, entry.word));
  if (keeps_positions && entry.word) {
    record.places |= entry.positions_at;
    entry.positions_bytes = term.positions.size();
    record.position_ends_at = TRY(positions.add_big(term.positions, term.tfs));
  }
  if (entry.word && entry.df >= range_df_min)
    record.range_number = TRY(ranges.add(term.docs, term.tfs));
  return postings.add_record(record);
}

}  // namespace shale::shard

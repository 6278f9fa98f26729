#include <algorithm>
#include <cassert>
#include <numeric>

#include "shard/position_reader.hpp"
#include "shard/range_reader.hpp"
#include "shard/terms_state.hpp"

namespace shale::shard {
namespace {

// Index of `doc` in a small list, or no_rank.
u32 index_of(std::span<const u32> docs, u32 doc) {
  const auto at = std::lower_bound(docs.begin(), docs.end(), doc);
  return at != docs.end() && *at == doc ? u32(at - docs.begin()) : no_rank;
}

void pick(std::span<const u32> list, std::span<const u32> list_tfs, std::span<const u32> docs,
          std::span<u32> tfs) {
  for (usize i = 0; i < docs.size(); ++i) {
    const u32 at = index_of(list, docs[i]);
    tfs[i] = at == no_rank ? 0 : list_tfs[at];
  }
}

}  // namespace

TermsReader::TermsReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TermsReader::TermsReader(TermsReader&&) noexcept = default;
TermsReader::~TermsReader() = default;

Result<TermsReader> TermsReader::make(const TermViews& views, u32 document_count, bool positions) {
  if (document_count > documents_max)
    return views.heads.damaged(0, "belongs to too many documents");
  Dictionary dictionary =
      TRY(Dictionary::make(views.heads, views.blocks, document_count, positions));
  PostingsReader postings = TRY(
      PostingsReader::make({views.small_lists, views.big_terms, views.documents, views.frequencies},
                           document_count, dictionary.big_count()));
  TrigramsReader trigrams =
      TRY(TrigramsReader::make(views.trigrams, term_groups_of(dictionary.block_count())));
  return TermsReader(std::make_unique<State>(State{
      std::move(dictionary), std::move(postings), RangesReader(views.range_maxima, document_count),
      PositionsReader(views.positions, views.position_offsets), std::move(trigrams), positions}));
}

u32 TermsReader::term_count() const { return state_->dictionary.term_count(); }

// -- the dictionary --

Result<std::optional<Term>> TermsReader::find(std::string_view term) const {
  const Dictionary::Found found = TRY(state_->dictionary.locate(term));
  if (!found.exact) return std::optional<Term>();
  return std::optional<Term>(make_term(found.entry, found.ordinal));
}

Result<u32> TermsReader::lower_bound(std::string_view term) const {
  return TRY(state_->dictionary.locate(term)).ordinal;
}

Result<std::string> TermsReader::term_at(u32 ordinal) const {
  assert(ordinal < term_count());
  TermWalk walk(state_->dictionary, ordinal / block_terms);
  while (TRY(walk.next()))
    if (walk.ordinal() == ordinal) return walk.term();
  return state_->dictionary.damaged_block(ordinal / block_terms, "has a block that misses terms");
}

Result<void> TermsReader::for_each(std::string_view prefix, const Index::TermVisitor& visit) const {
  const u32 first = TRY(lower_bound(prefix));
  TermWalk walk(state_->dictionary, first / block_terms);
  while (TRY(walk.next())) {
    if (walk.ordinal() < first) continue;
    if (!std::string_view(walk.term()).starts_with(prefix)) break;
    if (!visit(walk.term(), make_term(walk.entry(), walk.ordinal()))) break;
  }
  return {};
}

// -- postings --

Result<void> TermsReader::State::decode(const TermEntry& entry, std::vector<u32>& docs,
                                        std::vector<u32>& tfs) const {
  if (entry.df <= small_df_max) return postings.list(entry, docs, tfs);
  const BigTerm term = TRY(postings.big_term(entry.big));
  if (term.df != entry.df || term.word() != entry.word)
    return postings.damaged_record(entry.big, "has a record that does not fit its term");
  TRY(postings.big_documents(entry.big, term, docs));
  tfs.resize(docs.size());
  return postings.frequencies(term, 0, tfs);
}

Result<DocumentSet> TermsReader::documents(const Term& term) const {
  const TermHandle handle{term.handle};
  if (handle.kind() == HandleKind::big) {
    const BigTerm big = TRY(state_->postings.big_term(handle.number()));
    auto set = DocumentSet::view(TRY(state_->postings.image(handle.number(), big)));
    if (set.has_value()) return *std::move(set);
    return state_->postings.damaged_record(handle.number(), "names a malformed set of documents");
  }
  if (handle.kind() == HandleKind::single) {
    const u32 doc = handle.doc();
    return DocumentSet::from_sorted({&doc, 1});
  }
  const TermEntry entry = TRY(state_->dictionary.entry_at(handle.number()));
  std::vector<u32> docs;
  std::vector<u32> tfs;
  TRY(state_->postings.list(entry, docs, tfs));
  return DocumentSet::from_sorted(docs);
}

Result<void> TermsReader::frequencies(const Term& term, std::span<const u32> docs,
                                      std::span<u32> tfs) const {
  assert(docs.size() == tfs.size());
  const TermHandle handle{term.handle};
  if (handle.kind() == HandleKind::big) {
    const BigTerm big = TRY(state_->postings.big_term(handle.number()));
    std::span<const u16> jumps;
    if (big.range_number != no_place) jumps = TRY(state_->ranges.ranks(big.range_number));
    return frequencies_of(state_->postings, handle.number(), big, jumps, docs, tfs);
  }
  if (handle.kind() == HandleKind::single && handle.once()) {
    for (usize i = 0; i < docs.size(); ++i) tfs[i] = docs[i] == handle.doc();
    return {};
  }
  const TermEntry entry = TRY(state_->dictionary.entry_at(handle.number()));
  std::vector<u32> list;
  std::vector<u32> list_tfs;
  TRY(state_->postings.list(entry, list, list_tfs));
  pick(list, list_tfs, docs, tfs);
  return {};
}

Result<std::optional<RangeMaxima>> TermsReader::range_maxima(const Term& term) const {
  const TermHandle handle{term.handle};
  if (handle.kind() != HandleKind::big) return std::optional<RangeMaxima>();
  const BigTerm big = TRY(state_->postings.big_term(handle.number()));
  if (big.range_number == no_place) return std::optional<RangeMaxima>();
  return std::optional<RangeMaxima>(TRY(state_->ranges.record(big.range_number)));
}

Result<void> TermsReader::postings(const Term& term, std::vector<u32>& docs,
                                   std::vector<u32>& tfs) const {
  const TermHandle handle{term.handle};
  if (handle.kind() != HandleKind::big) {
    return state_->postings.list(TRY(state_->dictionary.entry_at(handle.number())), docs, tfs);
  }
  const BigTerm big = TRY(state_->postings.big_term(handle.number()));
  TRY(state_->postings.big_documents(handle.number(), big, docs));
  tfs.resize(docs.size());
  return state_->postings.frequencies(big, 0, tfs);
}

Result<std::unique_ptr<RangePostings>> TermsReader::range_postings(const Term& term,
                                                                   float average_length) const {
  const std::optional<RangeMaxima> maxima = TRY(range_maxima(term));
  if (!maxima) return std::unique_ptr<RangePostings>();
  const u32 number = TermHandle{term.handle}.number();
  const BigTerm big = TRY(state_->postings.big_term(number));
  return make_range_reader(state_->postings, number, big, *maxima, average_length);
}

// -- positions --

Result<std::vector<u32>> TermsReader::positions(const Term& term, DocNo doc) const {
  if (!state_->keeps_positions) return std::vector<u32>();
  const TermHandle handle{term.handle};
  if (handle.kind() == HandleKind::big)
    return state_->big_positions(handle.number(), to_index(doc));
  return state_->small_positions(handle.number(), to_index(doc));
}

Result<std::unique_ptr<PositionCursor>> TermsReader::position_cursor(const Term& term) const {
  if (!state_->keeps_positions) return std::unique_ptr<PositionCursor>();
  return make_position_reader(
      {state_->dictionary, state_->postings, state_->positions, state_->ranges}, term);
}

Result<std::vector<u32>> TermsReader::State::small_positions(u32 ordinal, u32 doc) const {
  const TermEntry entry = TRY(dictionary.entry_at(ordinal));
  std::vector<u32> docs;
  std::vector<u32> tfs;
  std::vector<u32> result;
  TRY(postings.list(entry, docs, tfs));
  const u32 at = index_of(docs, doc);
  if (!entry.word || at == no_rank) return result;
  if (entry.df == 1 && entry.tf == 1) return std::vector<u32>{entry.position};
  const u64 skip = std::accumulate(tfs.begin(), tfs.begin() + at, u64(0));
  const Bytes bytes = TRY(positions.bytes(entry.positions_at, entry.positions_bytes));
  if (!decode_positions(bytes, skip, tfs[at], result))
    return positions.damaged(entry.positions_at, "has positions of a list that do not decode");
  return result;
}

Result<std::vector<u32>> TermsReader::State::big_positions(u32 number, u32 doc) const {
  const BigTerm term = TRY(postings.big_term(number));
  const u32 rank = TRY(rank_of(postings, number, term, doc));
  std::vector<u32> result;
  if (term.position_ends_at == no_place || rank == no_rank) return result;
  const u32 group = rank / group_postings;
  u32 tfs[group_postings];
  const std::span<u32> upto(tfs, rank % group_postings + 1);
  TRY(postings.frequencies(term, group * group_postings, upto));
  const u64 skip = std::accumulate(upto.begin(), upto.end() - 1, u64(0));
  const GroupEnds ends = TRY(positions.ends(term.position_ends_at, group, group));
  const Bytes bytes = TRY(positions.group(term.positions_at(), ends, group));
  if (!decode_positions(bytes, skip, upto.back(), result))
    return positions.damaged(term.positions_at(), "has a group that does not decode");
  return result;
}

}  // namespace shale::shard

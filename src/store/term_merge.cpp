#include "store/term_merge.hpp"

#include <algorithm>
#include <map>

#include "shard/positions.hpp"

namespace shale::store {

namespace {

u64 head_of(std::string_view term) {
  u64 head = 0;
  std::memcpy(&head, term.data(), std::min<usize>(8, term.size()));
  return __builtin_bswap64(head);
}

// Where the `count` varints that begin at `from` end; at the end of bytes that hold fewer.
usize varints_end(Bytes bytes, usize from, u32 count) {
  const Bytes rest = bytes.subspan(from);
  return from + shard::varints_bytes(rest, count).value_or(rest.size());
}

}  // namespace

// The metadata terms of patched documents, from their current metadata, under their new numbers.
class TermMerge::PatchedTerms : public TermStream {
 public:
  Result<void> add(const IndexView& view, const std::vector<u32>& new_numbers) {
    for (const auto& [doc, update] : view.overlay->patches) {
      if (doc >= new_numbers.size() || new_numbers[doc] == no_document) continue;
      const Metadata metadata = TRY(current_metadata(view, DocNo(doc)));
      for (std::string& term : metadata_terms(metadata)) {
        terms_[std::move(term)].push_back(new_numbers[doc]);
      }
    }
    return {};
  }

  bool empty() const { return terms_.empty(); }

  void start() {
    for (auto& [term, docs] : terms_) std::sort(docs.begin(), docs.end());
    next_ = terms_.begin();
  }

  Result<bool> next(TermPostings& out) override {
    if (next_ == terms_.end()) return false;
    ones_.assign(next_->second.size(), 1);
    out = {next_->first, next_->second, ones_, {}};
    ++next_;
    return true;
  }

 private:
  std::map<std::string, std::vector<u32>> terms_;
  std::map<std::string, std::vector<u32>>::const_iterator next_;
  std::vector<u32> ones_;
};

Result<std::unique_ptr<TermMerge>> TermMerge::make(std::span<const MergeSource> sources,
                                                   const DocumentPlan& plan) {
  std::unique_ptr<TermMerge> merge(new TermMerge);
  auto patched = std::make_unique<PatchedTerms>();
  for (usize s = 0; s < sources.size(); ++s) {
    const IndexView& view = sources[s].view;
    merge->inputs_.push_back({view.index->all_terms(),
                              &plan.new_numbers[s],
                              &view.overlay->patches,
                              {},
                              0,
                              false,
                              true});
    TRY(patched->add(view, plan.new_numbers[s]));
  }
  if (!patched->empty()) {
    patched->start();
    merge->inputs_.push_back({std::move(patched), nullptr, nullptr, {}, 0, false, true});
  }
  return merge;
}

Result<void> TermMerge::advance(Input& input) {
  const bool more = TRY(input.stream->next(input.current));
  input.done = !more;
  input.taken = false;
  if (more) input.head = head_of(input.current.term);
  return {};
}

const TermMerge::Input* TermMerge::smallest() const {
  const Input* least = nullptr;
  for (const Input& input : inputs_) {
    if (input.done) continue;
    if (least == nullptr || input.head < least->head ||
        (input.head == least->head && input.current.term < least->current.term)) {
      least = &input;
    }
  }
  return least;
}

Result<bool> TermMerge::next(TermPostings& out) {
  do {
    for (Input& input : inputs_) {
      if (input.taken) TRY(advance(input));
    }
    const Input* least = smallest();
    if (least == nullptr) return false;
    gather(*least);
  } while (current_.docs.empty());
  if (!ascending_) sort_postings();
  out = current_;
  return true;
}

void TermMerge::Gathered::clear() {
  docs.clear();
  tfs.clear();
  positions.clear();
}

// The common case is one input with all its documents live: their numbers are mapped, the rest is
// answered where it is. Otherwise the postings of all inputs are put together.
void TermMerge::gather(const Input& least) {
  const TermPostings term = least.current;
  const u64 head = least.head;
  const bool is_metadata = is_metadata_term(term.term);
  usize holders = 0;
  for (Input& input : inputs_) {
    input.taken = !input.done && input.head == head && input.current.term == term.term;
    holders += usize(input.taken);
  }
  gathered_.clear();
  ascending_ = true;
  for (const Input& input : inputs_) {
    if (!input.taken) continue;
    const bool whole = append_numbers(input, is_metadata);
    if (whole && holders == 1) {
      current_ = {term.term, gathered_.docs, term.tfs, term.positions};
      return;
    }
    if (whole)
      append_rest(input.current);
    else
      append_selected(input, is_metadata);
  }
  current_ = {term.term, gathered_.docs, gathered_.tfs, gathered_.positions};
}

// Of a whole list at once; false, and nothing appended, where some of its documents drop out.
bool TermMerge::append_numbers(const Input& input, bool is_metadata) {
  if (is_metadata && input.patches != nullptr && !input.patches->empty()) return false;
  std::vector<u32>& to = gathered_.docs;
  const usize before = to.size();
  u64 least_next = to.empty() ? 0 : u64(to.back()) + 1;
  bool ascending = ascending_;
  to.resize(before + input.current.docs.size());
  u32* next = to.data() + before;
  for (const u32 doc : input.current.docs) {
    const u32 number = input.new_numbers == nullptr ? doc : (*input.new_numbers)[doc];
    if (number == no_document) return to.resize(before), false;
    ascending &= number >= least_next;
    least_next = u64(number) + 1;
    *next++ = number;
  }
  ascending_ = ascending;
  return true;
}

void TermMerge::append_rest(const TermPostings& from) {
  gathered_.tfs.insert(gathered_.tfs.end(), from.tfs.begin(), from.tfs.end());
  gathered_.positions.insert(gathered_.positions.end(), from.positions.begin(),
                             from.positions.end());
}

void TermMerge::append_selected(const Input& input, bool is_metadata) {
  const TermPostings& from = input.current;
  const bool skips = is_metadata && input.patches != nullptr;
  Gathered& to = gathered_;
  usize at = 0;
  for (usize i = 0; i < from.docs.size(); ++i) {
    const u32 doc = from.docs[i];
    const usize end = from.positions.empty() ? 0 : varints_end(from.positions, at, from.tfs[i]);
    const u32 number = input.new_numbers == nullptr ? doc : (*input.new_numbers)[doc];
    if (number != no_document && !(skips && input.patches->contains(doc))) {
      ascending_ &= to.docs.empty() || number > to.docs.back();
      to.docs.push_back(number);
      to.tfs.push_back(from.tfs[i]);
      const Bytes slice = from.positions.subspan(at, end - at);
      to.positions.insert(to.positions.end(), slice.begin(), slice.end());
    }
    at = end;
  }
}

void TermMerge::sort_postings() {
  const TermPostings from = current_;
  order_.resize(from.docs.size());
  for (usize i = 0; i < order_.size(); ++i) order_[i] = u64(from.docs[i]) << 32 | i;
  std::sort(order_.begin(), order_.end());
  places_.clear();
  if (!from.positions.empty()) {
    usize at = 0;
    for (const u32 tf : from.tfs) {
      places_.push_back(at);
      at = varints_end(from.positions, at, tf);
    }
    places_.push_back(at);
  }
  sorted_.clear();
  for (const u64 entry : order_) {
    const u32 i = u32(entry);
    sorted_.docs.push_back(u32(entry >> 32));
    sorted_.tfs.push_back(from.tfs[i]);
    if (places_.empty()) continue;
    const Bytes slice = from.positions.subspan(places_[i], places_[i + 1] - places_[i]);
    sorted_.positions.insert(sorted_.positions.end(), slice.begin(), slice.end());
  }
  current_ = {from.term, sorted_.docs, sorted_.tfs, sorted_.positions};
}

}  // namespace shale::store

#include "store/term_merge.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>

namespace shale::store {

namespace {

u64 head_of(std::string_view term) {
  u64 head = 0;
  std::memcpy(&head, term.data(), std::min<usize>(8, term.size()));
  return __builtin_bswap64(head);
}

// Length in bytes of the `count` varints that begin at `from`; stops at the end of the bytes.
usize varints_bytes(Bytes bytes, usize from, u32 count) {
  usize at = from;
  while (count >= 8 && at + 8 <= bytes.size()) {
    const u64 word = load<u64>(bytes.data() + at);
    count -= u32(std::popcount(~word & 0x8080808080808080u));
    at += 8;
  }
  // A group of eight may have ended inside a varint: its rest counts as the one it finishes.
  while (count > 0 && at < bytes.size()) count -= u32(u8(bytes[at++]) < 128);
  return at - from;
}

bool is_metadata_term(std::string_view term) {
  return !term.empty() && u8(term.front()) < u8(first_text_byte);
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
    merge->inputs_.push_back(
        {view.index->all_terms(), &plan.new_numbers[s], &view.overlay->patches, {}, 0, false});
    TRY(patched->add(view, plan.new_numbers[s]));
  }
  if (!patched->empty()) {
    patched->start();
    merge->inputs_.push_back({std::move(patched), nullptr, nullptr, {}, 0, false});
  }
  for (Input& input : merge->inputs_) TRY(merge->advance(input));
  return merge;
}

Result<void> TermMerge::advance(Input& input) {
  const bool more = TRY(input.stream->next(input.current));
  input.done = !more;
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
  for (;;) {
    const Input* least = smallest();
    if (least == nullptr) return false;
    term_.assign(least->current.term);
    const u64 head = least->head;
    const bool is_metadata = is_metadata_term(term_);
    docs_.clear();
    tfs_.clear();
    positions_.clear();
    ascending_ = true;
    for (Input& input : inputs_) {
      if (input.done || input.head != head || input.current.term != term_) continue;
      append(input, is_metadata);
      TRY(advance(input));
    }
    if (docs_.empty()) continue;
    if (!ascending_) sort_postings();
    out = {term_, docs_, tfs_, positions_};
    return true;
  }
}

void TermMerge::append(const Input& input, bool is_metadata) {
  const TermPostings& from = input.current;
  const usize before = docs_.size();
  const bool were_ascending = ascending_;
  const bool skips = is_metadata && input.patches != nullptr && !input.patches->empty();
  if (!skips) {
    // The common case, all of them live: numbers are mapped, the rest is copied whole.
    u32 last = docs_.empty() ? 0 : docs_.back() + 1;
    bool all_live = true;
    for (const u32 doc : from.docs) {
      const u32 number = input.new_numbers == nullptr ? doc : (*input.new_numbers)[doc];
      all_live &= number != no_document;
      ascending_ &= number >= last;
      last = number + 1;
      docs_.push_back(number);
    }
    if (all_live) {
      tfs_.insert(tfs_.end(), from.tfs.begin(), from.tfs.end());
      positions_.insert(positions_.end(), from.positions.begin(), from.positions.end());
      return;
    }
    docs_.resize(before);
    ascending_ = were_ascending;
  }
  append_selected(input, is_metadata);
}

void TermMerge::append_selected(const Input& input, bool is_metadata) {
  const TermPostings& from = input.current;
  usize at = 0;
  for (usize i = 0; i < from.docs.size(); ++i) {
    const u32 doc = from.docs[i];
    const usize bytes = from.positions.empty() ? 0 : varints_bytes(from.positions, at, from.tfs[i]);
    const u32 number = input.new_numbers == nullptr ? doc : (*input.new_numbers)[doc];
    const bool patched = is_metadata && input.patches != nullptr && input.patches->contains(doc);
    if (number != no_document && !patched) {
      ascending_ &= docs_.empty() || number > docs_.back();
      docs_.push_back(number);
      tfs_.push_back(from.tfs[i]);
      const Bytes slice = from.positions.subspan(at, bytes);
      positions_.insert(positions_.end(), slice.begin(), slice.end());
    }
    at += bytes;
  }
}

void TermMerge::sort_postings() {
  std::vector<u64> order(docs_.size());
  for (usize i = 0; i < docs_.size(); ++i) order[i] = u64(docs_[i]) << 32 | i;
  std::sort(order.begin(), order.end());
  std::vector<usize> begins;
  if (!positions_.empty()) {
    begins.reserve(docs_.size() + 1);
    usize at = 0;
    for (const u32 tf : tfs_) {
      begins.push_back(at);
      at += varints_bytes(positions_, at, tf);
    }
    begins.push_back(at);
  }
  std::vector<u32> tfs(tfs_.size());
  Buffer positions;
  positions.reserve(positions_.size());
  for (usize i = 0; i < order.size(); ++i) {
    const u32 from = u32(order[i]);
    docs_[i] = u32(order[i] >> 32);
    tfs[i] = tfs_[from];
    if (begins.empty()) continue;
    positions.insert(positions.end(), positions_.begin() + i64(begins[from]),
                     positions_.begin() + i64(begins[from + 1]));
  }
  tfs_.swap(tfs);
  positions_.swap(positions);
}

}  // namespace shale::store

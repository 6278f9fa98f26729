#include "delta/log_terms.hpp"

#include <algorithm>

#include "delta/chain_postings.hpp"

namespace shale::delta {
namespace {

struct SortedTerm {
  u64 prefix = 0;  // first eight bytes, big-endian
  Handle handle = 0;
  u32 bytes = 0;
};

u64 prefix_of(std::string_view term) {
  u64 word = 0;
  std::memcpy(&word, term.data(), std::min<usize>(term.size(), 8));
  return __builtin_bswap64(word);
}

class ArenaTerms final : public TermStream {
 public:
  explicit ArenaTerms(ArenaCut cut) : cut_(std::move(cut)) {}

  Result<bool> next(TermPostings& out) override {
    if (!collected_) {
      TRY(collect());
      sort();
      collected_ = true;
    }
    while (next_ < terms_.size()) {
      constexpr usize ahead = 8;
      if (next_ + ahead < terms_.size()) prefetch(terms_[next_ + ahead].handle);
      const u64 offset = offset_of(terms_[next_++].handle);
      const std::optional<TermView> term = cut_.term_at(offset);
      if (!term || !postings_.read(cut_, *term))
        return Unexpected{cut_.damaged("A term is damaged", offset)};
      TRY(cut_.arena().still_there());  // a shard's writer asserts what it is given
      if (postings_.docs().empty()) continue;
      out = {term->term, postings_.docs(), postings_.tfs(), postings_.positions()};
      return true;
    }
    return false;
  }

 private:
  void prefetch(Handle handle) const {
    __builtin_prefetch(cut_.arena().data() + offset_of(handle));
  }

  Result<void> collect() {
    const std::vector<Handle> handles = TRY(cut_.term_handles());
    terms_.reserve(handles.size());
    constexpr usize ahead = 16;
    for (usize i = 0; i < handles.size(); ++i) {
      if (i + ahead < handles.size()) prefetch(handles[i + ahead]);
      const std::optional<TermView> term = cut_.term_at(offset_of(handles[i]));
      if (!term) return Unexpected{cut_.damaged("A term lies outside", offset_of(handles[i]))};
      terms_.push_back({prefix_of(term->term), handles[i], u32(term->term.size())});
    }
    return {};
  }

  // All records were checked by collect(), and none moves.
  bool is_less(const SortedTerm& a, const SortedTerm& b) const {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const std::byte* base = cut_.arena().data() + sizeof(TermRecord);
    const int order = std::memcmp(base + offset_of(a.handle), base + offset_of(b.handle),
                                  std::min(a.bytes, b.bytes));
    return order != 0 ? order < 0 : a.bytes < b.bytes;
  }

  void sort() {
    std::vector<u32> begins(65537);
    for (const SortedTerm& term : terms_) ++begins[(term.prefix >> 48) + 1];
    for (usize i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
    std::vector<SortedTerm> bucketed(terms_.size());
    std::vector<u32> ends(begins.begin(), begins.end() - 1);
    for (const SortedTerm& term : terms_) bucketed[ends[term.prefix >> 48]++] = term;
    terms_ = std::move(bucketed);
    for (usize i = 0; i + 1 < begins.size(); ++i)
      if (begins[i + 1] - begins[i] > 1)
        std::sort(terms_.begin() + begins[i], terms_.begin() + begins[i + 1],
                  [this](const SortedTerm& a, const SortedTerm& b) { return is_less(a, b); });
  }

  ArenaCut cut_;
  std::vector<SortedTerm> terms_;
  usize next_ = 0;
  bool collected_ = false;
  ChainPostings postings_;
};

}  // namespace

std::unique_ptr<TermStream> make_term_stream(ArenaCut cut) {
  return std::make_unique<ArenaTerms>(std::move(cut));
}

}  // namespace shale::delta

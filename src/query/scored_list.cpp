#include "query/scored_list.hpp"

#include <algorithm>

#include "query/range_kernels.hpp"

namespace shale::query {

Result<ScoredList> ScoredList::make(const Index& index, std::span<const u32> docs,
                                    std::span<const u32> tfs, float weight, float average_length) {
  ScoredList list;
  list.docs_ = docs;
  list.scores_.resize(docs.size());
  std::vector<u32> lengths(docs.size());
  TRY(index.lengths_of(docs, lengths));
  norms_of(lengths, average_length, list.scores_.data());
  score_all(tfs, weight, list.scores_);
  return list;
}

// Without branches on which document is next, which nobody can guess.
void ScoredList::merge(const ScoredList& other) {
  std::vector<u32> docs(docs_.size() + other.docs_.size());
  std::vector<float> scores(docs.size());
  usize a = 0, b = 0, count = 0;
  while (a < docs_.size() && b < other.docs_.size()) {
    const u32 of_a = docs_[a], of_b = other.docs_[b];
    docs[count] = std::min(of_a, of_b);
    scores[count++] = (of_a <= of_b ? scores_[a] : 0) + (of_b <= of_a ? other.scores_[b] : 0);
    a += of_a <= of_b ? 1 : 0;
    b += of_b <= of_a ? 1 : 0;
  }
  const auto append = [&](const ScoredList& rest, usize from) {
    const auto skipped = std::ptrdiff_t(from);
    std::copy(rest.docs_.begin() + skipped, rest.docs_.end(), docs.data() + count);
    std::copy(rest.scores_.begin() + skipped, rest.scores_.end(), scores.data() + count);
    count += rest.docs_.size() - from;
  };
  append(*this, a);
  append(other, b);
  docs.resize(count);
  scores.resize(count);
  merged_ = std::move(docs);
  docs_ = merged_;
  scores_ = std::move(scores);
}

void ScoredList::add_bounds(std::span<float> bounds) {
  largest_.assign(bounds.size(), 0.0f);
  begins_ = std::make_unique_for_overwrite<u32[]>(bounds.size());
  for (usize at = 0; at < docs_.size();) {
    const u32 range = docs_[at] / range_documents;
    begins_[range] = u32(at);
    for (; at < docs_.size() && docs_[at] / range_documents == range; ++at) {
      largest_[range] = std::max(largest_[range], scores_[at]);
    }
    bounds[range] += largest_[range];
  }
}

ScoredList::Stretch ScoredList::in_range(u32 range) const {
  Stretch found{largest_[range], 0, 0};
  if (found.bound == 0) return found;
  found.begin = found.end = begins_[range];
  const u32 behind = (range + 1) * range_documents;
  while (found.end < docs_.size() && docs_[found.end] < behind) ++found.end;
  return found;
}

}  // namespace shale::query

#include "query/document_ranker.hpp"

#include <algorithm>

#include "model/bm25.hpp"
#include "query/range_kernels.hpp"

namespace shale::query {
namespace {

void pick_frequencies(const LookedUpWord& word, std::span<const u32> docs, std::span<u32> tfs) {
  auto at = word.docs.begin();
  for (usize i = 0; i < docs.size(); ++i) {
    at = std::lower_bound(at, word.docs.end(), docs[i]);
    const bool holds = at != word.docs.end() && *at == docs[i];
    tfs[i] = holds ? word.tfs[usize(at - word.docs.begin())] : 0;
  }
}

}  // namespace

Result<void> score_documents(const Index& index, std::span<const LookedUpWord> words,
                             float average_length, std::span<const u32> docs, BestScores& best,
                             std::vector<ScoredDocument>& out) {
  std::vector<u32> numbers(docs.size());  // lengths, then frequencies
  std::vector<float> norms(docs.size());
  std::vector<float> scores(docs.size(), 0.0f);
  TRY(index.lengths_of(docs, numbers));
  norms_of(numbers, average_length, norms.data());
  for (const LookedUpWord& word : words) {
    if (word.set != nullptr) {
      std::transform(docs.begin(), docs.end(), numbers.begin(),
                     [&](u32 doc) { return word.set->contains(doc) ? 1u : 0u; });
    } else if (word.term.has_value()) {
      TRY(index.frequencies(*word.term, docs, numbers));
    } else {
      pick_frequencies(word, docs, numbers);
    }
    for (usize i = 0; i < docs.size(); ++i) {
      if (numbers[i] != 0) scores[i] += bm25_score(word.weight, numbers[i], norms[i]);
    }
  }
  for (usize i = 0; i < docs.size(); ++i) {
    if (best.add(scores[i], docs[i])) out.push_back({scores[i], docs[i]});
  }
  return {};
}

}  // namespace shale::query

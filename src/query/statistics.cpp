#include "query/statistics.hpp"

#include <vector>

#include "query/engine.hpp"
#include "query/scope.hpp"

namespace shale::query {

Result<CorpusStatistics> live_statistics(const IndexView& view) {
  const Bitmap& dead = view.overlay->dead;
  CorpusStatistics sums{view.index->document_count(), view.index->word_count()};
  if (dead.empty()) return sums;
  const std::vector<u32> docs = dead.to_vector();
  if (docs.size() > sums.documents || docs.back() >= sums.documents) {
    return fail(ErrorCode::corrupt, "More documents are dead than there are.");
  }
  std::vector<i64> lengths(docs.size());
  TRY(view.index->numbers_of(Field::words, docs, lengths));
  u64 dead_words = 0;
  for (const i64 length : lengths) dead_words += length == no_number ? 0 : u64(length);
  if (dead_words > sums.words) {
    return fail(ErrorCode::corrupt, "The sum of all lengths is less than that of some.");
  }
  sums.documents -= docs.size();
  sums.words -= dead_words;
  return sums;
}

Result<CorpusStatistics> corpus_statistics(std::span<const IndexView> views,
                                           std::vector<Fault>& faults) {
  CorpusStatistics sums;
  Scope scope(views);
  for (u32 view = 0; view < views.size(); ++view) {
    const Result<CorpusStatistics> part = live_statistics(scope.enter(view));
    if (!part && !scope.exclude_failed(part.error())) return Unexpected{part.error()};
    if (!part) continue;
    sums.documents += part->documents;
    sums.words += part->words;
  }
  for (Fault& fault : scope.take_faults()) faults.push_back(std::move(fault));
  return sums;
}

}  // namespace shale::query

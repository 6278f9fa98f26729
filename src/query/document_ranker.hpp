// Some documents scored, each of them: what a few are ranked by, where ranges do not pay.
//
// Scores have the bits that union_ranker gives. Used by view_search.
#pragma once

#include "query/union_ranker.hpp"

namespace shale::query {

// One word of the query, to be looked up in some documents: a term, its whole list, or a set of
// those that hold it once.
struct LookedUpWord {
  float weight = 0;
  std::optional<Term> term;
  std::span<const u32> docs;  // where there is no term
  std::span<const u32> tfs;
  const DenseSet* set = nullptr;
};

// Appends every one of `docs`, ascending, that `best` wants, also those that hold no word and score
// 0; adds their scores. `average_length` is that of the collection.
Result<void> score_documents(const Index& index, std::span<const LookedUpWord> words,
                             float average_length, std::span<const u32> docs, BestScores& best,
                             std::vector<ScoredDocument>& out);

}  // namespace shale::query

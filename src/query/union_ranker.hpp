// The best documents of one index that hold at least one of some words, exactly, without scoring
// all of them.
//
// "RangeMax": the bounds of all words are added up over the ranges of 256 documents (model/
// range_postings.hpp); the most promising two dozen ranges are scored first, which makes the
// threshold tight, then those whose bound still reaches it. Inside a range the words whose bounds
// together cannot reach the threshold are looked up for promising documents only (MaxScore). It is
// block-max pruning over blocks of documents that are the same for all words: Mallia, Suel and
// Tonellotto, "Faster Learned Sparse Retrieval with Block-Max Pruning" (SIGIR 2024), here for BM25.
//
// Scores have the bits that adding up in query order gives, whichever way a document was found. A
// word without bounds comes as its whole list and is scored at once: its exact scores are its
// bounds. Not here: which words, what they weigh, and the order of equal scores (search.cpp).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "model/index.hpp"
#include "query/best_scores.hpp"

namespace shale::query {

// One word of the query as one index has it: by ranges, or its whole list.
struct WeightedWord {
  float weight = 0;  // idf, times how often the query names the word
  u32 df = 0;        // in this index
  std::unique_ptr<RangePostings> ranges;
  std::span<const u32> docs;  // where `ranges` is null: ascending, none twice
  std::span<const u32> tfs;   // one each
};

struct ScoredDocument {
  float score = 0;
  u32 doc = 0;
};

// Appends to `out` every document of `index` that holds a word, is in `allowed` (null: all are), is
// wanted by `best` and reaches its threshold at the end, and some that do not; adds their scores.
// `average_length` is that of the collection.
Result<void> rank_union(const Index& index, std::span<const WeightedWord> words,
                        float average_length, const DocumentSet* allowed, BestScores& best,
                        std::vector<ScoredDocument>& out);

}  // namespace shale::query

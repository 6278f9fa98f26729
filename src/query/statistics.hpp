// What BM25 needs to know of a collection, over the live documents of a snapshot (PROTOCOL B9).
// Nothing is kept between queries: scores do not depend on the state of merging.
// Used by search.cpp; corpus_statistics in engine.hpp is the same for callers outside.
#pragma once

#include "model/bm25.hpp"
#include "model/overlay.hpp"

namespace shale::query {

Result<CorpusStatistics> live_statistics(const IndexView& view);

}  // namespace shale::query

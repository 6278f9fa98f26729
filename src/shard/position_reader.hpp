// The positions of one word, document by document: PositionCursor over a shard's lists.
//
// Big words: containers and groups of 64 postings are walked as the documents ascend; inside a
// group the varints of skipped postings are skipped, each once. Small ones are decoded whole, their
// positions walked through. Layouts: positions.hpp, postings.hpp. Used by terms_reader.
#pragma once

#include <memory>

#include "model/index.hpp"
#include "shard/dictionary.hpp"
#include "shard/positions.hpp"
#include "shard/postings.hpp"
#include "shard/ranges.hpp"

namespace shale::shard {

// What is read; outlives the cursors.
struct PositionSources {
  const Dictionary& dictionary;
  const PostingsReader& postings;
  const PositionsReader& positions;
  const RangesReader& ranges;
};

Result<std::unique_ptr<PositionCursor>> make_position_reader(PositionSources sources,
                                                             const Term& term);

}  // namespace shale::shard

// Makes the image of a vocabulary out of its tokens (vocabulary.hpp has the format). Some tenths of
// a second for 200,000 tokens; the same tokens give the same bytes everywhere. Used by
// vocabulary_cache.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "text/vocabulary.hpp"

namespace shale {

// The tokens of a vocabulary in the order of their ranks, and where they came from.
struct VocabularyTokens {
  TokenRules rules = TokenRules::cl100k;
  std::array<u8, 32> source{};
  std::string bytes;        // end to end
  std::vector<u8> lengths;  // of each; none is 0

  usize count() const { return lengths.size(); }
};

// Refuses, as ErrorCode::invalid_argument, what is no vocabulary that merges pair by pair: too many
// tokens, one twice, or one that its own bytes do not merge to. All 256 single bytes must be there.
// `classes` is what class_table() gave.
Result<Buffer> build_vocabulary(const VocabularyTokens& tokens, Bytes classes);

}  // namespace shale

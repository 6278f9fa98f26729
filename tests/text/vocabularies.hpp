// The vocabularies in the program, built once for the process, and the definition of byte-pair
// encoding to hold faster ways against. Used by the tests of tokens.
#pragma once

#include <string_view>
#include <vector>

#include "text/vocabulary.hpp"
#include "text/vocabulary_builder.hpp"

namespace shale::testing {

const Vocabulary& cl100k();
const Vocabulary& o200k();

// The image of a vocabulary of these tokens behind all 256 single bytes.
Result<Buffer> image_of(const std::vector<std::string>& more,
                        TokenRules rules = TokenRules::cl100k);

// Tokens of a piece as byte-pair encoding is defined: the pair of least rank first, the leftmost.
u64 merged_by_definition(const Vocabulary& vocabulary, std::string_view piece);

}  // namespace shale::testing

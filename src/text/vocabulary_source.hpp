// Where the tokens of a vocabulary come from: those that are in the program, and ranks in a file.
//
// NAME.vocabulary, the data in the program (vocabularies/derive.py writes it):
//   PackedVocabulary
//   one zstd frame (base/compress) of raw_bytes: u8 lengths[tokens], then the tokens end to end
//
// A file of ranks (.tiktoken) has a line for each token: its bytes in base64, a blank, its rank;
// ranks are those from 0 on without a gap.
// Used by vocabulary_cache.
#pragma once

#include <span>

#include "text/vocabulary_builder.hpp"

namespace shale {

struct PackedVocabulary {
  char magic[8];  // "SHALEVOC"
  u32 version;    // 1
  TokenRules rules;
  u32 tokens;
  u32 raw_bytes;
  u8 source[32];  // SHA-256 of the ranks it was derived from
};
static_assert(sizeof(PackedVocabulary) == 56);

struct KnownVocabulary {
  std::string_view name;
  Bytes data;
};
// Those in the program: cl100k_base and o200k_base.
std::span<const KnownVocabulary> known_vocabularies();

// ErrorCode::corrupt where the data are none.
Result<PackedVocabulary> packed_header(Bytes data);
Result<VocabularyTokens> unpack_vocabulary(Bytes data);
// What VocabularyTokens::source is for a file of ranks: XXH3-128 of it, then zeros.
std::array<u8, 32> digest_of_ranks(std::string_view text);
// A file of ranks; ErrorCode::invalid_argument names the line that is none.
Result<VocabularyTokens> parse_ranks(std::string_view text, TokenRules rules);

}  // namespace shale

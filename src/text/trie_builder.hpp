// Makes the double array of a vocabulary's tokens: nodes are given their places so that children of
// different nodes share no slot. Its form, and how it is read, is vocabulary.hpp's. Used by
// vocabulary_builder.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/vocabulary.hpp"

namespace shale {

struct Trie {
  std::vector<u64> slots;  // TrieSlot
  std::string tails;
  u32 root = 0;
};

// `sorted` numbers the tokens by their bytes, no two alike and none empty.
Result<Trie> build_trie(std::span<const std::string_view> tokens, std::span<const u32> sorted);

}  // namespace shale

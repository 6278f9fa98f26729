// How many tokens a language model makes of a text, exactly.
//
//   count(bytes) == len(tiktoken.encode_ordinary(bytes.decode("utf-8", errors="replace")))
//
// So special tokens are plain text, a byte-order mark counts, and each maximal part of a broken
// character is one U+FFFD. Counts do not add up over pieces of a text, except where it is cut
// between a newline and a character that is no white space and no slash.
//
// Four of five pieces are a token by themselves (one look into a table); most others were met
// before and are remembered; the rest is encoded (token_merges). One thread at a time; some 300 KB
// each. Used by store (counts of segments), pack and cli.
#pragma once

#include <string_view>
#include <vector>

#include "text/token_merges.hpp"
#include "text/token_pieces.hpp"

namespace shale {

class TokenCounter {
 public:
  // The vocabulary outlives it.
  explicit TokenCounter(const Vocabulary& vocabulary);
  u64 count(std::string_view text);
  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  // A piece of up to 15 bytes and its tokens: the count stands above the length in the top byte.
  struct Remembered {
    u64 low = 0;
    u64 high = 0;
  };
  struct Piece {
    MiddleKey key;
    const char* begin;
    usize place;  // in the memo
  };
  template <TokenRules rules, class Twin>
  u64 count_valid(std::string_view text);
  u64 count_sound(std::string_view text);
  u64 count_repaired(std::string_view text);
  u64 encoded(const Piece& piece, Remembered& kept);

  const Vocabulary& vocabulary_;
  PieceEncoder encoder_;
  std::vector<Remembered> memo_;
  std::string repaired_;
};

}  // namespace shale

// What one word becomes in the analysis "english": its stem, the parts of an identifier, forms.
//
//   getUserNames   whole getusernam, parts get user name, forms getusernames names
//   these          a stop word: itself, no parts
//   漢字            a pair of characters (words.hpp): itself
//
// Whole and parts are *terms*: they stand at the word's position, each once, and count in the
// document's length unless the word is a stop word. A *form* is a folded spelling that differs from
// its stem; it says which spellings there are, for searches by prefix, likeness or pattern.
// Parts are the runs that `[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+` and runs of letters without case
// make of the spelling; upper and lower case and digits are those of Unicode. A word that begins
// with a digit has none, nor has one that is a run itself. Parts that are stop words drop out.
// Used through word_memo.hpp by indexing, directly by query_words.hpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/stemmer.hpp"

namespace shale {

struct Expansion {
  std::string surface;  // the whole word, composed and folded
  std::string whole;
  std::vector<std::string> parts;
  std::vector<std::string> forms;
  bool is_stop_word = false;
  void clear();
};

// One thread at a time.
class Expander {
 public:
  // `spelling` as a WordScanner that keeps case has it.
  void expand(std::string_view spelling, Expansion& out);

 private:
  void add_parts(std::string_view spelling, Expansion& out);
  void add_part(std::string_view part, Expansion& out);
  std::string stem(const std::string& surface, Expansion& out);

  Stemmer stemmer_;
};

// The runs of a word, in order, whatever their number; for expand and its test.
std::vector<std::string_view> identifier_runs(std::string_view word);

bool is_stop_word(std::string_view folded);

}  // namespace shale

// The words of a query text, by the rules and the code that the index was made with.
//
// A plan joins them: words of one piece without blanks are a phrase, parts stand in for a whole
// that no document has. Knows no query syntax. Used by query.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/analysis.hpp"

namespace shale {

struct QueryWord {
  std::string term;                // the whole word as the index has it: a stem in english
  std::vector<std::string> parts;  // further terms at its position
  std::string surface;             // composed and folded, not stemmed: forms are compared with it
  bool is_stop_word = false;       // has positions, no weight
  bool is_function_word = false;   // english: has less weight beside other words
  u32 position = 0;                // from 0, as if `text` were a document
  SourceRange source;              // bytes of `text`
};

std::vector<QueryWord> query_words(std::string_view text, Analysis analysis);

// The distinct terms of a query text, wholes and parts, in order of first occurrence; without its
// stop words where it has other words.
std::vector<std::string> query_terms(std::string_view text, Analysis analysis);

}  // namespace shale

#include "text/function_words.hpp"

#include <algorithm>
#include <iterator>

namespace shale {

namespace {

// By class; a query has few words, so that nothing need be sorted.
constexpr std::string_view function_words[] = {
    // questions
    "how", "what", "when", "where", "which", "who", "whom", "whose", "why",
    // pronouns
    "i", "me", "my", "myself", "we", "our", "ours", "ourselves", "you", "your", "yours", "yourself",
    "yourselves", "he", "him", "his", "himself", "she", "her", "hers", "herself", "its", "itself",
    "them", "theirs", "themselves", "those",
    // auxiliaries
    "am", "were", "been", "being", "have", "has", "had", "having", "do", "does", "did", "doing",
    "done", "would", "should", "could", "cannot", "might", "must", "shall", "ought",
    // prepositions
    "about", "above", "after", "against", "before", "below", "between", "down", "during", "from",
    "off", "out", "over", "through", "under", "until", "up", "upon", "while", "within", "without",
    // conjunctions and adverbs
    "because", "than", "so", "too", "very", "here", "again", "once", "only", "own", "same", "just",
    "also", "further",
    // quantifiers
    "all", "any", "both", "each", "few", "more", "most", "nor", "other", "some"};

}  // namespace

bool is_function_word(std::string_view folded) {
  return std::find(std::begin(function_words), std::end(function_words), folded) !=
         std::end(function_words);
}

}  // namespace shale

// Words of English that hold a sentence together and say little of what it is about: those of a
// question count for less than its others (query/plan.hpp).
//
// The closed classes, as grammars have them: question words, pronouns, auxiliaries, prepositions,
// conjunctions, adverbs of degree and place, quantifiers. Snowball's English list of stop words
// (snowballstem.org/algorithms/english/stop.txt) names about the same ones. Not here: stop words
// (expansion.hpp), which a query leaves out, and words that code and science give a meaning of
// their own (can, may, us, mine). Used by query_words.
#pragma once

#include <string_view>

namespace shale {

bool is_function_word(std::string_view folded);

}  // namespace shale

// What a plan looks for in a text, as a snippet marks it: what scores, weighted as it scores.
//
// What is negated, and clauses, mark nothing. Words of a phrase are marked where the phrase stands,
// those of near words anywhere; an expanded word marks all that it stands for, a regular expression
// what it matches. Used by search.cpp.
#pragma once

#include <span>

#include "query/pattern_search.hpp"
#include "query/plan.hpp"
#include "text/snippet.hpp"

namespace shale::query {

// One weight for each of plan.units; `patterns` has accepted its regular expressions.
Highlights highlights_of(const Plan& plan, std::span<const float> weights,
                         const PatternSearch& patterns);

}  // namespace shale::query

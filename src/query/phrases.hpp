// Words that stand together: where a phrase, an identifier's parts or near words occur.
//
// Positions are looked at for candidates only, documents that hold every word, many of them at a
// time; those of a phrase's more frequent words only where the others follow each other. Used by
// view_search.cpp.
#pragma once

#include <span>
#include <vector>

#include "model/index.hpp"
#include "query/plan.hpp"

namespace shale::query {

// How often the unit's words stand together as it asks, given their ascending positions, one list
// for each of unit.words.
//   phrase    occurrences of the first word that the others follow at their offsets
//   together  ways on from an occurrence of the first: none counts twice
//   near      stretches of words.size() + distance positions that hold all, none overlapping
u32 occurrences(const Unit& unit, std::span<const std::span<const u32>> positions);

// The documents among `candidates` in which they do, ascending, and how often. `terms` belong to
// unit.words. An index without positions takes every candidate for one occurrence.
Result<void> match_positions(const Index& index, const Unit& unit, std::span<const Term> terms,
                             std::span<const u32> candidates, std::vector<u32>& docs,
                             std::vector<u32>& tfs);

}  // namespace shale::query

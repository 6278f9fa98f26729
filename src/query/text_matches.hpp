// What a query text finds in each view, as sets of documents: a search without order.
//
// The same documents that search.cpp counts, from the same parser, plan and conditions; no scores,
// and no statistics of words. Made for one question, and asked again where a view has failed.
// Used by aggregate.cpp.
#pragma once

#include <vector>

#include <shale/aggregate.hpp>

#include "query/filter.hpp"
#include "query/parser.hpp"
#include "query/pattern_search.hpp"
#include "query/plan.hpp"
#include "query/scope.hpp"
#include "query/word_sets.hpp"

namespace shale::query {

class TextMatches {
 public:
  // `asked` must outlive it. `now` is what ages in the text count from.
  TextMatches(const Aggregation& asked, Analysis analysis, i64 now);

  // The live documents that match and pass, one set for each active view.
  Result<std::vector<DocumentSet>> find(Scope& scope, const Filter& filter);
  // Of what was found last: as in Answer.
  bool is_widened() const { return is_widened_; }
  bool is_partial() const { return patterns_.is_partial() || words_.is_partial(); }
  const std::vector<Fault>& faults() const { return patterns_.faults(); }

 private:
  Plan plan(bool every_word) const { return make_plan(parsed_.root, analysis_, every_word); }
  Result<std::vector<DocumentSet>> fulfilling(const Plan& plan, Scope& scope, const Filter& filter);

  const Aggregation& asked_;
  Analysis analysis_;
  WordSets words_;
  PatternSearch patterns_;
  ParsedQuery parsed_;
  bool is_widened_ = false;
};

}  // namespace shale::query

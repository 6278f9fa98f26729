#include "query/text_matches.hpp"

#include "query/view_search.hpp"

namespace shale::query {

TextMatches::TextMatches(const Aggregation& asked, Analysis analysis, i64 now)
    : asked_(asked),
      analysis_(analysis),
      patterns_(analysis),
      parsed_(parse_query(asked.text, now, [this](std::string_view pattern) {
        return patterns_.accepts(pattern);
      })) {}

Result<std::vector<DocumentSet>> TextMatches::find(Scope& scope, const Filter& filter) {
  TRY(check_words(parsed_.root, analysis_));
  is_widened_ = false;
  const Plan narrow = plan(asked_.match != Match::any);
  std::vector<DocumentSet> found = TRY(fulfilling(narrow, scope, filter));
  if (asked_.match != Match::auto_) return found;
  u64 total = 0;
  for (const DocumentSet& set : found) total += set.count();
  if (total >= asked_.widen_below) return found;
  const Plan wider = plan(false);
  if (to_string(wider) == to_string(narrow)) return found;
  is_widened_ = true;
  return fulfilling(wider, scope, filter);
}

// Regular expressions come last, as in a search: they take what time there is left.
Result<std::vector<DocumentSet>> TextMatches::fulfilling(const Plan& plan, Scope& scope,
                                                         const Filter& filter) {
  std::vector<DocumentSet> found(scope.active().size());
  if (!plan.condition) return found;
  std::vector<ViewSearch> searches;
  searches.reserve(found.size());
  for (const u32 number : scope.active()) {
    searches.emplace_back(scope.enter(number), plan, &words_, &patterns_);
    TRY(searches.back().look_up_words());
  }
  for (usize i = 0; i < found.size(); ++i) {
    scope.enter(scope.active()[i]);
    TRY(searches[i].look_up_patterns());
  }
  for (usize i = 0; i < found.size(); ++i) {
    scope.enter(scope.active()[i]);
    Matches matches = TRY(searches[i].matches(filter, true));
    found[i] = *std::move(matches.docs);
  }
  return found;
}

}  // namespace shale::query

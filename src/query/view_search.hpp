// A plan put to one index: its units looked up, its condition evaluated, its documents scored.
//
// Made for one question and one view; not for several threads. Used by search.cpp, which adds up
// the statistics of all views before anything is scored.
#pragma once

#include <span>
#include <vector>

#include "model/bm25.hpp"
#include "query/pattern_search.hpp"
#include "query/plan.hpp"
#include "query/union_ranker.hpp"

namespace shale::query {

class ViewSearch {
 public:
  // `patterns` has accepted every regular expression of the plan; null where there is none.
  ViewSearch(const IndexView& view, const Plan& plan, PatternSearch* patterns = nullptr)
      : view_(view),
        index_(*view.index),
        plan_(plan),
        patterns_(patterns),
        units_(plan.units.size()) {}

  // Finds the terms of every unit, and all documents of those that score and are no plain word.
  Result<void> look_up();
  // Adds the live documents of each unit that scores; one for each of plan.units.
  Result<void> add_df(std::span<u64> df) const;

  // The live documents that fulfil the plan's condition and pass the filter. Those of which a
  // regular expression does not know (pattern_search.hpp) hold no match, and where one is negated
  // they fulfil nothing.
  Result<Bitmap> documents(const Filter& filter) const;

  // Appends to `out` what rank_union says, of `docs`; one weight for each of plan.units.
  Result<void> score(const Bitmap& docs, std::span<const float> weights, float average_length,
                     usize limit, BestScores& best, std::vector<ScoredDocument>& out) const;

 private:
  struct FoundUnit {
    bool is_possible = false;             // some document may have it
    bool is_listed = false;               // `docs` and `tfs` are all of it
    std::shared_ptr<const DenseSet> set;  // where it is given all of it, once in each document
    u32 set_count = 0;
    std::shared_ptr<const PatternMatches> matches;  // of a regular expression; `set` is part of it
    std::vector<Term> terms;                        // of its words
    std::vector<u32> docs;
    std::vector<u32> tfs;
  };

  Result<void> look_up(const Unit& unit, FoundUnit& found) const;
  Result<void> expand(const Unit& unit, FoundUnit& found) const;
  Result<void> find_matches(const Unit& unit, FoundUnit& found) const;
  static Bitmap members(const FoundUnit& found, const Bitmap* among);
  Result<Bitmap> holders_of_all(const FoundUnit& found, const Bitmap* among) const;
  Result<Bitmap> holders(u32 unit, const Bitmap* among) const;
  Result<Bitmap> fulfilling(const Condition& condition, const Bitmap* among) const;
  Result<Bitmap> fulfilling_positively(const Condition& condition, const Bitmap* among) const;
  Result<Bitmap> fulfilling_all(const Condition& condition, const Bitmap* among) const;
  u64 estimate(const Condition& condition) const;
  Bitmap everything() const { return Bitmap::range(0, index_.document_count()); }
  void leave_out_unknown(const Condition& condition, bool is_negated, Bitmap& docs) const;
  const FoundUnit* only_set(std::span<const float> weights, float& weight) const;
  Result<std::vector<WeightedWord>> weighted(std::span<const float> weights) const;

  const IndexView& view_;
  const Index& index_;
  const Plan& plan_;
  PatternSearch* patterns_;
  std::vector<FoundUnit> units_;
};

}  // namespace shale::query

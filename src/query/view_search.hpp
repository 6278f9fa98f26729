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
#include "query/word_sets.hpp"

namespace shale::query {

// What was found in one index. Where the condition is that one of the words that score is there,
// ranking finds those itself, and `docs` is not made.
struct Matches {
  u64 count = 0;
  std::optional<DocumentSet> docs;     // all of them
  std::optional<DocumentSet> allowed;  // where there are no `docs`: what ranking has to keep to
};

class ViewSearch {
 public:
  // `patterns` has accepted every regular expression of the plan; null where there is none. `words`
  // likewise where there is neither prefix nor fuzzy word.
  ViewSearch(const IndexView& view, const Plan& plan, WordSets* words = nullptr,
             PatternSearch* patterns = nullptr)
      : view_(view),
        index_(*view.index),
        plan_(plan),
        words_(words),
        patterns_(patterns),
        dead_(DocumentSet::copy_of(view.overlay->dead)),
        units_(plan.units.size()) {}

  // Finds the terms of every unit, and all documents of those that score and are no plain word.
  Result<void> look_up();
  // The same in two steps. Regular expressions come last: they take what time there is left.
  Result<void> look_up_words();
  Result<void> look_up_patterns();
  // Adds the live documents of each unit that scores; one for each of plan.units.
  Result<void> add_df(std::span<u64> df) const;

  // The live documents that fulfil the plan's condition and pass the filter; `listed`: made in any
  // case. Those of which a regular expression does not know (pattern_search.hpp) hold no match, and
  // where one is negated they fulfil nothing.
  Result<Matches> matches(const Filter& filter, bool listed = false) const;

  // Appends to `out` what rank_union says, of the matches, and where fewer than `limit` score,
  // those that score 0; one weight for each of plan.units.
  Result<void> score(const Matches& matches, std::span<const float> weights, float average_length,
                     usize limit, BestScores& best, std::vector<ScoredDocument>& out) const;

  // For --explain: the posting lists of a unit, and the documents it has here at most.
  struct UnitFigures {
    usize lists = 0;
    u64 documents = 0;
  };
  UnitFigures figures(u32 unit) const;

 private:
  // Of words that score together as one, once in each document: of a prefix, say.
  struct WordSet {
    explicit WordSet(std::shared_ptr<const DenseSet> set)
        : members(std::move(set)), docs(DocumentSet::sharing(members)), count(docs.count()) {}
    std::shared_ptr<const DenseSet> members;
    DocumentSet docs;  // the same
    u32 count;
  };
  struct FoundUnit {
    bool is_possible = false;                       // some document may have it
    bool is_listed = false;                         // `docs` and `tfs` are all of it
    std::vector<Term> terms;                        // of its words
    std::optional<WordSet> set;                     // where it is all of it
    std::shared_ptr<const PatternMatches> matches;  // of a regular expression; `set` is part of it
    std::vector<u32> docs;
    std::vector<u32> tfs;
  };
  using Sets = std::vector<DocumentSet>;
  using Conditions = std::vector<const Condition*>;

  Result<void> look_up(const Unit& unit, FoundUnit& found) const;
  Result<void> expand(const Unit& unit, FoundUnit& found) const;
  Result<void> find_matches(const Unit& unit, FoundUnit& found) const;
  // Whether it scores in this index.
  bool scores(u32 unit) const { return units_[unit].is_possible && plan_.units[unit].scores(); }
  static DocumentSet listed(const FoundUnit& found);
  Result<DocumentSet> documents_of(const FoundUnit& found) const;

  bool is_any_scored_word() const;
  bool is_any_word(const Condition& condition, std::vector<bool>& asked) const;
  Result<Matches> matches_of_any(const Filter& filter) const;
  bool is_word(const Condition& condition) const;
  Result<void> add_sets(u32 unit, Sets& sets) const;
  Result<DocumentSet> holders(u32 unit, const DocumentSet* among) const;
  Result<DocumentSet> fulfilling(const Condition& condition, const DocumentSet* among) const;
  Result<DocumentSet> fulfilling_positively(const Condition& condition,
                                            const DocumentSet* among) const;
  Result<DocumentSet> fulfilling_all(const Condition& condition, const DocumentSet* among) const;
  Result<DocumentSet> passing(const Filter& filter, const DocumentSet* among) const;
  u64 estimate(const Condition& condition) const;
  DocumentSet everything() const { return DocumentSet::range(0, index_.document_count()); }
  void leave_out_unknown(const Condition& condition, bool is_negated, DocumentSet& docs) const;
  Result<void> score_singly(const Matches& matches, std::span<const float> weights,
                            float average_length, BestScores& best,
                            std::vector<ScoredDocument>& out) const;
  Result<void> rank_words(const Matches& matches, std::span<const float> weights,
                          float average_length, BestScores& best,
                          std::vector<ScoredDocument>& out) const;
  Result<void> add_unscored(const Matches& matches, BestScores& best,
                            std::vector<ScoredDocument>& out) const;
  Result<bool> rank_as_set(const Matches& matches, std::span<const float> weights,
                           float average_length, BestScores& best,
                           std::vector<ScoredDocument>& out) const;

  const IndexView& view_;
  const Index& index_;
  const Plan& plan_;
  WordSets* words_;
  PatternSearch* patterns_;
  DocumentSet dead_;
  std::vector<FoundUnit> units_;
};

}  // namespace shale::query

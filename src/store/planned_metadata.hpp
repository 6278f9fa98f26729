// The metadata of the documents of a plan in their order, each with the count of its tokens.
//
// Whatever has no count that holds (count_rules) gets one: that of the version it replaces, where
// the text is the same, or it is counted. A few thousand documents are counted at a time, on all
// cores, before the first of them is asked for; kept of them are the counts alone, metadata may be
// large.
//
// Used by shard_builder: so whatever is folded, merged or ingested is counted then at the latest.
#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "store/count_rules.hpp"
#include "store/document_plan.hpp"
#include "store/token_counting.hpp"
#include "store/view.hpp"

namespace shale::store {

struct CountingRules {
  std::string tokenizer = std::string(no_tokenizer);
  bool recount = false;  // every document, whatever it has
  // Of the documents of the first source: the version that each one replaces, in `before`. Empty
  // where nobody has looked.
  std::span<const std::optional<Located>> replaced;
  const View* before = nullptr;
};

class PlannedMetadata {
 public:
  // All of it outlives this. Logs among the sources are as they are stored: no CountedLog.
  PlannedMetadata(std::span<const MergeSource> sources, const DocumentPlan& plan,
                  const CountingRules& rules, std::stop_token stop);

  // Of the next document. One thread.
  Result<Metadata> next();
  u64 counted() const { return counted_; }  // texts, so far

 private:
  // A count by the store's tokenizer that a document did not have.
  struct Counted {
    u32 tokens = 0;
    std::optional<Time> computed_at;
    bool is_made = false;  // here; else taken over
  };
  Result<void> count_some();
  // Nothing where the document keeps the count it has.
  Result<std::optional<Counted>> count(const PlannedDocument& from, const CountText& count) const;
  Result<bool> has_count_that_holds(const PlannedDocument& from) const;
  Result<bool> take_over(const PlannedDocument& from, Metadata& metadata) const;

  std::span<const MergeSource> sources_;
  const DocumentPlan& plan_;
  const CountingRules& rules_;
  std::stop_token stop_;
  Time now_;
  std::vector<bool> may_be_recounted_;        // by source: a document's count must be looked at
  std::vector<std::optional<Counted>> some_;  // of documents [first_, first_ + some_.size())
  usize first_ = 0;
  usize next_ = 0;
  u64 counted_ = 0;
};

}  // namespace shale::store

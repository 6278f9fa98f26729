// A log's index with a count for every document: what came without one is counted when it is asked
// for, and remembered while this process has the log open.
//
// A stash is acknowledged without waiting for its count, which is made when the log is folded
// (planned_metadata). Whoever reads sooner must not find a hole in a sum, a filter or an order, so
// views show logs through a CountedLog: `numbers`, `summary` and `counted_metadata` count, while
// `metadata` are those that are stored. Nothing of it is written; `tokens_computed_at` stays absent
// until a count is kept. A text that cannot be read has no count: sums tell how many have none, and
// the fault comes with the text. Used by view.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/bitmap.hpp"
#include "model/forwarding_index.hpp"
#include "model/overlay.hpp"

namespace shale::store {

// The counts of one log. Documents keep their numbers and their texts from one view to the next, so
// all views share it. Safe from many threads, one of which counts at a time.
class LogCounts {
 public:
  explicit LogCounts(std::string tokenizer) : tokenizer_(std::move(tokenizer)) {}

  const std::string& tokenizer() const { return tokenizer_; }
  // Replaces no_number in `tokens`, one number for each of `docs`, by the count of that document;
  // dead ones are passed over.
  Result<void> fill(const Index& log, const Bitmap& dead, std::span<const u32> docs,
                    std::span<i64> tokens);

 private:
  std::vector<u32> take_known(const Bitmap& dead, std::span<const u32> docs, std::span<i64> tokens);
  Result<std::vector<u32>> count(const Index& log, std::span<const u32> docs) const;

  const std::string tokenizer_;
  std::mutex counting_;  // taken before known_mutex_: nobody counts what another one is at
  std::mutex known_mutex_;
  std::vector<u32> known_;  // by document: its count + 1; 0 where it was not counted
};

class CountedLog final : public ForwardingIndex {
 public:
  CountedLog(std::shared_ptr<const Index> log, std::shared_ptr<const Overlay> overlay,
             std::shared_ptr<LogCounts> counts)
      : ForwardingIndex(std::move(log)), overlay_(std::move(overlay)), counts_(std::move(counts)) {}

  Result<void> numbers(Field field, u32 first, std::span<i64> out) const override;
  Result<void> numbers_of(Field field, std::span<const u32> docs,
                          std::span<i64> out) const override;
  Result<Metadata> counted_metadata(DocNo doc) const override;
  Result<Summary> summary(DocNo doc) const override;

 private:
  std::shared_ptr<const Overlay> overlay_;
  std::shared_ptr<LogCounts> counts_;
};

}  // namespace shale::store

// Indexes that answer for `accessed` and `accesses`, too: for listings and filters by them.
//
// Both are numbers that stand in no shard and no log: they change without a commit. An answer that
// asks for them gets the view's indexes with these two laid over; every other one does not pay.
// Before that, counts at dead versions are moved to the live ones: the numbers of a document are
// those of its segment. They are of the moment each is read, not of the snapshot: a page that is
// asked for later may have another order.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "model/forwarding_index.hpp"
#include "store/access_reader.hpp"

namespace shale::store {

// Of an index of a snapshot. The reader's view is as new or newer: documents that are superseded
// there, and all of an index that was merged since, are found by id.
class AccessedIndex final : public ForwardingIndex {
 public:
  AccessedIndex(const IndexView& one, std::shared_ptr<const AccessReader> reader);

  Result<void> numbers(Field field, u32 first, std::span<i64> out) const override;
  Result<void> numbers_of(Field field, std::span<const u32> docs,
                          std::span<i64> out) const override;

 private:
  Result<void> entries_of(std::span<const u32> docs, std::span<catalog::AccessEntry> out) const;
  Result<void> look_up_superseded(std::span<const u32> docs,
                                  std::span<catalog::AccessEntry> out) const;

  std::shared_ptr<const AccessReader> reader_;
  std::optional<usize> at_;
  Bitmap superseded_;  // live in the snapshot, dead where the reader looks
};

// Whether a `where`, a sort key or a query text may speak of accesses.
bool may_ask_for_accesses(std::string_view text);

// The indexes of `view` so. Waits for the access lock; busy where somebody else keeps it.
Result<std::vector<IndexView>> accessed_indexes(Project::State& project, const View& view);

}  // namespace shale::store

#include "store/lost_files.hpp"

#include <algorithm>

#include "store/lease.hpp"

namespace shale::store {

bool index_is_gone(const Edition& edition) {
  return std::any_of(edition.logs.begin(), edition.logs.end(), [](const OpenLog& log) {
    return log.reader != nullptr && (log.arena == nullptr || log.arena->lost());
  });
}

bool has_lost_shard(const Edition& edition) {
  return std::any_of(edition.shards.begin(), edition.shards.end(),
                     [](const auto& shard) { return shard != nullptr && shard->loss(); });
}

bool has_lost(const View& view) {
  return std::any_of(view.indexes.begin(), view.indexes.end(),
                     [](const IndexView& one) { return one.index->loss().has_value(); });
}

Result<void> check_still_there(const View& view) {
  for (const IndexView& one : view.indexes) {
    if (std::optional<Error> loss = one.index->loss()) return Unexpected{*std::move(loss)};
  }
  return {};
}

View without_lost(const View& view, const std::string& project, std::vector<Fault>& faults) {
  View rest = view;
  rest.indexes.clear();
  rest.logs.clear();
  rest.access_slots.clear();
  const usize shards = view.shard_count();
  for (usize at = 0; at < view.indexes.size(); ++at) {
    const IndexView& one = view.indexes[at];
    if (const std::optional<Error> loss = one.index->loss()) {
      faults.push_back(fault_of(*loss, project, at < shards ? "shard" : "log"));
      continue;
    }
    rest.indexes.push_back(one);
    rest.access_slots.push_back(view.access_slots[at]);
    if (at >= shards) rest.logs.push_back(view.logs[at - shards]);
  }
  return rest;
}

Result<void> volatile_still_there(Lease& lease, const ActiveLog& active) {
  Result<void> there = active.index.still_there();
  if (!there) lease.control().mark_replaced();
  if (there && lease.control().lost()) there = Unexpected{lease.control().loss()};
  if (!there) there.error().message += ": it cannot be told whether the batch is lost or kept";
  return there;
}

}  // namespace shale::store

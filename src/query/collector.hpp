// The best `limit` documents of all views: key descending, newest, id.
//
// Documents are offered in blocks with a key each; what cannot win any more is dropped by key, then
// by key and creation time. Ids are read only for documents that tie in both with the last place,
// or stand in the answer (or tie in both with the last one of the page before): exact order without
// reading a million ids. Used by search and list.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "query/cursor.hpp"
#include "query/engine.hpp"
#include "query/scope.hpp"

namespace shale::query {

class Collector {
 public:
  // What decides between equal keys.
  enum class Ties : u8 { newest_then_id, id_ascending, id_descending };
  struct Entry {
    i64 key = 0;
    i64 created = 0;
    Place place;
    bool has_id = false;
    std::string id;
  };

  // The best ones; those behind `after` alone where it is given.
  Collector(Scope& scope, usize limit, Ties ties = Ties::newest_then_id,
            std::optional<OrderKey> after = std::nullopt);
  Collector(Scope& scope, usize limit, std::optional<OrderKey> after)
      : Collector(scope, limit, Ties::newest_then_id, std::move(after)) {}

  // `docs` (ascending) of a view with their keys.
  Result<void> offer(u32 view, std::span<const u32> docs, std::span<const i64> keys);
  // The answer, in order, ids resolved.
  Result<std::vector<Entry>> finish();

 private:
  bool before(const Entry& a, const Entry& b) const;
  Result<bool> is_passed(Entry& entry);
  Result<bool> is_beaten(Entry& entry);
  Result<void> resolve(Entry& entry);
  Result<void> prune();
  Result<void> keep_first_ids(usize tied_begin);

  Scope& scope_;
  usize limit_;
  Ties ties_;
  std::optional<OrderKey> after_;
  usize entries_max_;  // beyond it prune() is called
  std::vector<Entry> entries_;
  bool full_ = false;  // `limit_` documents are at least as good as the two bounds
  i64 key_bound_ = 0;
  i64 created_bound_ = 0;
  std::optional<Entry> last_place_;  // with its id, where some that tie with it were left out
  // Reused from block to block.
  std::vector<u32> contenders_;
  std::vector<i64> contender_keys_;
  std::vector<i64> created_;
};

}  // namespace shale::query

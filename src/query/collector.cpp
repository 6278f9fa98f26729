#include "query/collector.hpp"

#include <algorithm>

namespace shale::query {

namespace {

// Room beside the wanted ones: a prune costs O(entries), so it must be rare.
constexpr usize slack = 512;

bool same_rank(const Collector::Entry& a, const Collector::Entry& b) {
  return a.key == b.key && a.created == b.created;
}

bool ranks_before(const Collector::Entry& a, const Collector::Entry& b) {
  return a.key != b.key ? a.key > b.key : a.created > b.created;
}

}  // namespace

Collector::Collector(Scope& scope, usize limit, Ties ties, std::optional<OrderKey> after)
    : scope_(scope),
      limit_(limit),
      ties_(ties),
      after_(std::move(after)),
      entries_max_(limit > SIZE_MAX / 4 ? SIZE_MAX : 2 * limit + slack) {}

bool Collector::before(const Entry& a, const Entry& b) const {
  if (!same_rank(a, b)) return ranks_before(a, b);
  if (a.id != b.id) return ties_ == Ties::id_descending ? a.id > b.id : a.id < b.id;
  // One live version of an id is the rule; the order is total whatever comes.
  if (a.place.view != b.place.view) return a.place.view < b.place.view;
  return to_index(a.place.doc) < to_index(b.place.doc);
}

Result<void> Collector::offer(u32 view, std::span<const u32> docs, std::span<const i64> keys) {
  if (limit_ == 0) return {};
  contenders_.clear();
  contender_keys_.clear();
  for (usize i = 0; i < docs.size(); ++i) {
    if (full_ && keys[i] < key_bound_) continue;
    if (after_ && keys[i] > after_->key) continue;
    contenders_.push_back(docs[i]);
    contender_keys_.push_back(keys[i]);
  }
  if (contenders_.empty()) return {};
  created_.assign(contenders_.size(), 0);
  if (ties_ == Ties::newest_then_id) {
    TRY(scope_.enter(view).index->numbers_of(Field::created, contenders_, created_));
  }
  for (usize i = 0; i < contenders_.size(); ++i) {
    const i64 key = contender_keys_[i];
    if (full_ && key == key_bound_ && created_[i] < created_bound_) continue;
    Entry entry{key, created_[i], {view, DocNo{contenders_[i]}}, false, {}};
    if (after_ && TRY(is_passed(entry))) continue;
    if (TRY(is_beaten(entry))) continue;
    entries_.push_back(std::move(entry));
  }
  if (entries_.size() > entries_max_) TRY(prune());
  return {};
}

// Whether it stands on a page before.
Result<bool> Collector::is_passed(Entry& entry) {
  if (entry.key != after_->key) return entry.key > after_->key;
  if (entry.created != after_->created) return entry.created > after_->created;
  TRY(resolve(entry));
  return ties_ == Ties::id_descending ? entry.id >= after_->id : entry.id <= after_->id;
}

// Whether it ties with the last place and its id is behind that one's.
Result<bool> Collector::is_beaten(Entry& entry) {
  if (!last_place_ || !same_rank(entry, *last_place_)) return false;
  TRY(resolve(entry));
  return !before(entry, *last_place_);
}

Result<void> Collector::resolve(Entry& entry) {
  if (entry.has_id) return {};
  entry.id = TRY(scope_.enter(entry.place.view).index->id_of(entry.place.doc));
  entry.has_id = true;
  return {};
}

// Leaves at most `limit_` entries. Those that tie with the last place are told apart by id.
Result<void> Collector::prune() {
  if (entries_.size() <= limit_) return {};
  const auto last = entries_.begin() + std::ptrdiff_t(limit_ - 1);
  std::nth_element(entries_.begin(), last, entries_.end(), ranks_before);
  full_ = true;
  last_place_.reset();
  key_bound_ = last->key;
  created_bound_ = last->created;

  const Entry bound{key_bound_, created_bound_, {}, false, {}};
  const auto tied = std::partition(entries_.begin(), entries_.end(),
                                   [&](const Entry& e) { return ranks_before(e, bound); });
  const auto worse =
      std::partition(tied, entries_.end(), [&](const Entry& e) { return same_rank(e, bound); });
  entries_.erase(worse, entries_.end());
  const usize tied_begin = usize(tied - entries_.begin());
  return entries_.size() > limit_ ? keep_first_ids(tied_begin) : Result<void>();
}

// Of the entries from `tied_begin` on, as many as there is room for. From here on one that ties
// with the last of them is told by its id alone, and most are left out at once (offer).
Result<void> Collector::keep_first_ids(usize tied_begin) {
  for (usize i = tied_begin; i < entries_.size(); ++i) TRY(resolve(entries_[i]));
  const auto last = entries_.begin() + std::ptrdiff_t(limit_ - 1);
  std::nth_element(entries_.begin() + std::ptrdiff_t(tied_begin), last, entries_.end(),
                   [&](const Entry& a, const Entry& b) { return before(a, b); });
  last_place_ = *last;
  entries_.erase(last + 1, entries_.end());
  return {};
}

Result<std::vector<Collector::Entry>> Collector::finish() {
  TRY(prune());
  for (Entry& entry : entries_) TRY(resolve(entry));
  std::sort(entries_.begin(), entries_.end(),
            [&](const Entry& a, const Entry& b) { return before(a, b); });
  return std::move(entries_);
}

}  // namespace shale::query

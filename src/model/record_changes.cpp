// apply_update and merge_updates. The rule that makes them agree: in one update removals come
// first, then additions. So a name that is both removed and added ends up present (a tag: last).
#include <algorithm>
#include <limits>
#include <unordered_set>

#include "model/record.hpp"

namespace shale {

namespace {

using Strings = std::vector<std::string>;
using Names = std::unordered_set<std::string_view>;

// Appends what `to` does not hold yet. Sets, not searches: a segment may carry 500,000 tags.
void append_new(Strings& to, const Strings& from) {
  if (from.empty()) return;
  to.reserve(to.size() + from.size());  // the views below need strings that stay where they are
  Names known(to.begin(), to.end());
  for (const std::string& name : from) {
    if (known.contains(name)) continue;
    to.push_back(name);
    known.insert(to.back());
  }
}

void remove_all(Strings& from, const Strings& names) {
  if (from.empty() || names.empty()) return;
  const Names gone(names.begin(), names.end());
  std::erase_if(from, [&](const std::string& name) { return gone.contains(name); });
}

void apply_attributes(const Attributes& set, const Strings& removed, Attributes& attrs) {
  for (const std::string& key : removed) attrs.erase(key);
  for (const auto& [key, value] : set) attrs.insert_or_assign(key, value);
}

u32 moved(u32 counter, i64 difference) {
  constexpr i64 top = std::numeric_limits<u32>::max();
  return u32(std::clamp<i64>(i64(counter) + std::clamp<i64>(difference, -top, top), 0, top));
}

i64 saturating_sum(i64 a, i64 b) {
  i64 sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? std::numeric_limits<i64>::min() : std::numeric_limits<i64>::max();
}

template <class To, class From>
void assign_if_set(To& to, const From& from) {
  if (from) to = *from;
}

template <class T>
void take_later(std::optional<T>& first, const std::optional<T>& second) {
  if (second) first = second;
}

}  // namespace

void apply_update(const Update& update, Metadata& metadata) {
  assign_if_set(metadata.type, update.type);
  assign_if_set(metadata.task, update.task);
  assign_if_set(metadata.file, update.file);
  assign_if_set(metadata.topic, update.topic);
  assign_if_set(metadata.line_range, update.line_range);
  remove_all(metadata.tags, update.tags_removed);
  append_new(metadata.tags, update.tags_added);
  assign_if_set(metadata.touched_at, update.touched_at);
  assign_if_set(metadata.pinned, update.pinned);
  assign_if_set(metadata.tier, update.tier);
  assign_if_set(metadata.generation, update.generation);
  metadata.gc_survival_count = moved(metadata.gc_survival_count, update.gc_survival_added);
  metadata.refcount = moved(metadata.refcount, update.refcount_added);
  if (update.tokens) {
    metadata.tokens = update.tokens;
    metadata.tokenizer = "unknown";
    metadata.tokens_computed_at.reset();
  }
  assign_if_set(metadata.tokenizer, update.tokenizer);
  if (update.tokens_computed_at) metadata.tokens_computed_at = update.tokens_computed_at;
  apply_attributes(update.attrs_set, update.attrs_removed, metadata.attrs);
}

Update merge_updates(Update first, const Update& second) {
  take_later(first.type, second.type);
  take_later(first.task, second.task);
  take_later(first.file, second.file);
  take_later(first.topic, second.topic);
  take_later(first.line_range, second.line_range);
  remove_all(first.tags_added, second.tags_removed);
  append_new(first.tags_added, second.tags_added);
  append_new(first.tags_removed, second.tags_removed);
  take_later(first.touched_at, second.touched_at);
  take_later(first.pinned, second.pinned);
  take_later(first.tier, second.tier);
  take_later(first.generation, second.generation);
  first.gc_survival_added = saturating_sum(first.gc_survival_added, second.gc_survival_added);
  first.refcount_added = saturating_sum(first.refcount_added, second.refcount_added);
  if (second.tokens) {
    first.tokens = second.tokens;
    first.tokenizer.reset();
    first.tokens_computed_at.reset();
  }
  take_later(first.tokenizer, second.tokenizer);
  take_later(first.tokens_computed_at, second.tokens_computed_at);
  apply_attributes(second.attrs_set, second.attrs_removed, first.attrs_set);
  append_new(first.attrs_removed, second.attrs_removed);
  return first;
}

}  // namespace shale

#include "query/aggregate.hpp"

#include <algorithm>

#include "base/system.hpp"
#include "query/text_matches.hpp"

namespace shale::query {

namespace {

Result<std::optional<Field>> named_number(const std::string& name) {
  if (name.empty()) return std::optional<Field>();
  const std::optional<Field> field = field_by_name(name);
  if (!field) {
    return fail(ErrorCode::invalid_argument, "There is no field \"" + name + "\".");
  }
  const bool is_amount =
      *field == Field::tokens || (*field >= Field::gc_survival_count && *field <= Field::words);
  if (is_amount) return field;
  return fail(ErrorCode::invalid_argument,
              "Cannot sum \"" + std::string(field_name(*field)) +
                  "\": numbers are tokens bytes words refcount gc_survival_count.");
}

Result<Grouping> grouping_of(const Aggregation& asked) {
  Grouping grouping;
  for (const std::string& name : asked.by) {
    const Field field = TRY(group_field(name));
    if (std::find(grouping.by.begin(), grouping.by.end(), field) != grouping.by.end()) {
      return fail(ErrorCode::invalid_argument, "\"" + name + "\" is named twice.");
    }
    grouping.by.push_back(field);
  }
  grouping.created = grouping.touched = asked.times;
  return grouping;
}

std::optional<TimeRange> range_of(const Extent& extent) {
  if (extent.last < extent.first) return std::nullopt;
  return TimeRange{extent.first, extent.last};
}

std::vector<SumRow> sorted_rows(GroupSums groups) {
  std::vector<SumRow> rows;
  rows.reserve(groups.size());
  while (!groups.empty()) {
    auto node = groups.extract(groups.begin());
    const GroupSum& group = node.mapped();
    rows.push_back({std::move(node.key()), group.count, group.sum, group.absent,
                    range_of(group.created), range_of(group.touched)});
  }
  // Not stable_sort, though they are in the order of their keys: it takes as much room again.
  std::sort(rows.begin(), rows.end(), [](const SumRow& a, const SumRow& b) {
    if (a.sum != b.sum) return a.sum > b.sum;
    return a.count != b.count ? a.count > b.count : a.key < b.key;
  });
  return rows;
}

DenseSet dense(const IndexView& view, const DocumentSet& documents) {
  DenseSet set(view.index->document_count());
  documents.add_to(set);
  return set;
}

Result<void> add_found(Scope& scope, const std::vector<DocumentSet>& found,
                       std::optional<Field> number, std::span<Grouping> groupings) {
  for (usize i = 0; i < found.size(); ++i) {
    const IndexView& view = scope.enter(scope.active()[i]);
    if (!found[i].empty()) TRY(add_groups(view, number, dense(view, found[i]), groupings));
  }
  return {};
}

}  // namespace

void widen(std::optional<TimeRange>& all, const std::optional<TimeRange>& more) {
  if (!more) return;
  if (!all) all = more;
  all->first = std::min(all->first, more->first);
  all->last = std::max(all->last, more->last);
}

Result<void> add_passing(Scope& scope, const Filter& filter, std::optional<Field> number,
                         std::span<Grouping> groupings) {
  for (const u32 at : scope.active()) {
    const IndexView& view = scope.enter(at);
    std::optional<DenseSet> wanted;
    if (!filter.empty() || !view.overlay->dead.empty()) {
      wanted = dense(view, TRY(matching_documents(view, filter)));
    }
    TRY(add_groups(view, number, std::move(wanted), groupings));
  }
  return {};
}

Result<Sum> aggregate(std::span<const IndexView> views, const Aggregation& asked,
                      Analysis analysis) {
  const std::optional<Field> number = TRY(named_number(asked.field));
  const Grouping empty = TRY(grouping_of(asked));
  const i64 now = now_microseconds();
  const Filter filter = TRY(parse_filter(asked.where, now));
  TextMatches text(asked, analysis, now);
  auto sum = answer_without_failed(views, [&](Scope& scope) -> Result<Sum> {
    Grouping grouping = empty;
    if (asked.by.empty()) grouping.sums[{}] = {};  // a sum of nothing is 0, not nothing
    if (asked.text.empty()) {
      TRY(add_passing(scope, filter, number, std::span(&grouping, 1)));
    } else {
      const std::vector<DocumentSet> found = TRY(text.find(scope, filter));
      TRY(add_found(scope, found, number, std::span(&grouping, 1)));
    }
    return Sum{sorted_rows(std::move(grouping.sums)), text.is_widened(), text.is_partial(), {}};
  });
  if (!sum) return sum;
  sum->faults.insert(sum->faults.end(), text.faults().begin(), text.faults().end());
  return sum;
}

}  // namespace shale::query

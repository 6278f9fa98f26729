// Sums of a column, grouped, over all views.
#include <algorithm>

#include "base/system.hpp"
#include "query/engine.hpp"
#include "query/group_columns.hpp"
#include "query/group_sums.hpp"
#include "query/scope.hpp"

namespace shale::query {

namespace {

Result<void> check(Field field, std::span<const Field> by) {
  if (!is_number(field)) {
    return fail(ErrorCode::invalid_argument,
                "Cannot sum \"" + std::string(field_name(field)) +
                    "\": numbers are tokens bytes words refcount gc_survival_count.");
  }
  for (const Field key : by) {
    if (can_group_by(key)) continue;
    return fail(ErrorCode::invalid_argument,
                "Cannot group by \"" + std::string(field_name(key)) +
                    "\": groups are type task file topic tag tier generation pinned day.");
  }
  return {};
}

std::vector<SumRow> sorted_rows(const GroupSums& groups) {
  std::vector<SumRow> rows;
  rows.reserve(groups.size());
  for (const auto& [key, amount] : groups) rows.push_back({key, amount.count, amount.sum});
  std::stable_sort(rows.begin(), rows.end(), [](const SumRow& a, const SumRow& b) {
    return a.sum != b.sum ? a.sum > b.sum : a.count > b.count;
  });
  return rows;
}

Result<Field> named_number(std::string_view name) {
  const std::optional<Field> field = field_by_name(name);
  if (field) return *field;
  return fail(ErrorCode::invalid_argument, "There is no field \"" + std::string(name) + "\".");
}

}  // namespace

Result<Sum> sum(std::span<const IndexView> views, Field field, std::span<const Field> by,
                std::string_view where) {
  TRY(check(field, by));
  const Filter filter = TRY(parse_filter(where, now_microseconds()));
  return answer_without_failed(views, [&](Scope& scope) -> Result<Sum> {
    GroupSums groups;
    if (by.empty()) groups[{}] = {};  // a sum of nothing is 0, not nothing
    for (const u32 number : scope.active()) {
      const IndexView& view = scope.enter(number);
      Bitmap docs = TRY(matching_documents(view, filter)).to_bitmap();
      TRY(add_groups(view, field, by, std::move(docs), groups));
    }
    return Sum{sorted_rows(groups), {}};
  });
}

Result<Sum> sum(std::span<const IndexView> views, std::string_view field,
                std::span<const std::string> by, std::string_view where) {
  const Field number = TRY(named_number(field));
  std::vector<Field> keys;
  for (const std::string& name : by) keys.push_back(TRY(group_field(name)));
  return sum(views, number, keys, where);
}

}  // namespace shale::query

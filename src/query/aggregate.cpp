// Sums of a column, grouped: columns and posting lists for unpatched documents, metadata for those
// that a patch moved to another group or another number.
#include <algorithm>
#include <map>

#include "base/system.hpp"
#include "query/engine.hpp"
#include "query/group_columns.hpp"
#include "query/scope.hpp"
#include "query/values.hpp"

namespace shale::query {

namespace {

struct Amount {
  u64 count = 0;
  u64 sum = 0;
  void add(i64 number) {
    ++count;
    if (number != no_number) sum += u64(number);
  }
  void add(const Amount& other) {
    count += other.count;
    sum += other.sum;
  }
};

using Groups = std::map<std::vector<std::string>, Amount>;

// One view's share of a sum.
class ViewSum {
 public:
  ViewSum(const IndexView& view, Field field, std::span<const Field> by, Groups& groups)
      : view_(view), index_(*view.index), field_(field), by_(by), groups_(groups) {}

  Result<void> run(const Filter& filter) {
    Bitmap docs = TRY(matching_documents(view_, filter));
    TRY(take_patched(docs));
    if (docs.empty()) return {};
    columns_.resize(by_.size());
    for (usize i = 0; i < by_.size(); ++i) {
      if (by_[i] != Field::tag) columns_[i] = TRY(group_column(index_, by_[i]));
    }
    const bool by_tag = std::find(by_.begin(), by_.end(), Field::tag) != by_.end();
    if (by_tag) {
      TRY(add_by_tag(docs));
    } else {
      TRY(add(docs, ""));
    }
    return {};
  }

 private:
  // -- patched documents, one by one --

  bool moves(const Update& update) const {
    return changes(update, field_) ||
           std::any_of(by_.begin(), by_.end(), [&](Field f) { return changes(update, f); });
  }

  Result<void> take_patched(Bitmap& docs) {
    for (const auto& [doc, update] : view_.overlay->patches) {
      if (!moves(update) || !docs.contains(doc)) continue;
      docs.remove(doc);
      i64 number = 0;
      TRY(current_numbers(view_, field_, std::span(&doc, 1), std::span(&number, 1)));
      const Metadata metadata = TRY(current_metadata(view_, DocNo{doc}));
      std::vector<std::string> key(by_.size());
      add_metadata(metadata, number, 0, key);
    }
    return {};
  }

  void add_metadata(const Metadata& metadata, i64 number, usize at, std::vector<std::string>& key) {
    if (at == by_.size()) {
      groups_[key].add(number);
      return;
    }
    for (std::string& value : group_values(metadata, by_[at])) {
      key[at] = std::move(value);
      add_metadata(metadata, number, at + 1, key);
    }
  }

  // -- the others, by columns --

  Result<void> add_by_tag(const Bitmap& docs) {
    std::vector<std::pair<std::string, Term>> tags;
    const auto visit = [&](std::string_view text, const Term& term) {
      tags.emplace_back(text.substr(1), term);
      return true;
    };
    TRY(index_.for_each_term(metadata_term(Field::tag, ""), visit));
    Bitmap untagged = docs;
    for (const auto& [tag, term] : tags) {
      Bitmap tagged = TRY(index_.documents(term)).to_bitmap();
      tagged &= docs;
      untagged -= tagged;
      TRY(add(tagged, tag));
    }
    return add(untagged, "");
  }

  // Adds documents that all have the same tag, if tags matter.
  Result<void> add(const Bitmap& docs, const std::string& tag) {
    GroupFolder folder;
    std::vector<Amount> amounts;
    std::vector<i64> numbers(1024);
    Bitmap::Walk walk(docs);
    for (auto block = walk.next(); !block.empty(); block = walk.next()) {
      TRY(index_.numbers_of(field_, block, std::span(numbers).first(block.size())));
      for (usize i = 0; i < block.size(); ++i) {
        u32 group = by_.empty() ? folder.fold(GroupFolder::root, 0) : GroupFolder::root;
        for (const GroupColumn& column : columns_) {
          group = folder.fold(group, column.codes.empty() ? 0 : column.codes[block[i]]);
        }
        if (group >= amounts.size()) amounts.resize(group + 1);
        amounts[group].add(numbers[i]);
      }
    }
    publish(folder, amounts, tag);
    return {};
  }

  // Folded groups hold those of every length; only the whole ones have counted anything.
  void publish(const GroupFolder& folder, const std::vector<Amount>& amounts,
               const std::string& tag) {
    for (u32 group = 0; group < amounts.size(); ++group) {
      if (amounts[group].count == 0) continue;
      std::vector<std::string> key(by_.size());
      u32 at = group;
      for (usize i = by_.size(); i-- > 0; at = folder.group_before(at)) {
        key[i] = by_[i] == Field::tag ? tag : columns_[i].values[folder.last_code(at)];
      }
      groups_[std::move(key)].add(amounts[group]);
    }
  }

  const IndexView& view_;
  const Index& index_;
  Field field_;
  std::span<const Field> by_;
  Groups& groups_;
  std::vector<GroupColumn> columns_;  // one for each of `by_`; empty for tags
};

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

std::vector<SumRow> sorted_rows(const Groups& groups) {
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

Result<Field> named_group(std::string_view name) {
  if (name == "day") return Field::created;
  const std::optional<Field> field = field_by_name(name);
  if (field && *field != Field::created) return *field;
  return fail(ErrorCode::invalid_argument, "Cannot group by \"" + std::string(name) + "\".");
}

}  // namespace

Result<Sum> sum(std::span<const IndexView> views, Field field, std::span<const Field> by,
                std::string_view where) {
  TRY(check(field, by));
  const Filter filter = TRY(parse_filter(where, now_microseconds()));
  return answer_without_failed(views, [&](Scope& scope) -> Result<Sum> {
    Groups groups;
    if (by.empty()) groups[{}] = Amount();  // a sum of nothing is 0, not nothing
    for (const u32 number : scope.active()) {
      TRY(ViewSum(scope.enter(number), field, by, groups).run(filter));
    }
    return Sum{sorted_rows(groups), {}};
  });
}

Result<Sum> sum(std::span<const IndexView> views, std::string_view field,
                std::span<const std::string> by, std::string_view where) {
  const Field number = TRY(named_number(field));
  std::vector<Field> keys;
  for (const std::string& name : by) keys.push_back(TRY(named_group(name)));
  return sum(views, number, keys, where);
}

}  // namespace shale::query

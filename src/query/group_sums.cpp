#include "query/group_sums.hpp"

#include <algorithm>

#include "query/filter.hpp"
#include "query/group_columns.hpp"
#include "query/values.hpp"

namespace shale::query {

namespace {

class ViewSums {
 public:
  ViewSums(const IndexView& view, std::optional<Field> field, std::span<const Field> by,
           GroupSums& sums)
      : view_(view), index_(*view.index), field_(field), by_(by), sums_(sums) {}

  Result<void> add(Bitmap docs) {
    TRY(take_patched(docs));
    if (docs.empty()) return {};
    columns_.resize(by_.size());
    for (usize i = 0; i < by_.size(); ++i) {
      if (by_[i] != Field::tag) columns_[i] = TRY(group_column(index_, by_[i], &docs));
    }
    const bool by_tag = std::find(by_.begin(), by_.end(), Field::tag) != by_.end();
    if (by_tag) {
      TRY(add_by_tag(docs));
    } else {
      TRY(add_tagged(docs, ""));
    }
    return {};
  }

 private:
  // -- patched documents, one by one --

  bool moves(const Update& update) const {
    return (field_ && changes(update, *field_)) ||
           std::any_of(by_.begin(), by_.end(), [&](Field f) { return changes(update, f); });
  }

  Result<void> take_patched(Bitmap& docs) {
    for (const auto& [doc, update] : view_.overlay->patches) {
      if (!moves(update) || !docs.contains(doc)) continue;
      docs.remove(doc);
      i64 number = no_number;
      if (field_) TRY(current_numbers(view_, *field_, std::span(&doc, 1), std::span(&number, 1)));
      const Metadata metadata = TRY(current_metadata(view_, DocNo{doc}));
      std::vector<std::string> key(by_.size());
      add_metadata(metadata, number, 0, key);
    }
    return {};
  }

  void add_metadata(const Metadata& metadata, i64 number, usize at, std::vector<std::string>& key) {
    if (at == by_.size()) {
      sums_[key].add(number);
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
      TRY(add_tagged(tagged, tag));
    }
    return add_tagged(untagged, "");
  }

  // Adds documents that all have the same tag, if tags matter.
  Result<void> add_tagged(const Bitmap& docs, const std::string& tag) {
    GroupFolder folder;
    std::vector<GroupSum> amounts;
    std::vector<i64> numbers(1024, no_number);
    Bitmap::Walk walk(docs);
    for (auto block = walk.next(); !block.empty(); block = walk.next()) {
      if (field_) {
        TRY(index_.numbers_of(*field_, block, std::span(numbers).first(block.size())));
      }
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
  void publish(const GroupFolder& folder, const std::vector<GroupSum>& amounts,
               const std::string& tag) {
    for (u32 group = 0; group < amounts.size(); ++group) {
      if (amounts[group].count == 0) continue;
      std::vector<std::string> key(by_.size());
      u32 at = group;
      for (usize i = by_.size(); i-- > 0; at = folder.group_before(at)) {
        key[i] = by_[i] == Field::tag ? tag : columns_[i].values[folder.last_code(at)];
      }
      sums_[std::move(key)].add(amounts[group]);
    }
  }

  const IndexView& view_;
  const Index& index_;
  std::optional<Field> field_;
  std::span<const Field> by_;
  GroupSums& sums_;
  std::vector<GroupColumn> columns_;  // one for each of `by_`; empty for tags
};

}  // namespace

Result<Field> group_field(std::string_view name) {
  if (name == "day") return Field::created;
  const std::optional<Field> field = field_by_name(name);
  if (field && *field != Field::created && can_group_by(*field)) return *field;
  return fail(ErrorCode::invalid_argument,
              "Cannot group by \"" + std::string(name) +
                  "\": groups are type task file topic tag tier generation pinned day.");
}

Result<void> add_groups(const IndexView& view, std::optional<Field> field,
                        std::span<const Field> by, Bitmap docs, GroupSums& sums) {
  return ViewSums(view, field, by, sums).add(std::move(docs));
}

}  // namespace shale::query

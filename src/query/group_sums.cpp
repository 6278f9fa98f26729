#include "query/group_sums.hpp"

#include <memory>

#include "query/filter.hpp"
#include "query/group_columns.hpp"
#include "query/tag_entries.hpp"
#include "query/tally.hpp"
#include "query/values.hpp"

namespace shale::query {

namespace {

// A field's column and what was last read from it: the keys of a block's documents.
struct BlockColumn {
  Field field;
  GroupColumn column;
  std::vector<u32> keys;
};

class ViewSums {
 public:
  ViewSums(const IndexView& view, std::optional<Field> number, std::optional<DenseSet> wanted,
           std::span<Grouping> groupings)
      : view_(view),
        index_(*view.index),
        number_(number),
        wanted_(std::move(wanted)),
        groupings_(groupings) {
    for (const Grouping& grouping : groupings) {
      created_ = created_ || grouping.created;
      touched_ = touched_ || grouping.touched;
    }
  }

  Result<void> run() {
    TRY(take_patched());
    TRY(make_columns());
    const u32 documents = index_.document_count();
    for (u32 first = 0; first < documents; first += block_documents) {
      TRY(add_block(first, std::min(block_documents, documents - first)));
    }
    for (Tally& tally : tallies_) TRY(tally.publish());
    return {};
  }

 private:
  // -- patched documents, one by one --

  bool moves(const Update& update) const {
    if (number_ && changes(update, *number_)) return true;
    if (touched_ && changes(update, Field::touched)) return true;
    return std::any_of(groupings_.begin(), groupings_.end(), [&](const Grouping& grouping) {
      return std::any_of(grouping.by.begin(), grouping.by.end(),
                         [&](Field field) { return changes(update, field); });
    });
  }

  Result<void> take_patched() {
    for (const auto& [doc, update] : view_.overlay->patches) {
      if (!moves(update) || (wanted_ && !wanted_->contains(doc))) continue;
      if (!wanted_) {
        wanted_.emplace(index_.document_count());
        wanted_->add_all();
      }
      wanted_->remove(doc);
      i64 number = 0;
      if (number_) {
        TRY(current_numbers(view_, *number_, std::span(&doc, 1), std::span(&number, 1)));
      }
      const Metadata metadata = TRY(current_metadata(view_, DocNo{doc}));
      for (Grouping& grouping : groupings_) {
        std::vector<std::string> key(grouping.by.size());
        add_metadata(grouping, metadata, number, 0, key);
      }
    }
    return {};
  }

  static void add_metadata(Grouping& grouping, const Metadata& metadata, i64 number, usize at,
                           std::vector<std::string>& key) {
    if (at < grouping.by.size()) {
      for (std::string& value : group_values(metadata, grouping.by[at])) {
        key[at] = std::move(value);
        add_metadata(grouping, metadata, number, at + 1, key);
      }
      return;
    }
    const i64 created = metadata.created_at.microseconds;
    const i64 touched = metadata.touched_at.microseconds;
    GroupSum one{1, number != no_number ? u64(number) : 0, number != no_number ? 0u : 1u, {}, {}};
    if (grouping.created) one.created = {created, created};
    if (grouping.touched) one.touched = {touched, touched};
    grouping.sums[key].add(one);
  }

  // -- the others, by columns --

  Result<void> make_columns() {
    for (Grouping& grouping : groupings_) {
      std::vector<Tally::Key> keys;
      for (const Field field : grouping.by) keys.push_back(TRY(key_of(field)));
      tallies_.emplace_back(grouping, std::move(keys), tags_ ? &*tags_ : nullptr);
    }
    return {};
  }

  // The column of a field, made where no grouping has used it yet.
  Result<Tally::Key> key_of(Field field) {
    if (field == Field::tag) {
      const DenseSet* const wanted = wanted_ ? &*wanted_ : nullptr;
      if (!tags_) tags_ = TRY(TagEntries::make(index_, wanted, block_documents));
      return Tally::Key();
    }
    for (const auto& one : columns_) {
      if (one->field == field) return Tally::Key{&one->column, one->keys.data()};
    }
    GroupColumn column = TRY(GroupColumn::make(index_, field));
    columns_.push_back(std::make_unique<BlockColumn>(
        BlockColumn{field, std::move(column), std::vector<u32>(block_documents)}));
    return Tally::Key{&columns_.back()->column, columns_.back()->keys.data()};
  }

  Result<void> add_block(u32 first, u32 count) {
    Picked picked{nullptr, count};
    u32 begin = 0;
    if (wanted_) {
      offsets_.clear();
      wanted_->for_each_between(first, first + count,
                                [&](u32 document) { offsets_.push_back(document - first); });
      if (offsets_.empty()) return {};
      if (offsets_.size() < count) picked = {offsets_.data(), offsets_.size()};
      begin = offsets_.front();
      count = offsets_.back() + 1;
    }
    TRY(read(first, begin, count));
    add_picked(picked, {}, false);
    if (!tags_) return {};
    const TagEntries::Block tagged = tags_->of(first / block_documents);
    add_picked({tagged.offsets.data(), tagged.offsets.size()}, tagged.tags, true);
    return {};
  }

  // To the groupings by tags, or to the others.
  void add_picked(const Picked& picked, std::span<const u32> tags, bool has_tags) {
    if (number_) running_.set(numbers_, picked);
    const BlockValues values{number_ ? &running_ : nullptr, created_at_, touched_at_};
    for (Tally& tally : tallies_) {
      if (tally.has_tags() == has_tags) tally.add(picked, tags, values);
    }
  }

  // Of the documents from `first` on those at [begin, end).
  Result<void> read(u32 first, u32 begin, u32 end) {
    for (const auto& one : columns_) {
      TRY(one->column.read(first + begin, std::span(one->keys).subspan(begin, end - begin)));
    }
    const auto read_numbers = [&](Field field, std::vector<i64>& out) {
      out.resize(block_documents);
      return index_.numbers(field, first + begin, std::span(out).subspan(begin, end - begin));
    };
    if (number_) TRY(read_numbers(*number_, numbers_));
    if (created_) TRY(read_numbers(Field::created, created_at_));
    if (touched_) TRY(read_numbers(Field::touched, touched_at_));
    return {};
  }

  const IndexView& view_;
  const Index& index_;
  std::optional<Field> number_;
  std::optional<DenseSet> wanted_;  // nothing: all documents
  std::span<Grouping> groupings_;
  bool created_ = false;
  bool touched_ = false;

  std::vector<std::unique_ptr<BlockColumn>> columns_;  // of all groupings, each once
  std::optional<TagEntries> tags_;
  std::vector<Tally> tallies_;                          // of each grouping
  std::vector<u32> offsets_;                            // of a block's documents that are wanted
  std::vector<i64> numbers_, created_at_, touched_at_;  // of a block's documents
  RunningSums running_;                                 // of those picked
};

}  // namespace

void GroupSum::add(const GroupSum& other) {
  count += other.count;
  sum += other.sum;
  absent += other.absent;
  created.add(other.created);
  touched.add(other.touched);
}

Result<Field> group_field(std::string_view name) {
  if (name == "day") return Field::created;
  const std::optional<Field> field = field_by_name(name);
  if (field && *field != Field::created && can_group_by(*field)) return *field;
  return fail(ErrorCode::invalid_argument,
              "Cannot group by \"" + std::string(name) +
                  "\": groups are type task file topic tag tier generation pinned day.");
}

Result<void> add_groups(const IndexView& view, std::optional<Field> number,
                        std::optional<DenseSet> wanted, std::span<Grouping> groupings) {
  return ViewSums(view, number, std::move(wanted), groupings).run();
}

}  // namespace shale::query

#include "query/group_columns.hpp"

#include <algorithm>
#include <array>

#include "query/filter_time.hpp"

namespace shale::query {

namespace {

// Keys up to there have a place in a table.
constexpr u32 direct_keys = u32(1) << 20;

std::vector<std::string> one(std::string_view value) { return {std::string(value)}; }

}  // namespace

u32 KeyNumbers::add(u32 key) {
  const u32 number = size();
  if (key < direct_keys) {
    if (key >= direct_.size()) direct_.resize(key + 1, unknown);
    direct_[key] = number;
  } else {
    const auto [at, is_new] = others_.try_emplace(key, number);
    if (!is_new) return at->second;
  }
  keys_.push_back(key);
  return number;
}

bool can_group_by(Field field) {
  return field == Field::created || (has_terms(field) && field != Field::attribute);
}

// -- columns --

Result<GroupColumn> GroupColumn::make(const Index& index, Field field) {
  GroupColumn column(index, field);
  if (field == Field::tier) TRY(column.add_flags(tier_name(Tier::stashed)));
  if (field == Field::generation) TRY(column.add_flags(generation_name(Generation::young)));
  if (field == Field::pinned) TRY(column.add_flags("false"));
  return column;
}

Result<void> GroupColumn::add_flags(std::string_view absent) {
  flags_.push_back({std::string(absent), {}});
  std::vector<Term> terms;
  const auto visit = [&](std::string_view text, const Term& term) {
    terms.push_back(term);
    flags_.push_back({std::string(text.substr(1)), DenseSet(index_->document_count())});
    return true;
  };
  TRY(index_->for_each_term(metadata_term(field_, ""), visit));
  for (usize i = 0; i < terms.size(); ++i) {
    const DocumentSet documents = TRY(index_->documents(terms[i]));
    documents.add_to(flags_[i + 1].documents);
    if (flags_[i + 1].documents.count() != documents.count()) {
      return fail(ErrorCode::corrupt, "A posting lies beyond the last document.");
    }
  }
  return {};
}

Result<void> GroupColumn::read(u32 first, std::span<u32> out) const {
  if (field_ == Field::created) return read_days(first, out);
  if (flags_.empty()) return index_->codes(field_, first, out);
  read_flags(first, out);
  return {};
}

void GroupColumn::read_flags(u32 first, std::span<u32> out) const {
  std::fill(out.begin(), out.end(), 0);
  for (u32 flag = 1; flag < flags_.size(); ++flag) {
    flags_[flag].documents.for_each_between(first, first + u32(out.size()),
                                            [&](u32 document) { out[document - first] = flag; });
  }
}

// Days as 32 bits, which hold those of all times.
Result<void> GroupColumn::read_days(u32 first, std::span<u32> out) const {
  std::array<i64, 1024> times;
  for (usize done = 0; done < out.size(); done += times.size()) {
    const std::span<i64> part = std::span(times).first(std::min(times.size(), out.size() - done));
    TRY(index_->numbers(Field::created, first + u32(done), part));
    for (usize i = 0; i < part.size(); ++i) out[done + i] = u32(day_of(part[i]));
  }
  return {};
}

Result<std::string> GroupColumn::value(u32 number) {
  if (number >= values_.size()) values_.resize(numbers_.size());
  if (!values_[number]) values_[number] = TRY(value_of(numbers_.key(number)));
  return *values_[number];
}

Result<std::string> GroupColumn::value_of(u32 key) const {
  if (!flags_.empty()) return flags_[key].value;
  if (field_ == Field::created) return date_text(std::int32_t(key));
  return key == Index::no_code ? std::string() : index_->code_value(field_, key);
}

std::vector<std::string> group_values(const Metadata& metadata, Field field) {
  switch (field) {
    case Field::type:
      return one(metadata.type);
    case Field::task:
      return one(metadata.task.value_or(""));
    case Field::file:
      return one(metadata.file.value_or(""));
    case Field::topic:
      return one(metadata.topic.value_or(""));
    case Field::tag:
      return metadata.tags.empty() ? one("") : metadata.tags;
    case Field::tier:
      return one(tier_name(metadata.tier));
    case Field::generation:
      return one(generation_name(metadata.generation));
    case Field::pinned:
      return one(metadata.pinned ? "true" : "false");
    case Field::created:
      return one(date_text(day_of(metadata.created_at.microseconds)));
    default:
      return one("");
  }
}

// -- pairs --

u32 PairNumbers::find(u32 first, u32 second) {
  if (second >= stride_ && stride_ < direct_max) widen(second);
  const u64 at = u64(first) * stride_ + second;
  if (second >= stride_ || at >= direct_max) {
    const auto [found, is_new] = others_.try_emplace(u64(first) << 32 | second, size());
    return is_new ? add(first, second) : found->second;
  }
  if (at >= direct_.size()) direct_.resize(at + 1, unknown);
  direct_[at] = add(first, second);
  return direct_[at];
}

u32 PairNumbers::add(u32 first, u32 second) {
  pairs_.push_back(u64(first) << 32 | second);
  return size() - 1;
}

// Longer rows. What has a place in them by then is no longer looked for elsewhere.
void PairNumbers::widen(u32 second) {
  while (stride_ <= second && stride_ < direct_max) stride_ *= 2;
  direct_.clear();
  others_.clear();
  for (u32 number = 0; number < size(); ++number) {
    const u64 at = u64(first(number)) * stride_ + this->second(number);
    if (this->second(number) >= stride_ || at >= direct_max) {
      others_.emplace(pairs_[number], number);
      continue;
    }
    if (at >= direct_.size()) direct_.resize(at + 1, unknown);
    direct_[at] = number;
  }
}

}  // namespace shale::query

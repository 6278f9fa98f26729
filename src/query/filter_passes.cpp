// One segment's metadata against a filter: what filter_match.cpp does for whole columns.
#include <algorithm>

#include "query/filter.hpp"
#include "query/values.hpp"

namespace shale::query {

namespace {

bool text_passes(const Clause& clause, std::string_view value) {
  switch (clause.kind) {
    case Clause::Kind::present:
      return true;
    case Clause::Kind::glob:
      return clause.glob->matches(value);
    case Clause::Kind::equals:
      return clause.value == value;
    case Clause::Kind::range:
      break;
  }
  return false;
}

bool text_passes(const Clause& clause, const std::optional<std::string>& value) {
  return value && text_passes(clause, std::string_view(*value));
}

bool attribute_in_range(const Clause& clause, const AttributeValue& value) {
  if (const i64* whole = std::get_if<i64>(&value)) {
    return *whole >= clause.low && *whole <= clause.high;
  }
  const double* number = std::get_if<double>(&value);
  if (number == nullptr || *number != *number) return false;
  return (!clause.low_number || *number >= *clause.low_number) &&
         (!clause.high_number || *number <= *clause.high_number);
}

bool attribute_passes(const Clause& clause, const Metadata& metadata) {
  const auto found = metadata.attrs.find(clause.attribute);
  if (found == metadata.attrs.end()) return false;
  if (clause.kind == Clause::Kind::present) return true;
  if (clause.kind == Clause::Kind::range) return attribute_in_range(clause, found->second);
  const std::vector<AttributeValue> accepted = accepted_attributes(clause);
  return std::find(accepted.begin(), accepted.end(), found->second) != accepted.end();
}

bool lines_pass(const Clause& clause, const Metadata& metadata) {
  if (!metadata.line_range) return false;
  return clause.kind == Clause::Kind::present || (i64(metadata.line_range->first) <= clause.high &&
                                                  i64(metadata.line_range->last) >= clause.low);
}

bool number_passes(const Clause& clause, i64 value) {
  if (value == no_number) return false;
  return clause.kind == Clause::Kind::present || (value >= clause.low && value <= clause.high);
}

bool clause_holds(const Clause& clause, const Metadata& metadata, u64 text_bytes, u64 words) {
  switch (clause.field) {
    case Field::id:
      return text_passes(clause, std::string_view(metadata.id));
    case Field::type:
      return text_passes(clause, std::string_view(metadata.type));
    case Field::task:
      return text_passes(clause, metadata.task);
    case Field::file:
      return text_passes(clause, metadata.file);
    case Field::topic:
      return text_passes(clause, metadata.topic);
    case Field::tag:
      return std::any_of(metadata.tags.begin(), metadata.tags.end(), [&](const std::string& tag) {
        return text_passes(clause, std::string_view(tag));
      });
    case Field::tier:
      return text_passes(clause, tier_name(metadata.tier));
    case Field::generation:
      return text_passes(clause, generation_name(metadata.generation));
    case Field::pinned:
      return text_passes(clause, std::string_view(metadata.pinned ? "true" : "false"));
    case Field::attribute:
      return attribute_passes(clause, metadata);
    case Field::line_first:
      return lines_pass(clause, metadata);
    default:
      return number_passes(clause, number_of(clause.field, metadata, text_bytes, words));
  }
}

}  // namespace

bool passes(const Filter& filter, const Metadata& metadata, u64 text_bytes, u64 words) {
  return std::all_of(filter.clauses.begin(), filter.clauses.end(), [&](const Clause& clause) {
    return clause_holds(clause, metadata, text_bytes, words) != clause.negated;
  });
}

bool concerns(const Filter& filter, const Update& update) {
  return std::any_of(filter.clauses.begin(), filter.clauses.end(),
                     [&](const Clause& clause) { return changes(update, clause.field); });
}

}  // namespace shale::query

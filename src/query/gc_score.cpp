#include "query/gc_score.hpp"

#include <algorithm>

#include "model/fields.hpp"

namespace shale::query {

namespace {

constexpr double day_us = 86'400'000'000;
constexpr double erased_above = 0.7;
constexpr double stashed_above = 0.4;

struct TypeWeight {
  std::string_view type;
  double weight;
};
constexpr TypeWeight weights[] = {{"log", 1.0},     {"note", 0.8},    {"code", 0.5},
                                  {"message", 0.3}, {"summary", 0.2}, {"decision", 0.1}};
constexpr double other_weight = 0.5;

}  // namespace

double gc_type_weight(std::string_view type) {
  for (const TypeWeight& one : weights) {
    if (one.type == type) return one.weight;
  }
  return other_weight;
}

double gc_score(const GcTraits& traits) {
  const double days = double(traits.age_us) / day_us;
  const double references = double(std::max(traits.refcount, i64(0)));
  return 0.4 * days + 0.3 * traits.type_weight + 0.2 / (references + 1) +
         0.1 * (traits.is_old ? 1.0 : 0.3);
}

// Two times may be further apart than any number with a sign holds.
i64 gc_age(i64 touched, i64 now) {
  if (touched == no_number || now <= touched) return 0;
  return i64(std::min(u64(now) - u64(touched), u64(INT64_MAX)));
}

std::optional<GcAction> gc_action(double score) {
  if (score > erased_above) return GcAction::erase;
  if (score > stashed_above) return GcAction::stash;
  return std::nullopt;
}

}  // namespace shale::query

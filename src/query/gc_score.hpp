// How much a segment asks to go, as a number, and what follows from it: the formula of
// shale/gc.hpp.
//
// Of numbers alone: reads no index and knows no graph. Used by gc_plan.cpp.
#pragma once

#include <optional>
#include <string_view>

#include <shale/gc.hpp>

#include "base/integers.hpp"

namespace shale::query {

double gc_type_weight(std::string_view type);

struct GcTraits {
  double type_weight = 0;
  i64 age_us = 0;
  i64 refcount = 0;
  bool is_old = false;  // generation
};
double gc_score(const GcTraits& traits);

// Microseconds from `touched` to `now`: 0 for the future and for a time that is absent.
i64 gc_age(i64 touched, i64 now);

// Nothing: it is kept.
std::optional<GcAction> gc_action(double score);

}  // namespace shale::query

#include "query/gc_score.hpp"

#include <cmath>

#include "model/fields.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

constexpr i64 day_us = 86'400'000'000;

bool is_near(double a, double b) { return std::abs(a - b) < 1e-12; }

TEST_CASE("a score adds up age, type, references and generation") {
  CHECK(is_near(gc_score({.type_weight = 0, .age_us = 0, .refcount = 0, .is_old = false}), .23));
  CHECK(
      is_near(gc_score({.type_weight = 0, .age_us = day_us, .refcount = 0, .is_old = false}), .63));
  CHECK(is_near(gc_score({.type_weight = 1, .age_us = 0, .refcount = 0, .is_old = false}), .53));
  CHECK(is_near(gc_score({.type_weight = 0, .age_us = 0, .refcount = 3, .is_old = false}), .08));
  CHECK(is_near(gc_score({.type_weight = 0, .age_us = 0, .refcount = 0, .is_old = true}), .3));
  CHECK(is_near(gc_score({.type_weight = .8, .age_us = day_us / 2, .refcount = 1, .is_old = true}),
                .2 + .24 + .1 + .1));
  CHECK(gc_score({.refcount = no_number}) == gc_score({.refcount = 0}));  // of a damaged column
}

TEST_CASE("logs go before notes, decisions last") {
  const char* const falling[] = {"log", "note", "code", "message", "summary", "decision"};
  for (usize i = 1; i < std::size(falling); ++i) {
    CHECK(gc_type_weight(falling[i - 1]) > gc_type_weight(falling[i]));
  }
  CHECK(gc_type_weight("log") == 1);
  CHECK(gc_type_weight("note") == .8);
  CHECK(gc_type_weight("code") == .5);
  CHECK(gc_type_weight("message") == .3);
  CHECK(gc_type_weight("summary") == .2);
  CHECK(gc_type_weight("decision") == .1);
  for (const char* other : {"", "Log", "logs", "dependencies"}) CHECK(gc_type_weight(other) == .5);
}

TEST_CASE("an age is never negative, and never beyond a number") {
  CHECK(gc_age(10, 15) == 5);
  CHECK(gc_age(15, 15) == 0);
  CHECK(gc_age(16, 15) == 0);
  CHECK(gc_age(no_number, 15) == 0);
  CHECK(gc_age(INT64_MIN + 1, INT64_MAX) == INT64_MAX);
  CHECK(gc_age(INT64_MAX, INT64_MIN) == 0);
}

TEST_CASE("above .7 it is erased, above .4 stashed") {
  CHECK(gc_action(.7000001) == GcAction::erase);
  CHECK(gc_action(.7) == GcAction::stash);
  CHECK(gc_action(.4000001) == GcAction::stash);
  CHECK_FALSE(gc_action(.4));
  CHECK_FALSE(gc_action(0));
}

}  // namespace
}  // namespace shale::query::testing

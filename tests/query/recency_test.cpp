#include "query/recency.hpp"

#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

using std::chrono::hours;

TEST_CASE("a score halves at most, half of that in the half-life") {
  const Recency recency(hours(24), corpus_start);
  CHECK(recency.factor(corpus_start) == 1.0f);
  CHECK(recency.factor(corpus_start + 1) == 1.0f);
  CHECK(recency.factor(INT64_MAX) == 1.0f);
  CHECK(recency.factor(corpus_start - day_us) == 0.75f);
  CHECK(recency.factor(corpus_start - 2 * day_us) == 0.625f);
  CHECK(recency.factor(corpus_start - 1000 * day_us) == 0.5f);
  CHECK(recency.factor(INT64_MIN + 1) == 0.5f);
  CHECK(recency.factor(no_number) == 0.5f);
  CHECK(recency.apply(3.0f, corpus_start - day_us) == 2.25f);
  CHECK(recency.apply(0.0f, corpus_start) == 0.0f);
}

TEST_CASE("the older never gains, and nothing leaves the bounds") {
  for (const i64 half_life : {i64(1), i64(1000), day_us, 36500 * day_us, INT64_MAX}) {
    const Recency recency(std::chrono::microseconds(half_life), corpus_start);
    float before = 1;
    for (i64 age = 0; age < corpus_start; age = age * 3 + 1) {
      const float factor = recency.factor(corpus_start - age);
      CHECK(factor <= before);
      CHECK(factor >= 0.5f);
      before = factor;
    }
  }
}

}  // namespace
}  // namespace shale::query::testing

// Cases of passes() that random corpora (filter_match_test.cpp) do not reach.
#include <cmath>
#include <limits>

#include "query/filter.hpp"
#include "tests/support/catch.hpp"

namespace shale::query {
namespace {

bool passes(std::string_view where, const Metadata& metadata) {
  return passes(parse_filter(where, 0).value(), metadata, 1024, 7);
}

TEST_CASE("an absent field passes no clause but a negated one") {
  const Metadata empty;
  for (const char* where :
       {"task:x", "task:*", "file:*", "topic:a*", "tag:*", "tokens:>=0", "tokens:*", "lines:1",
        "lines:*", "attr.n:1", "attr.n:>0", "attr.n:*"}) {
    INFO(where);
    CHECK_FALSE(passes(where, empty));
    CHECK(passes(std::string("-").append(where), empty));
  }
}

TEST_CASE("several clauses on one field all must hold") {
  Metadata m;
  m.tags = {"a", "b"};
  CHECK(passes("tag:a tag:b", m));
  CHECK_FALSE(passes("tag:a tag:c", m));
  CHECK(passes("tag:a -tag:c", m));
  CHECK_FALSE(passes("tag:a -tag:b", m));
}

TEST_CASE("integers beyond what a double holds") {
  Metadata m;
  m.attrs["t"] = i64(1'770'000'000'000'000'001);
  CHECK(passes("attr.t:1770000000000000001", m));
  CHECK_FALSE(passes("attr.t:1770000000000000000", m));
  CHECK(passes("attr.t:>1770000000000000000", m));
  CHECK_FALSE(passes("attr.t:>1770000000000000001", m));
  CHECK_FALSE(passes("attr.t:<1770000000000000001", m));
  m.attrs["t"] = INT64_MAX;
  CHECK(passes("attr.t:>9223372036854775806", m));
}

TEST_CASE("numbers that are none lie in no range") {
  Metadata m;
  m.attrs["d"] = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(passes("attr.d:>0", m));
  CHECK_FALSE(passes("attr.d:<0", m));
  CHECK(passes("attr.d:*", m));
  m.attrs["d"] = -0.0;
  CHECK(passes("attr.d:0..1", m));
  CHECK(passes("attr.d:0", m));
  m.attrs["d"] = double(INFINITY);
  CHECK(passes("attr.d:>1e300", m));
}

TEST_CASE("bytes and words are the caller's") {
  CHECK(passes("bytes:1K words:7", Metadata{}));
  CHECK_FALSE(passes("bytes:<1K", Metadata{}));
}

TEST_CASE("line ranges overlap") {
  Metadata m;
  m.line_range = LineRange{10, 20};
  for (const char* where : {"lines:10", "lines:20", "lines:1..10", "lines:20..30", "lines:12..13",
                            "lines:>19", "lines:<11"}) {
    INFO(where);
    CHECK(passes(where, m));
  }
  for (const char* where : {"lines:9", "lines:21", "lines:>20", "lines:<10", "lines:21.."}) {
    INFO(where);
    CHECK_FALSE(passes(where, m));
  }
}

TEST_CASE("an update concerns the filters on the fields it changes") {
  Update update;
  update.tags_added = {"a"};
  update.refcount_added = 1;
  CHECK(concerns(parse_filter("tag:a", 0).value(), update));
  CHECK(concerns(parse_filter("type:x refcount:1", 0).value(), update));
  CHECK_FALSE(concerns(parse_filter("type:x created:1d id:y bytes:1", 0).value(), update));
  CHECK_FALSE(concerns(Filter{}, update));
}

TEST_CASE("integer attributes beyond 2^62 lie on the right side of a bound") {
  const auto holds = [](const char* where, i64 value) {
    Metadata m;
    m.attrs["n"] = value;
    return passes(parse_filter(where, 0).value(), m, 0, 0);
  };
  CHECK_FALSE(holds("attr.n:>=9223372036854775808", 5'000'000'000'000'000'000));
  CHECK_FALSE(holds("attr.n:>5.5e18", 5'000'000'000'000'000'000));
  CHECK(holds("attr.n:<=5.5e18", 5'000'000'000'000'000'000));
  CHECK_FALSE(holds("attr.n:>9223372036854775807", INT64_MAX));
  CHECK_FALSE(holds("attr.n:<-9223372036854775808", INT64_MIN));
  CHECK(holds("attr.n:>=-9223372036854775809", INT64_MIN));
  CHECK_FALSE(holds("attr.n:1e19..2e19", INT64_MAX));
  CHECK_FALSE(holds("attr.n:<=-1e19", INT64_MIN));
  CHECK(holds("attr.n:-1e19..1e19", INT64_MIN));
  CHECK(holds("attr.n:>5.5", 6));
  CHECK_FALSE(holds("attr.n:>5.5", 5));
  CHECK(holds("attr.n:<5.5", 5));
  CHECK_FALSE(holds("attr.n:<5.0", 5));
  CHECK(holds("attr.n:>4.0", 5));
}

}  // namespace
}  // namespace shale::query

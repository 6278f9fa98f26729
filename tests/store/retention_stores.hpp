// Stores that the rules of retention are tried on: segments of several months, by the month in
// shards or not, and what the rules must leave of them (slow_retention.hpp). Used by the tests of
// retention in tests/store only.
#pragma once

#include <shale/retention.hpp>

#include "tests/store/store_fixture.hpp"
#include "tests/support/slow_retention.hpp"

namespace shale::testing {

inline constexpr i64 day_us = 86'400'000'000;
inline constexpr i64 year_begin = 1'704'067'200'000'000;  // 2024-01-01T00:00:00Z
inline constexpr i64 month_us = 366 * day_us / 12;        // 30.5 days

// About in the middle of a month of 2024, from 0.
inline i64 in_month(int month) { return year_begin + i64(month) * month_us + 14 * day_us; }

inline NewSegment made_in(int month, const std::string& id, const std::string& text = "some text") {
  NewSegment one = segment(id, text);
  one.created_at = Time{in_month(month), true};
  return one;
}

inline store::StoreConfig by_month() {
  store::StoreConfig config = plain_config();
  config.shard_by = "month";
  return config;
}

// So that what was made before that month goes.
inline RetentionRules older_than(int month) {
  const i64 now = year_begin + 10'000 * day_us;
  const i64 first = year_begin + i64(month) * month_us;
  return {.max_age_seconds = u64(now - first) / 1'000'000, .now_us = now};
}

inline std::vector<KeptSegment> kept_segments(const Project& project) {
  const Snapshot now = project.snapshot().value();
  std::vector<KeptSegment> all;
  const Page page = now.list({.limit = 1'000'000}).value();
  for (const Metadata& metadata : page.segments) {
    all.push_back({metadata, now.get(metadata.id).value()->text().size()});
  }
  return all;
}

inline std::set<std::string> ids_of(const std::vector<KeptSegment>& all) {
  std::set<std::string> ids;
  for (const KeptSegment& one : all) ids.insert(one.metadata.id);
  return ids;
}
inline std::set<std::string> ids_of(const Project& project) {
  return ids_of(kept_segments(project));
}

}  // namespace shale::testing

// How much of a project is used, by what, and what to do about it: sums over columns, then rules.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <unordered_map>

#include "base/system.hpp"
#include "query/aggregate.hpp"

namespace shale::query {

namespace {

constexpr double day_us = 86'400'000'000;

// -- from sums --

Result<void> check(const UsageOptions& options) {
  if (!options.limit || *options.limit > 0) return {};
  return fail(ErrorCode::invalid_argument, "The limit of tokens must be positive.");
}

std::vector<UsageShare> shares_of(const Grouping& grouping) {
  std::vector<UsageShare> shares;
  for (const auto& [key, group] : grouping.sums) {
    shares.push_back({key.front(), group.count, group.sum, group.absent});
  }
  return shares;
}

Usage usage_of(std::span<const Grouping> groupings) {
  Usage usage;
  for (const auto& [key, group] : groupings[0].sums) {
    usage.segments = group.count;
    usage.tokens = group.sum;
    usage.uncounted = group.absent;
    if (group.count > 0) usage.touched = TimeRange{group.touched.first, group.touched.last};
  }
  usage.types = shares_of(groupings[1]);
  usage.tasks = shares_of(groupings[2]);
  usage.tiers = shares_of(groupings[3]);
  for (const UsageShare& share : shares_of(groupings[4])) {
    if (share.value != "true") continue;
    usage.pinned = share.count;
    usage.pinned_tokens = share.tokens;
  }
  return usage;
}

// -- from several projects --

void join(std::vector<UsageShare>& all, const std::vector<UsageShare>& more) {
  std::unordered_map<std::string, usize> places;
  for (usize i = 0; i < all.size(); ++i) places.emplace(all[i].value, i);
  for (const UsageShare& one : more) {
    const auto [found, is_new] = places.try_emplace(one.value, all.size());
    if (is_new) all.push_back({one.value});
    UsageShare& share = all[found->second];
    share.count += one.count;
    share.tokens += one.tokens;
    share.uncounted += one.uncounted;
  }
}

void join(Usage& all, const Usage& more) {
  all.segments += more.segments;
  all.tokens += more.tokens;
  all.uncounted += more.uncounted;
  all.pinned += more.pinned;
  all.pinned_tokens += more.pinned_tokens;
  join(all.types, more.types);
  join(all.tasks, more.tasks);
  join(all.tiers, more.tiers);
  widen(all.touched, more.touched);
  all.faults.insert(all.faults.end(), more.faults.begin(), more.faults.end());
}

// -- what follows from the sums --

double percent_of(u64 part, u64 whole) {
  return whole == 0 ? 0 : 100 * double(part) / double(whole);
}

void finish(const Usage& usage, std::vector<UsageShare>& shares) {
  for (UsageShare& share : shares) {
    share.count_percent = percent_of(share.count, usage.segments);
    share.token_percent = percent_of(share.tokens, usage.tokens);
  }
  std::sort(shares.begin(), shares.end(), [](const UsageShare& a, const UsageShare& b) {
    if (a.tokens != b.tokens) return a.tokens > b.tokens;
    return a.count != b.count ? a.count > b.count : a.value < b.value;
  });
}

// 10 for types of which each has as many segments as the others.
double evenness(const Usage& usage) {
  if (usage.segments <= 1) return 5;
  if (usage.types.size() <= 1) return 0;
  double entropy = 0;
  for (const UsageShare& type : usage.types) {
    const double share = double(type.count) / double(usage.segments);
    entropy -= share * std::log2(share);
  }
  return 10 * entropy / std::log2(double(usage.types.size()));
}

// The time since 1970 may be so far from now that no number holds the difference.
i64 age_of(i64 time, i64 now) {
  if (now <= time) return 0;
  return i64(std::min(u64(now) - u64(time), u64(INT64_MAX)));
}

// Both may be larger than any number with a sign.
i64 difference(u64 a, u64 b) {
  const i64 size = i64(std::min(a > b ? a - b : b - a, u64(INT64_MAX)));
  return a > b ? size : -size;
}

double health_of(const Usage& usage) {
  const double days = double(usage.oldest_age.value_or(0)) / day_us;
  const double health =
      100 - usage.percent.value_or(0) - std::min(20.0, 2 * days) + evenness(usage);
  return std::clamp(health, 0.0, 100.0);
}

// -- recommendations --

std::string with_percent(double percent, const char* sentence) {
  char number[32];
  std::snprintf(number, sizeof number, "%.1f", percent);
  return std::string(number) + " % of the limit are used: " + sentence;
}

void advise_on_limit(Usage& usage) {
  if (!usage.percent) return;
  const double percent = *usage.percent;
  auto& all = usage.recommendations;
  if (percent >= 90) {
    all.push_back({Advice::prune, Priority::urgent, with_percent(percent, "prune now.")});
  } else if (percent >= 80) {
    all.push_back({Advice::prune, Priority::high, with_percent(percent, "prune soon.")});
  } else if (percent >= 60) {
    all.push_back(
        {Advice::stash, Priority::medium, with_percent(percent, "stash what is not worked on.")});
  } else if (percent >= 50) {
    all.push_back({Advice::watch, Priority::low, with_percent(percent, "watch what is added.")});
  }
}

void advise(Usage& usage) {
  advise_on_limit(usage);
  auto& all = usage.recommendations;
  if (usage.oldest_age && double(*usage.oldest_age) > day_us) {
    all.push_back({Advice::review_old, Priority::low,
                   "The oldest segment was last touched more than 24 hours ago."});
  }
  const bool has_logs = std::any_of(usage.types.begin(), usage.types.end(), [](const auto& type) {
    return type.value == "log" && type.count_percent > 60;
  });
  if (has_logs) {
    all.push_back({Advice::trim_logs, Priority::low, "More than 60 % of the segments are logs."});
  }
  if (usage.segments > 0 && usage.pinned == usage.segments) {
    all.push_back(
        {Advice::unpin, Priority::low, "All segments are pinned: none may be pruned or stashed."});
  }
}

Usage finished(Usage usage, const UsageOptions& options) {
  const i64 now = options.now.value_or(now_microseconds());
  finish(usage, usage.types);
  finish(usage, usage.tasks);
  finish(usage, usage.tiers);
  if (options.limit) {
    usage.limit = options.limit;
    usage.percent = percent_of(usage.tokens, *options.limit);
    usage.remaining = difference(*options.limit, usage.tokens);
  }
  if (usage.touched) {
    usage.oldest_age = age_of(usage.touched->first, now);
    usage.newest_age = age_of(usage.touched->last, now);
  }
  usage.health = health_of(usage);
  advise(usage);
  return usage;
}

}  // namespace

Result<Usage> usage(std::span<const IndexView> views, const UsageOptions& options) {
  TRY(check(options));
  const Filter filter = TRY(parse_filter(options.where, options.now.value_or(now_microseconds())));
  return answer_without_failed(views, [&](Scope& scope) -> Result<Usage> {
    Grouping groupings[] = {{.by = {}, .touched = true},
                            {.by = {Field::type}},
                            {.by = {Field::task}},
                            {.by = {Field::tier}},
                            {.by = {Field::pinned}}};
    TRY(add_passing(scope, filter, Field::tokens, groupings));
    return finished(usage_of(groupings), options);
  });
}

}  // namespace shale::query

namespace shale {

Usage joined_usage(std::span<const Usage> parts, const UsageOptions& options) {
  Usage all;
  for (const Usage& part : parts) query::join(all, part);
  return query::finished(std::move(all), options);
}

}  // namespace shale

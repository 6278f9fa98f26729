#include "cli/retained.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "query/filter_time.hpp"

namespace shale::cli {

std::optional<u64> parse_size(std::string_view text) {
  u64 value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc()) return std::nullopt;
  std::string_view unit(rest, usize(end - rest));
  if (unit.empty()) return value;
  constexpr std::string_view letters = "KMGT";
  const char letter =
      unit.front() >= 'a' && unit.front() <= 'z' ? char(unit.front() - 32) : unit.front();
  const usize power = letters.find(letter);
  unit.remove_prefix(1);
  const bool is_unit = unit.empty() || unit == "B" || unit == "iB";
  if (power == letters.npos || !is_unit) return std::nullopt;
  const u32 shift = u32(10 * (power + 1));
  if (value > std::numeric_limits<u64>::max() >> shift) return std::nullopt;
  return value << shift;
}

std::optional<u64> parse_age_seconds(std::string_view text) {
  if (text == "0") return 0;
  const std::optional<i64> age = query::parse_age(text);
  if (!age) return std::nullopt;
  return u64(*age) / 1'000'000;
}

Json json_of(const RetentionPlan& plan) {
  Json rows = Json::array();
  for (const RetentionRow& row : plan.rows) {
    rows.push_back({{"rule", row.rule},
                    {"segments", row.segments},
                    {"text_bytes", row.text_bytes},
                    {"tokens", row.tokens}});
  }
  return {{"segments", plan.segments}, {"text_bytes", plan.text_bytes},
          {"tokens", plan.tokens},     {"pinned", plan.pinned},
          {"left", plan.left},         {"shards_dropped", plan.shards_dropped},
          {"rows", std::move(rows)}};
}

void print(Output& output, const RetentionPlan& plan, bool is_done) {
  std::string sentence =
      fmt::format("{} {} segments ({}, {} tokens)", is_done ? "removed" : "would remove",
                  plan.segments, size_text(plan.text_bytes), plan.tokens);
  if (plan.shards_dropped > 0) {
    sentence += fmt::format(", {} shards whole", plan.shards_dropped);
  }
  if (plan.pinned > 0) sentence += fmt::format("; {} stay because they are pinned", plan.pinned);
  if (plan.left > 0) sentence += fmt::format("; {} were changed meanwhile and stay", plan.left);
  output.line(sentence);
  for (const RetentionRow& row : plan.rows) {
    if (row.segments == 0) continue;
    output.line(fmt::format("  {:<10} {} segments, {}, {} tokens", row.rule, row.segments,
                            size_text(row.text_bytes), row.tokens));
  }
}

Result<std::optional<RetentionPlan>> retain_automatically(Project& project,
                                                          const RetentionRules& rules) {
  if (!rules.automatic) return std::optional<RetentionPlan>();
  return std::optional<RetentionPlan>(TRY(project.retain(rules)));
}

}  // namespace shale::cli

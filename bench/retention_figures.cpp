// What retention costs: whole months of a store that is kept by the month, and segments one by one.
//
//   retention_figures FOLDER SEGMENTS [ROUNDS]
//
// Makes a store of 12 months with so many segments below FOLDER, merged into a shard for each
// month. Of copies of it, opened anew, it lets the 11 oldest months go by max_age: `plan` is the
// dry run (choice and sums), `retain` does it; both warm, behind a plan of before. `erase` is the
// same with one pinned segment in each month, on a tenth of the segments: batches of erases, no
// drop. Prints one JSON object; times are wall times, the median and the best of the rounds. Exits
// 1 where what is left is not what should be.
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <shale/shale.hpp>

#include "bench/figures.hpp"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t day_us = 86'400'000'000;
constexpr std::int64_t year_begin = 1'704'067'200'000'000;  // 2024-01-01T00:00:00Z
constexpr int months = 12;

int number(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::string text_of(int number) {
  std::string text = "segment ";
  for (int word = 0; word < 8; ++word) {
    text += "w" + std::to_string((number * 31 + word * 977) % 5000) + ' ';
  }
  return text;
}

void make(const fs::path& path, int segments, bool with_pins) {
  auto store = shale::Store::open(
      path, {.create = true, .analysis = "plain", .tokenizer = "none", .shard_by = "month"});
  auto project = store.value().project("default").value();
  const int each = segments / months;
  for (int month = 0; month < months; ++month) {
    shale::Batch batch;
    for (int n = 0; n < each; ++n) {
      shale::NewSegment one;
      one.id = "m" + std::to_string(month) + "-" + std::to_string(n);
      one.text = text_of(n);
      one.task = "task" + std::to_string(n % 100);
      one.tokens = 20;
      one.created_at = shale::Time{year_begin + (month * 61 / 2 + 14) * day_us + n, true};
      one.pinned = with_pins && n == 0;
      batch.stash(std::move(one));
    }
    project.ingest(batch).value();
  }
  project.merge(true).value();
}

// All months but the last.
shale::RetentionRules rules() {
  const std::int64_t now = year_begin + 400 * day_us;
  const std::int64_t kept_from = year_begin + (11 * 61 / 2) * day_us;
  return {.max_age_seconds = std::uint64_t(now - kept_from) / 1'000'000, .now_us = now};
}

struct Figures {
  std::vector<double> plan_ms, retain_ms;
  shale::RetentionPlan done;
};

Figures measure(const fs::path& made, int rounds, std::uint64_t left) {
  Figures figures;
  const fs::path copy = made.string() + "-copy";
  for (int round = 0; round < rounds; ++round) {
    fs::remove_all(copy);
    fs::copy(made, copy, fs::copy_options::recursive);
    ::sync();  // what is dirty costs an unlink more
    auto store = shale::Store::open(copy).value();
    auto project = store.project("default").value();
    (void)project.plan_retention(rules()).value();
    Clock::time_point start = Clock::now();
    (void)project.plan_retention(rules()).value();
    figures.plan_ms.push_back(ms_since(start));
    start = Clock::now();
    figures.done = project.retain(rules()).value();
    figures.retain_ms.push_back(ms_since(start));
    if (project.snapshot().value().count().value().count != left) {
      std::fprintf(stderr, "something else is left\n");
      std::exit(1);
    }
  }
  fs::remove_all(copy);
  return figures;
}

std::string times(const char* name, const std::vector<double>& values) {
  char text[128];
  std::snprintf(text, sizeof text, "\"%s_ms\":%.2f,\"%s_best_ms\":%.2f", name,
                shale::bench::at_share(values, .5), name, shale::bench::at_share(values, 0));
  return text;
}

int run(const fs::path& folder, int segments, int rounds) {
  const fs::path whole = folder / "months", mixed = folder / "mixed";
  const std::uint64_t each = std::uint64_t(segments / months);
  const int few = std::max(segments / 10, months);
  make(whole, segments, false);
  make(mixed, few, true);
  const Figures drop = measure(whole, rounds, each);
  const Figures erase = measure(mixed, rounds, std::uint64_t(few / months) + months - 1);
  std::printf("{\"segments\":%d,\"removed\":%llu,\"shards_dropped\":%llu,%s,%s,", segments,
              static_cast<unsigned long long>(drop.done.segments),
              static_cast<unsigned long long>(drop.done.shards_dropped),
              times("plan", drop.plan_ms).c_str(), times("retain", drop.retain_ms).c_str());
  std::printf("\"erased\":%llu,%s}\n", static_cast<unsigned long long>(erase.done.segments),
              times("erase", erase.retain_ms).c_str());
  fs::remove_all(whole);
  fs::remove_all(mixed);
  return drop.done.shards_dropped == months - 1 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3 || count > 4) {
    std::fprintf(stderr, "usage: retention_figures FOLDER SEGMENTS [ROUNDS]\n");
    return 2;
  }
  const int segments = number(words[2]);
  const int rounds = count == 4 ? number(words[3]) : 5;
  if (segments < months || rounds < 1) return 2;
  return run(words[1], segments, rounds);
}

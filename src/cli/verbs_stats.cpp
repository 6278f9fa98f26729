// stats: what a project holds and costs, and what all processes do with it; once, for a scraper, or
// as it goes on.
#include <shale/stats.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "base/system.hpp"
#include "cli/interrupt.hpp"
#include "cli/verbs.hpp"
#include "exchange/times.hpp"

namespace shale::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds slice{50};  // how late Ctrl-C may be heard
constexpr double watch_seconds_min = .1, watch_seconds_max = 86'400;

struct StatsOptions {
  std::string format;
  std::string every;  // of --watch; empty: 2 seconds
  bool watch = false;
};

double ratio(u64 part, u64 whole) { return whole == 0 ? 0 : double(part) / double(whole); }

// What happened since the look before; nothing where there was none.
struct Since {
  const Activity* before = nullptr;
  double seconds = 0;

  // Sums that were begun anew meanwhile are less than before.
  std::optional<double> rate(u64 now, u64 then) const {
    if (before == nullptr || seconds <= 0 || now < then) return std::nullopt;
    return double(now - then) / seconds;
  }
  std::optional<double> rate(const Activity& now, Operation operation) const {
    if (before == nullptr) return std::nullopt;
    return rate(now.of(operation).count, before->of(operation).count);
  }
};

u64 text_in(const Activity& activity) {
  return activity.of(Operation::commit_full).bytes + activity.of(Operation::commit_relaxed).bytes +
         activity.of(Operation::ingest).bytes;
}

// --- as JSON ------------------------------------------------------------------------------------

double microseconds(u64 ns) { return double(ns) / 1000; }

Json json_of(const Activity& activity, const Since& since) {
  Json operations = Json::object();
  for (usize i = 0; i < operation_count; ++i) {
    const OperationStats& one = activity.operations[i];
    Json members = {{"count", one.count},
                    {"bytes", one.bytes},
                    {"timed", one.timed},
                    {"total_us", microseconds(one.total_ns)},
                    {"p50_us", microseconds(one.p50_ns)},
                    {"p90_us", microseconds(one.p90_ns)},
                    {"p99_us", microseconds(one.p99_ns)},
                    {"longest_us", microseconds(one.longest_ns)}};
    if (const auto rate = since.rate(activity, Operation(i))) members["per_second"] = *rate;
    operations[name_of(Operation(i))] = std::move(members);
  }
  return operations;
}

Json json_of(const WaitStats& wait) {
  return {{"count", wait.count}, {"total_us", wait.total_us}, {"longest_us", wait.longest_us}};
}

Json json_of(const CacheCounts& cache) {
  return {{"hits", cache.hits}, {"misses", cache.misses}, {"evictions", cache.evictions}};
}

// What all processes have done: of which time, or of this process alone.
void add_activity(Json& to, const Activity& activity, const Since& since) {
  to["since"] = activity.since == 0 ? Json() : Json(exchange::format_time({activity.since, true}));
  to["operations"] = json_of(activity, since);
  to["lock_waits"] = {{"lease", json_of(activity.lease)},
                      {"merge", json_of(activity.merge)},
                      {"sync", json_of(activity.sync)}};
  const MergeStats& merges = activity.merges;
  to["merges"] = {{"folds", merges.folds},
                  {"merges", merges.merges},
                  {"read_bytes", merges.read_bytes},
                  {"written_bytes", merges.written_bytes},
                  {"total_us", merges.total_us}};
  to["faults_told"] = activity.faults;
  to["caches"] = {{"segments", json_of(activity.segments)}, {"results", json_of(activity.results)}};
  if (since.before == nullptr) return;
  const Activity& before = *since.before;
  const auto rate = [&](u64 now, u64 then) {
    const auto known = since.rate(now, then);
    return known ? Json(*known) : Json();
  };
  to["text_in_bytes_per_second"] = rate(text_in(activity), text_in(before));
  to["merge_read_bytes_per_second"] = rate(merges.read_bytes, before.merges.read_bytes);
  to["merge_written_bytes_per_second"] = rate(merges.written_bytes, before.merges.written_bytes);
}

Json json_of(const std::string& name, const ProjectStats& stats, const Since& since) {
  Json sections = Json::array(), groups = Json::array();
  for (const SectionBytes& section : stats.sections) {
    sections.push_back({{"name", section.name}, {"bytes", section.bytes}});
  }
  for (const ShardGroup& group : stats.shard_groups) {
    groups.push_back({{"level", group.level},
                      {"month", group.month},
                      {"shards", group.shards},
                      {"segments", group.segments},
                      {"text_bytes", group.text_bytes},
                      {"file_bytes", group.file_bytes}});
  }
  Json all = {{"name", name},
              {"segments", stats.segments},
              {"text_bytes", stats.text_bytes},
              {"tokens", stats.tokens},
              {"superseded", stats.superseded},
              {"shards", stats.shards},
              {"logs", stats.logs},
              {"sealed_logs", stats.sealed_logs},
              {"delta_segments", stats.delta_segments},
              {"delta_bytes", stats.delta_bytes},
              {"disk_bytes", stats.disk_bytes},
              {"log_bytes", stats.log_bytes},
              {"disk_share", ratio(stats.disk_bytes, stats.text_bytes)},
              {"edition", stats.edition},
              {"committed_lsn", stats.committed_lsn},
              {"durable_lsn", stats.durable_lsn},
              {"durable_lag_bytes", stats.durable_lag_bytes},
              {"durable_lag_us", stats.durable_lag_us},
              {"ingested_bytes", stats.ingested_bytes},
              {"written_bytes", stats.written_bytes},
              {"write_amplification", ratio(stats.written_bytes, stats.ingested_bytes)},
              {"sections", sections},
              {"shard_groups", groups},
              {"cache_hits", stats.cache_hits},
              {"cache_misses", stats.cache_misses}};
  add_activity(all, stats.activity, since);
  return all;
}

// --- as text ------------------------------------------------------------------------------------

std::string span_text(u64 ns) {
  if (ns < 1000) return fmt::format("{} ns", ns);
  if (ns < 1'000'000) return fmt::format("{:.1f} us", double(ns) / 1e3);
  if (ns < 1'000'000'000) return fmt::format("{:.1f} ms", double(ns) / 1e6);
  return fmt::format("{:.2f} s", double(ns) / 1e9);
}

std::string rate_text(std::optional<double> rate) {
  return rate ? fmt::format("{:.1f}", *rate) : std::string("-");
}

class Rows {
 public:
  explicit Rows(Output& output) : output_(output) {}
  void add(std::string_view what, const std::string& value) {
    output_.line(fmt::format("  {:<20} {}", what, value));
  }

 private:
  Output& output_;
};

void print_files(Output& output, const ProjectStats& stats) {
  Rows rows(output);
  for (const ShardGroup& group : stats.shard_groups) {
    const std::string month = group.month == 0 ? "" : fmt::format(" {}", group.month);
    rows.add(fmt::format("shards level {}{}", group.level, month),
             fmt::format("{}, {}", group.shards, size_text(group.file_bytes)));
  }
  for (const SectionBytes& section : stats.sections) {
    rows.add("section " + section.name,
             fmt::format("{} ({:.1f} % of the disk)", size_text(section.bytes),
                         100 * ratio(section.bytes, stats.disk_bytes)));
  }
}

void print_contents(Output& output, const ProjectStats& stats) {
  Rows rows(output);
  rows.add("segments", fmt::format("{} ({} in the delta, {} superseded)", stats.segments,
                                   stats.delta_segments, stats.superseded));
  rows.add("text", size_text(stats.text_bytes));
  rows.add("tokens", std::to_string(stats.tokens));
  std::string disk = size_text(stats.disk_bytes);
  // Of a few notes, the room kept ready for more would be thousands of per cent.
  if (stats.text_bytes >= u64(1) << 20) {
    disk += fmt::format(" ({:.1f} % of the text)", 100 * ratio(stats.disk_bytes, stats.text_bytes));
  }
  rows.add("disk", disk);
  rows.add("shards, logs", fmt::format("{}, {}", stats.shards, stats.logs));
  rows.add("delta",
           fmt::format("{} of text, {} sealed logs, {} of logs", size_text(stats.delta_bytes),
                       stats.sealed_logs, size_text(stats.log_bytes)));
  rows.add("edition", std::to_string(stats.edition));
  rows.add("not yet durable", stats.durable_lag_bytes == 0
                                  ? std::string("nothing")
                                  : fmt::format("{}, since {}", size_text(stats.durable_lag_bytes),
                                                span_text(stats.durable_lag_us * 1000)));
  rows.add("write amplification",
           fmt::format("{:.2f}", ratio(stats.written_bytes, stats.ingested_bytes)));
}

void print_operations(Output& output, const Activity& activity, const Since& since) {
  const auto columns = [&](std::string_view name, std::string_view count, std::string_view rate,
                           const std::string& times) {
    const std::string rates = since.before == nullptr ? "" : fmt::format(" {:>10}", rate);
    output.line(fmt::format("  {:<16} {:>12}{}{}", name, count, rates, times));
  };
  const auto times = [](const auto& p50, const auto& p90, const auto& p99, const auto& longest) {
    return fmt::format(" {:>10} {:>10} {:>10} {:>10}", p50, p90, p99, longest);
  };
  columns("operation", "count", "per second", times("p50", "p90", "p99", "longest"));
  for (usize i = 0; i < operation_count; ++i) {
    const OperationStats& one = activity.operations[i];
    if (one.count == 0) continue;
    columns(name_of(Operation(i)), std::to_string(one.count),
            rate_text(since.rate(activity, Operation(i))),
            times(span_text(one.p50_ns), span_text(one.p90_ns), span_text(one.p99_ns),
                  span_text(one.longest_ns)));
  }
}

std::string wait_text(const WaitStats& wait) {
  return fmt::format("{}, {} in all, longest {}", wait.count, span_text(wait.total_us * 1000),
                     span_text(wait.longest_us * 1000));
}

std::string cache_text(const CacheCounts& cache) {
  return fmt::format("{} hits, {} misses, {} evicted", cache.hits, cache.misses, cache.evictions);
}

void print_rates(Output& output, const Activity& activity, const Since& since) {
  if (since.before == nullptr) return;
  const auto rate = [&](u64 now, u64 then) {
    return fmt::format("{}/s", size_text(u64(since.rate(now, then).value_or(0))));
  };
  const MergeStats &now = activity.merges, &before = since.before->merges;
  Rows rows(output);
  rows.add("text in", rate(text_in(activity), text_in(*since.before)));
  rows.add("merges", fmt::format("{} read, {} written", rate(now.read_bytes, before.read_bytes),
                                 rate(now.written_bytes, before.written_bytes)));
}

void print_activity(Output& output, const Activity& activity, const Since& since) {
  output.line(activity.since == 0 ? std::string("  of this process alone:")
                                  : fmt::format("  of all processes since {}:",
                                                exchange::format_time({activity.since, true})));
  Rows rows(output);
  const MergeStats& merges = activity.merges;
  rows.add("merged",
           fmt::format("{} folds, {} merges: {} read, {} written, {}", merges.folds, merges.merges,
                       size_text(merges.read_bytes), size_text(merges.written_bytes),
                       span_text(merges.total_us * 1000)));
  rows.add("waits for the lease", wait_text(activity.lease));
  rows.add("waits to merge", wait_text(activity.merge));
  rows.add("waits for a sync", wait_text(activity.sync));
  rows.add("segments cached", cache_text(activity.segments));
  rows.add("answers cached", cache_text(activity.results));
  rows.add("faults told", std::to_string(activity.faults));
  print_operations(output, activity, since);
}

void print_stats(Output& output, const std::string& name, const ProjectStats& stats,
                 const Since& since) {
  output.line("project " + printable(name));
  print_contents(output, stats);
  if (since.before == nullptr) print_files(output, stats);
  print_rates(output, stats.activity, since);
  print_activity(output, stats.activity, since);
}

// --- once, or again and again -------------------------------------------------------------------

Result<std::vector<NamedProjectStats>> look(const std::vector<Project>& projects) {
  std::vector<NamedProjectStats> all;
  all.reserve(projects.size());
  for (const Project& project : projects) {
    ProjectStats stats = TRY(project.stats());
    all.push_back({project.name(), std::move(stats)});
  }
  return all;
}

// `before`: of the look before, by name; with it comes how long ago that was.
void tell(Output& output, const std::vector<NamedProjectStats>& projects,
          const std::map<std::string, Activity>& before, double seconds) {
  Json list = Json::array();
  for (const NamedProjectStats& one : projects) {
    const auto found = before.find(one.project);
    const Since since = found == before.end() ? Since{} : Since{&found->second, seconds};
    if (output.is_text()) {
      print_stats(output, one.project, one.stats, since);
    } else if (output.form == Form::ndjson) {
      output.object(json_of(one.project, one.stats, since));
    } else {
      list.push_back(json_of(one.project, one.stats, since));
    }
  }
  if (output.form == Form::json) output.object({{"projects", list}});
}

// A terminal shows the newest block, a pipe gets one after the other.
void begin_block(Output& output) {
  if (!output.is_text()) return;
  if (isatty(STDOUT_FILENO) == 1) output.raw("\x1b[H\x1b[2J");
  output.line(exchange::format_time({now_microseconds() / 1'000'000 * 1'000'000, true}));
}

void sleep_until(Clock::time_point moment) {
  while (!interrupted() && Clock::now() < moment) {
    std::this_thread::sleep_for(std::min<Clock::duration>(slice, moment - Clock::now()));
  }
}

// Until Ctrl-C, which is how it ends. The first look has nothing to compare with.
Result<Exit> watch(Context& context, const std::vector<Project>& projects, double every) {
  watch_for_interrupt();
  std::map<std::string, Activity> before;
  auto looked_at = Clock::now();
  const auto interval =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(every));
  while (!interrupted()) {
    const auto now = Clock::now();
    std::vector<NamedProjectStats> all = TRY(look(projects));
    begin_block(context.output);
    tell(context.output, all, before, std::chrono::duration<double>(now - looked_at).count());
    context.output.flush();
    for (NamedProjectStats& one : all) before[one.project] = std::move(one.stats.activity);
    looked_at = now;
    sleep_until(now + interval);
  }
  return Exit::interrupted;
}

Result<double> interval_of(const std::string& text) {
  if (text.empty()) return 2.0;
  double seconds = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seconds);
  const bool is_number = read.ec == std::errc() && read.ptr == end;
  if (!is_number || !(seconds >= watch_seconds_min) || !(seconds <= watch_seconds_max)) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("--watch takes {} to {} seconds, not \"{}\".", watch_seconds_min,
                            watch_seconds_max, text));
  }
  return seconds;
}

Result<Exit> stats(Context& context, const StatsOptions& options) {
  Output& output = context.output;
  const bool for_prometheus = options.format == "prometheus";
  if (for_prometheus && (options.watch || !output.is_text())) {
    return fail(ErrorCode::invalid_argument,
                "--format prometheus is one text: without --watch, --json and --ndjson.");
  }
  if (options.format == "json" && output.is_text()) output.form = Form::json;
  const double every = TRY(interval_of(options.every));
  const auto projects = TRY(context.projects_to_read(context.globals.all_projects));
  if (options.watch) return watch(context, projects, every);
  const std::vector<NamedProjectStats> all = TRY(look(projects));
  if (for_prometheus) {
    output.raw(prometheus_text(all, nullptr));
  } else {
    tell(output, all, {}, 0);
  }
  return Exit::ok;
}

}  // namespace

void add_stats_verb(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "stats", "what a project holds, costs and does");
  auto options = std::make_shared<StatsOptions>();
  verb->add_option("--format", options->format,
                   "text, json (the same as --json), or prometheus: text for its scraper")
      ->check(CLI::IsMember({"text", "json", "prometheus"}));
  CLI::Option* every = verb->add_option("--watch", options->every,
                                        "again every N seconds (2), with rates, until Ctrl-C");
  every->expected(0, 1);
  verb->callback([&context, options, every] {
    options->watch = every->count() > 0;
    context.action = [&context, options] { return stats(context, *options); };
  });
}

}  // namespace shale::cli

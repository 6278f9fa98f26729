#include "store/activity.hpp"

#include <algorithm>

#include "base/shortage.hpp"
#include "base/system.hpp"

namespace shale {

namespace store {

namespace {

using catalog::StatsFile;
using catalog::StatsWords;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds making_patience{100};

// Whose STATS is wanted, by the newest view: the store may have been replaced under its path.
Result<catalog::ControlIdentity> identity_of(const Project::State& project) {
  const std::lock_guard lock(project.view_mutex);
  if (project.view == nullptr) return fail(ErrorCode::busy, "The project is being opened anew");
  const u64 boot = project.boot != 0 ? project.boot : TRY(boot_id());
  return catalog::ControlIdentity{project.view->edition->manifest.project_id, boot};
}

bool has_sums(const Project::State& project) {
  return !project.is_private && !project.is_alone && project.generation == process_generation();
}

LruCounters difference(const LruCounters& now, const LruCounters& before) {
  return {now.hits - before.hits, now.misses - before.misses, now.evictions - before.evictions, 0,
          0};
}

// A store's caches are those of all its projects: what they did goes to the one that asks first.
// Those that come later are told here.
void take_over_caches(Project::State& project) {
  SharedCaches& caches = *project.caches;
  const std::lock_guard lock(caches.told.mutex);
  const auto take_over = [&](catalog::Cache cache, const LruCounters& now, LruCounters& told) {
    project.figures.add_cache(cache, difference(now, told));
    told = now;
  };
  take_over(catalog::Cache::segments, caches.segments.counters(), caches.told.segments);
  take_over(catalog::Cache::results, caches.results.counters(), caches.told.results);
}

// One process at a time makes it; who comes second finds it.
Result<StatsFile> make_file(const Project::State& project,
                            const catalog::ControlIdentity& identity) {
  const std::filesystem::path path = project.paths.stats();
  LockFile lock = TRY(LockFile::open(project.paths.lock(), false));
  if (!TRY(lock.lock(catalog::lock_byte::figures, Clock::now() + making_patience))) {
    return fail_at(ErrorCode::busy, "Somebody else is making the file", path.string());
  }
  std::optional<StatsFile> file = TRY(StatsFile::open(path, identity));
  if (file.has_value()) return *std::move(file);
  return StatsFile::create(path, identity, now_microseconds());
}

// SharedFigures::mutex held. The file that stands at the path.
Result<StatsFile*> file_at_path(Project::State& project) {
  std::optional<StatsFile>& file = project.shared_figures.file;
  if (file.has_value() && TRY(file->is_at(project.paths.stats()))) return &*file;
  const catalog::ControlIdentity identity = TRY(identity_of(project));
  file = TRY(StatsFile::open(project.paths.stats(), identity));
  if (!file.has_value()) file = TRY(make_file(project, identity));
  return &*file;
}

// SharedFigures::mutex held.
Result<void> flush(Project::State& project) {
  SharedFigures& shared = project.shared_figures;
  take_over_caches(project);
  const StatsWords now = project.figures.words();
  const StatsWords more = shared.told == nullptr ? now : catalog::difference(now, *shared.told);
  if (catalog::is_zero(more)) return {};
  TRY(file_at_path(project))->add(more);
  shared.told = std::make_unique<StatsWords>(now);
  return {};
}

OperationStats operation_of(const catalog::OperationPart& part, Operation operation) {
  OperationStats stats;
  stats.timed = part.latency.total();
  stats.count = is_sampled(operation) ? std::max(part.count, stats.timed) : stats.timed;
  stats.bytes = part.bytes;
  if (stats.timed == 0) return stats;
  stats.total_ns = part.nanoseconds;
  stats.longest_ns = part.longest;
  const auto share = [&](double of) { return std::min(part.latency.percentile(of), part.longest); };
  stats.p50_ns = share(.5);
  stats.p90_ns = share(.9);
  stats.p99_ns = share(.99);
  stats.buckets.reserve(usize(histogram_power_max - histogram_power_min + 1));
  for (int power = histogram_power_min; power <= histogram_power_max; ++power) {
    const u64 end = u64(1) << power;
    stats.buckets.push_back({end, part.latency.total_up_to(histogram_bucket(end))});
  }
  return stats;
}

WaitStats wait_of(const catalog::WaitPart& part) {
  return {part.count, part.nanoseconds / 1000, part.longest / 1000};
}

CacheCounts cache_of(const catalog::CachePart& part) {
  return {part.hits, part.misses, part.evictions};
}

// What stands in the file, for those who add nothing.
Result<std::optional<catalog::StatsCopy>> sums_to_read(const Project::State& project) {
  const catalog::ControlIdentity identity = TRY(identity_of(project));
  return catalog::read_stats(project.paths.stats(), identity);
}

}  // namespace

void flush_figures(Project::State& project, std::chrono::milliseconds interval) noexcept {
  if (!has_sums(project)) return;
  SharedFigures& shared = project.shared_figures;
  const std::lock_guard lock(shared.mutex);
  const Clock::time_point now = Clock::now();
  if (now - shared.told_at < interval) return;
  shared.told_at = now;
  (void)flush(project);
}

Activity activity_of(const StatsWords& words, i64 since) {
  Activity activity;
  activity.since = since;
  for (usize i = 0; i < operation_count; ++i) {
    activity.operations[i] = operation_of(words.operations[i], Operation(i));
  }
  activity.lease = wait_of(words.of(Lock::lease));
  activity.merge = wait_of(words.of(Lock::merge));
  activity.sync = wait_of(words.of(Lock::sync));
  const catalog::MergePart& merges = words.merges;
  activity.merges = {merges.folds, merges.merges, merges.read_bytes, merges.written_bytes,
                     merges.nanoseconds / 1000};
  activity.faults = words.faults;
  activity.segments = cache_of(words.of(catalog::Cache::segments));
  activity.results = cache_of(words.of(catalog::Cache::results));
  return activity;
}

Result<Activity> activity_of_all(Project::State& project) {
  if (!project.is_alone) {
    flush_figures(project, {});
    const auto sums = sums_to_read(project);
    if (!sums && is_shortage(sums.error())) return Unexpected{sums.error()};
    if (sums && sums->has_value()) return activity_of((*sums)->words, (*sums)->made_at);
  }
  return activity_of(project.figures.words(), 0);
}

CacheStats cache_stats(const LruCounters& counters) {
  return {counters.hits, counters.misses, counters.evictions, counters.entries, counters.bytes};
}

}  // namespace store

const char* name_of(Operation operation) noexcept {
  constexpr const char* names[] = {"get",         "get_many",       "search", "count",   "list",
                                   "sum",         "usage",          "pack",   "changes", "snapshot",
                                   "commit_full", "commit_relaxed", "ingest", "sync"};
  static_assert(std::size(names) == operation_count);
  return names[usize(operation)];
}

Project::State::~State() { store::flush_figures(*this, {}); }

}  // namespace shale

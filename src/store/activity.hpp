// From the words of figures.hpp to what users see, and to the sums of all processes.
//
// The counts of a snapshot of words need not fit together to the last one: others are adding. What
// is shown as one operation is made of its histogram alone, so that counts, buckets and percentiles
// do. Used by project_stats, store and housekeeper.
#pragma once

#include <chrono>

#include <shale/stats.hpp>

#include "store/project_state.hpp"

namespace shale::store {

// Adds what is new to STATS, where that was not done within `interval`.
void flush_figures(Project::State& project, std::chrono::milliseconds interval) noexcept;

Activity activity_of(const catalog::StatsWords& words, i64 since);
// Of all processes, this one's up to now included; of this one where there are no sums. An error
// only where nobody can know: out of descriptors.
Result<Activity> activity_of_all(Project::State& project);

CacheStats cache_stats(const LruCounters& counters);

}  // namespace shale::store

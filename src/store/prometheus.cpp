#include "store/prometheus.hpp"

#include <array>
#include <charconv>
#include <functional>
#include <initializer_list>
#include <utility>

#include <shale/store.hpp>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale {

namespace store {

namespace {

constexpr double ns = 1e-9, us = 1e-6;  // in seconds

struct Label {
  std::string_view name;
  std::string_view value;
};
using Labels = std::initializer_list<Label>;

std::string labels_text(Labels labels) {
  std::string text;
  for (const Label& label : labels) {
    text += text.empty() ? "{" : ",";
    text.append(label.name).append("=\"").append(escaped_label(label.value)).append("\"");
  }
  return text.empty() ? text : text + "}";
}

// A family under way: what it is stands before its first sample.
class Family {
 public:
  Family(std::string& out, std::string_view name, std::string_view type, std::string_view help)
      : out_(out), name_(name), type_(type), help_(help) {}

  void sample(Labels labels, double value, std::string_view suffix = {}) {
    put(labels, suffix, number_text(value));
  }
  void sample(Labels labels, u64 value, std::string_view suffix = {}) {
    put(labels, suffix, std::to_string(value));
  }

 private:
  void put(Labels labels, std::string_view suffix, const std::string& value) {
    if (!begun_) {
      out_.append("# HELP ").append(name_).append(" ").append(help_).append("\n");
      out_.append("# TYPE ").append(name_).append(" ").append(type_).append("\n");
      begun_ = true;
    }
    out_.append(name_).append(suffix).append(labels_text(labels)).append(" ").append(value);
    out_.append("\n");
  }

  std::string& out_;
  std::string_view name_, type_, help_;
  bool begun_ = false;
};

// A family of one number of each project.
struct Simple {
  std::string_view name, type, help;
  std::uint64_t ProjectStats::*value;
};
constexpr Simple simple_families[] = {
    {"shale_segments", "gauge", "Live segments.", &ProjectStats::segments},
    {"shale_text_bytes", "gauge", "Text of live segments.", &ProjectStats::text_bytes},
    {"shale_tokens", "gauge", "Tokens of live segments that have a count.", &ProjectStats::tokens},
    {"shale_superseded_segments", "gauge", "Versions on disk that no reader of now sees.",
     &ProjectStats::superseded},
    {"shale_delta_segments", "gauge", "Segments in logs, superseded ones included.",
     &ProjectStats::delta_segments},
    {"shale_delta_bytes", "gauge", "Text of live segments in logs.", &ProjectStats::delta_bytes},
    {"shale_disk_bytes", "gauge", "All files of the project.", &ProjectStats::disk_bytes},
    {"shale_log_bytes", "gauge", "Files of logs, room kept ready included.",
     &ProjectStats::log_bytes},
    {"shale_edition", "gauge", "Number of the newest edition.", &ProjectStats::edition},
    {"shale_committed_lsn", "gauge", "Position of the newest batch.", &ProjectStats::committed_lsn},
    {"shale_durable_lsn", "gauge", "Position up to which a power cut takes nothing back.",
     &ProjectStats::durable_lsn},
    {"shale_durable_lag_bytes", "gauge", "What of the log is not durable yet.",
     &ProjectStats::durable_lag_bytes},
    {"shale_ingested_bytes_total", "counter", "Text that entered shards.",
     &ProjectStats::ingested_bytes},
    {"shale_written_bytes_total", "counter",
     "Files of shards written: divided by what was ingested it is the write amplification.",
     &ProjectStats::written_bytes},
};

class Exposition {
 public:
  explicit Exposition(std::span<const NamedProjectStats> projects) : projects_(projects) {}

  std::string take() {
    for (const Simple& family : simple_families) {
      for_projects(family.name, family.type, family.help, [&](Family& out, const auto& project) {
        out.sample({{"project", project.project}}, u64(project.stats.*family.value));
      });
    }
    add_files();
    add_operations();
    add_histograms();
    add_waits();
    add_merges();
    add_caches();
    return std::move(out_);
  }

 private:
  using Write = std::function<void(Family&, const NamedProjectStats&)>;

  void for_projects(std::string_view name, std::string_view type, std::string_view help,
                    const Write& write) {
    Family family(out_, name, type, help);
    for (const NamedProjectStats& project : projects_) write(family, project);
  }

  void add_files() {
    const auto groups = [&](std::string_view name, std::string_view help,
                            std::uint64_t ShardGroup::*value) {
      for_projects(name, "gauge", help, [&](Family& out, const NamedProjectStats& one) {
        for (const ShardGroup& group : one.stats.shard_groups) {
          const std::string level = std::to_string(group.level);
          const std::string month = std::to_string(group.month);
          out.sample({{"project", one.project}, {"level", level}, {"month", month}},
                     u64(group.*value));
        }
      });
    };
    groups("shale_shards", "Shards by level and month.", &ShardGroup::shards);
    groups("shale_shard_bytes", "Files of shards.", &ShardGroup::file_bytes);
    for_projects(
        "shale_section_bytes", "gauge", "Sections of shards.",
        [](Family& out, const NamedProjectStats& one) {
          for (const SectionBytes& section : one.stats.sections) {
            out.sample({{"project", one.project}, {"section", section.name}}, u64(section.bytes));
          }
        });
    for_projects(
        "shale_logs", "gauge", "Logs by state.", [](Family& out, const NamedProjectStats& one) {
          const u64 sealed = one.stats.sealed_logs;
          out.sample({{"project", one.project}, {"state", "sealed"}}, sealed);
          out.sample({{"project", one.project}, {"state", "active"}}, u64(one.stats.logs) - sealed);
        });
    for_projects("shale_durable_lag_seconds", "gauge",
                 "Since when the oldest batch is there that a power cut could take back.",
                 [](Family& out, const NamedProjectStats& one) {
                   out.sample({{"project", one.project}}, double(one.stats.durable_lag_us) * us);
                 });
    for_projects("shale_counting_since_seconds", "gauge",
                 "Unix time from which on operations are counted.",
                 [](Family& out, const NamedProjectStats& one) {
                   if (one.stats.activity.since == 0) return;
                   out.sample({{"project", one.project}}, double(one.stats.activity.since) * us);
                 });
  }

  // Of every operation, so that a rate has a zero to begin with.
  template <class Value>
  void for_operations(std::string_view name, std::string_view type, std::string_view help,
                      Value value) {
    for_projects(name, type, help, [&](Family& out, const NamedProjectStats& one) {
      for (usize i = 0; i < operation_count; ++i) {
        out.sample({{"project", one.project}, {"operation", name_of(Operation(i))}},
                   value(one.stats.activity.operations[i]));
      }
    });
  }

  void add_operations() {
    for_operations("shale_operations_total", "counter", "Operations of all processes.",
                   [](const OperationStats& one) { return u64(one.count); });
    for_operations("shale_operation_bytes_total", "counter", "Text of commits and ingests.",
                   [](const OperationStats& one) { return u64(one.bytes); });
    for_operations("shale_operation_longest_seconds", "gauge", "The longest that was timed.",
                   [](const OperationStats& one) { return double(one.longest_ns) * ns; });
  }

  void add_histograms() {
    for_projects("shale_operation_seconds", "histogram",
                 "Time of operations; of get and snapshot one of 64 is timed.",
                 [](Family& out, const NamedProjectStats& one) {
                   for (usize i = 0; i < operation_count; ++i) {
                     add_histogram(out, one.project, Operation(i), one.stats.activity);
                   }
                 });
  }

  static void add_histogram(Family& out, std::string_view project, Operation operation,
                            const Activity& activity) {
    const OperationStats& one = activity.of(operation);
    if (one.timed == 0) return;
    const Label of_project{"project", project}, of_operation{"operation", name_of(operation)};
    for (const LatencyBucket& bucket : one.buckets) {
      const std::string end = number_text(double(bucket.up_to_ns) * ns);
      out.sample({of_project, of_operation, {"le", end}}, u64(bucket.count), "_bucket");
    }
    out.sample({of_project, of_operation, {"le", "+Inf"}}, u64(one.timed), "_bucket");
    out.sample({of_project, of_operation}, double(one.total_ns) * ns, "_sum");
    out.sample({of_project, of_operation}, u64(one.timed), "_count");
  }

  template <class Value>
  void for_locks(std::string_view name, std::string_view type, std::string_view help, Value value) {
    for_projects(name, type, help, [&](Family& out, const NamedProjectStats& one) {
      const Activity& activity = one.stats.activity;
      out.sample({{"project", one.project}, {"lock", "lease"}}, value(activity.lease));
      out.sample({{"project", one.project}, {"lock", "merge"}}, value(activity.merge));
      out.sample({{"project", one.project}, {"lock", "sync"}}, value(activity.sync));
    });
  }

  void add_waits() {
    for_locks("shale_lock_waits_total", "counter", "Waits for a lock of 20 us and more.",
              [](const WaitStats& one) { return u64(one.count); });
    for_locks("shale_lock_wait_seconds_total", "counter", "Time of these waits.",
              [](const WaitStats& one) { return double(one.total_us) * us; });
    for_locks("shale_lock_wait_longest_seconds", "gauge", "The longest of these waits.",
              [](const WaitStats& one) { return double(one.longest_us) * us; });
    for_projects("shale_faults_total", "counter", "Faults told by answers.",
                 [](Family& out, const NamedProjectStats& one) {
                   out.sample({{"project", one.project}}, u64(one.stats.activity.faults));
                 });
  }

  void add_merges() {
    for_projects("shale_merges_total", "counter", "Merges published: of logs alone, of shards.",
                 [](Family& out, const NamedProjectStats& one) {
                   const MergeStats& merges = one.stats.activity.merges;
                   out.sample({{"project", one.project}, {"kind", "fold"}}, u64(merges.folds));
                   out.sample({{"project", one.project}, {"kind", "merge"}}, u64(merges.merges));
                 });
    const auto bytes = [&](std::string_view name, std::string_view help,
                           std::uint64_t MergeStats::*value) {
      for_projects(name, "counter", help, [&](Family& out, const NamedProjectStats& one) {
        out.sample({{"project", one.project}}, u64(one.stats.activity.merges.*value));
      });
    };
    bytes("shale_merge_read_bytes_total", "Files that merges have read.", &MergeStats::read_bytes);
    bytes("shale_merge_written_bytes_total", "Files that merges have written.",
          &MergeStats::written_bytes);
    for_projects(
        "shale_merge_seconds_total", "counter", "Time of merges.",
        [](Family& out, const NamedProjectStats& one) {
          out.sample({{"project", one.project}}, double(one.stats.activity.merges.total_us) * us);
        });
  }

  void add_caches() {
    const auto counts = [&](std::string_view name, std::string_view help,
                            std::uint64_t CacheCounts::*value) {
      for_projects(name, "counter", help, [&](Family& out, const NamedProjectStats& one) {
        const Activity& activity = one.stats.activity;
        out.sample({{"project", one.project}, {"cache", "segments"}},
                   u64(activity.segments.*value));
        out.sample({{"project", one.project}, {"cache", "results"}}, u64(activity.results.*value));
      });
    };
    counts("shale_cache_hits_total", "Found in a cache, by all processes.", &CacheCounts::hits);
    counts("shale_cache_misses_total", "Not found there.", &CacheCounts::misses);
    counts("shale_cache_evictions_total", "Dropped to stay within a cache's budget.",
           &CacheCounts::evictions);
  }

  std::span<const NamedProjectStats> projects_;
  std::string out_;
};

void add_pages(std::string& out, const PageStats& pages) {
  const auto one = [&](std::string_view name, std::string_view type, std::string_view help,
                       u64 value) { Family(out, name, type, help).sample({}, value); };
  one("shale_process_page_hits_total", "counter", "Looks at verified bytes.", pages.hits);
  one("shale_process_page_misses_total", "counter", "Windows that came in.", pages.misses);
  one("shale_process_page_evictions_total", "counter", "Windows given back.", pages.evictions);
  one("shale_process_verified_bytes_total", "counter", "Bytes that went through their checksums.",
      pages.verified_bytes);
  one("shale_process_prefetched_bytes_total", "counter", "Asked for because they were hot before.",
      pages.prefetched_bytes);
  one("shale_process_resident_bytes", "gauge", "Resident pages of mapped files.",
      pages.resident_bytes);
}

// What is of the process that answers: what it holds.
void add_process(std::string& out, const StoreStats& process) {
  const auto gauge = [&](std::string_view name, std::string_view help,
                         std::uint64_t CacheStats::*value) {
    Family family(out, name, "gauge", help);
    family.sample({{"cache", "segments"}}, u64(process.segments.*value));
    family.sample({{"cache", "results"}}, u64(process.results.*value));
  };
  gauge("shale_process_cache_entries", "What this process keeps.", &CacheStats::entries);
  gauge("shale_process_cache_bytes", "What this process keeps.", &CacheStats::bytes);
  add_pages(out, process.pages);
}

}  // namespace

std::string escaped_label(std::string_view value) {
  std::string text;
  text.reserve(value.size());
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    text += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return text;
}

std::string number_text(double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return std::string(text.data(), end);
}

}  // namespace store

std::string prometheus_text(std::span<const NamedProjectStats> projects,
                            const StoreStats* process) {
  std::string text = store::Exposition(projects).take();
  if (process != nullptr) store::add_process(text, *process);
  return text;
}

Result<std::string> prometheus_text(const Store& store) {
  std::vector<NamedProjectStats> projects;
  const std::vector<std::string> names = TRY(store.projects());
  projects.reserve(names.size());
  for (const std::string& name : names) {
    const Project project = TRY(store.project(name));
    ProjectStats stats = TRY(project.stats());
    projects.push_back({name, std::move(stats)});
  }
  const StoreStats process = store.stats();
  return prometheus_text(projects, &process);
}

}  // namespace shale

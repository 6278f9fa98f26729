// Figures of an opened store, measured inside one process: what `./run prove store` prints.
//
//   store_figures reads STORE IDS QUERIES   gets by id, searches, snapshots; memory afterwards
//   store_figures stash STORE COUNT         durable single stashes beside bare write-and-syncs
//   store_figures poll STORE COUNT          how soon a process that polls sees another's stash
//   store_figures writers STORE WRITERS COUNT DELAY
//                                           durable stashes of so many processes at once, COUNT
//                                           each, where a sync takes DELAY microseconds more
//   store_figures sums STORE                sums by groups and the usage, warm, on one thread
//   store_figures readers STORE QUERIES READERS SECONDS
//                                           searches of so many processes at once
//
// IDS and QUERIES hold one id, one query text a line. Prints one JSON object.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <shale/shale.hpp>

#include "base/file.hpp"
#include "base/file_system.hpp"
#include "base/system.hpp"
#include "bench/figures.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// Resident memory of this process, shared pages included.
unsigned long long resident_bytes() {
  std::ifstream file("/proc/self/statm");
  unsigned long long total = 0, resident = 0;
  file >> total >> resident;
  return resident * 4096;
}

// An object that the children of fork share, for as long as the program runs.
template <class Object>
Object& shared_with_children() {
  void* const memory =
      mmap(nullptr, sizeof(Object), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("mmap");
    std::exit(1);
  }
  return *new (memory) Object{};
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(share * double(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

std::vector<std::string> lines_of(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

double snapshot_nanoseconds(const shale::Project& project) {
  constexpr int rounds = 200'000;
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < rounds; ++i) (void)project.snapshot().value();
  return microseconds_since(start) * 1000 / rounds;
}

int reads(const char* path, const char* ids_path, const char* queries_path) {
  const auto store = shale::Store::open(path, {.result_bytes = 0}).value();
  const auto project = store.project("default").value();
  const auto now = project.snapshot().value();
  std::vector<double> gets, searches;
  std::size_t missing = 0, bytes = 0, hits = 0;
  for (const std::string& id : lines_of(ids_path)) {
    const Clock::time_point start = Clock::now();
    const auto segment = now.get(id).value();
    gets.push_back(microseconds_since(start));
    missing += segment ? 0 : 1;
    bytes += segment ? segment->text().size() : 0;
  }
  for (const std::string& text : lines_of(queries_path)) {
    const Clock::time_point start = Clock::now();
    hits += now.search({.text = text}).value().hits.size();
    searches.push_back(microseconds_since(start));
  }
  std::printf(
      "{\"gets\":%zu,\"missing\":%zu,\"get_p50_us\":%.2f,\"get_p99_us\":%.2f,\"text_bytes\":%zu,"
      "\"searches\":%zu,\"hits\":%zu,\"search_p50_us\":%.1f,\"search_p99_us\":%.1f,"
      "\"rss_bytes\":%llu,\"peak_rss_bytes\":%llu,\"snapshot_ns\":%.0f}\n",
      gets.size(), missing, percentile(gets, .5), percentile(gets, .99), bytes, searches.size(),
      hits, percentile(searches, .5), percentile(searches, .99), resident_bytes(),
      static_cast<unsigned long long>(shale::peak_resident_bytes()), snapshot_nanoseconds(project));
  return missing == 0 ? 0 : 1;
}

// The same frame-sized write over blocks that are written already, synced: what the disk costs.
double bare_write_us(shale::File& file, std::uint64_t& offset, const shale::Buffer& bytes) {
  const Clock::time_point start = Clock::now();
  file.write_at(offset, bytes).value();
  file.sync_data().value();
  offset += bytes.size();
  return microseconds_since(start);
}

int stash(const char* path, int count) {
  auto store = shale::Store::open(path, {.create = true, .tokenizer = "none"}).value();
  auto project = store.project("default").value();
  const std::filesystem::path bare_path = std::filesystem::path(path) / "bare-writes";
  auto file = shale::File::open(bare_path, shale::File::Mode::create).value();
  const shale::Buffer zeros(4 << 20);
  file.write_at(0, zeros).value();
  file.sync_data().value();
  const shale::Buffer frame(512);
  std::uint64_t offset = 0;
  std::vector<double> stashes, bare;
  const std::string text(350, 'x');
  for (int i = 0; i < count; ++i) {
    bare.push_back(bare_write_us(file, offset, frame));
    shale::Batch batch;
    batch.stash({.id = "single-" + std::to_string(i), .text = "stash number " + text});
    const Clock::time_point start = Clock::now();
    project.commit(batch).value();
    stashes.push_back(microseconds_since(start));
  }
  std::filesystem::remove(bare_path);
  std::printf("{\"stash_p50_us\":%.1f,\"bare_p50_us\":%.1f,\"ratio\":%.3f,\"stash_p99_us\":%.1f}\n",
              percentile(stashes, .5), percentile(bare, .5),
              percentile(stashes, .5) / percentile(bare, .5), percentile(stashes, .99));
  return 0;
}

long long nanoseconds_now() {
  const auto since_boot = Clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_boot).count();
}

// When the process below last wrote to a file: a commit publishes its batch some microseconds after
// its frame went to the log, so that what is counted from here is never too little.
class WriteClock : public shale::FileSystem {
 public:
  explicit WriteClock(std::atomic<long long>& written) : written_(written) {}

  ssize_t write(int descriptor, const iovec* pieces, int count, off_t offset) override {
    const ssize_t done = FileSystem::write(descriptor, pieces, count, offset);
    written_.store(nanoseconds_now(), std::memory_order_release);
    return done;
  }

 private:
  std::atomic<long long>& written_;
};

// Stashes the moment at which each commit was asked for, every few milliseconds.
void stash_moments(const char* path, int count, std::atomic<long long>& written) {
  WriteClock clock(written);
  shale::FileSystem::use(&clock);
  auto project = shale::Store::open(path).value().project("default").value();
  for (int i = 0; i < count; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2 + i % 3));
    shale::Batch batch;
    batch.stash({.id = "moment", .text = std::to_string(nanoseconds_now())});
    project.commit(batch, shale::Durability::relaxed).value();
  }
}

// Two figures of each stash: from its frame's arrival in the log (publication, and what little
// comes before it), and from the call of commit, with all that a cold commit costs.
int poll(const char* path, int count) {
  {
    auto project = shale::Store::open(path, {.create = true, .tokenizer = "none"})
                       .value()
                       .project("default")
                       .value();
    shale::Batch batch;
    batch.stash({.id = "moment", .text = "0"});
    project.commit(batch).value();
  }
  auto& written = shared_with_children<std::atomic<long long>>();
  const pid_t writer = fork();
  if (writer == 0) {
    stash_moments(path, count, written);
    _exit(0);
  }
  const auto project = shale::Store::open(path).value().project("default").value();
  std::uint64_t seen = project.snapshot().value().lsn();
  std::vector<double> published, called;
  int status = -1;
  // Where two stashes came between two looks, one of them is never seen: the writer's end counts.
  while (waitpid(writer, &status, WNOHANG) == 0) {
    const auto now = project.snapshot().value();
    if (now.lsn() == seen) continue;
    const long long at = nanoseconds_now();
    published.push_back(double(at - written.load(std::memory_order_acquire)) / 1000);
    seen = now.lsn();
    called.push_back(double(at - std::stoll(std::string(now.get("moment").value()->text()))) /
                     1000);
  }
  std::printf(
      "{\"seen_p50_us\":%.1f,\"seen_p99_us\":%.1f,\"called_p50_us\":%.1f,"
      "\"called_p99_us\":%.1f,\"idle_ns\":%.0f}\n",
      percentile(published, .5), percentile(published, .99), percentile(called, .5),
      percentile(called, .99), snapshot_nanoseconds(project));
  return status;
}

// The median of 51 calls, in milliseconds of this thread on its core.
template <class Call>
double median_ms(Call&& call) {
  std::vector<double> taken;
  for (int i = 0; i < 51; ++i) taken.push_back(shale::bench::microseconds_of(call) / 1000);
  return shale::bench::at_share(std::move(taken), .5);
}

int sums(const char* path) {
  const auto now = shale::Store::open(path, {.result_bytes = 0})
                       .value()
                       .project("default")
                       .value()
                       .snapshot()
                       .value();
  const auto sum_ms = [&](const char* field, std::vector<std::string> by, bool times = false) {
    const shale::Aggregation asked{.field = field, .by = std::move(by), .times = times};
    return median_ms([&] { (void)now.aggregate(asked).value(); });
  };
  const std::vector<std::string> type_task = {"type", "task"};
  const std::size_t rows = now.sum("tokens", type_task).value().rows.size();
  const shale::Usage usage = now.usage({.limit = 1'000'000}).value();
  std::printf(
      "{\"segments\":%llu,\"types\":%zu,\"tasks\":%zu,\"type_task_rows\":%zu,"
      "\"tokens_by_type_task_ms\":%.3f,\"usage_ms\":%.3f,\"tokens_ms\":%.3f,"
      "\"count_by_type_ms\":%.3f,\"tokens_by_type_day_ms\":%.3f,"
      "\"tokens_by_type_task_times_ms\":%.3f,\"tokens_by_file_ms\":%.3f}\n",
      static_cast<unsigned long long>(usage.segments), usage.types.size(), usage.tasks.size(), rows,
      sum_ms("tokens", type_task),
      median_ms([&] { (void)now.usage({.limit = 1'000'000}).value(); }), sum_ms("tokens", {}),
      sum_ms("", {"type"}), sum_ms("tokens", {"type", "day"}), sum_ms("tokens", type_task, true),
      sum_ms("tokens", {"file"}));
  return 0;
}

// What the writers share: the start, and how often one of them synced.
struct Together {
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::atomic<unsigned long long> syncs{0};
};

// Counts syncs, and makes each take longer: a disk of another kind.
class SlowSyncs : public shale::FileSystem {
 public:
  SlowSyncs(Together& together, int delay_us) : together_(together), delay_(delay_us) { use(this); }
  ~SlowSyncs() override { use(nullptr); }
  int sync_data(int descriptor) override {
    together_.syncs.fetch_add(1);
    if (delay_.count() > 0) std::this_thread::sleep_for(delay_);
    return FileSystem::sync_data(descriptor);
  }

 private:
  Together& together_;
  std::chrono::microseconds delay_;
};

void write_with_others(const char* path, int writer, int count, int delay_us, Together& together) {
  const SlowSyncs disk(together, delay_us);
  auto project = shale::Store::open(path).value().project("default").value();
  const std::string name = "writer-" + std::to_string(writer) + "-";
  together.ready.fetch_add(1);
  while (!together.go.load()) std::this_thread::yield();
  for (int i = 0; i < count; ++i) {
    shale::Batch batch;
    batch.stash({.id = name + std::to_string(i), .text = "text " + std::to_string(i)});
    project.commit(batch).value();
  }
}

// What the readers share.
struct ReadTogether {
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::atomic<unsigned long long> searches{0};
};

void read_with_others(const char* path, const std::vector<std::string>& queries, int seconds,
                      ReadTogether& together) {
  const auto now = shale::Store::open(path, {.result_bytes = 0})
                       .value()
                       .project("default")
                       .value()
                       .snapshot()
                       .value();
  for (const std::string& text : queries) (void)now.search({.text = text}).value();  // warm
  together.ready.fetch_add(1);
  while (!together.go.load()) std::this_thread::yield();
  const Clock::time_point start = Clock::now();
  unsigned long long searches = 0;
  while (microseconds_since(start) < seconds * 1e6) {
    (void)now.search({.text = queries[searches++ % queries.size()]}).value();
  }
  together.searches.fetch_add(searches);
}

int readers(const char* path, const char* queries_path, int readers, int seconds) {
  const std::vector<std::string> queries = lines_of(queries_path);
  auto& together = shared_with_children<ReadTogether>();
  for (int reader = 0; reader < readers; ++reader) {
    if (fork() != 0) continue;
    read_with_others(path, queries, seconds, together);
    _exit(0);
  }
  while (together.ready.load() < readers) std::this_thread::yield();
  together.go.store(true);
  int failed = 0;
  for (int reader = 0; reader < readers; ++reader) {
    int status = -1;
    wait(&status);
    failed |= status;
  }
  std::printf("{\"searches_per_second\":%.0f}\n", double(together.searches.load()) / seconds);
  return failed == 0 ? 0 : 1;
}

int writers(const char* path, int writers, int count, int delay_us) {
  (void)shale::Store::open(path, {.create = true, .tokenizer = "none"})
      .value()
      .project("default")
      .value();
  auto& together = shared_with_children<Together>();
  for (int writer = 0; writer < writers; ++writer) {
    if (fork() != 0) continue;
    write_with_others(path, writer, count, delay_us, together);
    _exit(0);
  }
  while (together.ready.load() < writers) std::this_thread::yield();
  const unsigned long long before = together.syncs.load();
  const Clock::time_point start = Clock::now();
  together.go.store(true);
  int failed = 0;
  for (int writer = 0; writer < writers; ++writer) {
    int status = -1;
    wait(&status);
    failed |= status;
  }
  const double batches = double(writers) * count;
  std::printf("{\"stashes_per_second\":%.0f,\"syncs_per_stash\":%.3f}\n",
              batches / microseconds_since(start) * 1e6,
              double(together.syncs.load() - before) / batches);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "reads" && argc == 5) return reads(argv[2], argv[3], argv[4]);
  if (verb == "stash" && argc == 4) return stash(argv[2], std::stoi(argv[3]));
  if (verb == "sums" && argc == 3) return sums(argv[2]);
  if (verb == "poll" && argc == 4) return poll(argv[2], std::stoi(argv[3]));
  if (verb == "writers" && argc == 6) {
    return writers(argv[2], std::stoi(argv[3]), std::stoi(argv[4]), std::stoi(argv[5]));
  }
  if (verb == "readers" && argc == 6) {
    return readers(argv[2], argv[3], std::stoi(argv[4]), std::stoi(argv[5]));
  }
  std::fprintf(stderr,
               "usage: store_figures reads STORE IDS QUERIES | stash STORE COUNT | "
               "poll STORE COUNT | sums STORE | writers STORE WRITERS COUNT DELAY | "
               "readers STORE QUERIES READERS SECONDS\n");
  return 2;
}

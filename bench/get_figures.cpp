// Gets of a store, warm, in one process: what `./run prove workingset` prints of active segments.
//
//   get_figures STORE IDS
//
// IDS holds one id a line, in random order. Prints one JSON object:
//   hit_ns              a get of one of 10,000 segments that are all decoded already, one thread
//   changed_hit_ns      likewise, of segments that were all pinned since (in a store in memory)
//   hit_gets_per_s      of 1, 2 and 8 threads at once, wall time; hit_cpu_ns of each
//   decode_ns           a get that decodes (no segment is kept), page cache warm
//   mixture_gets_per_s  four hits to a decoded one, on one thread
//   batch_of_10_us      get_many of ten ids of all, median; ten_gets_us the same ten one by one
//   cold_get_us         the first get of each of 1,000 ids in a store just opened; warm_get_us
//   again hit_share           of the LRU, over a zipf-like draw of all ids
#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <shale/shale.hpp>

#include "bench/figures.hpp"

namespace {

using namespace shale;
using bench::thread_microseconds;
using Clock = std::chrono::steady_clock;
using Ids = std::vector<std::string>;

constexpr std::size_t hot_ids = 10'000;
constexpr int rounds = 5;

Ids lines_of(const char* path) {
  std::ifstream file(path);
  Ids lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

Snapshot opened(const char* path, const StoreOptions& options) {
  const Store store = Store::open(path, options).value();
  return store.project("default").value().snapshot().value();
}

// Gets every id, in turn; the sum of the bytes keeps the reading from being left out.
std::size_t get_all(const Snapshot& now, const Ids& ids, std::size_t count) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    bytes += now.get(ids[i % ids.size()]).value()->text().size();
  }
  return bytes;
}

// Another order for each `seed`. Who gets segments in the order in which they were decoded finds
// them beside one another in memory; and threads that all go the same way round meet sooner or
// later, and then ask for the same segment at the same time for the rest of it.
Ids shuffled(Ids ids, std::uint32_t seed) {
  std::shuffle(ids.begin(), ids.end(), std::mt19937(seed));
  return ids;
}

struct Rate {
  double per_second = 0;
  double cpu_ns = 0;
};

Rate rate_of(const Snapshot& now, const Ids& ids, int threads, std::size_t gets) {
  std::atomic<int> ready = 0;
  std::atomic<bool> go = false;
  std::atomic<std::size_t> bytes = 0;
  std::vector<double> cpu(std::size_t(threads), 0.0);
  std::vector<std::thread> running;
  running.reserve(std::size_t(threads));
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      const Ids mine = shuffled(ids, std::uint32_t(t));
      ++ready;
      while (!go) std::this_thread::yield();
      const double start = thread_microseconds();
      bytes += get_all(now, mine, gets);
      cpu[std::size_t(t)] = thread_microseconds() - start;
    });
  }
  while (ready < threads) std::this_thread::yield();
  const Clock::time_point start = Clock::now();
  go = true;
  for (std::thread& one : running) one.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  Rate rate;
  rate.per_second = double(gets) * threads / seconds;
  for (const double us : cpu) rate.cpu_ns += us * 1e3 / double(gets) / threads;
  return bytes == 0 ? Rate() : rate;
}

// CPU time of one get, a million of them in turn.
double hit_nanoseconds(const Snapshot& now, const Ids& ids) {
  const double start = thread_microseconds();
  (void)get_all(now, ids, 1'000'000);
  return (thread_microseconds() - start) / 1e3;
}

// The segments of `hot`, stashed in a store in memory and all pinned since.
Snapshot all_pinned(const Ids& hot) {
  const Store store = Store::in_memory().value();
  Project project = store.project("default").value();
  Batch stashes, pins;
  for (const std::string& id : hot) {
    stashes.stash({.id = id, .text = "text of " + id});
    pins.update(id, {.pinned = true});
  }
  (void)project.commit(stashes).value();
  (void)project.commit(pins).value();
  return project.snapshot().value();
}

// In turn, and many rounds: a neighbour of this machine slows some of them for a second or two.
void print_hits(const Snapshot& now, const Ids& hot) {
  const Snapshot changed = all_pinned(hot);
  (void)get_all(changed, hot, hot.size());
  const Ids asked = shuffled(hot, 1);
  std::vector<double> plain_ns, changed_ns;
  for (int round = 0; round < 5 * rounds; ++round) {
    plain_ns.push_back(hit_nanoseconds(now, asked));
    changed_ns.push_back(hit_nanoseconds(changed, asked));
  }
  std::printf("\"hit_ns\":%.1f,\"changed_hit_ns\":%.1f", bench::at_share(plain_ns, .5),
              bench::at_share(changed_ns, .5));
}

void print_hits_of_threads(const Snapshot& now, const Ids& hot) {
  for (const int threads : {1, 2, 8}) {
    std::vector<double> rates, cpu;
    for (int round = 0; round < rounds; ++round) {
      const Rate rate = rate_of(now, hot, threads, 1'000'000);
      rates.push_back(rate.per_second);
      cpu.push_back(rate.cpu_ns);
    }
    std::printf(",\"hit_gets_per_s_%d\":%.0f,\"hit_cpu_ns_%d\":%.1f", threads,
                bench::at_share(rates, .5), threads, bench::at_share(cpu, .5));
  }
}

// Four of five gets go to 2,000 segments that stay, the fifth to one of all others in turn.
void print_mixture(const char* path, const Ids& ids) {
  const Snapshot now = opened(path, {});
  const Ids hot(ids.begin(), ids.begin() + 2'000);
  const Ids cold(ids.begin() + 2'000, ids.end());
  Ids asked;
  for (std::size_t i = 0; i < 200'000; ++i) {
    asked.push_back(i % 5 == 4 ? cold[i / 5 % cold.size()] : hot[i * 7919 % hot.size()]);
  }
  (void)get_all(now, hot, hot.size());
  (void)get_all(now, asked, asked.size());
  const Rate rate = rate_of(now, asked, 1, asked.size());
  std::printf(",\"mixture_gets_per_s\":%.0f,\"mixture_cpu_ns\":%.0f", rate.per_second, rate.cpu_ns);
}

void print_decoded(const char* path, const Ids& ids) {
  const Snapshot now = opened(path, {.active_bytes = 0, .active_segments = 0});
  (void)get_all(now, ids, ids.size());
  const Rate rate = rate_of(now, ids, 1, ids.size());
  std::printf(",\"decode_ns\":%.0f", rate.cpu_ns);
  std::vector<double> batches, singles;
  // In turn, and each of other ids: what the one has read the other would find in the core's
  // caches.
  for (std::size_t i = 0; i + 20 <= std::min<std::size_t>(ids.size(), 40'000); i += 20) {
    const std::span<const std::string> ten(ids.data() + i, 10), others(ids.data() + i + 10, 10);
    batches.push_back(bench::microseconds_of([&] { (void)now.get_many(ten).value(); }));
    singles.push_back(bench::microseconds_of([&] {
      for (const std::string& id : others) (void)now.get(id).value();
    }));
  }
  std::printf(",\"batch_of_10_us\":%.1f,\"ten_gets_us\":%.1f", bench::at_share(batches, .5),
              bench::at_share(singles, .5));
}

void print_cold_and_warm(const char* path, const Ids& ids) {
  const Snapshot now = opened(path, {});
  for (const char* name : {"cold", "warm"}) {
    std::vector<double> times;
    for (std::size_t i = 0; i < 1'000; ++i) {
      times.push_back(bench::microseconds_of([&] { (void)now.get(ids[i]).value(); }));
    }
    std::printf(",\"%s_get_us\":%.2f", name, bench::at_share(times, .5));
  }
}

// Rank r is drawn with a share of about 1 / r.
void print_hit_share(const char* path, const Ids& ids) {
  const Store store = Store::open(path, {}).value();
  const Project project = store.project("default").value();
  const Snapshot now = project.snapshot().value();
  std::mt19937_64 random(20261130);
  std::uniform_real_distribution<double> share(0, 1);
  const auto draw = [&] {
    return std::size_t(std::exp(share(random) * std::log(double(ids.size())))) - 1;
  };
  for (int i = 0; i < 300'000; ++i) (void)now.get(ids[draw()]).value();
  const ProjectStats before = project.stats().value();
  for (int i = 0; i < 100'000; ++i) (void)now.get(ids[draw()]).value();
  const ProjectStats after = project.stats().value();
  std::printf(",\"hit_share\":%.3f", double(after.cache_hits - before.cache_hits) / 100'000);
}

// Two words of a segment each.
std::vector<std::string> queries_of(const Snapshot& now, const Ids& ids, std::size_t count) {
  std::vector<std::string> queries;
  for (std::size_t i = 0; queries.size() < count; ++i) {
    std::istringstream text(std::string(now.get(ids[i * 31 % ids.size()]).value()->text()));
    std::vector<std::string> words;
    for (std::string word; words.size() < 12 && text >> word;) {
      const bool is_word = std::all_of(word.begin(), word.end(), [](unsigned char c) {
        return std::isalpha(c) != 0 || c == '_';
      });
      if (is_word && word.size() > 3) words.push_back(word);
    }
    if (words.size() > 5) queries.push_back(words[1] + ' ' + words[5]);
  }
  return queries;
}

double queries_per_second(const Snapshot& now, const std::vector<std::string>& queries) {
  constexpr std::size_t threads = 10;
  std::vector<std::thread> running;
  running.reserve(threads);
  std::atomic<std::size_t> total = 0;
  const Clock::time_point start = Clock::now();
  for (std::size_t t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      for (std::size_t i = 0; i < queries.size(); ++i) {
        const std::string& text = queries[(i + t * 97) % queries.size()];
        total += now.search({.text = text}).value().hits.size();
      }
    });
  }
  for (std::thread& one : running) one.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return double(threads * queries.size()) / seconds;
}

void print_queries(const char* path, const Ids& ids) {
  const Snapshot bare = opened(path, {.result_bytes = 0});
  const std::vector<std::string> queries = queries_of(bare, ids, 1'000);
  std::printf(",\"queries_per_s\":%.0f", queries_per_second(bare, queries));
  const Store store = Store::open(path, {}).value();
  const Snapshot now = store.project("default").value().snapshot().value();
  (void)queries_per_second(now, queries);
  std::printf(",\"repeated_queries_per_s\":%.0f", queries_per_second(now, queries));
  const CacheStats results = store.stats().results;
  std::printf(",\"result_hit_share\":%.3f",
              double(results.hits) / double(results.hits + results.misses));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: get_figures STORE IDS\n");
    return 2;
  }
  const Ids ids = lines_of(argv[2]);
  if (ids.size() < 2 * hot_ids) {
    std::fprintf(stderr, "get_figures: %s has fewer than %zu ids\n", argv[2], 2 * hot_ids);
    return 2;
  }
  std::printf("{\"ids\":%zu,", ids.size());
  const Ids hot(ids.begin(), ids.begin() + hot_ids);
  const Snapshot now = opened(argv[1], {});
  (void)get_all(now, hot, hot.size());
  print_hits(now, hot);
  print_hits_of_threads(now, hot);
  print_mixture(argv[1], ids);
  print_decoded(argv[1], ids);
  print_cold_and_warm(argv[1], ids);
  print_hit_share(argv[1], ids);
  print_queries(argv[1], ids);
  std::printf("}\n");
  return 0;
}

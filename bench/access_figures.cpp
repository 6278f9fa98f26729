// What access tracking costs, and whether it is exact. Prints one JSON object; ends with 1 where a
// sum is not what it must be.
//
//   access_figures FOLDER [documents=20000] [reads=1000000] [processes=4]
//
// overhead: in one process, a store opened twice, with counting and without; rounds of gets that
// hit the cache of decoded segments, and of gets that decode (caches of no segment), turn by turn,
// each on the thread's own clock; medians of the rounds. add_ns is the call alone. exact:
// `processes` children read `reads` times each, random ids, while another child upserts and merges;
// behind them the sum over all ids must be the number of reads, and what the last flush found in
// files the same again after a full merge.
#include <shale/shale.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <random>
#include <string>

#include "bench/figures.hpp"
#include "store/access_counts.hpp"

namespace shale::bench {

namespace {

std::string id_of(u64 number) { return "segment-" + std::to_string(number); }

std::string text_of(u64 number, u64 version) {
  std::mt19937_64 random(number * 31 + version);
  std::string text = "version " + std::to_string(version);
  for (int word = 0; word < 150; ++word) text += " word" + std::to_string(random() % 5000);
  return text;
}

StoreOptions options_with(bool counting, u64 cached_segments) {
  StoreOptions options;
  options.create = true;
  options.count_accesses = counting;
  options.active_segments = cached_segments;
  options.active_bytes = cached_segments == 0 ? 0 : u64(256) << 20;
  options.tokenizer = "none";
  options.analysis = "plain";
  return options;
}

void fill(const std::string& folder, u64 documents) {
  const Store store = Store::open(folder, options_with(false, 0)).value();
  Project project = store.project("default").value();
  for (u64 first = 0; first < documents; first += 5000) {
    Batch batch;
    for (u64 n = first; n < std::min(documents, first + 5000); ++n) {
      batch.stash({.id = id_of(n), .text = text_of(n, 0)});
    }
    project.commit(batch, Durability::relaxed).value();
  }
  project.merge(true).value();
}

// -- overhead --

struct Overhead {
  std::vector<double> with, without;
  double percent() const { return (at_share(with, .5) / at_share(without, .5) - 1) * 100; }
};

double nanoseconds_of_gets(const Snapshot& now, const std::vector<std::string>& ids) {
  u64 bytes = 0;
  const double spent = microseconds_of([&] {
    for (const std::string& id : ids) bytes += now.get(id).value()->text().size();
  });
  if (bytes == 0) std::abort();
  return spent * 1000 / double(ids.size());
}

Overhead measure(const std::string& folder, u64 cached, const std::vector<std::string>& ids,
                 int rounds) {
  const Store counting = Store::open(folder, options_with(true, cached)).value();
  const Store plain = Store::open(folder, options_with(false, cached)).value();
  const Snapshot with = counting.project("default").value().snapshot().value();
  const Snapshot without = plain.project("default").value().snapshot().value();
  (void)nanoseconds_of_gets(with, ids);
  (void)nanoseconds_of_gets(without, ids);
  Overhead overhead;
  for (int round = 0; round < rounds; ++round) {
    // Who comes first changes, too.
    if (round % 2 == 0) overhead.with.push_back(nanoseconds_of_gets(with, ids));
    overhead.without.push_back(nanoseconds_of_gets(without, ids));
    if (round % 2 == 1) overhead.with.push_back(nanoseconds_of_gets(with, ids));
  }
  return overhead;
}

// The hook alone, on `documents` of one index.
double nanoseconds_of_add(u32 documents) {
  store::AccessCounts counts;
  const auto slot = counts.open_slot({1, 1});
  std::mt19937 random(7);
  std::vector<u32> docs(1 << 20);
  for (u32& doc : docs) doc = u32(random() % documents);
  std::vector<double> rounds;
  for (int round = 0; round < 9; ++round) {
    rounds.push_back(microseconds_of([&] {
      for (const u32 doc : docs) counts.add(slot->number(), doc);
    }));
    (void)counts.take();
  }
  return at_share(rounds, .5) * 1000 / double(docs.size());
}

// -- exactness --

pid_t child(const std::function<void()>& body) {
  std::fflush(stdout);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  body();
  std::fflush(stdout);
  ::_exit(0);
}

void read_randomly(const std::string& folder, u64 documents, u64 reads, u64 seed) {
  const Store store = Store::open(folder, options_with(true, 10'000)).value();
  Project project = store.project("default").value();
  std::mt19937_64 random(seed);
  Snapshot now = project.snapshot().value();
  for (u64 n = 0; n < reads; ++n) {
    if (n % 1000 == 0) now = project.snapshot().value();
    if (!now.get(id_of(random() % documents)).value().has_value()) std::abort();
  }
}

void write_and_merge(const std::string& folder, u64 documents, int stop_pipe) {
  const Store store = Store::open(folder, options_with(true, 10'000)).value();
  Project project = store.project("default").value();
  std::mt19937_64 random(99);
  u64 upserts = 0, merges = 0;
  for (char byte = 0; ::read(stop_pipe, &byte, 1) != 0;) {
    Batch batch;
    for (int n = 0; n < 100; ++n) {
      const u64 number = random() % documents;
      batch.stash({.id = id_of(number), .text = text_of(number, upserts)});
      ++upserts;
    }
    project.commit(batch, Durability::relaxed).value();
    if (upserts % 1000 == 0) project.merge(upserts % 5000 == 0).value(), ++merges;
  }
  std::fprintf(stderr, "%llu upserts, %llu merges meanwhile\n", (unsigned long long)upserts,
               (unsigned long long)merges);
}

u64 sum_of(const Project& project, u64 documents) {
  std::vector<std::string> ids;
  ids.reserve(documents);
  for (u64 n = 0; n < documents; ++n) ids.push_back(id_of(n));
  u64 sum = 0;
  const std::vector<Access> accesses = project.snapshot().value().accesses(ids).value();
  for (const Access& one : accesses) sum += one.count;
  return sum;
}

bool prove_exact(const std::string& folder, u64 documents, u64 reads, u64 processes) {
  int stop[2];
  if (::pipe2(stop, O_NONBLOCK) != 0) std::abort();
  const pid_t writer = child([&] {
    ::close(stop[1]);
    write_and_merge(folder, documents, stop[0]);
  });
  std::vector<pid_t> readers;
  for (u64 n = 0; n < processes; ++n) {
    readers.push_back(child([&] {
      ::close(stop[1]);
      read_randomly(folder, documents, reads, n + 1);
    }));
  }
  ::close(stop[0]);
  bool is_well = true;
  for (const pid_t reader : readers) {
    int status = 0;
    ::waitpid(reader, &status, 0);
    is_well &= status == 0;
  }
  ::close(stop[1]);
  int status = 0;
  ::waitpid(writer, &status, 0);
  is_well &= status == 0;
  const Store store = Store::open(folder, options_with(true, 10'000)).value();
  Project project = store.project("default").value();
  const u64 counted = sum_of(project, documents);
  project.merge(true).value();
  const u64 merged = sum_of(project, documents);
  const u64 expected = reads * processes;
  std::printf("\"exact\":{\"reads\":%llu,\"counted\":%llu,\"after_merge\":%llu}",
              (unsigned long long)expected, (unsigned long long)counted,
              (unsigned long long)merged);
  return is_well && counted == expected && merged == expected;
}

void print_overhead(const char* name, const Overhead& overhead) {
  std::printf("\"%s\":{\"with_ns\":%.1f,\"without_ns\":%.1f,\"percent\":%.2f},", name,
              at_share(overhead.with, .5), at_share(overhead.without, .5), overhead.percent());
}

int run(const std::string& folder, u64 documents, u64 reads, u64 processes) {
  fill(folder + "/exact", documents);
  std::printf("{");
  const bool is_exact = prove_exact(folder + "/exact", documents, reads, processes);
  std::printf(",\"add_ns\":{\"1k\":%.1f,\"20k\":%.1f,\"1m\":%.1f},", nanoseconds_of_add(1000),
              nanoseconds_of_add(20'000), nanoseconds_of_add(1'000'000));
  fill(folder + "/overhead", documents);
  std::mt19937_64 random(5);
  std::vector<std::string> hot, cold;
  for (int n = 0; n < 100'000; ++n) hot.push_back(id_of(random() % std::min<u64>(documents, 5000)));
  for (int n = 0; n < 20'000; ++n) cold.push_back(id_of(random() % documents));
  print_overhead("hit", measure(folder + "/overhead", 10'000, hot, 61));
  print_overhead("decoded", measure(folder + "/overhead", 0, cold, 31));
  std::printf("\"is_exact\":%s}\n", is_exact ? "true" : "false");
  return is_exact ? 0 : 1;
}

}  // namespace

}  // namespace shale::bench

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "access_figures FOLDER [documents] [reads] [processes]\n");
    return 2;
  }
  const auto number = [&](int at, unsigned long long fallback) {
    return at < count ? std::stoull(arguments[at]) : fallback;
  };
  return shale::bench::run(arguments[1], number(2, 20'000), number(3, 1'000'000), number(4, 4));
}

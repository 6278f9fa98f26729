// Readers and writers beside each other: what `./run prove workingset` prints of coherence, of
// commits beside a merge, and of changes of metadata.
//
//   beside_figures coherent STORE READS   two processes, so many gets and searches in all, each
//   also
//                                         supersedes what the other one reads
//   beside_figures merge STORE SECONDS    commits of one segment, one after the other, while the
//                                         store is merged into one shard beside them
//   beside_figures pins STORE COUNT       pins so many segments in one batch
//
// Each prints one JSON object, and exits 1 where something was seen that must never be.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <shale/shale.hpp>

#include "base/file.hpp"
#include "bench/figures.hpp"

namespace {

using namespace shale;
using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// The number that the text begins with.
std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// -- coherent ------------------------------------------------------------------------------------

constexpr int sides = 2;
constexpr int ids_per_side = 8;

// What the two processes share: the newest version of each side that was acknowledged.
struct Board {
  std::atomic<std::uint64_t> acknowledged[sides] = {};
  std::atomic<std::uint64_t> reads[sides] = {};
  std::atomic<std::uint64_t> older = 0;    // a version below the one acknowledged before
  std::atomic<std::uint64_t> mixed = 0;    // two versions of one batch in one snapshot
  std::atomic<std::uint64_t> stale = 0;    // a search that did not find what the snapshot has
  std::atomic<std::uint64_t> repeats = 0;  // searches asked a second time, of the same snapshot
};

std::string id_of(int side, int number) {
  return "side" + std::to_string(side) + "-" + std::to_string(number);
}

// One batch supersedes all ids of a side with the next version.
void supersede(Project& project, int side, std::uint64_t version) {
  Batch batch;
  for (int n = 0; n < ids_per_side; ++n) {
    batch.stash({.id = id_of(side, n),
                 .text = std::to_string(version) + " is version side" + std::to_string(side) + "v" +
                         std::to_string(version)});
  }
  project.commit(batch, Durability::relaxed).value();
}

std::uint64_t version_in(const Snapshot& now, const std::string& id) {
  const auto segment = now.get(id).value();
  return number_of(segment.value().text());
}

// Reads all of the other side in one snapshot, and searches it twice; how many reads that was.
int look_at(const Project& project, int side, Board& board) {
  const std::uint64_t told = board.acknowledged[side].load();
  const Snapshot now = project.snapshot().value();
  const std::uint64_t version = version_in(now, id_of(side, 0));
  if (version < told) ++board.older;
  for (int n = 1; n < ids_per_side; ++n) {
    if (version_in(now, id_of(side, n)) != version) ++board.mixed;
  }
  const std::string word = "side" + std::to_string(side) + "v";
  for (int time = 0; time < 2; ++time) {
    const auto found = now.search({.text = word + std::to_string(version)}).value();
    const auto before = now.search({.text = word + std::to_string(version - 1)}).value();
    if (found.total != ids_per_side || before.total != 0) ++board.stale;
  }
  board.repeats += 2;
  return ids_per_side + 4;
}

void run_side(const char* path, int side, std::uint64_t reads, Board& board) {
  const Store store = Store::open(path, {.background_merge = side == 0}).value();
  Project project = store.project("default").value();
  std::mt19937_64 random{std::uint64_t(side)};
  std::uint64_t version = 1;
  for (std::uint64_t done = 0; done < reads;) {
    if (random() % 4 == 0) {
      supersede(project, side, ++version);
      board.acknowledged[side].store(version);
    }
    done += std::uint64_t(look_at(project, 1 - side, board));
    if (random() % 4096 == 0) (void)project.merge(false);
    board.reads[side].store(done);
  }
}

int coherent(const char* path, std::uint64_t reads) {
  void* const memory =
      mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 2;
  Board& board = *new (memory) Board;
  {
    const Store store =
        Store::open(path, {.create = true, .analysis = "plain", .tokenizer = "none"}).value();
    Project project = store.project("default").value();
    for (int side = 0; side < sides; ++side) {
      supersede(project, side, 1);
      board.acknowledged[side] = 1;
    }
  }
  const Clock::time_point start = Clock::now();
  for (int side = 0; side < sides; ++side) {
    if (fork() == 0) {
      run_side(path, side, reads / sides, board);
      _exit(0);
    }
  }
  bool is_well = true;
  for (int side = 0; side < sides; ++side) {
    int status = 0;
    wait(&status);
    is_well &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  const std::uint64_t wrong = board.older + board.mixed + board.stale;
  std::printf(
      "{\"reads\":%llu,\"supersedes\":%llu,\"repeated_searches\":%llu,\"older\":%llu,\"mixed\":%"
      "llu,"
      "\"stale\":%llu,\"seconds\":%.1f,\"processes_ended_well\":%s}\n",
      static_cast<unsigned long long>(board.reads[0] + board.reads[1]),
      static_cast<unsigned long long>(board.acknowledged[0] + board.acknowledged[1]),
      static_cast<unsigned long long>(board.repeats.load()),
      static_cast<unsigned long long>(board.older.load()),
      static_cast<unsigned long long>(board.mixed.load()),
      static_cast<unsigned long long>(board.stale.load()), microseconds_since(start) / 1e6,
      is_well ? "true" : "false");
  return wrong == 0 && is_well ? 0 : 1;
}

// -- merge ---------------------------------------------------------------------------------------

struct Beside {
  std::vector<double> relaxed_us;
  std::vector<double> full_us;
  std::vector<double> bare_us;  // the same write and fdatasync in a file of its own, in between
};

// In turn: a relaxed commit, a durable one, a bare write and sync; until `ends`.
Beside commit_until(const std::atomic<bool>& ends, Project& project, File& file) {
  Beside beside;
  const Buffer bytes(512);
  for (std::uint64_t n = 0; !ends; ++n) {
    const std::string id = "beside" + std::to_string(n);
    Clock::time_point start = Clock::now();
    Batch one;
    one.stash({.id = id + "r", .text = "stashed beside a merge, relaxed"});
    project.commit(one, Durability::relaxed).value();
    beside.relaxed_us.push_back(microseconds_since(start));
    start = Clock::now();
    Batch two;
    two.stash({.id = id + "f", .text = "stashed beside a merge, durable"});
    project.commit(two, Durability::full).value();
    beside.full_us.push_back(microseconds_since(start));
    start = Clock::now();
    file.write_at(n % 4096 * bytes.size(), bytes).value();
    file.sync_data().value();
    beside.bare_us.push_back(microseconds_since(start));
  }
  return beside;
}

void print_shares(const char* name, const std::vector<double>& times) {
  std::printf(",\"%s_p50_us\":%.0f,\"%s_p999_us\":%.0f,\"%s_max_us\":%.0f", name,
              bench::at_share(times, .5), name, bench::at_share(times, .999), name,
              bench::at_share(times, 1));
}

int beside_a_merge(const char* path, double seconds_min) {
  const Store store = Store::open(path, {}).value();
  Project project = store.project("default").value();
  const std::filesystem::path bare = std::filesystem::path(path) / "bare-writes";
  File file = File::open(bare, File::Mode::create).value();
  file.write_at(0, Buffer(2 << 20)).value();
  file.sync_data().value();
  const std::uint64_t before = project.stats().value().written_bytes;
  std::atomic<bool> ends = false;
  double seconds = 0;
  int merges = 0;
  std::thread merger([&] {
    const Clock::time_point start = Clock::now();
    while (seconds < seconds_min) {
      Project(project).merge(true).value();
      ++merges;
      seconds = microseconds_since(start) / 1e6;
    }
    ends = true;
  });
  const Beside beside = commit_until(ends, project, file);
  merger.join();
  std::filesystem::remove(bare);
  const std::uint64_t written = project.stats().value().written_bytes - before;
  std::printf("{\"merges\":%d,\"written_bytes\":%llu,\"seconds\":%.1f,\"commits\":%zu", merges,
              static_cast<unsigned long long>(written), seconds, beside.full_us.size());
  print_shares("relaxed", beside.relaxed_us);
  print_shares("full", beside.full_us);
  print_shares("bare", beside.bare_us);
  std::printf("}\n");
  return 0;
}

// -- pins ----------------------------------------------------------------------------------------

int pins(const char* path, std::size_t count) {
  const Store store = Store::open(path, {}).value();
  Project project = store.project("default").value();
  const Page page = project.snapshot().value().list({.sort = "id", .limit = count}).value();
  std::vector<double> times;
  for (const bool pinned : {true, false, true, false, true}) {
    const Clock::time_point start = Clock::now();
    Batch batch;
    for (const Metadata& one : page.segments) {
      Update change;
      change.pinned = pinned;
      batch.update(one.id, change);
    }
    project.commit(batch).value();
    (void)project.snapshot().value().count("pinned:true").value();
    times.push_back(microseconds_since(start) / 1e6);
  }
  std::printf("{\"segments\":%zu,\"seconds\":%.3f,\"worst_seconds\":%.3f}\n", page.segments.size(),
              bench::at_share(times, .5), bench::at_share(times, 1));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc == 4 ? argv[1] : "";
  if (mode == "coherent") return coherent(argv[2], number_of(argv[3]));
  if (mode == "merge") return beside_a_merge(argv[2], double(number_of(argv[3])));
  if (mode == "pins") return pins(argv[2], number_of(argv[3]));
  std::fprintf(stderr, "usage: beside_figures coherent|merge|pins STORE NUMBER\n");
  return 2;
}

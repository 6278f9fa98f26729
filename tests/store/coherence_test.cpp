// Readers with small caches beside writers and a merger: whatever is kept, driven out and read
// again, every snapshot sees the versions of its own moment, and no answer is of another one.
#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include <shale/working_set.hpp>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

constexpr int groups = 4;
constexpr int ids_in_group = 6;

std::string id_of(int group, int number) {
  return "g" + std::to_string(group) + "n" + std::to_string(number);
}

std::string word_of(int group, u64 version) {
  return "w" + std::to_string(group) + "x" + std::to_string(version);
}

// One batch gives all ids of a group their next version; every third time one is erased as well.
Batch next_version(int group, u64 version) {
  Batch batch;
  for (int n = 0; n < ids_in_group; ++n) {
    NewSegment one =
        segment(id_of(group, n), std::to_string(version) + " " + word_of(group, version) + " " +
                                     std::string(500, char('a' + n)));
    one.tier = n % 2 == 0 ? Tier::working : Tier::stashed;
    one.task = "group" + std::to_string(group);
    one.touched_at = Time{i64(version) * 1000 + n, true};
    one.tokens = u32(version % 1000);
    batch.stash(std::move(one));
  }
  if (version % 3 == 0) batch.erase(id_of(group, ids_in_group - 1));
  return batch;
}

// What is wrong with what a snapshot shows of a group, whose version was at least `told` before.
std::string wrong_in(const Snapshot& now, int group, u64 told) {
  const auto first = now.get(id_of(group, 0)).value();
  if (!first) return "nothing";
  const u64 version = std::stoull(std::string(first->text()));
  if (version < told) return "older than what was acknowledged";
  const int count = version % 3 == 0 ? ids_in_group - 1 : ids_in_group;
  std::vector<std::string> ids;
  for (int n = 0; n < ids_in_group; ++n) ids.push_back(id_of(group, n));
  const Fetched all = now.get_many(ids).value();
  if (int(all.segments.size()) != count) return "a segment too many or too few";
  for (const Segment& one : all.segments) {
    if (std::stoull(std::string(one.text())) != version) return "two versions of one batch";
    if (one.metadata().tokens != u32(version % 1000)) return "metadata of another version";
  }
  for (int time = 0; time < 2; ++time) {
    if (now.search({.text = word_of(group, version)}).value().total != u64(count)) {
      return "a search does not find them";
    }
    if (now.search({.text = word_of(group, version - 1)}).value().total != 0) {
      return "a search finds what is superseded";
    }
  }
  const WorkingSet set = now.working_set("group" + std::to_string(group)).value();
  if (int(set.segments.size()) != (ids_in_group + 1) / 2) return "another working set";
  if (set.tokens != set.segments.size() * (version % 1000)) return "tokens of another version";
  return "";
}

struct Board {
  std::array<std::atomic<u64>, groups> told{};
  std::atomic<bool> ends = false;
  std::atomic<int> looks = 0;
  std::mutex mutex;
  std::vector<std::string> wrong;
};

void write(Project project, int group, Board& board) {
  for (u64 version = 2; !board.ends; ++version) {
    project.commit(next_version(group, version), Durability::relaxed).value();
    board.told[usize(group)] = version;
    std::this_thread::yield();
  }
}

void read(const Project& project, unsigned seed, Board& board) {
  std::mt19937 random(seed);
  std::optional<Snapshot> kept;
  for (int look = 0; look < 300; ++look) {
    const int group = int(random() % groups);
    const u64 told = board.told[usize(group)];
    const Snapshot now = project.snapshot().value();
    std::string wrong = wrong_in(now, group, told);
    if (wrong.empty() && kept) wrong = wrong_in(*kept, group, 0);
    if (random() % 20 == 0) kept = now;
    ++board.looks;
    if (wrong.empty()) continue;
    const std::lock_guard lock(board.mutex);
    board.wrong.push_back(wrong);
  }
}

void run_beside(const StoreOptions& reading) {
  const TestStore store(sealing_after(200));
  Project project = store.open();
  Board board;
  for (int group = 0; group < groups; ++group) {
    project.commit(next_version(group, 1)).value();
    board.told[usize(group)] = 1;
  }
  std::vector<std::thread> writers, readers;
  for (int group = 0; group < groups; ++group) {
    writers.emplace_back([&, group] { write(store.open(), group, board); });
  }
  std::thread merger([&] {
    while (!board.ends) store.open().merge(false).value();
  });
  const Project shared = store.open(reading);
  for (unsigned n = 0; n < 3; ++n) readers.emplace_back([&, n] { read(shared, n, board); });
  for (std::thread& reader : readers) reader.join();
  board.ends = true;
  for (std::thread& writer : writers) writer.join();
  merger.join();
  CHECK(board.wrong.empty());
  for (const std::string& wrong : board.wrong) WARN(wrong);
  CHECK(board.looks == 900);
  CHECK(project.verify().value().faults.empty());
}

TEST_CASE("readers with caches as they come see each moment whole", "[coherence]") {
  run_beside({});
}

TEST_CASE("readers whose caches hold next to nothing see each moment whole", "[coherence]") {
  StoreOptions options;
  options.active_bytes = 4000;
  options.active_segments = 5;
  options.result_bytes = 3000;
  run_beside(options);
}

TEST_CASE("readers without any cache see each moment whole", "[coherence]") {
  StoreOptions options;
  options.active_bytes = 0;
  options.active_segments = 0;
  options.result_bytes = 0;
  run_beside(options);
}

}  // namespace
}  // namespace shale::store

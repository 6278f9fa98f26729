// How long a plan of the garbage collector takes, and whether it is the right one.
//
//   gc_figures FOLDER [SEGMENTS [TOPICS]]   default: 1,000,000 of 100,000 topics
//
// Makes a store below FOLDER by bulk ingests of 100,000, all of tier `working`: a third of them
// refer to another one, four of five have a topic. Plans are made as they lie then, in several
// shards, with updates and a log over them, and merged into one shard; each question five times in
// a row, the first of which finds pages and checks untouched. Then a store of 10,000 of the same
// kind, whose plans are compared with the plain, quadratic ones (tests/support/plain_gc.hpp); ends
// with 1 where they differ. Prints one JSON object; milliseconds, wall and of the thread.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>

#include <shale/shale.hpp>

#include "bench/figures.hpp"
#include "tests/support/plain_gc.hpp"

namespace {

using shale::GcOptions;
using shale::GcPlan;
using shale::Project;

constexpr std::int64_t now_us = 1'800'000'000'000'000;
constexpr std::int64_t day_us = 86'400'000'000;
constexpr int rounds = 5;

class Maker {
 public:
  Maker(unsigned segments, unsigned topics) : segments_(segments), topics_(topics) {}

  shale::NewSegment segment(unsigned number) {
    static const char* const types[] = {"log", "note", "code", "message", "summary", "decision"};
    shale::NewSegment one;
    one.id = id(number);
    one.text = "segment " + std::to_string(number);
    one.type = types[below(6)];
    one.task = "task" + std::to_string(below(segments_ / 100 + 1));
    one.file = "src/file" + std::to_string(number / 50) + ".cpp";
    if (below(5) > 0) one.topic = "topic" + std::to_string(below(topics_));
    if (below(3) == 0) one.tags = {"ref:" + id(below(segments_))};
    one.created_at = shale::Time{now_us - 2 * day_us - std::int64_t(below(1000)), true};
    one.touched_at = shale::Time{now_us - std::int64_t(below(2 * 86'400)) * 1'000'000, true};
    one.tier = shale::Tier::working;
    one.tokens = below(2000);
    one.pinned = below(50) == 0;
    one.generation = below(2) == 0 ? shale::Generation::young : shale::Generation::old;
    return one;
  }
  static std::string id(unsigned number) { return "segment-" + std::to_string(number); }
  unsigned below(unsigned n) { return unsigned(random_() % n); }

 private:
  unsigned segments_, topics_;
  std::mt19937 random_{20'260'101};
};

Project fill(const shale::Store& store, Maker& maker, unsigned segments) {
  Project project = store.project("default").value();
  constexpr unsigned at_once = 100'000;
  for (unsigned first = 0; first < segments; first += at_once) {
    shale::Batch batch;
    for (unsigned i = first; i < std::min(first + at_once, segments); ++i) {
      batch.stash(maker.segment(i));
    }
    (void)project.ingest(batch).value();
  }
  return project;
}

// Updates and new versions of one in a hundred, which lie over the shards.
void change(Project& project, Maker& maker, unsigned segments) {
  shale::Batch batch;
  for (unsigned i = 0; i < segments / 100; ++i) {
    const std::string id = Maker::id(maker.below(segments));
    if (i % 4 == 0) {
      batch.stash(maker.segment(maker.below(segments)));
    } else if (i % 4 == 1) {
      batch.update(id, {.tags_added = {"ref:" + Maker::id(maker.below(segments))}});
    } else {
      batch.update(id, {.touched_at = shale::Time{now_us - day_us, true}});
    }
  }
  (void)project.commit(batch).value();
}

struct Question {
  const char* name;
  GcOptions options;
};

std::vector<Question> questions() {
  GcOptions none;  // nothing is a root: all that is not pinned is scored
  none.now_us = now_us;
  GcOptions few = none;
  few.task = "task7";
  few.file = "src/file7.cpp";
  GcOptions target = few;
  target.target_tokens = 100'000;
  GcOptions all = none;  // every decision is a root, and with its topic nearly all is reached
  all.now_us = now_us - 2 * day_us;
  return {{"no_roots", none}, {"some_roots", few}, {"target", target}, {"all_reached", all}};
}

void measure(const Project& project, const char* name, bool& is_first) {
  const shale::Snapshot now = project.snapshot().value();
  for (const Question& question : questions()) {
    std::vector<double> wall, thread;
    GcPlan plan;
    for (int i = 0; i < rounds; ++i) {
      const auto start = std::chrono::steady_clock::now();
      thread.push_back(
          shale::bench::microseconds_of([&] { plan = now.plan_gc(question.options).value(); }) /
          1e3);
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - start;
      wall.push_back(took.count());
    }
    std::printf(
        "%s\"%s.%s\":{\"wall_ms\":{\"first\":%.1f,\"best\":%.1f,\"median\":%.1f},"
        "\"thread_ms\":{\"best\":%.1f,\"median\":%.1f},\"considered\":%llu,\"reachable\":%llu,"
        "\"candidates\":%zu}",
        is_first ? "" : ",", name, question.name, wall.front(), shale::bench::at_share(wall, 0),
        shale::bench::at_share(wall, .5), shale::bench::at_share(thread, 0),
        shale::bench::at_share(thread, .5), static_cast<unsigned long long>(plan.considered),
        static_cast<unsigned long long>(plan.reachable), plan.candidates.size());
    is_first = false;
  }
}

// Of a store of 10,000, and the time that the plain one took for it.
bool check(const std::filesystem::path& folder, double& plain_ms) {
  constexpr unsigned segments = 10'000;
  Maker maker(segments, segments / 10);
  const auto store = shale::Store::open(folder, {.create = true, .tokenizer = "none"}).value();
  Project project = fill(store, maker, segments);
  change(project, maker, segments);
  const shale::Snapshot now = project.snapshot().value();
  const auto page = now.list({.where = "tier:working", .limit = segments}).value();
  for (const Question& question : questions()) {
    const double start = shale::bench::thread_microseconds();
    const GcPlan expected = shale::testing::plain_gc_plan(page.segments, question.options);
    plain_ms = std::max(plain_ms, (shale::bench::thread_microseconds() - start) / 1e3);
    const std::string difference =
        shale::testing::difference_of(now.plan_gc(question.options).value(), expected);
    if (difference.empty()) continue;
    std::fprintf(stderr, "%s: they differ in %s\n", question.name, difference.c_str());
    return false;
  }
  return true;
}

int run(const std::filesystem::path& folder, unsigned segments, unsigned topics) {
  std::filesystem::create_directories(folder);
  {
    Maker maker(segments, topics);
    const auto store =
        shale::Store::open(folder / "large", {.create = true, .tokenizer = "none"}).value();
    Project project = fill(store, maker, segments);
    bool is_first = true;
    std::printf("{\"segments\":%u,\"topics\":%u,\"plans\":{", segments, topics);
    measure(project, "shards", is_first);
    change(project, maker, segments);
    measure(project, "changed", is_first);
    (void)project.merge(true).value();
    measure(project, "merged", is_first);
  }
  double plain_ms = 0;
  const bool is_right = check(folder / "small", plain_ms);
  std::printf("},\"plain_ms_of_10000\":%.1f,\"right\":%s}\n", plain_ms,
              is_right ? "true" : "false");
  std::filesystem::remove_all(folder / "large");
  std::filesystem::remove_all(folder / "small");
  return is_right ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  const auto number = [&](int at, unsigned otherwise) {
    return count > at ? unsigned(std::stoul(words[at])) : otherwise;
  };
  if (count >= 2 && count <= 4) return run(words[1], number(2, 1'000'000), number(3, 100'000));
  std::fprintf(stderr, "gc_figures FOLDER [SEGMENTS [TOPICS]]\n");
  return 2;
}

// What the small calls take, to compare builds by: what counting and timing them adds.
//
//   counting_figures FOLDER ROUNDS
//
// Makes a store of 10,000 segments in FOLDER (which must not exist) and measures rounds of 20,000
// gets of segments in memory, 20,000 snapshots, 2,000 counts and 500 searches (one word, ten hits
// without snippets), by the time of the thread (figures.hpp). Prints one JSON object: the best and
// the median round of each, in nanoseconds a call. Run two builds by turns: what else the machine
// does moves a round by more than counting does.
#include <functional>
#include <random>

#include <shale/shale.hpp>

#include "bench/figures.hpp"

namespace {

using namespace shale::bench;

constexpr int segments = 10'000;

void fill(const shale::Store& store) {
  shale::Project project = store.project("default").value();
  std::mt19937 random(7);
  shale::Batch batch;
  for (int n = 0; n < segments; ++n) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += " word" + std::to_string(random() % 2000);
    batch.stash({.id = "id" + std::to_string(n), .text = text});
  }
  project.commit(batch).value();
  project.merge(true).value();
}

struct Measured {
  const char* name;
  int calls;
  std::function<void(int)> call;
  std::vector<double> rounds = {};
};

void measure(Measured& one) {
  const double took = microseconds_of([&] {
    for (int i = 0; i < one.calls; ++i) one.call(i);
  });
  one.rounds.push_back(took * 1000 / one.calls);
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return std::fprintf(stderr, "counting_figures FOLDER ROUNDS\n"), 2;
  const shale::Store store =
      shale::Store::open(words[1], {.create = true, .tokenizer = "none"}).value();
  fill(store);
  const shale::Project project = store.project("default").value();
  const shale::Snapshot now = project.snapshot().value();
  std::vector<std::string> ids;
  ids.reserve(64);
  for (int n = 0; n < 64; ++n) ids.push_back("id" + std::to_string(n * 100));
  std::vector<Measured> all = {
      {"get", 20'000, [&](int i) { (void)now.get(ids[std::size_t(i) % 64]).value(); }},
      {"snapshot", 20'000, [&](int) { (void)project.snapshot().value(); }},
      {"count", 2'000, [&](int) { (void)now.count().value(); }},
      {"search", 500,
       [&](int i) {
         shale::Query query;
         query.text = "word" + std::to_string(i % 500);
         query.snippets = false;
         (void)now.search(query).value();
       }},
  };
  const int rounds = std::stoi(words[2]);
  for (int round = 0; round < rounds; ++round) {
    for (Measured& one : all) measure(one);
  }
  std::printf("{");
  for (const Measured& one : all) {
    std::printf("%s\"%s_ns\":{\"best\":%.1f,\"median\":%.1f}", &one == &all[0] ? "" : ",", one.name,
                at_share(one.rounds, 0), at_share(one.rounds, .5));
  }
  std::printf("}\n");
}

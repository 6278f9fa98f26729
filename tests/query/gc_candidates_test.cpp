#include "query/gc_candidates.hpp"

#include <set>

#include "query/gc_score.hpp"
#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

constexpr i64 now_us = corpus_start + 30 * day_us;

DenseSet all_live(const IndexView& view) {
  DenseSet set(view.index->document_count());
  for (u32 doc = 0; doc < set.limit(); ++doc) {
    if (!view.overlay->dead.contains(doc)) set.add(doc);
  }
  return set;
}

std::vector<GcEntry> entries_of(const IndexView& view, const DenseSet& candidates, i64 now,
                                bool all_working, GcTypes& types) {
  std::vector<GcEntry> entries = {GcEntry{.part = 9}};  // of another view
  add_gc_entries(view, 3, candidates, now, all_working, types, entries).value();
  CHECK(entries.front().part == 9);
  entries.erase(entries.begin());
  return entries;
}

double score_of(const Metadata& metadata, i64 now) {
  return gc_score({.type_weight = gc_type_weight(metadata.type),
                   .age_us = gc_age(metadata.touched_at.microseconds, now),
                   .refcount = metadata.refcount,
                   .is_old = metadata.generation == Generation::old});
}

TEST_CASE("entries are those of the current metadata, in the order of the documents") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 100; ++round) {
    const Corpus corpus = maker.corpus(1, 100, 2);
    const IndexView& view = corpus.views[0];
    const i64 now = corpus_start + i64(maker.below(4)) * day_us;
    DenseSet candidates = all_live(view);
    for (u32 doc = 0; doc < candidates.limit(); ++doc) {
      if (maker.chance(30)) candidates.remove(doc);
    }
    GcTypes types;
    const std::vector<GcEntry> entries = entries_of(view, candidates, now, false, types);
    usize next = 0;
    for (const u32 doc : candidates.to_vector()) {
      const Metadata metadata = current_metadata(view, DocNo{doc}).value();
      const double score = score_of(metadata, now);
      const auto action = gc_action(score);
      if (!action) continue;
      if (action == GcAction::stash && metadata.tier != Tier::working) continue;
      REQUIRE(next < entries.size());
      const GcEntry& entry = entries[next++];
      REQUIRE(entry.doc == doc);
      REQUIRE(entry.part == 3);
      REQUIRE(entry.score == score);
      REQUIRE(types.name(entry.type) == metadata.type);
      REQUIRE(entry.tokens == (metadata.tokens ? i64(*metadata.tokens) : no_number));
      REQUIRE(entry.freed() == metadata.tokens.value_or(0));
    }
    REQUIRE(next == entries.size());
  }
}

TEST_CASE("where all are known to be working, nobody looks") {
  Metadata stashed;
  stashed.id = "a";
  stashed.type = "log";
  stashed.touched_at = {now_us, true};
  const IndexView view =
      view_of(std::make_shared<MemoryIndex>(std::vector<Document>{{stashed, ""}}));
  GcTypes types;
  CHECK(entries_of(view, all_live(view), now_us, true, types).size() == 1);
  CHECK(entries_of(view, all_live(view), now_us, false, types).empty());
  CHECK(entries_of(view, all_live(view), now_us + day_us, false, types).size() == 1);  // erased
}

TEST_CASE("types of several views are numbered once") {
  GcTypes types;
  CHECK(types.number_of("log") == 0);
  CHECK(types.number_of("own") == 1);
  CHECK(types.number_of("log") == 0);
  CHECK(types.name(1) == "own");
  CHECK(types.weight(0) == 1);
  CHECK(types.weight(1) == .5);
}

TEST_CASE("documents by a value of a field, among some") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  const Corpus corpus = maker.corpus(1, 300, 2);
  const IndexView& view = corpus.views[0];
  DenseSet among = all_live(view);
  for (u32 doc = 0; doc < among.limit(); doc += 3) among.remove(doc);
  const DenseSet pinned = documents_with_value(view, Field::pinned, "true", among).value();
  const DenseSet young = documents_with_value(view, Field::generation, "young", among).value();
  for (u32 doc = 0; doc < among.limit(); ++doc) {
    const Metadata metadata = current_metadata(view, DocNo{doc}).value();
    REQUIRE(pinned.contains(doc) == (among.contains(doc) && metadata.pinned));
    REQUIRE(young.contains(doc) ==
            (among.contains(doc) && metadata.generation == Generation::young));
  }
}

TEST_CASE("blocks that hold no candidate are passed over") {
  std::vector<Document> documents(9000);
  for (u32 doc = 0; doc < documents.size(); ++doc) {
    Metadata& metadata = documents[doc].metadata;
    metadata.id = std::to_string(doc);
    metadata.type = doc % 2 == 0 ? "log" : "note";
    metadata.touched_at = {now_us - day_us, true};
    metadata.tokens = doc;
  }
  // Codes of the double take a step for each document with another value before it.
  const IndexView view = view_of(std::make_shared<MemoryIndex>(std::move(documents)));
  DenseSet candidates(9000);
  for (const u32 doc : {4095u, 8192u, 8999u}) candidates.add(doc);
  GcTypes types;
  const std::vector<GcEntry> entries = entries_of(view, candidates, now_us, true, types);
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].doc == 4095);
  CHECK(types.name(entries[0].type) == "note");
  CHECK(types.name(entries[1].type) == "log");
  CHECK(entries[2].tokens == 8999);
}

}  // namespace
}  // namespace shale::query::testing

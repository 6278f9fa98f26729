#include "store/active_segments.hpp"

#include <thread>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

// The live version of an id, read through `cache`.
Segment read(const View& view, const std::string& id, ActiveSegments& cache) {
  const Located found = find_live(view, id).value().value();
  return read_segment(view.indexes[found.index], found.doc, id, cache).value();
}

TEST_CASE("a second read is a hit and shares the decoded bytes", "[active]") {
  const TestStore store;
  const auto state = store.state();
  stash(Project(state), "a", "text");
  ActiveSegments cache(1 << 20, 100);
  const Segment one = read(*view_of(state), "a", cache);
  const Segment two = read(*view_of(state), "a", cache);
  CHECK(one.text() == "text");
  CHECK(one.text().data() == two.text().data());
  CHECK(cache.counters().hits == 1);
  CHECK(cache.counters().misses == 1);
}

TEST_CASE("a snapshot's reads are hits, and stats count them", "[active]") {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "text");
  project.merge(true).value();
  const Snapshot now = project.snapshot().value();
  const std::string_view first = now.get("a").value()->text();
  const ProjectStats before = project.stats().value();
  CHECK(now.get("a").value()->text().data() == first.data());
  const ProjectStats after = project.stats().value();
  CHECK(after.cache_hits == before.cache_hits + 1);
  CHECK(after.cache_misses == before.cache_misses);
}

TEST_CASE("patched metadata is applied to what the cache has", "[active]") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "text");
  const Snapshot before = project.snapshot().value();
  CHECK(!before.get("a").value()->metadata().pinned);
  update(project, "a", {.pinned = true});
  CHECK(metadata_of_id(project, "a").pinned);
  update(project, "a", {.refcount_added = 4});
  CHECK(metadata_of_id(project, "a").refcount == 4);
  CHECK(metadata_of_id(project, "a").pinned);
  CHECK(!before.get("a").value()->metadata().pinned);
  CHECK(state->caches->segments.counters().misses == 1);  // one decoding served them all
}

TEST_CASE("changes are applied once, for all who find the same ones", "[active]") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "text");
  stash(project, "b", "another");
  project.merge(true).value();  // both in one chunk of changes
  update(project, "a", {.pinned = true});
  const Snapshot before = project.snapshot().value();
  const Metadata* const first = &before.get("a").value()->metadata();
  const Segment kept = *before.get("a").value();
  CHECK(&kept.metadata() == first);
  CHECK(&before.get("b").value()->metadata() == &before.get("b").value()->metadata());
  update(project, "b", {.refcount_added = 1});
  CHECK(metadata_of_id(project, "a").pinned);
  CHECK(metadata_of_id(project, "b").refcount == 1);
  update(project, "a", {.pinned = false});
  CHECK_FALSE(metadata_of_id(project, "a").pinned);
  CHECK(before.get("a").value()->metadata().pinned);  // and each snapshot has its own
  CHECK_FALSE(metadata_of_id(project, "a").pinned);
  CHECK(kept.metadata().pinned);
}

TEST_CASE("what was made of a segment with many tags is not kept beside it", "[active]") {
  const TestStore store;
  Project project = store.open();
  const usize tags = GENERATE(usize(60), usize(70));
  Batch batch;
  NewSegment segment{.id = "a", .text = "text"};
  for (usize n = 0; n < tags; ++n) segment.tags.push_back("tag" + std::to_string(n));
  batch.stash(segment);
  project.commit(batch).value();
  update(project, "a", {.pinned = true});
  const Snapshot now = project.snapshot().value();
  const Segment first = *now.get("a").value();
  const Segment second = *now.get("a").value();
  CHECK((&first.metadata() == &second.metadata()) == (tags == 60));
  CHECK(second.metadata().tags.size() == tags);
  CHECK(second.metadata().pinned);
}

TEST_CASE("a summary is that of the metadata, changed or not, cached or not", "[active]") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  Batch batch;
  batch.stash({.id = "a", .text = "text", .type = "code", .file = "a.c", .tokens = 7});
  project.commit(batch).value();
  project.merge(true).value();
  ActiveSegments cache(1 << 20, 100);
  const auto check = [&](const char* file) {
    const auto view = view_of(state);
    const Located found = find_live(*view, "a").value().value();
    const auto summary = read_summary(view->indexes[found.index], found.doc, "a", cache).value();
    CHECK(summary == summary_of(metadata_of_id(project, "a")));
    CHECK(summary.file == file);
  };
  check("a.c");
  CHECK(cache.counters().entries == 0);
  read(*view_of(state), "a", cache);
  check("a.c");
  CHECK(cache.counters().hits == 1);
  update(project, "a", {.file = "b.c"});
  check("b.c");
}

// B7: the key is the version's place, not the segment's id.
TEST_CASE("an old snapshot and a new one get each their own version", "[active]") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "old");
  const Snapshot old = project.snapshot().value();
  CHECK(text_of(old, "a") == "old");
  stash(project, "a", "new");
  CHECK(text_of(project, "a") == "new");
  CHECK(text_of(old, "a") == "old");
  Project(project).merge(true).value();
  CHECK(text_of(project, "a") == "new");
  CHECK(text_of(old, "a") == "old");
}

TEST_CASE("what is kept is found by id in the views where it is live, and in no other",
          "[active]") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "other", "text");
  const auto before = view_of(state);
  stash(project, "a", "old");
  const auto old = view_of(state);
  ActiveSegments cache(1 << 20, 100);
  const auto found = [&](const std::shared_ptr<const View>& view) {
    const auto active = find_active(*view, "a", cache);
    return active ? std::string(active->segment.text()) : std::string("nothing");
  };
  CHECK(found(old) == "nothing");
  read(*old, "a", cache);
  CHECK(found(old) == "old");
  CHECK(found(before) == "nothing");  // not committed yet
  update(project, "a", {.pinned = true});
  const auto pinned = view_of(state);
  CHECK(find_active(*pinned, "a", cache)->segment.metadata().pinned);
  CHECK(!find_active(*old, "a", cache)->segment.metadata().pinned);
  stash(project, "a", "new");
  const auto renewed = view_of(state);
  CHECK(found(renewed) == "nothing");
  read(*renewed, "a", cache);
  CHECK(found(renewed) == "new");
  CHECK(found(old) == "old");
  CHECK(found(pinned) == "old");
  project.merge(true).value();
  const auto merged = view_of(state);
  CHECK(found(merged) == "nothing");  // it lies elsewhere
  read(*merged, "a", cache);
  CHECK(found(merged) == "new");
  CHECK(find_active(*merged, "a", cache)->at.index == find_live(*merged, "a").value()->index);
  erase(project, "a");
  CHECK(found(view_of(state)) == "nothing");
  CHECK(found(merged) == "new");
  CHECK(found(renewed) == "new");
}

TEST_CASE("changed metadata lie over the very text that is kept", "[active]") {
  const TestStore store;
  const auto state = store.state();
  stash(Project(state), "a", "text");
  ActiveSegments cache(1 << 20, 100);
  const Segment one = read(*view_of(state), "a", cache);
  update(Project(state), "a", {.topic = "t"});
  const Segment two = read(*view_of(state), "a", cache);
  CHECK(two.text().data() == one.text().data());
  CHECK(two.metadata().topic == "t");
  CHECK(!one.metadata().topic);
}

TEST_CASE("what does not fit the budget goes, and what was handed out stays", "[active]") {
  const TestStore store;
  const auto state = store.state();
  for (int n = 0; n < 200; ++n) {
    stash(Project(state), "a" + std::to_string(n), std::string(1000, char('a' + n % 26)));
  }
  const auto view = view_of(state);
  SECTION("by bytes") {
    ActiveSegments cache(64 * 1024, 10'000);
    const Segment first = read(*view, "a0", cache);
    for (int n = 0; n < 200; ++n) read(*view, "a" + std::to_string(n), cache);
    CHECK(cache.counters().evictions > 0);
    CHECK(cache.counters().bytes <= 64 * 1024);
    CHECK(first.text() == std::string(1000, 'a'));
    const u64 misses = cache.counters().misses;
    const Segment again = read(*view, "a0", cache);
    CHECK(cache.counters().misses == misses + 1);
    CHECK(again.text() == first.text());
    CHECK(again.metadata() == first.metadata());
    CHECK(again.text_hash() == first.text_hash());
  }
  SECTION("by count") {
    ActiveSegments cache(u64(1) << 30, 32);
    for (int n = 0; n < 200; ++n) read(*view, "a" + std::to_string(n), cache);
    CHECK(cache.counters().evictions > 0);
    CHECK(cache.counters().entries <= 32);
  }
  SECTION("nothing at all") {
    ActiveSegments cache(0, 0);
    CHECK(read(*view, "a7", cache).text() == read(*view, "a7", cache).text());
    CHECK(cache.counters().hits == 0);
  }
}

TEST_CASE("a damaged text is an error and never cached", "[active]") {
  const TestStore store;
  const auto state = store.state();
  stash(Project(state), "a", std::string(5000, 'x'));
  const auto view = view_of(state);
  flip_byte(store.active_log(), delta::log_header_bytes + 2000);
  ActiveSegments cache(1 << 20, 100);
  const Located found = find_live(*view, "a").value().value();
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto damaged = read_segment(view->indexes[found.index], found.doc, "a", cache);
    REQUIRE(!damaged);
    CHECK(damaged.error().code == ErrorCode::corrupt);
  }
  CHECK(cache.counters().entries == 0);
  flip_byte(store.active_log(), delta::log_header_bytes + 2000);
  CHECK(read(*view, "a", cache).text().size() == 5000);
}

TEST_CASE("threads with other changes of one segment each get their own", "[active]") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "text");
  std::vector<std::shared_ptr<const View>> views;
  for (u32 n = 0; n < 3; ++n) {
    update(project, "a", {.refcount_added = 1});
    views.push_back(view_of(state));
  }
  ActiveSegments cache(1 << 20, 20);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (unsigned n = 0; n < 2000; ++n) {
        const unsigned at = t == 3 ? n % 3 : t;
        if (read(*views[at], "a", cache).metadata().refcount != at + 1) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("many threads may read through one cache", "[active]") {
  const TestStore store;
  const auto state = store.state();
  stash_many(Project(state), "a", 50);
  const auto view = view_of(state);
  ActiveSegments cache(16 * 1024, 20);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0; n < 500; ++n) {
        const std::string number = std::to_string((n * 7 + int(t)) % 50);
        if (read(*view, "a" + number, cache).text() != "text a number " + number) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}

}  // namespace
}  // namespace shale::store

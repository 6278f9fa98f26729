#include "store/view.hpp"

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

std::string live_text(const View& view, const std::string& id) {
  const auto found = find_live(view, id).value();
  return found ? view.indexes[found->index].index->text(found->doc).value() : "(none)";
}

// A view made from nothing must be the view that grew.
void check_same_as_fresh(const View& grown) {
  const auto fresh = make_view(grown.edition, grown.epoch, grown.committed, nullptr).value();
  REQUIRE(fresh->indexes.size() == grown.indexes.size());
  CHECK(fresh->shard_count() == grown.shard_count());
  for (usize i = 0; i < fresh->indexes.size(); ++i) {
    INFO("index " << i);
    CHECK(fresh->indexes[i].index->file_id() == grown.indexes[i].index->file_id());
    CHECK(fresh->indexes[i].overlay->dead == grown.indexes[i].overlay->dead);
    CHECK(fresh->indexes[i].overlay->patches == grown.indexes[i].overlay->patches);
  }
}

TEST_CASE("a view has the shards, then the logs") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  CHECK(view_of(state)->shard_count() == 0);
  CHECK(view_of(state)->logs.size() == 1);
  stash(project, "a", "in a shard");
  project.merge(false).value();
  stash(project, "b", "in a log");
  const auto view = view_of(state);
  CHECK(view->shard_count() == 1);
  REQUIRE(view->indexes.size() == 2);
  CHECK(find_live(*view, "a").value()->index == 0);
  CHECK(find_live(*view, "b").value()->index == 1);
  CHECK(!find_live(*view, "c").value().has_value());
}

TEST_CASE("tombstones and updates of the log lie over the shard") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 4);
  project.merge(false).value();
  const auto before = view_of(state);
  update(project, "a0", {.refcount_added = 1});
  update(project, "a0", {.refcount_added = 2});
  stash(project, "a1", "newer");
  erase(project, "a2");
  const auto after = view_of(state);
  CHECK(before->indexes[0].overlay->dead.empty());
  CHECK(before->indexes[0].overlay->patches.empty());
  CHECK(after->indexes[0].overlay->dead.count() == 2);
  REQUIRE(after->indexes[0].overlay->patches.size() == 1);
  CHECK(after->indexes[0].overlay->patches.begin()->second.refcount_added == 3);
  CHECK(live_text(*after, "a1") == "newer");
  CHECK(live_text(*after, "a2") == "(none)");
  CHECK(live_text(*before, "a1") == "text a number 1");
  check_same_as_fresh(*after);
}

TEST_CASE("a view that grew step by step is the view made at once") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const TestStore store(sealing_after(20));
  const auto state = store.state();
  Project project(state);
  for (int step = 0; step < 300; ++step) {
    const std::string id = "id" + std::to_string(random() % 20);
    const unsigned kind = unsigned(random() % 8);
    if (kind < 4) {
      stash(project, id, "text " + std::to_string(step));
    } else if (kind < 6) {
      update(project, id, {.refcount_added = 1});
    } else {
      erase(project, id);
    }
    if (random() % 60 == 0) project.merge(false).value();
    const auto view = view_of(state);
    if (step % 10 == 0) check_same_as_fresh(*view);
  }
}

TEST_CASE("updates that a shard's columns hold are not applied again") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "a", "text");
  project.merge(false).value();
  stash(project, "b", "another shard to merge with");
  project.merge(false).value();
  update(project, "a", {.refcount_added = 1});
  merge_shards_only(state);  // the log that holds the update stays
  const auto view = view_of(state);
  REQUIRE(view->shard_count() == 1);
  CHECK(view->indexes[0].overlay->patches.empty());
  CHECK(metadata_of_id(project, "a").refcount == 1);
  update(project, "a", {.refcount_added = 1});
  CHECK(metadata_of_id(project, "a").refcount == 2);
}

TEST_CASE("a shard holds updates up to its own LSN or that of its patch") {
  catalog::ShardEntry entry;
  entry.as_of = Lsn{10};
  CHECK(updates_held(entry) == Lsn{10});
  entry.patch = catalog::OverlayEntry{1, 2, Lsn{30}};
  CHECK(updates_held(entry) == Lsn{30});
  entry.as_of = Lsn{40};
  CHECK(updates_held(entry) == Lsn{40});
}

}  // namespace
}  // namespace shale::store

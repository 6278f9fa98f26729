#include "store/stash.hpp"

#include <cerrno>
#include <thread>

#include "base/file_system.hpp"
#include "store/lease.hpp"
#include "store/merge_policy.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using namespace testing;
using store::commit_made;
using store::find_live;
using store::Located;
using store::MergeLock;
using store::sealed_logs;
using store::sealed_logs_aim;
using store::sealed_logs_max;
using store::View;

TEST_CASE("a commit counts what it stashed, replaced, updated and erased") {
  const TestStore store;
  Project project = store.open();
  Batch first;
  for (const char* id : {"a", "b", "c"}) first.stash(segment(id, "one"));
  const Committed one = project.commit(first).value();
  CHECK((one.stashed == 3 && one.replaced == 0 && one.updated == 0 && one.erased == 0));
  CHECK(one.missing.empty());
  Batch second;
  second.stash(segment("a", "two"));
  second.stash(segment("d", "two"));
  second.update("b", Update{.pinned = true});
  second.erase("c");
  second.update("nobody", Update{.pinned = true});
  second.erase("nothing");
  const Committed two = project.commit(second).value();
  CHECK((two.stashed == 2 && two.replaced == 1 && two.updated == 1 && two.erased == 1));
  CHECK(two.missing == std::vector<std::string>{"nobody", "nothing"});
  CHECK(two.lsn > one.lsn);
  CHECK(contents(project) == Contents{{"a", "two"}, {"b", "one"}, {"d", "two"}});
  CHECK(metadata_of_id(project, "b").pinned);
}

TEST_CASE("a batch that changes nothing is no record") {
  const TestStore store;
  Project project = store.open();
  const Committed first = stash(project, "a", "text");
  const Committed none = erase(project, "nobody");
  CHECK(none.lsn == first.lsn);
  CHECK(none.missing == std::vector<std::string>{"nobody"});
  CHECK(project.commit(Batch{}).value().lsn == first.lsn);
  CHECK(project.snapshot().value().lsn() == first.lsn);
}

TEST_CASE("changes of one batch see the changes before them") {
  const TestStore store;
  Project project = store.open();
  stash(project, "old", "old text");
  Batch batch;
  batch.stash(segment("new", "new text"));
  batch.update("new", Update{.refcount_added = 2});
  batch.update("new", Update{.refcount_added = 3});
  batch.stash(segment("old", "newer text"));
  batch.update("old", Update{.refcount_added = 7});
  batch.stash(segment("gone", "nobody reads this"));
  batch.erase("gone");
  const Committed done = project.commit(batch).value();
  CHECK((done.stashed == 2 && done.replaced == 1 && done.updated == 3 && done.erased == 0));
  CHECK(done.missing == std::vector<std::string>{"gone"});
  CHECK(metadata_of_id(project, "new").refcount == 5);
  CHECK(metadata_of_id(project, "old").refcount == 7);
  CHECK(text_of(project, "old") == "newer text");
  CHECK(text_of(project, "gone") == "(none)");
}

TEST_CASE("an update after an erase in one batch is void and says so") {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "text");
  Batch batch;
  batch.erase("a");
  batch.update("a", Update{.pinned = true});
  const Committed done = project.commit(batch).value();
  CHECK((done.erased == 1 && done.updated == 0));
  CHECK(done.missing == std::vector<std::string>{"a"});
  CHECK(text_of(project, "a") == "(none)");
  CHECK(stash(project, "a", "again").replaced == 0);
  CHECK(!metadata_of_id(project, "a").pinned);
}

TEST_CASE("a bad change keeps the whole batch out") {
  const TestStore store;
  Project project = store.open();
  Batch batch;
  batch.stash(segment("fine", "text"));
  batch.stash(segment("", "text"));
  CHECK(project.commit(batch).error().code == ErrorCode::invalid_argument);
  CHECK(count_of(project) == 0);
}

TEST_CASE("full is durable when it returns, relaxed after a sync") {
  const TestStore store;
  Project project = store.open();
  const Committed full = stash(project, "a", "text", Durability::full);
  CHECK(project.stats().value().durable_lsn == full.lsn);
  const Committed relaxed = stash(project, "b", "text", Durability::relaxed);
  CHECK(relaxed.lsn > full.lsn);
  CHECK(project.stats().value().committed_lsn == relaxed.lsn);
  CHECK(project.stats().value().durable_lsn == full.lsn);
  CHECK(text_of(project, "b") == "text");  // visible comes before durable
  project.sync().value();
  CHECK(project.stats().value().durable_lsn == relaxed.lsn);
}

TEST_CASE("a full commit makes the relaxed ones before it durable") {
  const TestStore store;
  Project project = store.open();
  stash(project, "a", "text", Durability::relaxed);
  const Committed full = stash(project, "b", "text", Durability::full);
  CHECK(project.stats().value().durable_lsn == full.lsn);
}

TEST_CASE("a log is sealed before a batch would overfill it") {
  const TestStore store(sealing_after(10));
  Project project = store.open();
  stash_many(project, "a", 6);
  CHECK(project.stats().value().logs == 1);
  stash_many(project, "b", 6);
  CHECK(project.stats().value().logs == 2);
  CHECK(project.stats().value().shards == 0);
  CHECK(count_of(project) == 12);
}

// An index takes 2^20 updates: the batch behind them seals the log, and that leaves it, because one
// was killed in its sync. Versions of before stand elsewhere then.
TEST_CASE("what a batch supersedes is looked for behind the sealing it causes") {
  const TestStore store;
  const auto state = store.state(patience(2000));
  Project project(state);
  constexpr int count = 30'000;
  Batch many;
  for (int n = 0; n < count; ++n) many.stash(segment("x" + std::to_string(n), "t"));
  project.commit(many, Durability::relaxed).value();
  many.clear();
  for (int n = 0; n < count; ++n) many.update("x" + std::to_string(n), {.pinned = true});
  const FileId left = store.manifest().logs.back().id;
  for (int done = 0; done + count < 1 << 20; done += count) {
    project.commit(many, Durability::relaxed).value();
  }
  project.sync().value();
  stash(project, "y", "first");
  stash(project, "z", "first");
  state->shared_control()->set_sync_in_flight(left.sequence);
  REQUIRE(store.manifest().logs.back().id == left);
  many.erase("y");
  many.stash(segment("z", "second"));
  const Committed done = project.commit(many, Durability::full).value();
  CHECK(store.manifest().logs.back().id != left);
  CHECK(done.erased == 1);
  CHECK(done.replaced == 1);
  CHECK(!project.snapshot().value().get("y").value().has_value());
  CHECK(count_of(project) == count + 1);
  CHECK(found_ids(project, "first").empty());
}

TEST_CASE("a batch over the delta's limit goes to a shard") {
  const TestStore store(sealing_after(10));
  Project project = store.open();
  stash(project, "a3", "before");
  const Committed done = stash_many(project, "a", 11);
  CHECK((done.stashed == 11 && done.replaced == 1));
  const ProjectStats stats = project.stats().value();
  CHECK(stats.shards == 1);
  CHECK(stats.segments == 11);
  CHECK(stats.durable_lsn == done.lsn);
  CHECK(text_of(project, "a3") == "text a number 3");
}

TEST_CASE("a batch with too much text goes to a shard") {
  store::StoreConfig config;
  config.delta_text_bytes = 1000;
  const TestStore store(config);
  Project project = store.open();
  stash(project, "small", std::string(900, 'x'));
  CHECK(project.stats().value().shards == 0);
  stash(project, "large", std::string(1100, 'y'));
  CHECK(project.stats().value().shards == 1);
  CHECK(text_of(project, "large") == std::string(1100, 'y'));
}

TEST_CASE("a large batch with other changes stays one batch of the log") {
  const TestStore store(sealing_after(10));
  Project project = store.open();
  stash_many(project, "a", 5);
  Batch batch;
  for (int n = 0; n < 30; ++n) batch.stash(segment("b" + std::to_string(n), "text"));
  batch.erase("a1");
  const Committed done = project.commit(batch).value();
  CHECK((done.stashed == 30 && done.erased == 1));
  CHECK(project.stats().value().shards == 0);
  CHECK(count_of(project) == 34);
}

TEST_CASE("a very large batch keeps every text") {
  const TestStore store;
  Project project = store.open();
  Batch batch;
  for (int n = 0; n < 20'000; ++n) {
    batch.stash(segment("id-" + std::to_string(n),
                        "word" + std::to_string(n % 97) + " body " + std::to_string(n)));
  }
  for (int n = 0; n < 20'000; n += 2) batch.update("id-" + std::to_string(n), {.pinned = true});
  const Committed done = project.commit(batch).value();
  CHECK((done.stashed == 20'000 && done.updated == 10'000));
  CHECK(count_of(project, "pinned:true") == 10'000);
  CHECK(text_of(project, "id-19999") == "word" + std::to_string(19'999 % 97) + " body 19999");
  Query query{.text = "word5", .limit = 1};
  CHECK(project.snapshot().value().search(query).value().total == (20'000 - 5 + 96) / 97);
}

TEST_CASE("texts may hold any bytes, and nothing at all") {
  const TestStore store;
  Project project = store.open();
  const std::string bytes("a\0b\xff\xfe\n", 6);
  stash(project, "bytes", bytes);
  stash(project, "empty", "");
  CHECK(text_of(project, "bytes") == bytes);
  CHECK(text_of(project, "empty").empty());
  project.merge(true).value();
  CHECK(text_of(project, "bytes") == bytes);
  CHECK(text_of(project, "empty").empty());
}

usize sealed_count(const TestStore& store) { return sealed_logs(store.manifest()).size(); }

TEST_CASE("where nobody merges, a writer does before he is refused") {
  const TestStore store(sealing_after(1));
  const Project project = store.open();
  for (usize n = 0; n < 2 * sealed_logs_max; ++n) {
    stash(project, "a" + std::to_string(n), "text");
    CHECK(sealed_count(store) <= sealed_logs_max);
  }
  CHECK(!store.manifest().shards.empty());
  CHECK(count_of(project) == 2 * sealed_logs_max);
}

TEST_CASE("with a merger that does not come on, a writer is told so before searches get slow") {
  const TestStore store(sealing_after(1));
  const auto state = store.state(patience(0));
  Project project(state);
  {
    const auto merging = MergeLock::acquire(*state).value();
    for (usize n = 0; n <= sealed_logs_max; ++n) stash(project, "a" + std::to_string(n), "text");
    CHECK(sealed_count(store) == sealed_logs_max);
    Batch batch;
    batch.stash(segment("refused", "text"));
    const auto refused = project.commit(batch, Durability::relaxed);
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::busy);
    CHECK(count_of(project) == sealed_logs_max + 1);
  }
  stash(project, "afterwards", "text");
  CHECK(sealed_count(store) <= sealed_logs_max);
  CHECK(count_of(project) == sealed_logs_max + 2);
}

// Nothing can be mapped while it lives.
class NoMaps : public FileSystem {
 public:
  NoMaps() { FileSystem::use(this); }
  ~NoMaps() override { FileSystem::use(nullptr); }
  int allow_map(int) override {
    errno = EIO;
    return -1;
  }
};

TEST_CASE("nothing is written beside a file that cannot be read just now, and all of it later") {
  const TestStore store;
  Project writer = store.open();
  Project other = store.open();
  (void)count_of(writer);
  stash(other, "a", "text");
  other.merge(false).value();
  Update pin;
  pin.pinned = true;
  Batch batch;
  batch.update("a", pin);
  {
    const NoMaps disk;
    const auto refused = writer.commit(batch, Durability::relaxed);
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::io);
  }
  CHECK(writer.commit(batch, Durability::relaxed).value().updated == 1);
  CHECK(metadata_of_id(writer, "a").pinned);
}

TEST_CASE(
    "beside a damaged shard segments are stashed; what may stand in it is not called missing") {
  const TestStore store;
  stash(store.open(), "a", "text");
  store.open().merge(false).value();
  std::filesystem::resize_file(store.paths().shard(store.manifest().shards.front().id), 10);
  Project project = store.open();
  stash(project, "b", "text");
  stash(project, "a", "a new version");
  CHECK(text_of(project, "a") == "a new version");
  Batch batch;
  batch.erase("unknown");
  const auto refused = project.commit(batch);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::corrupt);
  batch.clear();
  batch.erase("b");
  CHECK(project.commit(batch).value().erased == 1);
}

TEST_CASE(
    "a batch that is made under the lease is made from what there is, and nobody comes between") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash(project, "n", "0");
  constexpr int threads = 3, additions = 40;
  {
    std::vector<std::jthread> counting;
    for (int t = 0; t < threads; ++t) {
      counting.emplace_back([&] {
        for (int n = 0; n < additions; ++n) {
          const auto add = [&](const std::shared_ptr<const View>& now) -> Result<Batch> {
            const Located at = find_live(*now, "n").value().value();
            const std::string text = now->indexes[at.index].index->text(at.doc).value();
            Batch batch;
            batch.stash(segment("n", std::to_string(std::stoi(text) + 1)));
            return batch;
          };
          commit_made(*state, add, Durability::relaxed).value();
        }
      });
    }
  }
  CHECK(text_of(project, "n") == std::to_string(threads * additions));
}

TEST_CASE("a batch that cannot be made under the lease, or is none, changes nothing") {
  const TestStore store;
  const auto state = store.state();
  const Project project(state);
  stash(project, "a", "one");
  const u64 lsn = project.snapshot().value().lsn();
  const auto fails = [](const auto&) -> Result<Batch> { return fail(ErrorCode::io, "no batch"); };
  CHECK(commit_made(*state, fails, Durability::full).error().message == "no batch");
  const auto bad = [](const auto&) -> Result<Batch> {
    Batch batch;
    batch.stash({.id = "", .text = "x"});
    return batch;
  };
  CHECK(commit_made(*state, bad, Durability::full).error().code == ErrorCode::invalid_argument);
  CHECK(commit_made(
            *state, [](const auto&) { return Result<Batch>(Batch()); }, Durability::full)
            .value()
            .lsn == lsn);
  CHECK(project.snapshot().value().lsn() == lsn);
  stash(project, "b", "the lease is free again");
}

}  // namespace
}  // namespace shale

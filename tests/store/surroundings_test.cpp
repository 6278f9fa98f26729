#include "store/surroundings.hpp"

#include <thread>

#include "store/lease.hpp"
#include "store/store_state.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

Result<u64> no_boot() { return fail_at(ErrorCode::not_found, "it is hidden", "/proc/boot_id"); }

const Surroundings on_nfs{[](const path&) -> Result<Mount> {
                            return Mount{0x6969, false};
                          },
                          boot_id};
const Surroundings on_disc{[](const path&) -> Result<Mount> {
                             return Mount{0x9660, true};
                           },
                           boot_id};
const Surroundings bootless{[](const path&) -> Result<Mount> {
                              return Mount{0xef53, false};
                            },
                            no_boot};

StoreOptions asking(int milliseconds = 10'000) {
  StoreOptions options = patience(milliseconds);
  options.create = true;
  options.any_file_system = true;
  return options;
}

Result<std::shared_ptr<Project::State>> opened(const TestStore& store, const StoreOptions& options,
                                               const Surroundings& surroundings = on_nfs) {
  return open_project({store.path(), "default", options,
                       read_config(store.path() / "shale.toml").value(),
                       std::make_shared<SharedCaches>(options), surroundings});
}

TEST_CASE("what may be shared, what only by one, and what not at all") {
  const u64 boot = boot_id().value();
  const Sharing here = sharing_in({}, "/tmp", false).value();
  CHECK_FALSE(here.is_alone);
  CHECK(here.boot == boot);
  CHECK_FALSE(sharing_in({}, "/tmp", true).value().is_alone);  // asked for, and not needed
  CHECK_FALSE(sharing_in(on_disc, "/tmp", false).value().is_alone);

  for (const Surroundings* one : {&on_nfs, &bootless}) {
    const auto refused = sharing_in(*one, "/some/place", false);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::read_only);
    CHECK(refused.error().path == "/some/place");
    const Sharing alone = sharing_in(*one, "/some/place", true).value();
    CHECK(alone.is_alone);
    CHECK(alone.boot != boot);
    CHECK(alone.boot != sharing_in(*one, "/some/place", true).value().boot);  // never the same
  }
  CHECK(sharing_in(on_nfs, "/", false).error().message.find("nfs") != std::string::npos);
  CHECK(sharing_in(bootless, "/", false).error().message.find("boot id") != std::string::npos);
  CHECK(sharing_in(bootless, "/", false).error().message.find("hidden") != std::string::npos);
}

TEST_CASE("a store is not made where it could not be written, and is read where it is") {
  const TemporaryFolder folder;
  const path place = folder / "store";
  for (const Surroundings* one : {&on_nfs, &bootless}) {
    const auto refused = open_store(place, {.create = true}, *one);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::read_only);
    CHECK(list_folder(folder.path()).value().empty());
    CHECK(open_store(place, {}, *one).error().code == ErrorCode::not_found);
  }
  stash(Store::open(place, {.create = true}).value().project("default").value(), "a", "text");
  const auto before = listing_of(place);
  for (const Surroundings* one : {&on_nfs, &bootless}) {
    CHECK(open_store(place, {}, *one).error().code == ErrorCode::read_only);
    const Store store = open_store(place, {.read_only = true}, *one).value();
    CHECK(text_of(store.project("default").value(), "a") == "text");
  }
  CHECK(listing_of(place) == before);
  const Store alone = open_store(place, {.any_file_system = true}, on_nfs).value();
  CHECK(stash(alone.project("default").value(), "b", "text").stashed == 1);
}

TEST_CASE("a project that lies elsewhere than its store is asked for as well") {
  const TestStore store;
  StoreOptions options;
  options.create = true;
  CHECK(opened(store, options).error().code == ErrorCode::read_only);
  CHECK(files_in(store.path() / "projects").empty());
}

TEST_CASE("who is alone does everything, and leaves nothing that others could map") {
  const TestStore store(sealing_after(5));
  Contents expected;
  for (int round = 0; round < 4; ++round) {
    const auto state = opened(store, asking()).value();
    CHECK(state->is_alone);
    CHECK_FALSE(state->is_private);
    Project project(state);
    CHECK(contents(project) == expected);
    for (int n = 0; n < 12; ++n) {
      stash(project, "s" + std::to_string(n), "round " + std::to_string(round),
            n % 2 == 0 ? Durability::full : Durability::relaxed);
    }
    ingest(project, {segment("bulk", "round " + std::to_string(round)), segment("s3", "by bulk")});
    erase(project, "s4");
    update(project, "s5", {.pinned = true});
    if (round % 2 == 1) project.merge(round == 3).value();
    (void)project.merge_step().value();
    stash(project, "last", "round " + std::to_string(round));
    expected = contents(project);
    CHECK(expected.size() == 13);
    CHECK(count_of(project, "pinned:true") == 1);
    CHECK(contents(store.open(reading())) == expected);
    CHECK(project.verify().value().faults.empty());
    CHECK(files_in(store.paths().volatile_folder()) == std::vector<std::string>{"CACHEDIR.TAG"});
    CHECK(state->own_arenas.size() <= store.manifest().logs.size() + 1);
    const auto who = project.who().value();
    REQUIRE(who.size() == 1);
    CHECK(who[0].is_self);
  }
  CHECK(contents(store.open()) == expected);  // moved to a disk of its own, it is shared again
}

TEST_CASE("nobody else writes before it is closed") {
  const TestStore store;
  auto first = opened(store, asking()).value();
  stash(Project(first), "a", "text");
  CHECK(opened(store, asking(30)).error().code == ErrorCode::busy);
  StoreOptions options = patience(30);
  options.create = true;
  CHECK(opened(store, options, {}).error().code == ErrorCode::busy);  // nor where sharing is fine
  stash(Project(first), "b", "text");
  CHECK(opened(store, asking(30)).error().code == ErrorCode::busy);
  first.reset();
  const auto second = opened(store, asking(30)).value();
  CHECK(count_of(Project(second)) == 2);
}

TEST_CASE("one who waits gets the project when it is closed") {
  const TestStore store;
  std::optional<Project> first = Project(opened(store, asking()).value());
  stash(*first, "a", "text");
  u64 seen = 0;
  std::thread waiting([&] {
    const auto second = opened(store, asking(60'000));
    if (second) seen = count_of(Project(*second));
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  stash(*first, "b", "text");
  first.reset();
  waiting.join();
  CHECK(seen == 2);
}

TEST_CASE("what a killed process had written alone is there, and so is the project") {
  const TestStore store(sealing_after(5));
  Child child([&](int pipe) {
    const auto state = opened(store, asking()).value();
    for (int n = 0; n < 12; ++n) stash(Project(state), "s" + std::to_string(n), "text");
    Child::say(pipe);
    ::pause();
  });
  REQUIRE(child.hears(1));
  CHECK(opened(store, asking(30)).error().code == ErrorCode::busy);
  child.kill();
  const auto state = opened(store, asking()).value();
  CHECK(count_of(Project(state)) == 12);
  CHECK(found_ids(Project(state), "text").size() == 12);
}

TEST_CASE("sharers wait while one is alone, and go on behind what he wrote") {
  const TestStore store;
  const auto sharer = store.state(patience(30));
  stash(Project(sharer), "a", "text");
  {
    const auto alone = opened(store, asking()).value();
    CHECK(sharer->shared_control()->replaced());
    stash(Project(alone), "a", "changed alone");
    Batch batch;
    batch.stash(segment("b", "text"));
    CHECK(Project(sharer).commit(batch).error().code == ErrorCode::busy);
    Project(alone).merge(true).value();
  }
  stash(Project(sharer), "c", "text");
  CHECK(contents(Project(sharer)) == Contents{{"a", "changed alone"}, {"c", "text"}});
  CHECK(contents(store.open()) == contents(Project(sharer)));
}

TEST_CASE("what goes wrong alone is put right alone") {
  const TestStore store;
  const auto state = opened(store, asking()).value();
  Project project(state);
  stash(project, "a", "text");
  state->shared_control()->begin_change();  // as where MANIFEST could not be written
  stash(project, "b", "text");
  CHECK(count_of(project) == 2);
  CHECK(opened(store, asking(30)).error().code == ErrorCode::busy);
  const auto control = state->shared_control();
  control->poison(view_of(state)->edition->logs.back().id.sequence);  // a sync that failed
  stash(project, "c", "text");
  CHECK(count_of(project) == 3);
  CHECK(contents(store.open(reading())) == contents(project));
  CHECK(opened(store, asking(30)).error().code == ErrorCode::busy);
}

TEST_CASE("several threads write alone") {
  const TestStore store(sealing_after(20));
  const auto state = opened(store, asking()).value();
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0; n < 30; ++n) {
        Batch batch;
        batch.stash(segment(std::to_string(t) + "-" + std::to_string(n), "text"));
        const auto done =
            Project(state).commit(batch, n % 10 == 0 ? Durability::full : Durability::relaxed);
        const auto seen = Project(state).snapshot();
        failures += done && seen && seen->lsn() >= done->lsn ? 0 : 1;
        if (n % 15 == 14) failures += Project(state).merge_step() ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(count_of(Project(state)) == 90);
}

}  // namespace
}  // namespace shale::store

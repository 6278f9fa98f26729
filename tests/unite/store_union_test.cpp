#include "unite/store_union.hpp"

#include <shale/sync.hpp>

#include <sys/stat.h>

#include "store/project_state.hpp"
#include "store/store_state.hpp"
#include "tests/support/in_memory.hpp"
#include "tests/unite/unite_fixture.hpp"

using namespace shale;
using namespace shale::testing;

namespace fs = std::filesystem;

namespace {

ErrorCode code_of(const Result<ImportedStore>& result) {
  REQUIRE_FALSE(result);
  return result.error().code;
}

// What the stores hold when they are united in this order, into a new one.
HeldById united(const TemporaryFolder& folder, const std::vector<path>& stores, OnConflict policy) {
  static int number = 0;
  const Store all = new_store(folder, "all" + std::to_string(number++));
  for (const path& one : stores) take_in(all, one, policy);
  return held_by(all);
}

// A store of another machine, and a folder that it has synced.
struct Machine {
  Machine(const TemporaryFolder& folder, const std::string& name)
      : source(folder / (name + "-src")), store(new_store(folder, name)) {
    fs::create_directories(source);
  }
  void write(const std::string& name, const std::string& text) const {
    write_text(source / name, text);
  }
  Synced sync() const {
    Project project = store.project("default").value();
    return sync_with(project, source, {.chunking = Chunking::whole}).value();
  }
  path source;
  Store store;
};

}  // namespace

TEST_CASE("store union: neither direction nor order matters, and once is enough") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const InMemory in_memory;
    const TemporaryFolder folder;
    std::vector<path> paths;
    for (const char* name : {"a", "b", "c"}) {
      fill(new_store(folder, name), 60, random);
      paths.push_back(folder / name);
    }
    for (const OnConflict policy : {OnConflict::newest, OnConflict::both}) {
      std::vector<path> order = paths;
      const HeldById wanted = united(folder, order, policy);
      while (std::next_permutation(order.begin(), order.end())) {
        CHECK(united(folder, order, policy) == wanted);
      }
      std::sort(order.begin(), order.end());
      // Two first, then those with the third; and each again.
      const Store two = new_store(folder, "two" + std::to_string(int(policy)));
      take_in(two, folder / "b", policy);
      take_in(two, folder / "c", policy);
      const Store three = new_store(folder, "three" + std::to_string(int(policy)));
      take_in(three, folder / "a", policy);
      take_in(three, two.path(), policy);
      CHECK(held_by(three) == wanted);
      for (const path& one : {paths[0], paths[1], paths[2], two.path()}) {
        const ImportedStore again = take_in(three, one, policy);
        CHECK(again.stashed == 0);
        CHECK(again.added == 0);
      }
      CHECK(held_by(three) == wanted);
      if (policy == OnConflict::newest) continue;
      // Nothing is lost: every version is there, under its id or beside it.
      for (const path& one : paths) {
        const HeldById held = held_by(Store::open(one, reading()).value());
        for (const auto& theirs : held) {
          const bool is_there = std::any_of(wanted.begin(), wanted.end(), [&](const auto& each) {
            Held renamed = each.second;
            renamed.metadata.id = theirs.first;
            return each.first.starts_with(theirs.first) && renamed == theirs.second;
          });
          CHECK(is_there);
        }
      }
    }
  }
}

TEST_CASE("store union: mine and theirs decide every conflict, and only those") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const InMemory in_memory;
    const TemporaryFolder folder;
    const Store a = new_store(folder, "a");
    const Store b = new_store(folder, "b");
    fill(a, 100, random);
    fill(b, 100, random);
    const HeldById before = held_by(a);
    const HeldById other = held_by(b);
    HeldById mine = other;
    for (const auto& [id, held] : before) mine[id] = held;
    HeldById theirs = before;
    for (const auto& [id, held] : other) theirs[id] = held;
    take_in(a, b.path(), OnConflict::mine);
    CHECK(held_by(a) == mine);
    take_in(a, b.path(), OnConflict::theirs);
    CHECK(held_by(a) == theirs);
    CHECK(take_in(a, b.path()).same == other.size());
  }
}

TEST_CASE("store union: a conflict that nobody decides leaves everything as it was") {
  const TemporaryFolder folder;
  Store a = new_store(folder, "a");
  const Store b = new_store(folder, "b");
  stash(a.project("default").value(), "s", "mine");
  stash(b.project("a first one").value(), "new", "theirs");
  stash(b.project("default").value(), "s", "theirs");
  stash(b.project("default").value(), "t", "theirs");
  const auto refused = import_store(a, b.path());
  CHECK(code_of(refused) == ErrorCode::invalid_argument);
  CHECK(refused.error().message.starts_with("1 segments differ"));
  CHECK(refused.error().message.find("\"s\" of project \"default\"") != std::string::npos);
  CHECK(a.projects().value() == std::vector<std::string>{"default"});
  CHECK(contents(a.project("default").value()) == Contents{{"s", "mine"}});
  // A dry run tells of it instead.
  StoreImportOptions dry;
  dry.dry_run = true;
  const ImportedStore told = import_store(a, b.path(), dry).value();
  CHECK(told.conflicts == 1);
  CHECK(told.added == 2);
  CHECK(told.projects[1].conflicting == std::vector<std::string>{"s"});
}

TEST_CASE("store union: projects, theirs and where they go") {
  const TemporaryFolder folder;
  const Store b = new_store(folder, "b");
  stash(b.project("one").value(), "s", "of one");
  stash(b.project("Two/ü").value(), "s", "of two");
  (void)b.project("empty").value();
  Store a = new_store(folder, "a");
  const ImportedStore all = take_in(a, b.path());
  CHECK(all.added == 2);
  REQUIRE(all.projects.size() == 2);
  CHECK(all.projects[0].is_new);
  CHECK(a.projects().value() == std::vector<std::string>{"Two/ü", "one"});
  CHECK(text_of(a.project("Two/ü").value(), "s") == "of two");

  StoreImportOptions into;
  into.project = "all";
  const auto mixed = import_store(a, b.path(), into);
  CHECK(code_of(mixed) == ErrorCode::invalid_argument);
  CHECK(mixed.error().message.find("Two/ü, one") != std::string::npos);
  into.from_project = "one";
  CHECK(import_store(a, b.path(), into).value().projects[0].from == "one");
  CHECK(text_of(a.project("all").value(), "s") == "of one");
  StoreImportOptions only;
  only.from_project = "one";
  CHECK(import_store(a, b.path(), only).value().same == 1);
  only.from_project = "none";
  CHECK(code_of(import_store(a, b.path(), only)) == ErrorCode::not_found);
  // One that is empty is not made, nor in anybody's way.
  const Store c = new_store(folder, "c");
  stash(c.project("one").value(), "s", "of one");
  (void)c.project("empty").value();
  into.from_project.reset();
  CHECK(import_store(a, c.path(), into).value().same == 1);
}

TEST_CASE("store union: a project that is made here is made like theirs, one that is stays") {
  const TemporaryFolder folder;
  StoreOptions other_words = plain_store();
  other_words.analysis = "english";
  other_words.index = "terms";
  other_words.tokenizer = "cl100k_base";
  const Store b = Store::open(folder / "b", other_words).value();
  stash(b.project("one").value(), "s", "running");
  stash(b.project("default").value(), "s", "running");
  Store a = new_store(folder, "a");
  stash(a.project("default").value(), "x", "running");
  const ImportedStore done = import_store(a, b.path()).value();
  CHECK(done.differences ==
        std::vector<std::string>{"tokenizer is none here and cl100k_base there"});
  REQUIRE(done.projects.size() == 2);
  CHECK(done.projects[0].differences ==
        std::vector<std::string>{"analysis is plain here and english there",
                                 "index is positions here and terms there"});
  CHECK(done.projects[1].differences.empty());
  CHECK(found_ids(a.project("one").value(), "run") == std::vector<std::string>{"s"});
  CHECK(found_ids(a.project("default").value(), "run").empty());
  const StoreOptions like = unite::options_like(folder / "b").value();
  CHECK(like.analysis == "english");
  CHECK(like.tokenizer == "cl100k_base");
  CHECK(like.index == "terms");
}

TEST_CASE("store union: a project without an index of words stays so, and gives texts to others") {
  const TemporaryFolder folder;
  StoreOptions without = plain_store();
  without.index = "none";
  const Store b = Store::open(folder / "b", without).value();
  stash(b.project("one").value(), "s", "running");
  stash(b.project("default").value(), "s", "running");
  Store a = new_store(folder, "a");
  stash(a.project("default").value(), "x", "running");
  const ImportedStore done = import_store(a, b.path()).value();
  CHECK(done.projects[0].differences ==
        std::vector<std::string>{"index is positions here and none there"});
  CHECK(found_ids(a.project("default").value(), "running").size() == 2);
  const Snapshot made = a.project("one").value().snapshot().value();
  CHECK(made.search({.text = "running"}).error().code == ErrorCode::invalid_argument);
  CHECK(text_of(made, "s") == "running");
  CHECK(unite::options_like(folder / "b").value().index == "none");
}

TEST_CASE("store union: stores in memory take in others, and are taken in") {
  const TemporaryFolder folder;
  const Store b = new_store(folder, "b");
  stash_many(b.project("default").value(), "s", 20);
  Store a = Store::in_memory(plain_store()).value();
  CHECK(import_store(a, b.path()).value().added == 20);
  stash(a.project("default").value(), "x", "of a");
  Store c = new_store(folder, "c");
  CHECK(import_store(c, a.path()).value().added == 21);
  CHECK(held_by(c) == held_by(a));
  CHECK(code_of(import_store(a, a.path())) == ErrorCode::invalid_argument);
}

TEST_CASE("store union: the other store is read as it is, and nothing in it changes") {
  const TemporaryFolder folder;
  const Store a = new_store(folder, "a");
  {
    const Store b = new_store(folder, "b");
    stash_many(b.project("default").value(), "s", 20);
    b.project("default").value().merge(true).value();
    stash(b.project("default").value(), "s3", "second", Durability::full);
  }
  const auto before = listing_of(folder / "b");
  for (const auto& entry : fs::recursive_directory_iterator(folder / "b")) {
    ::chmod(entry.path().c_str(), entry.is_directory() ? 0500 : 0400);
  }
  CHECK(take_in(a, folder / "b").added == 20);
  CHECK(listing_of(folder / "b") == before);
  for (const auto& entry : fs::recursive_directory_iterator(folder / "b")) {
    if (entry.is_directory()) ::chmod(entry.path().c_str(), 0700);
  }
  CHECK(text_of(a.project("default").value(), "s3") == "second");
}

TEST_CASE("store union: a store that is open and written to is read as it stood") {
  const TemporaryFolder folder;
  Store a = new_store(folder, "a");
  const Store b = new_store(folder, "b");
  stash_many(b.project("default").value(), "s", 5000);
  bool has_written = false;
  const ImportedStore done = import_store(a, b.path(), {}, [&](const Progress&) {
                               if (!has_written)
                                 stash(b.project("default").value(), "late", "text");
                               if (!has_written) b.project("default").value().merge(true).value();
                               return has_written = true;
                             }).value();
  CHECK(done.added == 5000);
  CHECK(take_in(a, b.path()).added == 1);
}

TEST_CASE("store union: itself, nothing, and what is no store") {
  const TemporaryFolder folder;
  Store a = new_store(folder, "a");
  stash(a.project("default").value(), "s", "text");
  fs::create_directory_symlink(folder / "a", folder / "link");
  for (const path& same : {folder / "a", folder / "link", folder / "a" / ".." / "a" / ""}) {
    CHECK(code_of(import_store(a, same)) == ErrorCode::invalid_argument);
  }
  const Store through = Store::open(folder / "link").value();
  Store copy = through;
  CHECK(code_of(import_store(copy, folder / "a")) == ErrorCode::invalid_argument);
  CHECK(code_of(import_store(a, folder / "none")) == ErrorCode::not_found);
  fs::create_directory(folder / "full");
  write_text(folder / "full" / "file", "");
  CHECK(code_of(import_store(a, folder / "full")) == ErrorCode::not_found);
  CHECK(unite::is_store_folder(folder / "a"));
  CHECK_FALSE(unite::is_store_folder(folder / "full"));
  CHECK_FALSE(unite::is_store_folder(folder / "none"));
  Store reader = Store::open(folder / "a", reading()).value();
  new_store(folder, "b");
  CHECK(code_of(import_store(reader, folder / "b")) == ErrorCode::read_only);
}

TEST_CASE("store union: damage is told with its file, of whichever store") {
  for (const bool is_theirs : {true, false}) {
    const TemporaryFolder folder;
    for (const char* name : {"a", "b"}) {
      const Store store = new_store(folder, name);
      stash_many(store.project("default").value(), name, 10);
      store.project("default").value().merge(true).value();
    }
    const path shards = folder / (is_theirs ? "b" : "a") / "projects" / "default" / "shards";
    const path shard = shards / files_in(shards, ".shard").front();
    fs::resize_file(shard, 4096);
    Store a = Store::open(folder / "a").value();
    const auto damaged = import_store(a, folder / "b");
    CHECK(code_of(damaged) == ErrorCode::corrupt);
    CHECK(damaged.error().path == shard.string());
  }
}

TEST_CASE("store union: a folder that is synced there is no folder of this machine") {
  const TemporaryFolder folder;
  const Machine here(folder, "here");
  const Machine there(folder, "there");
  here.write("own.txt", "own");
  there.write("foreign.txt", "foreign");
  there.write("later.txt", "theirs");
  here.sync();
  there.sync();
  CHECK(take_in(here.store, there.store.path()).added == 2);
  const Project project = here.store.project("default").value();
  CHECK(metadata_of_id(project, "foreign.txt#1").attrs.empty());
  // The next sync neither misses their files here nor writes over them.
  here.write("later.txt", "mine");
  const Synced synced = here.sync();
  CHECK(synced.removed == 0);
  CHECK(synced.added == 1);
  const Contents held = contents(project);
  CHECK(held.at("foreign.txt#1") == "foreign");
  CHECK(held.at("later.txt#1") == "theirs");
  CHECK(held.at("later.txt#1~2") == "mine");
  CHECK(take_in(here.store, there.store.path()).same == 2);
}

TEST_CASE("store union: what a folder of this machine stands behind stays what its file is") {
  for (const OnConflict policy : {OnConflict::newest, OnConflict::both, OnConflict::theirs}) {
    const TemporaryFolder folder;
    const Machine here(folder, "here");
    const Machine there(folder, "there");
    here.write("same.txt", "same");
    here.write("differs.txt", "mine");
    here.sync();
    there.write("same.txt", "same");
    there.write("differs.txt", "theirs");
    there.sync();
    const ImportedStore done = take_in(here.store, there.store.path(), policy);
    CHECK(done.same == 1);
    CHECK(done.conflicts == 1);
    CHECK(done.synced == (policy == OnConflict::both ? 0 : 1));
    const Synced synced = here.sync();
    CHECK(synced.unchanged == 2);
    const Contents held = contents(here.store.project("default").value());
    CHECK(held.at("differs.txt#1") == "mine");
    CHECK(held.size() == (policy == OnConflict::both ? 3 : 2));
  }
}

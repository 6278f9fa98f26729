#include "unite/project_union.hpp"

#include <atomic>
#include <thread>

#include "tests/unite/unite_fixture.hpp"

using namespace shale;
using namespace shale::unite;
using namespace shale::testing;

namespace {

struct Pair {
  TestStore there;
  TestStore here;
  Project theirs = there.open();
  Project mine = here.open();

  Result<ImportedProject> unite(const StoreImportOptions& options,
                                const ProgressCallback& progress = {}, bool is_rehearsal = false) {
    const std::stop_token never;
    Meter meter{progress, never};
    const Side side = Side::of(theirs.snapshot().value()).value();
    ImportedProject done;
    done.name = "default";
    const auto united = unite_projects({side, mine, options, is_rehearsal}, meter, done);
    if (!united) return Unexpected{united.error()};
    CHECK(meter.written == (is_rehearsal ? 0 : done.stashed));
    return done;
  }
};

NewSegment at_time(const std::string& id, const std::string& text, std::int64_t moment) {
  NewSegment one = segment(id, text);
  one.touched_at = Time{some_moment + moment, true};
  return one;
}

// Long enough that the meter is asked before the first batch is due.
constexpr int many = 2000;

}  // namespace

TEST_CASE("project union: a segment comes with all that it has") {
  Pair pair;
  std::mt19937 random(3);
  for (int n = 0; n < 50; ++n) {
    stash(pair.theirs, random_version("s" + std::to_string(n), random));
  }
  pair.theirs.merge(true).value();
  Update change;
  change.tags_added = {"later"};
  change.attrs_set = {{"json", Json{"[1]"}}};
  update(pair.theirs, "s7", change);
  const ImportedProject done = pair.unite({}).value();
  CHECK(done.added == 50);
  CHECK(done.stashed == 50);
  CHECK(held_by(pair.mine) == held_by(pair.theirs));
  CHECK(pair.unite({}).value().same == 50);
}

TEST_CASE("project union: a rehearsal counts the same and writes nothing") {
  for (const OnConflict policy : {OnConflict::refuse, OnConflict::newest, OnConflict::both,
                                  OnConflict::mine, OnConflict::theirs}) {
    Pair pair;
    std::mt19937 random(5);
    for (int n = 0; n < 200; ++n) {
      const std::string id = "s" + std::to_string(n);
      if (random() % 2 == 0) stash(pair.mine, random_version(id, random));
      if (random() % 2 == 0) stash(pair.theirs, random_version(id, random));
    }
    StoreImportOptions options;
    options.on_conflict = policy;
    const HeldById before = held_by(pair.mine);
    const ImportedProject dry = pair.unite(options, {}, true).value();
    CHECK(held_by(pair.mine) == before);
    CHECK(dry.conflicts > 10);
    const auto wet = pair.unite(options);
    REQUIRE(wet.has_value() == (policy != OnConflict::refuse));
    if (!wet) continue;
    CHECK(ImportedCounts(*wet) == ImportedCounts(dry));
    CHECK(wet->conflicting == dry.conflicting);
    CHECK(pair.unite(options, {}, true).value().stashed == 0);
  }
}

// It is compared with what is here when the batch is made, not when the text was read.
TEST_CASE("project union: what others write meanwhile counts") {
  Pair pair;
  stash_many(pair.theirs, "s", many);
  bool has_written = false;
  StoreImportOptions options;
  options.on_conflict = OnConflict::newest;
  const ImportedProject done = pair.unite(options,
                                          [&](const Progress& progress) {
                                            if (has_written) return true;
                                            has_written = true;
                                            CHECK(progress.segments == 0);
                                            stash(pair.mine, at_time("s1", "newer", 1));
                                            stash(pair.mine, at_time("s2", "older", -1));
                                            return true;
                                          })
                                   .value();
  CHECK(has_written);
  CHECK(done.added == many - 2);
  CHECK(done.mine == 1);
  CHECK(done.theirs == 1);
  CHECK(text_of(pair.mine, "s1") == "newer");
  CHECK(text_of(pair.mine, "s2") == "text s number 2");
}

// Whoever writes is faster than a batch of thousands: what he has said must be there in the end.
TEST_CASE("project union: nothing that others write meanwhile is written over") {
  Pair pair;
  stash_many(pair.theirs, "s", 3 * 4096);
  std::map<std::string, std::string> said;
  std::atomic<bool> is_over = false;
  std::thread other([&] {
    Project mine = pair.here.open();
    std::mt19937 random(1);
    for (int n = 1; !is_over; ++n) {
      const std::string id = "s" + std::to_string(random() % (3 * 4096));
      said[id] = "said " + std::to_string(n);
      stash(mine, at_time(id, said[id], n));
    }
  });
  StoreImportOptions options;
  options.on_conflict = OnConflict::newest;
  const auto done = pair.unite(options);
  is_over = true;
  other.join();
  REQUIRE(done);
  CHECK(done->added + done->mine == 3 * 4096);
  const Contents held = contents(pair.mine);
  CHECK(held.size() == 3 * 4096);
  CHECK(said.size() > 10);
  for (const auto& [id, text] : said) CHECK(held.at(id) == text);
}

TEST_CASE("project union: where nobody decides, what differs since is not written over") {
  Pair pair;
  stash_many(pair.theirs, "s", many);
  const auto done = pair.unite({}, [&](const Progress&) {
    stash(pair.mine, "s1", "mine");
    return true;
  });
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ErrorCode::invalid_argument);
  CHECK(done.error().message.find("\"s1\"") != std::string::npos);
  CHECK(count_of(pair.mine) == 1);
}

TEST_CASE("project union: cancelled, and done by the next call") {
  Pair pair;
  stash_many(pair.theirs, "s", 3 * 4096);
  int calls = 0;
  const auto ended = pair.unite({}, [&](const Progress& progress) {
    ++calls;
    return progress.segments == 0;
  });
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == ErrorCode::cancelled);
  CHECK(calls > 1);
  CHECK(count_of(pair.mine) == 4096);
  const ImportedProject rest = pair.unite({}).value();
  CHECK(rest.same == 4096);
  CHECK(rest.added == 2 * 4096);
  CHECK(contents(pair.mine) == contents(pair.theirs));
}

TEST_CASE("project union: conflicts are told as they are met, the first of them kept") {
  Pair pair;
  for (int n = 0; n < 120; ++n) {
    stash(pair.mine, "s" + std::to_string(n), "mine");
    stash(pair.theirs, "s" + std::to_string(n), "theirs");
  }
  std::vector<Conflict> told;
  StoreImportOptions options;
  options.on_conflict = OnConflict::both;
  options.on_each = [&](const Conflict& conflict) { told.push_back(conflict); };
  const ImportedProject done = pair.unite(options).value();
  CHECK(done.conflicts == 120);
  REQUIRE(told.size() == 120);
  CHECK(done.conflicting.size() == conflicts_told_max);
  for (const Conflict& conflict : told) {
    CHECK(conflict.project == "default");
    CHECK(conflict.kept == Kept::both);
    const Contents held = contents(pair.mine);
    CHECK((held.at(conflict.id) == "mine") == (held.at(conflict.new_id) == "theirs"));
  }
}

// The version beside has been changed by its user since: it is not brought back.
TEST_CASE("project union: a version kept beside is there once, whatever was said of it since") {
  Pair pair;
  stash(pair.mine, at_time("s", "newer", 1));
  stash(pair.theirs, at_time("s", "older", 0));
  StoreImportOptions options;
  options.on_conflict = OnConflict::both;
  CHECK(pair.unite(options).value().stashed == 1);
  std::string beside;
  for (const auto& [id, text] : contents(pair.mine)) beside = id == "s" ? beside : id;
  CHECK(text_of(pair.mine, beside) == "older");
  Update change;
  change.tags_added = {"seen"};
  update(pair.mine, beside, change);
  const ImportedProject again = pair.unite(options).value();
  CHECK(again.both == 1);
  CHECK(again.stashed == 0);
  // In the other direction it comes by itself, with what was said of it.
  std::swap(pair.mine, pair.theirs);
  CHECK(pair.unite(options).value().stashed == 2);
  CHECK(held_by(pair.mine) == held_by(pair.theirs));
}

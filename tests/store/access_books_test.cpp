#include "store/access_books.hpp"

#include "tests/store/access_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;
using catalog::AccessEntry;

AccessEntry entry_at(const Project::State& project, const View& view, usize at, u32 doc) {
  const auto file =
      catalog::AccessFile::open(access_path(project, view, at), access_owner(project, view, at))
          .value();
  AccessEntry entry;
  if (file) file->read(doc, std::span(&entry, 1)).value();
  return entry;
}

void write(AccessBooks& books) {
  std::vector<AccessCounts::Counted> not_written;
  books.write(not_written).value();
  CHECK(not_written.empty());
}

TEST_CASE("what a dead version has goes to the live one, whoever superseded it") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 2);
  project.merge(true).value();
  read(project, "a0", 3);
  read(project, "a1", 2);
  flush(state);
  stash(project, "a0", "newer");
  erase(project, "a1");
  forget_counts(state);  // who superseded them was killed
  const AccessLock lock = AccessLock::acquire(*state).value();
  const View& view = *lock.view();
  REQUIRE(view.indexes.size() == 2);
  CHECK(entry_at(*state, view, 0, 0).count == 3);
  AccessBooks books(*state, lock.view());
  books.inherit_all(0).value();
  write(books);
  CHECK(entry_at(*state, view, 0, 0) == AccessEntry{});
  CHECK(entry_at(*state, view, 0, 1) == AccessEntry{});  // gone with its segment
  const Located live = *find_live(view, "a0").value();
  CHECK(live.index == 1);
  CHECK(entry_at(*state, view, 1, to_index(live.doc)).count == 3);
}

TEST_CASE("of documents that are named, only dead ones hand on what they have") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 2);
  project.merge(true).value();
  read(project, "a0", 3);
  read(project, "a1", 2);
  flush(state);
  stash(project, "a0", "newer");
  forget_counts(state);
  const AccessLock lock = AccessLock::acquire(*state).value();
  AccessBooks books(*state, lock.view());
  const std::vector<u32> docs = {0, 1, 77};
  books.inherit(lock.view()->indexes[0].index->file_id(), docs).value();
  books.inherit({99, 99}, docs).value();  // of an index that was merged since
  write(books);
  CHECK(entry_at(*state, *lock.view(), 0, 0).count == 0);
  CHECK(entry_at(*state, *lock.view(), 0, 1).count == 2);
}

TEST_CASE("what is to be moved stays where its new place cannot be written") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 1);
  project.merge(true).value();
  read(project, "a0", 3);
  flush(state);
  stash(project, "a0", "newer");
  forget_counts(state);
  const auto in_the_way = store.paths().log_access(store.manifest().logs.back().id);
  std::filesystem::create_directories(in_the_way / "something");
  {
    const AccessLock lock = AccessLock::acquire(*state).value();
    AccessBooks books(*state, lock.view());
    books.inherit_all(0).value();
    std::vector<AccessCounts::Counted> not_written;
    CHECK(!books.write(not_written).has_value());
    CHECK(entry_at(*state, *lock.view(), 0, 0).count == 3);
  }
  std::filesystem::remove_all(in_the_way);
  CHECK(count_of_id(project, "a0") == 3);
}

}  // namespace
}  // namespace shale::store

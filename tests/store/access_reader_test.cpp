#include "store/access_reader.hpp"

#include "tests/store/access_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

TEST_CASE("a segment has what its dead versions have, until that is moved") {
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
  read(project, "a0");
  state->accesses.take_superseded();  // who superseded them was killed
  flush(state);
  const AccessReader reader(*state, view_of(state));
  CHECK(reader.of_id("a0").value().count == 4);
  CHECK(reader.of_id("a1").value().count == 0);  // erased
  CHECK(reader.of_id("nobody").value().count == 0);
}

TEST_CASE("a damaged file says that nothing was read") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 1);
  project.merge(true).value();
  read(project, "a0", 3);
  flush(state);
  flip_byte(store.paths().access(store.manifest().shards[0].id), 20);
  const AccessReader reader(*state, view_of(state));
  CHECK(reader.of_id("a0").value().count == 0);
  read(project, "a0");
  CHECK(count_of_id(project, "a0") == 1);  // made anew
}

}  // namespace
}  // namespace shale::store

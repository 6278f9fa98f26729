#include "store/access_lock.hpp"

#include "store/lease.hpp"
#include "store/publish.hpp"
#include "tests/store/access_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

TEST_CASE("one at a time has the access lock, in a process and between processes") {
  const TestStore store;
  const auto one = store.state();
  const auto two = store.state(patience(20));
  {
    const AccessLock lock = AccessLock::acquire(*one).value();
    CHECK(!AccessLock::try_acquire(*one, {}).value().has_value());
    CHECK(!AccessLock::try_acquire(*two, {}).value().has_value());
    CHECK(AccessLock::acquire(*two).error().code == ErrorCode::busy);
  }
  CHECK(AccessLock::try_acquire(*two, {}).value().has_value());
}

TEST_CASE("its view is the newest") {
  const TestStore store;
  const auto one = store.state();
  const auto two = store.state();
  const auto before = view_of(one);
  stash_many(Project(two), "a", 2);
  Project(two).merge(true).value();
  const AccessLock lock = AccessLock::acquire(*one).value();
  CHECK(lock.view()->edition->manifest.edition == store.manifest().edition);
  CHECK(before->edition != lock.view()->edition);
}

TEST_CASE("what a publisher who was killed behind MANIFEST left is finished first") {
  const TestStore store;
  const auto state = store.state();
  stash_many(Project(state), "a", 2);
  Project(state).merge(true).value();
  (void)view_of(state);
  // As between the rename and CONTROL: MANIFEST is new, CONTROL says so and is of before.
  catalog::Manifest next = store.manifest();
  ++next.edition;
  const auto control = state->shared_control();
  control->set_manifest_in_flight(next.edition);
  catalog::write_manifest(store.paths().manifest(), next).value();
  {
    const AccessLock lock = AccessLock::acquire(*state).value();
    CHECK(lock.view()->edition->manifest.edition == next.edition);
  }
  CHECK(state->shared_control()->manifest_in_flight() == 0);
}

TEST_CASE("while somebody publishes it waits, and gives up in time") {
  const TestStore store;
  const auto one = store.state();
  const auto two = store.state();
  std::optional<Lease> lease = Lease::acquire(*one, "test").value();
  lease->control().set_manifest_in_flight(store.manifest().edition + 1);
  CHECK(!AccessLock::try_acquire(*two, std::chrono::milliseconds(20)).value().has_value());
  lease->control().clear_manifest_in_flight();
  lease.reset();
  CHECK(AccessLock::try_acquire(*two, {}).value().has_value());
}

TEST_CASE("who may not write never has it") {
  const TestStore store;
  stash_many(store.open(), "a", 1);
  CHECK(!AccessLock::try_acquire(*store.state(reading()), {}).value().has_value());
}

}  // namespace
}  // namespace shale::store

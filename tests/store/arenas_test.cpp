#include "store/arenas.hpp"

#include "store/recovery.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

Result<std::shared_ptr<delta::Arena>> found(Project::State& state, FileId log) {
  const std::lock_guard lock(state.view_mutex);
  return arena_of(state, log);
}

TEST_CASE("a shared index lies in its file, for this boot and project alone") {
  const TestStore store;
  const auto state = store.state();
  const FileId log{77, 0x1234};
  CHECK(found(*state, log).error().code == ErrorCode::not_found);
  make_log_arena(*state, log).value();
  CHECK(path_exists(store.paths().index(log)).value());
  CHECK(found(*state, log));
  CHECK(found(*state, log).value() != found(*state, log).value());  // attached each time
  CHECK(state->own_arenas.empty());
  state->boot ^= 1;
  CHECK(found(*state, log).error().code == ErrorCode::corrupt);
}

TEST_CASE("who is alone has the indexes in his memory, each as long as its log lives") {
  const TestStore store;
  const auto state = store.state();
  state->is_alone = true;
  const FileId old{7, 1}, middle{8, 2}, now{9, 3}, next{10, 4};
  CHECK(found(*state, old).error().code == ErrorCode::corrupt);
  for (const FileId log : {old, middle, now, next}) {
    make_log_arena(*state, log).value();
    CHECK_FALSE(path_exists(store.paths().index(log)).value());
    CHECK(found(*state, log).value() == found(*state, log).value());
  }
  catalog::Manifest manifest;
  manifest.logs = {{old, 4096, 1, {}}, {now, 0, 0, {}}};
  {
    const std::lock_guard lock(state->view_mutex);
    forget_arenas(*state, manifest);
  }
  CHECK(found(*state, old));
  CHECK_FALSE(found(*state, middle));
  CHECK(found(*state, now));
  CHECK(found(*state, next));  // of an edition that is being made
  state->is_alone = false;
}

}  // namespace
}  // namespace shale::store

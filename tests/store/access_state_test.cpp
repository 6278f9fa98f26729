#include "store/access_state.hpp"

#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

TEST_CASE("what was superseded is taken once, all of one index together") {
  AccessState state;
  CHECK(!state.any());
  state.supersede({1, 0}, Bitmap::range(0, 2));
  state.supersede({1, 0}, Bitmap::range(5, 6));
  state.supersede({2, 0}, Bitmap::range(9, 10));
  CHECK(state.any());
  auto taken = state.take_superseded();
  CHECK(taken.size() == 2);
  CHECK(taken[FileId{1, 0}].to_vector() == std::vector<u32>{0, 1, 5});
  CHECK(!state.any());
}

TEST_CASE("reads alone are reason enough to write") {
  AccessState state;
  const auto slot = state.counts.open_slot({1, 0});
  state.counts.add(slot->number(), 0);
  CHECK(state.any());
}

TEST_CASE("files wait for their sync from the first write on") {
  AccessState state;
  const auto now = std::chrono::steady_clock::now();
  CHECK(!state.sync_is_due(now + std::chrono::hours(1)));
  state.note_written({"a", "b"});
  state.note_written({"a"});
  CHECK(!state.sync_is_due(now));
  CHECK(state.sync_is_due(now + std::chrono::seconds(21)));
  CHECK(state.take_unsynced().size() == 2);
  CHECK(!state.sync_is_due(now + std::chrono::hours(1)));
}

}  // namespace
}  // namespace shale::store

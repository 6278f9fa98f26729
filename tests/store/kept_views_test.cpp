#include "store/kept_views.hpp"

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;
using Clock = KeptViews::Clock;

// Views of one project, each of a moment of its own.
struct Views {
  TestStore store;
  std::shared_ptr<Project::State> state = store.state();
  std::shared_ptr<const View> next() {
    Project project(state);
    stash(project, "a" + std::to_string(count++), "text");
    return view_of(state);
  }
  int count = 0;
};

std::shared_ptr<const View> find(KeptViews& kept, const View& view, Clock::time_point now) {
  return kept.find(view.edition->manifest.edition, view.committed, now);
}

TEST_CASE("what is kept is found by edition and LSN, and nothing else") {
  Views views;
  const auto one = views.next(), two = views.next();
  KeptViews kept;
  const Clock::time_point now{};
  kept.keep(one, now);
  CHECK(find(kept, *one, now) == one);
  CHECK(find(kept, *two, now) == nullptr);
  CHECK(kept.find(one->edition->manifest.edition + 1, one->committed, now) == nullptr);
  kept.keep(one, now);
  CHECK(kept.size() == 1);
  kept.clear();
  CHECK(find(kept, *one, now) == nullptr);
}

TEST_CASE("the one used longest ago makes room") {
  Views views;
  KeptViews kept;
  const Clock::time_point now{};
  std::vector<std::shared_ptr<const View>> all;
  for (usize i = 0; i < KeptViews::views_max; ++i) {
    all.push_back(views.next());
    kept.keep(all.back(), now);
  }
  CHECK(find(kept, *all[0], now) == all[0]);  // now the one used last
  const std::weak_ptr<const View> second = all[1];
  all[1].reset();
  const auto more = views.next();
  kept.keep(more, now);
  CHECK(kept.size() == KeptViews::views_max);
  CHECK(second.expired());
  CHECK(find(kept, *all[0], now) == all[0]);
  CHECK(find(kept, *more, now) == more);
}

TEST_CASE("minutes after its last use a view goes, asked for or not") {
  Views views;
  const auto old = views.next(), used = views.next();
  KeptViews kept;
  const Clock::time_point start{};
  kept.keep(old, start);
  kept.keep(used, start);
  const auto almost = start + KeptViews::kept_for - std::chrono::seconds(1);
  CHECK(find(kept, *used, almost) == used);
  kept.drop_old(almost);
  CHECK(kept.size() == 2);
  const auto later = start + KeptViews::kept_for;
  CHECK(find(kept, *old, later) == nullptr);
  kept.drop_old(later);
  CHECK(kept.size() == 1);
  CHECK(find(kept, *used, later) == used);
  kept.drop_old(later + KeptViews::kept_for);
  CHECK(kept.size() == 0);
}

}  // namespace
}  // namespace shale::store

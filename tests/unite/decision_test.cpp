#include "unite/decision.hpp"

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::unite;

namespace {

Version version(i64 touched, u64 text) {
  Version one;
  one.metadata.id = "id";
  one.metadata.touched_at = {touched, true};
  one.text = {text, 0};
  return one;
}

constexpr OnConflict policies[] = {OnConflict::refuse, OnConflict::newest, OnConflict::both,
                                   OnConflict::mine, OnConflict::theirs};

}  // namespace

TEST_CASE("decision: what is not here comes, what is the same does not") {
  for (const OnConflict policy : policies) {
    const Version one = version(1, 1);
    const Decision added = decide(nullptr, one, policy);
    CHECK(added.outcome == Outcome::added);
    CHECK(added.takes_theirs);
    const Decision same = decide(&one, one, policy);
    CHECK(same.outcome == Outcome::same);
    CHECK_FALSE(same.takes_theirs);
    CHECK_FALSE(same.id_beside);
  }
}

TEST_CASE("decision: each policy on an older and a newer version") {
  const Version older = version(1, 9);
  const Version newer = version(2, 1);
  CHECK(decide(&older, newer, OnConflict::refuse).outcome == Outcome::refused);
  for (const bool theirs_is_newer : {true, false}) {
    const Version& ours = theirs_is_newer ? older : newer;
    const Version& theirs = theirs_is_newer ? newer : older;
    CHECK(decide(&ours, theirs, OnConflict::newest).takes_theirs == theirs_is_newer);
    CHECK(decide(&ours, theirs, OnConflict::newest).outcome ==
          (theirs_is_newer ? Outcome::theirs : Outcome::mine));
    CHECK_FALSE(decide(&ours, theirs, OnConflict::mine).takes_theirs);
    CHECK(decide(&ours, theirs, OnConflict::mine).outcome == Outcome::mine);
    CHECK(decide(&ours, theirs, OnConflict::theirs).takes_theirs);
    CHECK(decide(&ours, theirs, OnConflict::theirs).outcome == Outcome::theirs);
    const Decision both = decide(&ours, theirs, OnConflict::both);
    CHECK(both.outcome == Outcome::both);
    CHECK(both.takes_theirs == theirs_is_newer);
    CHECK(both.id_beside == id_beside("id", content_of(older)));  // whoever asks
  }
}

TEST_CASE("decision: of equal times one wins, in either direction the same") {
  const Version one = version(1, 1);
  const Version two = version(1, 2);
  CHECK(decide(&one, two, OnConflict::newest).takes_theirs !=
        decide(&two, one, OnConflict::newest).takes_theirs);
}

TEST_CASE("decision: what a folder stands behind keeps its id") {
  Version ours = version(1, 1);
  ours.metadata.attrs.emplace(".mirror", "lib/");
  ours.metadata.line_range = LineRange{1, 2};
  Version theirs = version(2, 1);
  for (const OnConflict policy : policies) {
    CHECK(decide(&ours, theirs, policy).outcome == Outcome::same);
  }
  theirs.text = {2, 0};
  CHECK(decide(&ours, theirs, OnConflict::refuse).outcome == Outcome::refused);
  for (const OnConflict policy : {OnConflict::newest, OnConflict::theirs}) {
    const Decision kept = decide(&ours, theirs, policy);
    CHECK(kept.outcome == Outcome::mine);
    CHECK(kept.is_synced);
    CHECK_FALSE(kept.takes_theirs);
  }
  CHECK_FALSE(decide(&ours, theirs, OnConflict::mine).is_synced);
  const Decision both = decide(&ours, theirs, OnConflict::both);
  CHECK(both.outcome == Outcome::both);
  CHECK_FALSE(both.takes_theirs);
  CHECK(both.id_beside == id_beside("id", content_of(theirs)));
}

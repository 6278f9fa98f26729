#include "store/batch.hpp"

#include "base/checksum.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using testing::segment;

constexpr Time now{testing::some_moment + 5, true};

// "stash a, update a": the changes that are left of a batch.
std::string left_of(const Batch& batch) {
  std::string result;
  for (const delta::Change& change : changes_of(batch.state(), now)) {
    if (!result.empty()) result += ", ";
    if (std::holds_alternative<delta::StashChange>(change)) {
      result += "stash ";
    } else if (std::holds_alternative<delta::UpdateChange>(change)) {
      result += "update ";
    } else {
      result += "erase ";
    }
    result += delta::change_id(change);
  }
  return result;
}

// "s a u b e c": a batch of changes.
Batch batch_of(const std::string& script) {
  Batch batch;
  for (usize i = 0; i + 1 < script.size(); i += 2) {
    const std::string id(1, script[i + 1]);
    if (script[i] == 's') batch.stash(segment(id, "text " + std::to_string(i)));
    if (script[i] == 'u') batch.update(id, Update{.pinned = true});
    if (script[i] == 'e') batch.erase(id);
  }
  return batch;
}

TEST_CASE("a batch counts its changes and its text") {
  Batch batch;
  CHECK(batch.size() == 0);
  batch.stash(segment("a", "12345"));
  batch.stash(segment("b", "123"));
  batch.update("a", {});
  batch.erase("c");
  CHECK(batch.size() == 4);
  CHECK(batch.text_bytes() == 8);
  Batch moved = std::move(batch);
  CHECK(moved.size() == 4);
  moved.clear();
  CHECK(moved.size() == 0);
  CHECK(moved.text_bytes() == 0);
  CHECK(changes_of(moved.state(), now).empty());
}

TEST_CASE("of several changes to one id the last one wins") {
  const std::pair<const char*, const char*> cases[] = {
      {"sa", "stash a"},
      {"sasb", "stash a, stash b"},
      {"sasa", "stash a"},
      {"saua", "stash a, update a"},
      {"uasa", "stash a"},
      {"saea", "erase a"},
      {"easa", "stash a"},
      {"eaua", "erase a, update a"},
      {"uaua", "update a, update a"},
      {"sauaeasaua", "stash a, update a"},
      {"sasbeaubsc", "stash b, erase a, update b, stash c"},
      {"eaea", "erase a"},
  };
  for (const auto& [script, expected] : cases) {
    INFO(script);
    CHECK(left_of(batch_of(script)) == expected);
  }
}

TEST_CASE("the stash that is left is the last one, with its defaults filled in") {
  Batch batch;
  batch.stash(segment("a", "old"));
  NewSegment newest;
  newest.id = "a";
  newest.text = "new";
  newest.tags = {"x", "y", "x"};
  batch.stash(newest);
  const auto changes = changes_of(batch.state(), now);
  REQUIRE(changes.size() == 1);
  const auto& stash = std::get<delta::StashChange>(changes[0]);
  CHECK(stash.text == "new");
  CHECK(stash.metadata.created_at == now);
  CHECK(stash.metadata.touched_at == now);
  CHECK(stash.metadata.tags == std::vector<std::string>{"x", "y"});
  CHECK(stash.text_hash == checksum128(as_bytes(std::string_view("new"))));
}

TEST_CASE("a bad change is refused with its place in the batch") {
  Batch batch;
  batch.stash(segment("a", ""));
  batch.erase("b");
  CHECK(check_batch(batch.state()));
  batch.stash(segment("", "no id"));
  const auto third = check_batch(batch.state());
  REQUIRE(!third);
  CHECK(third.error().code == ErrorCode::invalid_argument);
  CHECK(third.error().message.find("Change 3 of the batch: ") == 0);
}

TEST_CASE("the message of a single change speaks of no batch") {
  Batch batch;
  batch.erase(std::string(256, 'x'));
  const auto checked = check_batch(batch.state());
  REQUIRE(!checked);
  CHECK(checked.error().message.find("batch") == std::string::npos);
}

TEST_CASE("every kind of change is checked") {
  const std::string bad_id = "line\nbreak";
  Batch stashing, updating, erasing;
  stashing.stash(segment(bad_id, ""));
  updating.update(bad_id, {});
  erasing.erase(bad_id);
  for (const Batch* batch : {&stashing, &updating, &erasing}) {
    CHECK(!check_batch(batch->state()));
  }
  Batch bad_update;
  bad_update.update("fine", Update{.type = ""});
  CHECK(!check_batch(bad_update.state()));
}

}  // namespace
}  // namespace shale::store

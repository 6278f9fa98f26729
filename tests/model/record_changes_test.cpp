#include <limits>

#include "model/record.hpp"
#include "tests/model/random_records.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using testing::below;
using testing::Random;
using Strings = std::vector<std::string>;

Metadata applied(const Update& update, Metadata metadata) {
  apply_update(update, metadata);
  return metadata;
}

// Counters in the middle and steps that never reach an end.
void keep_from_ends(Metadata& metadata, Random& random) {
  metadata.gc_survival_count = 1u << 30 | below(random, 1000);
  metadata.refcount = 1u << 30 | below(random, 1000);
}

void keep_from_ends(Update& update, Random& random) {
  update.gc_survival_added = i64(below(random, 2000)) - 1000;
  update.refcount_added = i64(below(random, 2000)) - 1000;
}

TEST_CASE("an update changes what it sets and nothing else") {
  Metadata before;
  before.id = "m1";
  before.task = "T";
  before.file = "f";
  before.tags = {"a", "b"};
  before.refcount = 3;
  before.attrs = {{"k", i64(1)}, {"l", true}};
  CHECK(applied(Update{}, before) == before);

  Update update;
  update.type = "code";
  update.task.emplace(std::nullopt);
  update.topic.emplace("new");
  update.line_range.emplace(LineRange{1, 2});
  update.tags_removed = {"a", "absent"};
  update.tags_added = {"c", "b", "c"};
  update.touched_at = Time{9, false};
  update.pinned = true;
  update.tier = Tier::archive;
  update.generation = Generation::old;
  update.gc_survival_added = 2;
  update.refcount_added = -1;
  update.tokens = 7;
  update.tokenizer = "v";
  update.tokens_computed_at = Time{8, true};
  update.attrs_removed = {"k"};
  update.attrs_set = {{"m", Json{"null"}}};

  Metadata after = before;
  after.type = "code";
  after.task.reset();
  after.topic = "new";
  after.line_range = LineRange{1, 2};
  after.tags = {"b", "c"};
  after.touched_at = {9, false};
  after.pinned = true;
  after.tier = Tier::archive;
  after.generation = Generation::old;
  after.gc_survival_count = 2;
  after.refcount = 2;
  after.tokens = 7;
  after.tokenizer = "v";
  after.tokens_computed_at = Time{8, true};
  after.attrs = {{"l", true}, {"m", Json{"null"}}};
  CHECK(applied(update, before) == after);
}

TEST_CASE("a new count brings its tokenizer and its time, or takes those of the old one away") {
  Metadata before;
  before.tokens = 5;
  before.tokenizer = "v";
  before.tokens_computed_at = Time{8, true};
  Metadata after = applied({.tokens = 7}, before);
  CHECK(after.tokens == 7u);
  CHECK(after.tokenizer == "unknown");
  CHECK_FALSE(after.tokens_computed_at);
  after = applied({.tokens = 7, .tokenizer = "w"}, before);
  CHECK(after.tokenizer == "w");
  CHECK_FALSE(after.tokens_computed_at);
  after = applied({.tokenizer = "w"}, before);
  CHECK(after.tokens == 5u);
  CHECK(after.tokens_computed_at == Time{8, true});
  const Update first{.tokens = 1, .tokenizer = "v", .tokens_computed_at = Time{3, true}};
  for (const Update& second : {Update{.tokens = 2}, Update{.tokens = 2, .tokenizer = "w"},
                               Update{.tokenizer = "w"}, Update{.pinned = true}}) {
    CHECK(applied(merge_updates(first, second), before) == applied(second, applied(first, before)));
  }
}

TEST_CASE("what is removed and added in one update ends up present") {
  Metadata metadata;
  metadata.tags = {"a", "b"};
  metadata.attrs = {{"k", i64(1)}};
  Update update;
  update.tags_removed = {"a"};
  update.tags_added = {"a"};
  update.attrs_removed = {"k"};
  update.attrs_set = {{"k", i64(2)}};
  const Metadata after = applied(update, metadata);
  CHECK(after.tags == Strings{"b", "a"});
  CHECK(after.attrs == Attributes{{"k", i64(2)}});
}

TEST_CASE("counters stop at both ends") {
  constexpr u32 top = std::numeric_limits<u32>::max();
  const auto moved = [](u32 from, i64 by) {
    Metadata metadata;
    metadata.refcount = from;
    metadata.gc_survival_count = from;
    Update update;
    update.refcount_added = by;
    update.gc_survival_added = by;
    apply_update(update, metadata);
    CHECK(metadata.refcount == metadata.gc_survival_count);
    return metadata.refcount;
  };
  CHECK(moved(3, -4) == 0);
  CHECK(moved(3, -3) == 0);
  CHECK(moved(0, top) == top);
  CHECK(moved(1, top) == top);
  CHECK(moved(top, -i64(top)) == 0);
  CHECK(moved(5, std::numeric_limits<i64>::min()) == 0);
  CHECK(moved(5, std::numeric_limits<i64>::max()) == top);
}

TEST_CASE("merged updates take the later value and undo what the later one undoes") {
  Update first;
  first.task.emplace("one");
  first.file.emplace("kept");
  first.tags_added = {"a", "b"};
  first.attrs_set = {{"k", i64(1)}, {"l", i64(1)}};
  first.attrs_removed = {"m"};
  first.refcount_added = 2;
  Update second;
  second.task.emplace(std::nullopt);
  second.tags_removed = {"a"};
  second.tags_added = {"c"};
  second.attrs_removed = {"k"};
  second.attrs_set = {{"m", i64(2)}};
  second.refcount_added = 3;
  const Update merged = merge_updates(first, second);
  REQUIRE(merged.task.has_value());
  CHECK_FALSE(merged.task->has_value());
  CHECK(merged.file == first.file);
  CHECK(merged.tags_added == Strings{"b", "c"});
  CHECK(merged.tags_removed == Strings{"a"});
  CHECK(merged.attrs_set == Attributes{{"l", i64(1)}, {"m", i64(2)}});
  CHECK(merged.attrs_removed == Strings{"m", "k"});
  CHECK(merged.refcount_added == 5);
}

TEST_CASE("differences of counters add up without overflow") {
  constexpr i64 top = std::numeric_limits<i64>::max();
  constexpr i64 bottom = std::numeric_limits<i64>::min();
  const auto sum = [](i64 a, i64 b) {
    Update first;
    first.refcount_added = a;
    Update second;
    second.refcount_added = b;
    return merge_updates(first, second).refcount_added;
  };
  CHECK(sum(top, 1) == top);
  CHECK(sum(bottom, -1) == bottom);
  CHECK(sum(top, bottom) == -1);
  CHECK(sum(-5, 3) == -2);
}

TEST_CASE("a merged update does what its two parts do, whatever the segment") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 5000; ++round) {
    Metadata metadata = testing::random_metadata(random);
    Update first = testing::random_update(random);
    Update second = testing::random_update(random);
    keep_from_ends(metadata, random);
    keep_from_ends(first, random);
    keep_from_ends(second, random);
    REQUIRE(applied(merge_updates(first, second), metadata) ==
            applied(second, applied(first, metadata)));
  }
}

TEST_CASE("it does not matter how a chain of updates is bracketed") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 1000; ++round) {
    Metadata metadata = testing::random_metadata(random);
    keep_from_ends(metadata, random);
    Update a = testing::random_update(random);
    Update b = testing::random_update(random);
    Update c = testing::random_update(random);
    for (Update* update : {&a, &b, &c}) keep_from_ends(*update, random);
    const Metadata expected = applied(c, applied(b, applied(a, metadata)));
    REQUIRE(applied(merge_updates(merge_updates(a, b), c), metadata) == expected);
    REQUIRE(applied(merge_updates(a, merge_updates(b, c)), metadata) == expected);
  }
}

TEST_CASE("a hundred thousand tags are no quadratic matter") {
  Metadata metadata;
  Update update;
  for (u32 i = 0; i < 100000; ++i) {
    metadata.tags.push_back("old" + std::to_string(i));
    update.tags_added.push_back("new" + std::to_string(i));
    update.tags_removed.push_back("old" + std::to_string(i * 2));
  }
  apply_update(update, metadata);
  CHECK(metadata.tags.size() == 150000);
}

}  // namespace
}  // namespace shale

#include "store/merge_policy.hpp"

#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

constexpr u64 mb = u64(1) << 20;
constexpr u64 no_limit = ~u64(0);

catalog::ShardEntry shard(u64 sequence, u64 text_bytes, u32 month = 0) {
  catalog::ShardEntry entry;
  entry.id = {sequence, sequence + 1000};
  entry.text_bytes = text_bytes;
  entry.documents = 10;
  entry.month = month;
  return entry;
}

catalog::LogEntry log(u64 sequence, u64 sealed_end) { return {{sequence, 5}, sealed_end, 0, {}}; }

std::vector<u64> sequences(const std::vector<FileId>& ids) {
  std::vector<u64> result;
  for (const FileId id : ids) result.push_back(id.sequence);
  return result;
}

using Sequences = std::vector<u64>;

TEST_CASE("size classes begin at 16 MB and grow by four") {
  CHECK(size_class(0) == 0);
  CHECK(size_class(16 * mb - 1) == 0);
  CHECK(size_class(16 * mb) == 1);
  CHECK(size_class(64 * mb - 1) == 1);
  CHECK(size_class(64 * mb) == 2);
  CHECK(size_class(256 * mb) == 3);
}

TEST_CASE("sealed logs are folded first, all of them, oldest first") {
  catalog::Manifest manifest;
  for (u64 n = 1; n <= 4; ++n) manifest.shards.push_back(shard(n, mb));
  manifest.logs = {log(5, 100), log(6, 100), log(7, 0)};
  const auto plan = next_merge(manifest, no_limit);
  REQUIRE(plan.has_value());
  CHECK(sequences(plan->logs) == Sequences{5, 6});
  CHECK(plan->shards.empty());
  CHECK(!plan->split_months);
}

TEST_CASE("a recount takes the sealed logs, then shard by shard those that were there") {
  catalog::Manifest manifest;
  manifest.shards = {shard(3, mb, 202401), shard(7, mb), shard(4, 90 * mb), shard(9, mb)};
  manifest.logs = {log(5, 100), log(8, 100), log(10, 0)};
  auto plan = next_recount(manifest, 8, {});
  REQUIRE(plan.has_value());
  CHECK(plan->recount);
  CHECK(sequences(plan->logs) == Sequences{5, 8});
  CHECK(plan->shards.empty());
  manifest.logs = {log(8, 100), log(10, 0)};  // sealed since it began
  plan = next_recount(manifest, 8, {});
  CHECK((sequences(plan->logs) == Sequences{8} && !plan->recount));
  manifest.logs = {log(10, 0)};
  const std::vector<FileId> left = {manifest.shards[1].id};
  for (const u64 sequence : {3, 4}) {
    plan = next_recount(manifest, 8, left);
    REQUIRE(plan.has_value());
    CHECK(plan->recount);
    CHECK(plan->logs.empty());
    CHECK(sequences(plan->shards) == Sequences{sequence});
    CHECK_FALSE(plan->split_months);
    std::erase_if(manifest.shards, [&](const auto& one) { return one.id.sequence == sequence; });
  }
  CHECK_FALSE(next_recount(manifest, 8, left));
}

TEST_CASE("a shard that is written anew stays one, of its month or of several") {
  catalog::Manifest manifest;
  manifest.shards = {shard(3, mb, 202401), shard(7, mb)};
  for (const bool by_month : {false, true}) {
    if (by_month) manifest.shard_by = "month";
    CHECK(rewrite_of(manifest, manifest.shards[0]).split_months == by_month);
    CHECK_FALSE(rewrite_of(manifest, manifest.shards[1]).split_months);
    CHECK(sequences(rewrite_of(manifest, manifest.shards[1]).shards) == Sequences{7});
    CHECK_FALSE(rewrite_of(manifest, manifest.shards[1]).recount);
  }
}

TEST_CASE("four shards of one class are merged, three are not") {
  catalog::Manifest manifest;
  manifest.logs = {log(9, 0)};
  CHECK(!next_merge(manifest, no_limit).has_value());
  manifest.shards = {shard(1, mb), shard(2, 20 * mb), shard(3, mb), shard(4, 2 * mb)};
  CHECK(!next_merge(manifest, no_limit).has_value());
  manifest.shards.push_back(shard(5, mb));
  manifest.shards.push_back(shard(6, mb));
  const auto plan = next_merge(manifest, no_limit);
  REQUIRE(plan.has_value());
  CHECK(sequences(plan->shards) == Sequences{1, 3, 4, 5});
}

TEST_CASE("a merge that reads more than it may is passed over for one that does not") {
  catalog::Manifest manifest;
  manifest.logs = {log(9, 0)};
  for (u64 n = 1; n <= 4; ++n) manifest.shards.push_back(shard(n, 10 * mb));
  CHECK(!next_merge(manifest, 39 * mb).has_value());
  CHECK(next_merge(manifest, 40 * mb).has_value());
  for (u64 n = 5; n <= 8; ++n) manifest.shards.push_back(shard(n, 20 * mb));
  CHECK(!next_merge(manifest, 39 * mb).has_value());
  const auto plan = next_merge(manifest, 40 * mb);
  REQUIRE(plan.has_value());
  CHECK(sequences(plan->shards) == Sequences{1, 2, 3, 4});
}

TEST_CASE("a merge of more documents than a shard numbers is not planned") {
  catalog::Manifest manifest;
  manifest.logs = {log(9, 0)};
  for (u64 n = 1; n <= 4; ++n) {
    manifest.shards.push_back(shard(n, mb));
    manifest.shards.back().documents = u64(4) << 20;
  }
  CHECK(!next_merge(manifest, no_limit).has_value());
  CHECK(!full_merge(manifest).has_value());
}

TEST_CASE("by month, what spans months is split and months stay apart") {
  catalog::Manifest manifest;
  manifest.shard_by = "month";
  manifest.logs = {log(9, 0)};
  manifest.shards = {shard(1, mb, 202401), shard(2, mb, 202401), shard(3, mb, 202401),
                     shard(4, mb, 202402), shard(5, mb, 202402)};
  CHECK(!next_merge(manifest, no_limit).has_value());
  manifest.shards.push_back(shard(6, mb, 202401));
  const auto one_month = next_merge(manifest, no_limit);
  REQUIRE(one_month.has_value());
  CHECK(sequences(one_month->shards) == Sequences{1, 2, 3, 6});
  CHECK(!one_month->split_months);
  for (u64 n = 10; n < 14; ++n) manifest.shards.push_back(shard(n, mb));
  const auto spanning = next_merge(manifest, no_limit);
  REQUIRE(spanning.has_value());
  CHECK(sequences(spanning->shards) == Sequences{10, 11, 12, 13});
  CHECK(spanning->split_months);
}

TEST_CASE("a full merge takes everything unless it is tidy already") {
  catalog::Manifest manifest;
  manifest.logs = {log(9, 0)};
  CHECK(!full_merge(manifest).has_value());
  manifest.shards = {shard(1, mb)};
  CHECK(!full_merge(manifest).has_value());
  manifest.shards.push_back(shard(2, 900 * mb));
  const auto two = full_merge(manifest);
  REQUIRE(two.has_value());
  CHECK(sequences(two->shards) == Sequences{1, 2});
  CHECK(two->logs.empty());
  manifest.shards.pop_back();
  manifest.logs = {log(8, 100), log(9, 0)};
  const auto with_log = full_merge(manifest);
  REQUIRE(with_log.has_value());
  CHECK(sequences(with_log->shards) == Sequences{1});
  CHECK(sequences(with_log->logs) == Sequences{8});
}

TEST_CASE("a single shard with dead or patched documents is not tidy") {
  catalog::Manifest manifest;
  manifest.logs = {log(9, 0)};
  manifest.shards = {shard(1, mb)};
  manifest.shards[0].dead = catalog::OverlayEntry{1, 2, {}};
  CHECK(full_merge(manifest).has_value());
  manifest.shards[0].dead.reset();
  manifest.shards[0].patch = catalog::OverlayEntry{1, 2, {}};
  CHECK(full_merge(manifest).has_value());
}

TEST_CASE("by month, one shard for each month is tidy") {
  catalog::Manifest manifest;
  manifest.shard_by = "month";
  manifest.logs = {log(9, 0)};
  manifest.shards = {shard(1, mb, 202401), shard(2, mb, 202402)};
  CHECK(!full_merge(manifest).has_value());
  manifest.shards.push_back(shard(3, mb, 202402));
  CHECK(full_merge(manifest)->split_months);
  manifest.shards = {shard(4, mb)};
  CHECK(full_merge(manifest).has_value());  // may span months
}

}  // namespace
}  // namespace shale::store

#include "query/collector.hpp"

#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

using Ties = Collector::Ties;

struct Item {
  i64 key;
  i64 created;
  std::string id;
  bool operator==(const Item&) const = default;
};

std::shared_ptr<MemoryIndex> index_of(const std::vector<Item>& items) {
  std::vector<Document> documents;
  for (const Item& item : items) {
    Document document;
    document.metadata.id = item.id;
    document.metadata.created_at = {item.created, true};
    documents.push_back(document);
  }
  return std::make_shared<MemoryIndex>(std::move(documents));
}

std::vector<Item> collect(const std::vector<Item>& items, usize limit, Ties ties, usize block) {
  const std::vector<IndexView> views = {view_of(index_of(items))};
  Scope scope(views);
  Collector collector(scope, limit, ties);
  for (usize begin = 0; begin < items.size(); begin += block) {
    std::vector<u32> docs;
    std::vector<i64> keys;
    for (usize i = begin; i < std::min(items.size(), begin + block); ++i) {
      docs.push_back(u32(i));
      keys.push_back(items[i].key);
    }
    collector.offer(0, docs, keys).value();
  }
  std::vector<Item> best;
  const auto entries = collector.finish().value();
  for (const auto& entry : entries) {
    best.push_back(items[to_index(entry.place.doc)]);
    CHECK(entry.id == best.back().id);
  }
  return best;
}

std::vector<Item> sorted(std::vector<Item> items, usize limit, Ties ties) {
  std::sort(items.begin(), items.end(), [&](const Item& a, const Item& b) {
    if (a.key != b.key) return a.key > b.key;
    if (ties == Ties::id_descending) return a.id > b.id;
    if (ties == Ties::newest_then_id && a.created != b.created) return a.created > b.created;
    return a.id < b.id;
  });
  if (items.size() > limit) items.resize(limit);
  return items;
}

TEST_CASE("the best ones of any stream, in exact order") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 60; ++round) {
    const u32 keys = maker.pick<u32>({1, 2, 50, 1'000'000});
    const u32 times = maker.pick<u32>({1, 3, 1000});
    std::vector<Item> items;
    for (u32 i = maker.below(4000); i-- > 0;) {
      items.push_back({maker.below(keys), maker.below(times), std::to_string(i * 7919 % 10'007)});
    }
    const Ties ties =
        maker.pick<Ties>({Ties::newest_then_id, Ties::id_ascending, Ties::id_descending});
    const usize limit = maker.pick<usize>({1, 10, 300, 100'000, SIZE_MAX});
    const usize block = 1 + maker.below(1000);
    INFO("keys " << keys << " times " << times << " limit " << limit << " block " << block);
    REQUIRE(collect(items, limit, ties, block) == sorted(items, limit, ties));
  }
}

TEST_CASE("a limit of nothing reads nothing") {
  auto index = index_of({{1, 1, "a"}});
  index->failing = Failing::numbers;
  const std::vector<IndexView> views = {view_of(index)};
  Scope scope(views);
  Collector collector(scope, 0);
  const u32 doc = 0;
  const i64 key = 1;
  CHECK(collector.offer(0, std::span(&doc, 1), std::span(&key, 1)).has_value());
  CHECK(collector.finish().value().empty());
}

TEST_CASE("ids are read for the answer only, and a failure there is told") {
  auto index = index_of({{1, 1, "a"}, {2, 1, "b"}});
  index->failing = Failing::ids;
  const std::vector<IndexView> views = {view_of(index)};
  Scope scope(views);
  Collector collector(scope, 1);
  const std::vector<u32> docs = {0, 1};
  const std::vector<i64> keys = {1, 2};
  CHECK(collector.offer(0, docs, keys).has_value());
  const auto finished = collector.finish();
  REQUIRE_FALSE(finished);
  CHECK(scope.exclude_failed(finished.error()));
  CHECK(scope.active().empty());
}

}  // namespace
}  // namespace shale::query::testing

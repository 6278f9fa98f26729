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

TEST_CASE("one more than fits is dropped, at the very borders of the room beside the wanted") {
  // Room for 2 * limit + 512 before the first prune.
  for (const usize limit : {1u, 2u, 10u}) {
    for (const usize count : {limit - 1, limit, limit + 1, 2 * limit + 511, 2 * limit + 512,
                              2 * limit + 513, 4 * limit + 1030}) {
      std::vector<Item> items;
      for (usize i = 0; i < count; ++i) {
        items.push_back({i64(i * 7919 % 1009), i64(i % 3), std::to_string(i)});
      }
      INFO("limit " << limit << " count " << count);
      for (const usize block : {usize(1), usize(4000)}) {
        CHECK(collect(items, limit, Ties::newest_then_id, block) ==
              sorted(items, limit, Ties::newest_then_id));
      }
    }
  }
}

TEST_CASE("times and ids are read only where they decide") {
  std::vector<Item> items;
  for (u32 i = 0; i < 3000; ++i) items.push_back({0, 0, std::to_string(i)});
  const auto index = index_of(items);
  const std::vector<IndexView> views{view_of(index)};
  Scope scope(views);
  std::vector<u32> docs(600);
  std::vector<i64> keys(600);
  const auto offer = [&](Collector& collector, u32 first, i64 key, i64 step) {
    for (u32 i = 0; i < 600; ++i) {
      docs[i] = first + i;
      keys[i] = key + i64(i) * step;
    }
    return collector.offer(0, docs, keys);
  };
  SECTION("different keys need no ids") {
    index->failing = Failing::ids;
    Collector collector(scope, 3);
    CHECK(offer(collector, 0, 100, 1));
    CHECK(offer(collector, 600, 1000, 1));
    CHECK_FALSE(collector.finish());
  }
  SECTION("keys that tie at the last place do") {
    index->failing = Failing::ids;
    Collector collector(scope, 3);
    CHECK_FALSE(offer(collector, 0, 100, 0));
  }
  SECTION("keys that lose need no times") {
    Collector collector(scope, 3);
    CHECK(offer(collector, 0, 1000, 1));
    index->failing = Failing::numbers;
    CHECK(offer(collector, 600, 100, 1));
    CHECK_FALSE(offer(collector, 1200, 1597, 0));  // as good as the third
    index->failing = Failing::none;
    CHECK(collector.finish().value().front().key == 1599);
  }
  SECTION("an order by id needs no times at all") {
    index->failing = Failing::numbers;
    Collector collector(scope, 2, Ties::id_ascending);
    CHECK(offer(collector, 0, 5, 0));
    const auto entries = collector.finish().value();
    CHECK(entries[0].id == "0");
    CHECK(entries[1].id == "1");
  }
}

TEST_CASE("what stands at a place or before it is passed over, ids read only where they decide") {
  const std::vector<Item> items = {{9, 5, "a"}, {7, 9, "b"}, {7, 5, "c"},
                                   {7, 5, "d"}, {7, 4, "e"}, {1, 9, "f"}};
  auto index = index_of(items);
  const std::vector<IndexView> views{view_of(index)};
  const auto ids_behind = [&](const OrderKey& place) {
    Scope scope(views);
    Collector collector(scope, 10, place);
    const std::vector<u32> docs{0, 1, 2, 3, 4, 5};
    const std::vector<i64> keys{9, 7, 7, 7, 7, 1};
    collector.offer(0, docs, keys).value();
    std::vector<std::string> ids;
    const auto entries = collector.finish().value();
    for (const auto& entry : entries) ids.push_back(entry.id);
    return ids;
  };
  using Ids = std::vector<std::string>;
  CHECK(ids_behind({10, 0, "x"}) == Ids{"a", "b", "c", "d", "e", "f"});
  CHECK(ids_behind({9, 5, "a"}) == Ids{"b", "c", "d", "e", "f"});
  CHECK(ids_behind({9, 5, "A"}) == Ids{"a", "b", "c", "d", "e", "f"});
  CHECK(ids_behind({7, 5, "c"}) == Ids{"d", "e", "f"});
  CHECK(ids_behind({7, 5, "cc"}) == Ids{"d", "e", "f"});
  CHECK(ids_behind({7, 4, "e"}) == Ids{"f"});
  CHECK(ids_behind({1, 9, "f"}).empty());
  CHECK(ids_behind({8, 0, "x"}) == Ids{"b", "c", "d", "e", "f"});
  index->failing = Failing::ids;
  Scope scope(views);
  Collector collector(scope, 10, OrderKey{7, 5, "c"});
  const std::vector<u32> docs{0, 1, 4, 5};
  const std::vector<i64> keys{9, 7, 7, 1};
  CHECK(collector.offer(0, docs, keys));
  CHECK_FALSE(collector.offer(0, std::span(docs).first(1), std::span(keys).subspan(1, 1)));
}

TEST_CASE("documents that tie in everything stand in the order of views and numbers") {
  const auto first = index_of({{1, 5, "a"}, {1, 5, "a"}});
  const auto second = index_of({{1, 5, "a"}, {1, 6, "a"}, {1, 5, "b"}});
  const std::vector<IndexView> views{view_of(first), view_of(second)};
  Scope scope(views);
  Collector collector(scope, 10);
  const std::vector<i64> keys(3, 1);
  const std::vector<u32> docs{0, 1, 2};
  collector.offer(1, docs, keys).value();
  collector.offer(0, std::span(docs).first(2), std::span(keys).first(2)).value();
  std::vector<std::pair<u32, u32>> places;
  const auto entries = collector.finish().value();
  for (const auto& entry : entries) {
    places.emplace_back(entry.place.view, to_index(entry.place.doc));
  }
  CHECK(places == std::vector<std::pair<u32, u32>>{{1, 1}, {0, 0}, {0, 1}, {1, 0}, {1, 2}});
}

TEST_CASE("nothing offered is nothing answered") {
  Scope scope({});
  CHECK(Collector(scope, 5).finish().value().empty());
  Collector collector(scope, 5);
  CHECK(collector.offer(0, {}, {}));
  CHECK(collector.finish().value().empty());
}

}  // namespace
}  // namespace shale::query::testing

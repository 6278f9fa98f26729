// matching_documents and passes against predicates that share no code with them.
#include "query/filter.hpp"
#include "tests/query/random_filter.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

void compare(const Corpus& corpus, const Wanted& wanted) {
  INFO("where" << wanted.text);
  const Filter filter = parse_filter(wanted.text, 0).value();
  usize found = 0;
  for (u32 v = 0; v < corpus.views.size(); ++v) {
    const Bitmap docs = matching_documents(corpus.views[v], filter).value();
    found += docs.count();
    // Among some only: the same answer, cut to them.
    Bitmap some;
    for (u32 doc = 0; doc < corpus.indexes[v]->document_count(); doc += 3) some.add(doc);
    Bitmap expected = docs;
    expected &= some;
    REQUIRE(matching_documents(corpus.views[v], filter, some).value() == expected);
    for (const u32 doc : docs.to_vector()) {
      REQUIRE(corpus.places.contains({v, doc}));  // live
      REQUIRE(wanted.holds(corpus.at(v, DocNo{doc})));
    }
  }
  usize expected = 0;
  for (const Live& live : corpus.live) {
    const bool holds = wanted.holds(live);
    expected += holds ? 1 : 0;
    REQUIRE(passes(filter, live.metadata, live.text.size(), live.words) == holds);
  }
  REQUIRE(found == expected);
}

TEST_CASE("filters find exactly what they mean") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 60; ++round) {
    const Corpus corpus = maker.corpus(1 + maker.below(3), 80, 12);
    for (int i = 0; i < 40; ++i) compare(corpus, random_filter(maker));
  }
}

TEST_CASE("numbers over more than one block of a column") {
  CorpusMaker maker(1);
  std::vector<Document> documents;
  for (u32 i = 0; i < 10'000; ++i) {
    Metadata m;
    m.id = std::to_string(i);
    m.refcount = i;
    documents.push_back({m, ""});
  }
  const IndexView view = view_of(std::make_shared<MemoryIndex>(std::move(documents)));
  const auto matching = [&](std::string_view where) {
    return matching_documents(view, parse_filter(where, 0).value()).value();
  };
  CHECK(matching("refcount:4090..8200") == Bitmap::range(4090, 8201));
  CHECK(matching("refcount:>=9999") == Bitmap::range(9999, 10'000));
  // Few candidates: single reads instead of the scan.
  CHECK(matching("refcount:4090..4100 refcount:>4095") == Bitmap::range(4096, 4101));
  CHECK(matching("-refcount:<9990") == Bitmap::range(9990, 10'000));
}

TEST_CASE("ids by value and by pattern; dead ones never") {
  std::vector<Document> documents(3);
  documents[0].metadata.id = "a";
  documents[1].metadata.id = "b/c";
  documents[2].metadata.id = "b/d";
  Overlay overlay;
  overlay.dead.add(2);
  const IndexView view =
      view_of(std::make_shared<MemoryIndex>(std::move(documents)), std::move(overlay));
  const auto matching = [&](std::string_view where) {
    return matching_documents(view, parse_filter(where, 0).value()).value().to_vector();
  };
  CHECK(matching("id:a") == std::vector<u32>{0});
  CHECK(matching("id:b/d").empty());
  CHECK(matching("id:b/*") == std::vector<u32>{1});
  CHECK(matching("-id:a") == std::vector<u32>{1});
  CHECK(matching("id:none").empty());
  CHECK(matching("id:*") == std::vector<u32>{0, 1});
}

TEST_CASE("a failing index is an error, not an empty answer") {
  std::vector<Document> documents(4);
  auto index = std::make_shared<MemoryIndex>(std::move(documents));
  index->failing = Failing::documents;
  const auto matched = matching_documents(view_of(index), parse_filter("type:note", 0).value());
  REQUIRE_FALSE(matched);
  CHECK(matched.error().path == "planted.shard");
}

}  // namespace
}  // namespace shale::query::testing

// matching_documents and passes against predicates that share no code with them.
#include <limits>

#include "query/filter.hpp"
#include "tests/query/random_filter.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

// As a Bitmap, which says whether two are equal.
Bitmap matches(const IndexView& view, const Filter& filter) {
  return matching_documents(view, filter).value().to_bitmap();
}
Bitmap matches(const IndexView& view, const Filter& filter, const Bitmap& among) {
  return matching_documents(view, filter, DocumentSet::copy_of(among)).value().to_bitmap();
}

void compare(const Corpus& corpus, const Wanted& wanted) {
  INFO("where" << wanted.text);
  const Filter filter = parse_filter(wanted.text, 0).value();
  usize found = 0;
  for (u32 v = 0; v < corpus.views.size(); ++v) {
    const Bitmap docs = matches(corpus.views[v], filter);
    found += docs.count();
    // Among some only: the same answer, cut to them.
    Bitmap some;
    for (u32 doc = 0; doc < corpus.indexes[v]->document_count(); doc += 3) some.add(doc);
    Bitmap expected = docs;
    expected &= some;
    REQUIRE(matches(corpus.views[v], filter, some) == expected);
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
    return matches(view, parse_filter(where, 0).value());
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

// Every kind of attribute there is, at the ends of its range.
std::vector<AttributeValue> border_values() {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return {INT64_MIN,
          INT64_MIN + 1,
          i64(-1),
          i64(0),
          i64(1),
          INT64_MAX - 1,
          INT64_MAX,
          -infinity,
          -1e300,
          -0.5,
          -0.0,
          0.5,
          1.0,
          1e300,
          infinity,
          std::numeric_limits<double>::quiet_NaN(),
          -std::numeric_limits<double>::quiet_NaN(),
          true,
          false,
          std::string(),
          std::string("1"),
          std::string("0..1"),
          Json{"1"},
          Json{"null"}};
}

TEST_CASE("attributes of every kind are found by terms as they pass one by one") {
  std::vector<Document> documents;
  for (const AttributeValue& value : border_values()) {
    documents.emplace_back();
    documents.back().metadata.attrs["n"] = value;
  }
  documents.emplace_back();  // without the attribute
  const auto index = std::make_shared<MemoryIndex>(documents);
  for (const std::string value : {"1",
                                  "0",
                                  "-1",
                                  "1.0",
                                  "\"1\"",
                                  "true",
                                  "null",
                                  "*",
                                  "\"\"",
                                  ">0",
                                  ">=0",
                                  "<0",
                                  "<=0",
                                  "0..1",
                                  "0..",
                                  "..0",
                                  "-1..0.25",
                                  ">0.5",
                                  "<=-0.5",
                                  ">1e300",
                                  "<-1e300",
                                  ">=1e300",
                                  "<-9223372036854775807",
                                  "<=-9223372036854775808",
                                  ">9223372036854775806",
                                  ">=9223372036854775807",
                                  "-9223372036854775808..9223372036854775807",
                                  "1..0"}) {
    for (const std::string sign : {"", "-"}) {
      const std::string where = sign + "attr.n:" + value;
      INFO(where);
      const Filter filter = parse_filter(where, 0).value();
      const Bitmap found = matches(view_of(index), filter);
      for (u32 doc = 0; doc < documents.size(); ++doc) {
        INFO("document " << doc);
        CHECK(found.contains(doc) == passes(filter, documents[doc].metadata, 0, 0));
      }
    }
  }
}

TEST_CASE("long attribute values are told apart wherever their term is cut") {
  std::vector<Document> documents;
  for (usize length = 185; length < 205; ++length) {
    for (const char last : {'a', 'b'}) {
      documents.emplace_back();
      documents.back().metadata.attrs["n"] = std::string(length, 'v') + last;
    }
  }
  const auto index = std::make_shared<MemoryIndex>(documents);
  for (u32 doc = 0; doc < documents.size(); ++doc) {
    const auto& value = std::get<std::string>(documents[doc].metadata.attrs["n"]);
    INFO("length " << value.size());
    const Filter filter = parse_filter("attr.n:" + value, 0).value();
    CHECK(matching_documents(view_of(index), filter).value().to_vector() == std::vector<u32>{doc});
    const Filter others = parse_filter("-attr.n:\"" + value + "\"", 0).value();
    CHECK_FALSE(matching_documents(view_of(index), others).value().contains(doc));
    CHECK(matching_documents(view_of(index), others).value().count() == documents.size() - 1);
  }
}

TEST_CASE("few candidates and many, blocks of columns and their ends: the answer is the same") {
  const u32 count = GENERATE(1u, 7u, 8u, 64u, 4095u, 4096u, 4097u);
  std::vector<Document> documents(count);
  for (u32 i = 0; i < count; ++i) {
    documents[i].metadata.id = std::to_string(i);
    documents[i].metadata.refcount = i % 10;
    if (i % 3 != 0) documents[i].metadata.tokens = i % 7;
    if (i % 2 == 0) documents[i].metadata.line_range = LineRange{i % 20, i % 20 + i % 5};
  }
  const IndexView view = view_of(std::make_shared<MemoryIndex>(documents));
  for (const char* const where : {"refcount:3..5", "tokens:<=2", "tokens:*", "-tokens:4", "lines:7",
                                  "lines:*", "-lines:5..9", "refcount:0 tokens:1 -lines:3"}) {
    INFO(where);
    const Filter filter = parse_filter(where, 0).value();
    for (const u32 share : {count / 8 - (count >= 8), count / 8, count / 8 + 1, count}) {
      Bitmap among;
      for (u32 i = 0; i < share; ++i) among.add(u32(u64(i) * count / share));
      Bitmap expected;
      for (const u32 doc : among.to_vector()) {
        if (passes(filter, documents[doc].metadata, 0, 0)) expected.add(doc);
      }
      CHECK(matches(view, filter, among) == expected);
    }
  }
}

TEST_CASE("a patch moves its document into an answer or out of it, unless it is dead") {
  std::vector<Document> documents(4);
  for (u32 i = 0; i < 4; ++i) documents[i].metadata.tier = i < 2 ? Tier::stashed : Tier::archive;
  Overlay overlay;
  overlay.patches[0].tier = Tier::archive;
  overlay.patches[1].tier = Tier::archive;
  overlay.patches[2].tier = Tier::stashed;
  overlay.patches[3].pinned = true;
  overlay.dead.add(1);
  const IndexView view = view_of(std::make_shared<MemoryIndex>(documents), overlay);
  const auto matching = [&](std::string_view where) {
    return matching_documents(view, parse_filter(where, 0).value()).value().to_vector();
  };
  CHECK(matching("tier:archive") == std::vector<u32>{0, 3});
  CHECK(matching("tier:stashed") == std::vector<u32>{2});
  CHECK(matching("-tier:archive") == std::vector<u32>{2});
  CHECK(matching("tier:*") == std::vector<u32>{0, 2, 3});
  CHECK(matching("pinned:true tier:archive") == std::vector<u32>{3});
  CHECK(matching("") == std::vector<u32>{0, 2, 3});
  Bitmap among;
  among.add(2);
  CHECK(matches(view, parse_filter("tier:archive", 0).value(), among).empty());
}

TEST_CASE("whichever call of an index fails, the filter that needs it does") {
  const auto index = std::make_shared<MemoryIndex>(std::vector<Document>(20));
  const auto fails = [&](std::string_view where, Failing failing) {
    index->failing = failing;
    const auto matched = matching_documents(view_of(index), parse_filter(where, 0).value());
    if (!matched) CHECK(matched.error().offset == 42);
    return !matched;
  };
  CHECK(fails("type:note", Failing::documents));
  CHECK(fails("type:n*", Failing::documents));
  CHECK(fails("tokens:1", Failing::numbers));
  CHECK(fails("lines:1", Failing::numbers));
  CHECK(fails("id:*x", Failing::ids));
  CHECK_FALSE(fails("id:*", Failing::ids));
  CHECK_FALSE(fails("id:x", Failing::numbers));
  CHECK_FALSE(fails("type:none", Failing::documents));  // there is no such term
}

}  // namespace
}  // namespace shale::query::testing

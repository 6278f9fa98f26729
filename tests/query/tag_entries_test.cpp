#include "query/tag_entries.hpp"

#include <set>

#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

using Pairs = std::multiset<std::pair<u32, std::string>>;

Pairs pairs_of(const TagEntries& entries, u32 documents, u32 block_documents) {
  Pairs pairs;
  for (u32 block = 0; block * block_documents < documents; ++block) {
    const TagEntries::Block part = entries.of(block);
    REQUIRE(part.offsets.size() == part.tags.size());
    for (usize i = 0; i < part.offsets.size(); ++i) {
      REQUIRE(part.offsets[i] < block_documents);
      REQUIRE(part.tags[i] < entries.size());
      pairs.emplace(block * block_documents + part.offsets[i], entries.value(part.tags[i]));
    }
  }
  return pairs;
}

TEST_CASE("a document stands there once with each tag, and once without any") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 50; ++round) {
    const Corpus corpus = maker.corpus(1, 100, 2);
    const MemoryIndex& index = *corpus.indexes[0];
    const u32 documents = index.document_count();
    DenseSet wanted(documents);
    for (u32 doc = 0; doc < documents; ++doc) {
      if (maker.chance(60)) wanted.add(doc);
    }
    const bool all = maker.chance(50);
    const u32 block_documents = 1 + maker.below(130);
    Pairs expected;
    for (u32 doc = 0; doc < documents; ++doc) {
      if (!all && !wanted.contains(doc)) continue;
      const auto& tags = index.document(doc).metadata.tags;
      for (const std::string& tag : tags) expected.emplace(doc, tag);
      if (tags.empty()) expected.emplace(doc, "");
    }
    const auto entries = TagEntries::make(index, all ? nullptr : &wanted, block_documents).value();
    REQUIRE(pairs_of(entries, documents, block_documents) == expected);
  }
}

TEST_CASE("an index without tags, and one that fails") {
  MemoryIndex index(std::vector<Document>(3));
  const auto entries = TagEntries::make(index, nullptr, 2).value();
  CHECK(entries.size() == 1);
  CHECK(pairs_of(entries, 3, 2) == Pairs{{0, ""}, {1, ""}, {2, ""}});
  std::vector<Document> tagged(1);
  tagged[0].metadata.tags = {"x"};
  MemoryIndex failing(tagged);
  failing.failing = Failing::documents;
  CHECK(TagEntries::make(failing, nullptr, 2).error().path == "planted.shard");
  CHECK(TagEntries::make(MemoryIndex({}), nullptr, 2).value().size() == 1);
}

}  // namespace
}  // namespace shale::query::testing

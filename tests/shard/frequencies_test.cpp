#include "tests/support/catch.hpp"

#include "shard/frequencies.hpp"

#include <random>

#include "tests/shard/terms_fixture.hpp"

namespace shale::shard {
namespace {

struct Container {
  std::vector<u32> docs;
  FrozenContainer view;
  Buffer image;
};

// The image of one container, aligned as a shard would have it.
Container container_of(std::vector<u32> docs) {
  Container result;
  result.docs = std::move(docs);
  append_frozen(result.docs, result.image);
  const auto frozen = FrozenView::make(result.image);
  REQUIRE(frozen);
  FrozenView::Walk walk(*frozen);
  REQUIRE(walk.next(result.view));
  return result;
}

std::vector<u16> jumps_for(const std::vector<u32>& docs) {
  std::vector<u16> jumps;
  for (u32 at = 0; at < 65'536; at += 1024)
    jumps.push_back(u16(std::lower_bound(docs.begin(), docs.end(), at) - docs.begin()));
  return jumps;
}

}  // namespace

TEST_CASE("frequencies: ranks in arrays and bitsets, asked densely and sparsely") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (const u32 df : {1u, 40u, 4096u, 4097u, 9000u, 60'000u, 65'536u}) {
    const Container container = container_of(testing::random_documents(random, df, 65'536));
    const std::vector<u16> jumps = jumps_for(container.docs);
    for (const u32 step : {1u, 3u, 700u, 3000u, 20'000u}) {
      for (const bool with_jumps : {false, true}) {
        ContainerRanker ranker(container.view,
                               with_jumps ? std::span<const u16>(jumps) : std::span<const u16>());
        for (u32 doc = u32(random() % step); doc < 65'536;) {
          std::vector<u32> docs;  // a call of its own for every few documents
          for (u32 i = 0; i < 1 + step % 5 && doc < 65'536; ++i, doc += 1 + u32(random() % step))
            docs.push_back(doc);
          std::vector<u32> ranks(docs.size());
          ranker.next(docs, ranks.data());
          for (usize i = 0; i < docs.size(); ++i) {
            const auto at = std::lower_bound(container.docs.begin(), container.docs.end(), docs[i]);
            const bool held = at != container.docs.end() && *at == docs[i];
            const u32 expected = held ? u32(at - container.docs.begin()) : no_rank;
            if (ranks[i] != expected) FAIL("df " << df << " document " << docs[i]);
          }
        }
      }
    }
  }
}

TEST_CASE("frequencies: jumps that lie give wrong ranks, never a crash") {
  std::mt19937 random(6);
  testing::ModelTerms terms;
  terms["word"] = testing::random_postings(random, 30'000, 66'000, true);
  testing::TermsFixture fixture(terms, 66'000, false);
  const RangeLayout layout = range_layout(66'000);
  for (u64 i = 0; i < layout.ranks * 2; ++i)
    fixture.files().damage(6, layout.ranks_at + i, 0xff, true);
  const TermsReader reader = fixture.reader();
  std::vector<u32> docs;
  for (u32 doc = 0; doc < 66'000; doc += 1500) docs.push_back(doc);
  std::vector<u32> tfs(docs.size());
  reader.frequencies(reader.find("word").value().value(), docs, tfs).value();
  CHECK_FALSE(reader.verify());
}

TEST_CASE("frequencies: an escape that is missing is damage") {
  testing::ModelTerms terms;
  for (u32 doc = 0; doc < 40; ++doc)
    terms["word"].push_back({doc, std::vector<u32>(doc == 11 ? 20 : 2)});
  testing::TermsFixture fixture(terms, 40, false);
  fixture.files().damage(5, 20 + 4, 1, true);  // rank of the only exception, behind 40 nibbles
  const TermsReader reader = fixture.reader();
  const Term term = reader.find("word").value().value();
  const std::vector<u32> docs{10, 11};
  std::vector<u32> tfs(2);
  CHECK(reader.frequencies(term, docs, tfs).error().code == ErrorCode::corrupt);
  reader.frequencies(term, std::span(docs).first(1), std::span(tfs).first(1)).value();
  CHECK(tfs[0] == 2);
  CHECK_FALSE(reader.verify());
}

}  // namespace shale::shard

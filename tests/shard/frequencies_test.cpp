#include "tests/support/catch.hpp"

#include "shard/frequencies.hpp"

#include <algorithm>
#include <map>
#include <numeric>
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

TEST_CASE("frequencies: chosen documents of a term, against a map") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  constexpr u32 documents = 6 * 65'536;
  // Containers: a small array of odd length, a bitset of odd length, none, one document, an array
  // and none.
  std::vector<u32> docs = testing::random_documents(random, 33, 65'536);
  for (const auto& [key, df] : {std::pair{1u, 4097u}, {3u, 1u}, {4u, 4096u}})
    for (const u32 doc : testing::random_documents(random, df, 65'536))
      docs.push_back(key << 16 | doc);
  std::map<u32, u32> model;
  std::vector<u32> tfs;
  for (const u32 doc : docs) tfs.push_back(model[doc] = testing::random_tf(random));
  testing::PostingsFixture fixture;
  const bool word = GENERATE(true, false);
  const BigTerm term = fixture.add_big(docs, tfs, word);
  fixture.finish();
  const PostingsReader reader = fixture.open(documents);
  for (const u32 count : {0u, 1u, 255u, 256u, 257u, 3000u, 20'000u}) {
    std::vector<u32> wanted = testing::random_documents(random, count, documents);
    for (u32& doc : wanted)  // every other one is a member
      if (random() % 2 == 0) doc = docs[random() % docs.size()];
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    std::vector<u32> found(wanted.size(), 77);
    frequencies_of(reader, 0, term, {}, wanted, found).value();
    for (usize i = 0; i < wanted.size(); ++i) {
      const auto at = model.find(wanted[i]);
      const u32 expected = at == model.end() ? 0 : word ? at->second : 1;
      if (found[i] != expected) FAIL("document " << wanted[i] << " of " << count);
    }
  }
}

TEST_CASE("frequencies: the posting of a document, and of none") {
  std::mt19937 random(3);
  std::vector<u32> docs = testing::random_documents(random, 40, 65'536);
  for (const u32 doc : testing::random_documents(random, 5000, 65'536))
    docs.push_back(2 << 16 | doc);
  testing::PostingsFixture fixture;
  const BigTerm term = fixture.add_big(docs, std::vector<u32>(docs.size(), 1), false);
  fixture.finish();
  const PostingsReader reader = fixture.open(4 * 65'536);
  for (u32 i = 0; i < docs.size(); ++i)
    if (rank_of(reader, 0, term, docs[i]).value() != i) FAIL("posting " << i);
  const auto is_member = [&](u32 doc) { return std::binary_search(docs.begin(), docs.end(), doc); };
  for (u32 doc = 0; doc < 4 * 65'536; doc += 1 + u32(random() % 300))
    if (!is_member(doc) && rank_of(reader, 0, term, doc).value() != no_rank) FAIL("at " << doc);
  CHECK(rank_of(reader, 0, term, 1 << 16).value() == no_rank);
  CHECK(rank_of(reader, 0, term, 0xffff'ffff).value() == no_rank);
}

TEST_CASE("frequencies: the borders of a nibble, in both halves of a byte") {
  std::vector<u32> docs;
  std::vector<u32> tfs;
  for (const u32 tf : {1u, 2u, 13u, 14u, 15u, 16u, 0xffff'ffffu})
    for (u32 i = 0; i < 5; ++i) {
      docs.push_back(u32(docs.size()));
      tfs.push_back(tf);
    }
  testing::PostingsFixture fixture;
  const BigTerm term = fixture.add_big(docs, tfs, true);
  fixture.finish();
  const PostingsReader reader = fixture.open(100);
  std::vector<u32> found(docs.size());
  frequencies_of(reader, 0, term, {}, docs, found).value();
  CHECK(found == tfs);
  for (u32 first = 0; first < docs.size(); ++first) {
    std::vector<u32> rest(docs.size() - first);
    reader.frequencies(term, first, rest).value();
    CHECK(std::equal(rest.begin(), rest.end(), tfs.begin() + first));
  }
  CHECK(reader.exceptions(term, 0, term.df).value().size() == 15);
}

TEST_CASE("frequencies: escapes of some ranks, out of few and out of many") {
  const u32 step = GENERATE(1u, 7u, 60u);  // every posting, or each so many, is an escape
  std::vector<u32> docs(150'000);          // three containers
  std::iota(docs.begin(), docs.end(), 0u);
  std::vector<u32> tfs(docs.size(), 3);
  for (u32 rank = 0; rank < docs.size(); rank += step) tfs[rank] = 15 + rank % 100;
  testing::PostingsFixture fixture;
  const BigTerm term = fixture.add_big(docs, tfs, true);
  fixture.finish();
  const PostingsReader reader = fixture.open(u32(docs.size()));
  for (const auto& [first, end] :
       {std::pair(0u, 1u), std::pair(0u, 150'000u), std::pair(149'999u, 150'000u),
        std::pair(20'000u, 20'001u), std::pair(12'345u, 33'333u)}) {
    INFO(first << " to " << end << " of each " << step);
    const auto found = reader.exceptions(term, first, end).value();
    for (u32 rank = first; rank < end; ++rank) {
      const u32 expected = rank % step == 0 ? tfs[rank] : 0;
      if (exception_of(found, rank) != expected) FAIL("at rank " << rank);
    }
    if (step == 1) CHECK(found.size() == end - first);
    std::vector<u32> some(end - first);
    reader.frequencies(term, first, some).value();
    CHECK(std::equal(some.begin(), some.end(), tfs.begin() + first));
  }
  std::vector<u32> all(docs.size());
  frequencies_of(reader, 0, term, {}, docs, all).value();
  CHECK(all == tfs);
}

TEST_CASE("frequencies: of all postings all escapes are told, of none as well") {
  const u32 df = 5000;
  std::vector<u32> docs(df);
  std::iota(docs.begin(), docs.end(), 0u);
  testing::PostingsFixture fixture;
  const BigTerm term = fixture.add_big(docs, std::vector<u32>(df, 15), true);
  fixture.finish();
  fixture.files.overwrite_value(3, nibble_bytes(df) + 4 + (df - 1) * sizeof(TfException), df + 7);
  const PostingsReader reader = fixture.open(df);
  CHECK(reader.exceptions(term, 0, df).value().size() == df);
  CHECK(reader.exceptions(term, 1, df).value().size() == df - 2);
  PostingsReader::Ends ends;
  CHECK_FALSE(reader.verify(0, term, ends));
}

TEST_CASE("frequencies: damaged images and frequencies cut short are errors with their place") {
  std::mt19937 random(7);
  const std::vector<u32> docs = testing::random_documents(random, 100, 1000);
  testing::PostingsFixture fixture;
  BigTerm term = fixture.add_big(docs, std::vector<u32>(100, 3), true);
  fixture.finish();
  std::vector<u32> tfs(docs.size());
  SECTION("two equal documents in the image") {
    fixture.files.overwrite_value(2, 2, u16(docs[0]));
    const PostingsReader reader = fixture.open(1000);
    testing::check_damage(frequencies_of(reader, 0, term, {}, docs, tfs), fixture.files, 2, 0,
                          "malformed set of documents");
    testing::check_damage(rank_of(reader, 0, term, docs[5]), fixture.files, 2, 0, "malformed set");
  }
  SECTION("frequencies that begin behind their section") {
    term.frequencies_at = u32(fixture.frequencies.size() / 4) + 1;
    CHECK(frequencies_of(fixture.open(1000), 0, term, {}, docs, tfs).error().code ==
          ErrorCode::corrupt);
  }
  SECTION("an image that ends behind its section") {
    term.places += u64(1) << 40;
    CHECK(rank_of(fixture.open(1000), 0, term, docs[5]).error().code == ErrorCode::corrupt);
  }
}

}  // namespace shale::shard

#include "shard/range_reader.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "base/kernel.hpp"
#include "model/bm25.hpp"
#include "tests/shard/terms_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::shard {
namespace {

using testing::ModelPosting;
using testing::ModelTerms;

constexpr u32 documents = 200'000;  // four containers, the last one short

// Spread evenly, and all of it crowded into one container and a little beside.
ModelTerms words(std::mt19937& random) {
  ModelTerms terms;
  for (const u32 df : {4096u, 5000u, 60'000u, 180'000u}) {
    terms["even" + std::to_string(df)] = testing::random_postings(random, df, documents, true);
  }
  std::vector<ModelPosting> crowded = testing::random_postings(random, 30'000, 65'536, true);
  for (ModelPosting& posting : crowded) posting.doc += 65'536;
  crowded.push_back({documents - 1, {3, 4}});
  terms["crowded"] = std::move(crowded);
  terms["often"] = testing::random_postings(random, 12'000, documents, true);
  for (ModelPosting& posting : terms["often"]) {  // more escapes than are taken as a whole
    const u32 first = posting.positions.front();
    posting.positions.resize(15 + posting.doc % 3);
    std::iota(posting.positions.begin(), posting.positions.end(), first);
  }
  terms["rare"] = testing::random_postings(random, 4095, documents, true);
  terms["small"] = testing::random_postings(random, 31, documents, true);
  terms["single"] = testing::random_postings(random, 1, documents, true);
  return terms;
}

std::map<u32, u32> frequencies_of(const std::vector<ModelPosting>& postings) {
  std::map<u32, u32> tfs;
  for (const ModelPosting& posting : postings) tfs[posting.doc] = u32(posting.positions.size());
  return tfs;
}

void compare(const RangePostings& ranges, const std::vector<ModelPosting>& postings,
             const std::vector<u32>& lengths, float average_length, std::mt19937& random) {
  const std::map<u32, u32> tfs = frequencies_of(postings);
  REQUIRE(ranges.bounds().maxima.size() == range_count(documents));
  REQUIRE(ranges.bounds().average_length == average_length);
  auto expected = tfs.begin();
  RangeBlock block;
  for (u32 range = 0; range < range_count(documents); ++range) {
    const float bound = ranges.bounds().scale * float(ranges.bounds().maxima[range]);
    ranges.read(range, block).value();
    REQUIRE((bound == 0) == (block.count == 0));
    for (u32 i = 0; i < block.count; ++i, ++expected) {
      const u32 doc = range * range_documents + block.offsets[i];
      REQUIRE(expected != tfs.end());
      REQUIRE(doc == expected->first);
      REQUIRE(block.tfs[i] == expected->second);
      REQUIRE(bm25_score(1, block.tfs[i], bm25_norm(lengths[doc], average_length)) <= bound);
    }
    std::vector<u8> members;
    ranges.members(range).for_each([&](u8 offset) { members.push_back(offset); });
    REQUIRE(std::ranges::equal(members, std::span(block.offsets).first(block.count)));
    std::array<u8, range_documents> offsets;
    std::iota(offsets.begin(), offsets.end(), u8(0));
    std::shuffle(offsets.begin(), offsets.end(), random);
    std::array<u32, range_documents> found;
    ranges.frequencies(range, offsets, found.data()).value();
    for (u32 i = 0; i < range_documents; ++i) {
      const auto held = tfs.find(range * range_documents + offsets[i]);
      REQUIRE(found[i] == (held == tfs.end() ? 0 : held->second));
    }
  }
  REQUIRE(expected == tfs.end());
}

}  // namespace

TEST_CASE("range reader: every posting of every range, and bounds above all of them") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const ModelTerms terms = words(random);
  const testing::TermsFixture fixture(terms, documents, true);
  const TermsReader reader = fixture.reader();
  CorpusStatistics own{documents, 0};
  for (const u32 length : fixture.lengths()) own.words += length;
  for (const auto& [name, postings] : terms) {
    INFO(name);
    const Term term = reader.find(name).value().value();
    const auto ranges = reader.range_postings(term, own.average_length()).value();
    REQUIRE((ranges != nullptr) == (term.df >= range_df_min));
    for (const Kernel kernel : {Kernel::scalar, Kernel::automatic}) {
      force_kernel(kernel);
      if (ranges == nullptr) continue;
      compare(*ranges, postings, fixture.lengths(), own.average_length(), random);
    }
    std::vector<u32> docs, tfs;
    reader.postings(term, docs, tfs).value();
    REQUIRE(docs.size() == postings.size());
    for (usize i = 0; i < docs.size(); ++i) {
      REQUIRE(docs[i] == postings[i].doc);
      REQUIRE(tfs[i] == postings[i].positions.size());
    }
  }
}

}  // namespace shale::shard

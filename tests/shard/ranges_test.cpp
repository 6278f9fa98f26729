#include "tests/support/catch.hpp"

#include "model/bm25.hpp"
#include "tests/shard/terms_fixture.hpp"

namespace shale::shard {

TEST_CASE("ranges: every posting scores at most its range's maximum, and some nearly that") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  constexpr u32 documents = 150'001;
  testing::ModelTerms terms;
  for (const u32 df : {4095u, 4096u, 20'000u, 140'000u}) {
    terms["word" + std::to_string(df)] = testing::random_postings(random, df, documents, true);
    terms["\x05" + std::to_string(df)] = testing::random_postings(random, df, documents, false);
  }
  testing::TermsFixture fixture(terms, documents, true);
  const TermsReader reader = fixture.reader();
  CorpusStatistics statistics{documents, 0};
  for (const u32 length : fixture.lengths()) statistics.words += length;
  const float average = statistics.average_length();
  for (const auto& [text, postings] : terms) {
    const auto found = reader.range_maxima(reader.find(text).value().value()).value();
    INFO("term " << text.substr(1));
    REQUIRE(found.has_value() == (is_word(text) && postings.size() >= range_df_min));
    if (!found) continue;
    REQUIRE(found->maxima.size() == (documents + 255) / 256);
    REQUIRE(found->ranks.size() == (documents + 1023) / 1024);
    std::vector<float> slack(found->maxima.size(), 1.0f);
    for (const auto& posting : postings) {
      const float norm = bm25_norm(fixture.lengths()[posting.doc], average);
      const float score = bm25_score(1.0f, u32(posting.positions.size()), norm);
      if (score > found->bound(posting.doc)) FAIL("bound broken in document " << posting.doc);
      float& least = slack[posting.doc / 256];
      least = std::min(least, found->bound(posting.doc) - score);
    }
    for (usize i = 0; i < slack.size(); ++i)
      if (found->maxima[i] != 0 && slack[i] > 1.1f / 255.0f) FAIL("bound too loose in " << i);
    for (u32 i = 0; i < found->ranks.size(); ++i) {
      const u32 begin = i * 1024;
      const auto in_container = [&](const testing::ModelPosting& p) {
        return p.doc >> 16 == begin >> 16 && p.doc < begin;
      };
      if (found->ranks[i] != std::count_if(postings.begin(), postings.end(), in_container))
        FAIL("rank of " << begin);
    }
  }
}

TEST_CASE("ranges: a range without postings has no maximum") {
  testing::ModelTerms terms;
  for (u32 doc = 0; doc < 5000; ++doc) terms["word"].push_back({doc * 2 + (doc > 999) * 7000, {1}});
  testing::TermsFixture fixture(terms, 18'000, false);
  const TermsReader reader = fixture.reader();
  const auto found = reader.range_maxima(reader.find("word").value().value()).value().value();
  for (usize i = 0; i < found.maxima.size(); ++i) {
    const bool used = std::any_of(terms["word"].begin(), terms["word"].end(),
                                  [&](const auto& p) { return p.doc / 256 == i; });
    CHECK((found.maxima[i] != 0) == used);
  }
  reader.verify().value();
}

TEST_CASE("ranges: the record's layout") {
  const RangeLayout small = range_layout(1);
  CHECK(small.maxima == 1);
  CHECK(small.ranks == 1);
  CHECK(small.ranks_at == 64);
  CHECK(small.record_bytes == 128);
  const RangeLayout large = range_layout(931'448);
  CHECK(large.maxima == 3639);
  CHECK(large.ranks_at == 3648);
  CHECK(large.record_bytes % 64 == 0);
  CHECK(large.record_bytes == 5504);
}

TEST_CASE("ranges: damaged scales and ranks are refused") {
  std::mt19937 random(8);
  testing::ModelTerms terms;
  terms["word"] = testing::random_postings(random, 4096, 70'000, true);
  testing::TermsFixture fixture(terms, 70'000, true);
  const RangeLayout layout = range_layout(70'000);
  const auto verified = [&](u64 at) {
    fixture.files().damage(6, at, 0x80, true);
    const auto result = fixture.reader().verify();
    fixture.files().damage(6, at, 0x80, true);
    return result.has_value();
  };
  CHECK_FALSE(verified(layout.record_bytes - 1));  // the sign of the scale
  CHECK_FALSE(verified(layout.ranks_at + 2 * 3));  // a rank
  fixture.reader().verify().value();
}

}  // namespace shale::shard

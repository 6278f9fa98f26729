#include <algorithm>
#include <cmath>

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

TEST_CASE("ranges: the bytes of a record are those of the layout") {
  testing::SectionFixture files;
  SectionSpool spool = files.spool();
  RangesWriter writer(spool, 1025);
  writer.set_lengths(std::vector<u32>(1025, 10));  // all of average length: the norm is 1.2
  const std::vector<u32> docs{0, 255, 257, 1024};
  CHECK(writer.add(docs, std::vector<u32>{1, 12, 3, 1}).value() == 0);
  REQUIRE(spool.size() == 128);
  const std::byte* const record = spool.buffer().data();
  // maxima: 12 / 13.2 is the most and becomes 255; 3 / 4.2 and 1 / 2.2 follow, rounded up.
  Buffer maxima = testing::buffer_of({255, 201, 0, 0, 128});
  maxima.resize(64);
  CHECK(std::ranges::equal(Bytes(spool.buffer()).first(64), maxima));
  CHECK(load<u16>(record + 64) == 0);
  CHECK(load<u16>(record + 66) == 3);
  CHECK(load<float>(record + 124) < 12.0f / 13.2f / 255 * 1.0001f);
  CHECK(load<float>(record + 124) * 255 >= 12.0f / 13.2f);
  CHECK(std::all_of(record + 68, record + 124, [](std::byte b) { return b == std::byte(0); }));
  CHECK(writer.add(docs, std::vector<u32>{1, 1, 1, 1}).value() == 1);
}

TEST_CASE("ranges: one more range at every 256 documents, one more rank at every 1,024") {
  const auto check = [](u32 documents, u64 maxima, u64 ranks, u64 record_bytes) {
    const RangeLayout layout = range_layout(documents);
    INFO(documents);
    CHECK(layout.maxima == maxima);
    CHECK(layout.ranks == ranks);
    CHECK(layout.record_bytes == record_bytes);
    CHECK(layout.ranks_at % 64 == 0);
    CHECK(layout.ranks_at >= maxima);
    CHECK(layout.ranks_at + 2 * ranks + 4 <= record_bytes);
  };
  check(256, 1, 1, 128);
  check(257, 2, 1, 128);
  check(1024, 4, 1, 128);
  check(1025, 5, 2, 128);
  check(64 * 256, 64, 16, 128);
  check(64 * 256 + 1, 65, 17, 192);
  check(30 * 1024, 120, 30, 192);  // 30 ranks and the scale fill a line
  check(30 * 1024 + 1, 121, 31, 256);
  check(1u << 24, 65'536, 16'384, 65'536 + 32'768 + 64);
}

TEST_CASE("ranges: ranks count anew in every 65,536 documents") {
  const std::vector<u32> docs{0, 1023, 1024, 65'535, 65'536, 66'560, 131'071};
  testing::SectionFixture files;
  SectionSpool spool = files.spool();
  RangesWriter writer(spool, 131'072);
  writer.set_lengths(std::vector<u32>(131'072, 0));
  writer.add(docs, std::vector<u32>(docs.size(), 1)).value();
  files.put(tag::range_maxima, spool);
  const RangesReader reader(files.views()[0], 131'072);
  const auto ranks = reader.ranks(0).value();
  REQUIRE(ranks.size() == 128);
  CHECK(ranks[0] == 0);
  CHECK(ranks[1] == 2);
  CHECK(ranks[2] == 3);
  CHECK(ranks[63] == 3);
  CHECK(ranks[64] == 0);
  CHECK(ranks[65] == 1);
  CHECK(ranks[66] == 2);
  CHECK(ranks[127] == 2);
  CHECK(std::ranges::equal(reader.record(0).value().ranks, ranks));
  reader.verify(0, docs).value();
  reader.verify_end(1).value();
  testing::check_damage(reader.verify_end(0), files, 0, 0, "bytes behind the last range maxima");
  CHECK_FALSE(reader.verify_end(2));
  CHECK(reader.record(1).error().code == ErrorCode::corrupt);
  CHECK(reader.ranks(1).error().code == ErrorCode::corrupt);
}

TEST_CASE("ranges: a scale is above zero and below one") {
  testing::SectionFixture files;
  SectionSpool spool = files.spool();
  RangesWriter writer(spool, 300);
  writer.set_lengths(std::vector<u32>(300, 5));
  writer.add(std::vector<u32>{7}, std::vector<u32>{1}).value();
  writer.add(std::vector<u32>{8}, std::vector<u32>{1}).value();
  files.put(tag::range_maxima, spool);
  const auto open = [&](float scale) {
    files.overwrite_value(0, 128 + 124, scale);
    return RangesReader(files.views()[0], 300);
  };
  const RangesReader half = open(0.5f);
  CHECK(half.record(1).value().bound(255) == 0.5f * 255);
  CHECK(half.record(1).value().bound(256) == 0);
  CHECK(open(std::nextafter(1.0f, 0.0f)).record(1));
  for (const float scale : {0.0f, -0.5f, 1.0f, INFINITY, -INFINITY, NAN}) {
    const RangesReader reader = open(scale);
    CHECK(reader.record(0));
    testing::check_damage(reader.record(1), files, 0, 128, "scale out of range");
  }
}

TEST_CASE("ranges: a record is verified against its documents") {
  testing::SectionFixture files;
  SectionSpool spool = files.spool();
  RangesWriter writer(spool, 3000);
  writer.set_lengths(std::vector<u32>(3000, 5));
  const std::vector<u32> docs{7, 600, 1030};
  writer.add(docs, std::vector<u32>{1, 2, 3}).value();
  files.put(tag::range_maxima, spool);
  const auto verify = [&](const std::vector<u32>& wanted) {
    return RangesReader(files.views()[0], 3000).verify(0, wanted);
  };
  verify(docs).value();
  testing::check_damage(verify({7, 600, 1030, 2900}), files, 0, 11, "a maximum without postings");
  testing::check_damage(verify({7, 600, 1300}), files, 0, 4, "a maximum without postings");
  testing::check_damage(verify({7, 1030}), files, 0, 64, "wrong ranks");
  files.overwrite_value(0, 2, u8(0));
  testing::check_damage(verify(docs), files, 0, 2, "or the reverse");
}

}  // namespace shale::shard

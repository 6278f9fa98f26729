#include "shard/position_reader.hpp"

#include <algorithm>
#include <random>

#include "tests/shard/terms_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::shard {
namespace {

using testing::ModelTerms;

constexpr u32 documents = 150'000;

ModelTerms words(std::mt19937& random) {
  ModelTerms terms;
  for (const u32 df : {1u, 2u, 31u, 32u, 64u, 65u, 5000u, 90'000u}) {
    terms["word" + std::to_string(df)] = testing::random_postings(random, df, documents, true);
  }
  terms["once"] = {{77, {5}}};
  return terms;
}

// f(random, make_cursor, postings) of each word.
template <class F>
void for_each_word(F&& f) {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const ModelTerms terms = words(random);
  const testing::TermsFixture fixture(terms, documents, true);
  const TermsReader reader = fixture.reader();
  for (const auto& [name, postings] : terms) {
    INFO(name);
    const Term term = reader.find(name).value().value();
    const auto make_cursor = [&] { return reader.position_cursor(term).value(); };
    f(random, make_cursor, postings);
  }
}

}  // namespace

TEST_CASE("position reader: every document, and some of them") {
  for_each_word([](std::mt19937& random, const auto& make_cursor, const auto& postings) {
    for (const u32 step : {1u, 3u, 200u, 30'000u}) {
      const auto cursor = make_cursor();
      REQUIRE(cursor != nullptr);
      std::vector<u32> positions;
      for (usize i = random() % step; i < postings.size(); i += 1 + random() % step) {
        cursor->read(postings[i].doc, positions).value();
        REQUIRE(positions == postings[i].positions);
      }
    }
  });
}

TEST_CASE("position reader: many documents at a time") {
  for_each_word([](std::mt19937& random, const auto& make_cursor, const auto& postings) {
    const auto cursor = make_cursor();
    PositionLists lists;
    for (usize at = 0; at < postings.size();) {
      std::vector<u32> docs;
      std::vector<usize> chosen;
      const u32 step = 1 + u32(random() % 90);
      for (usize count = random() % 400; count > 0 && at < postings.size(); --count) {
        docs.push_back(postings[at].doc);
        chosen.push_back(at);
        at += 1 + random() % step;
      }
      cursor->read_all(docs, lists).value();
      REQUIRE(lists.size() == docs.size());
      for (usize i = 0; i < docs.size(); ++i) {
        const auto list = lists.of(i);
        const auto& expected = postings[chosen[i]].positions;
        REQUIRE(std::equal(list.begin(), list.end(), expected.begin(), expected.end()));
      }
    }
  });
}

TEST_CASE("position reader: a document that does not hold the word is damage, not a guess") {
  std::mt19937 random(3);
  const ModelTerms terms = {{"big", testing::random_postings(random, 500, 5000, true)},
                            {"small", testing::random_postings(random, 9, 5000, true)}};
  const testing::TermsFixture fixture(terms, documents, true);
  const TermsReader reader = fixture.reader();
  for (const auto& [name, postings] : terms) {
    const auto cursor = reader.position_cursor(reader.find(name).value().value()).value();
    std::vector<u32> positions;
    CHECK(cursor->read(documents - 1, positions).error().code == ErrorCode::corrupt);
  }
}

TEST_CASE("position reader: none where no positions are kept") {
  std::mt19937 random(4);
  const ModelTerms terms = {{"big", testing::random_postings(random, 500, 5000, true)}};
  const testing::TermsFixture fixture(terms, 5000, false);
  const TermsReader reader = fixture.reader();
  CHECK(reader.position_cursor(reader.find("big").value().value()).value() == nullptr);
}

}  // namespace shale::shard

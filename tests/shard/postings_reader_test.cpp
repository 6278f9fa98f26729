#include "tests/support/catch.hpp"

#include "shard/postings.hpp"

#include <random>

#include "tests/shard/terms_fixture.hpp"

namespace shale::shard {
namespace {

TermEntry list_entry(u32 df, u32 bytes, bool word) {
  TermEntry entry;
  entry.df = df;
  entry.list_bytes = bytes;
  entry.word = word;
  return entry;
}

}  // namespace

TEST_CASE("postings: any bytes decode to documents of the shard or to damage") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  testing::SectionFixture files;
  Buffer noise(4000);
  for (std::byte& b : noise) b = std::byte(random() % 4 == 0 ? random() : random() % 8);
  files.put(tag::small_lists, noise);
  const auto views = files.views();
  const auto reader = PostingsReader::make({views[0], {}, {}, {}}, 500, 0).value();
  std::vector<u32> docs;
  std::vector<u32> tfs;
  u32 decoded = 0;
  for (u32 round = 0; round < 20'000; ++round) {
    const u32 bytes = 2 + u32(random() % 20);
    TermEntry entry = list_entry(2 + u32(random() % 20), bytes, round % 2 == 0);
    entry.list_at = random() % (noise.size() + 10);
    if (!reader.list(entry, docs, tfs)) continue;
    ++decoded;
    REQUIRE(docs.size() == entry.df);
    for (usize i = 0; i < docs.size(); ++i)
      if (docs[i] >= 500 || (i > 0 && docs[i] <= docs[i - 1]) || tfs[i] == 0) FAIL("bad list");
  }
  CHECK(decoded > 0);
}

TEST_CASE("postings: a decoded big term, in parts and as a whole") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  testing::ModelTerms terms;
  terms["word"] = testing::random_postings(random, 30'001, 140'000, true);
  testing::TermsFixture fixture(terms, 140'000, false);
  const auto v = fixture.files().views();
  const auto reader = PostingsReader::make({v[2], v[3], v[4], v[5]}, 140'000, 1).value();
  const testing::EncodedTerm expected(terms["word"], false);
  const BigTerm term = reader.big_term(0).value();
  std::vector<u32> docs;
  reader.big_documents(0, term, docs).value();
  CHECK(docs == expected.docs);
  for (u32 round = 0; round < 200; ++round) {
    const u32 first = u32(random() % 30'001);
    std::vector<u32> tfs(random() % (30'001 - first) + 1);
    reader.frequencies(term, first, tfs).value();
    if (!std::equal(tfs.begin(), tfs.end(), expected.tfs.begin() + first)) FAIL("from " << first);
  }
  CHECK_FALSE(reader.big_term(1));
}

TEST_CASE("postings: exceptions are found by rank") {
  const std::vector<TfException> exceptions{{3, 15}, {9, 100}, {10, 16}};
  CHECK(exception_of(exceptions, 3) == 15);
  CHECK(exception_of(exceptions, 9) == 100);
  CHECK(exception_of(exceptions, 10) == 16);
  CHECK(exception_of(exceptions, 0) == 0);
  CHECK(exception_of(exceptions, 4) == 0);
  CHECK(exception_of(exceptions, 11) == 0);
  CHECK(exception_of({}, 0) == 0);
}

TEST_CASE("postings: a record count that does not fit is refused") {
  testing::SectionFixture files;
  files.put(tag::big_terms, Buffer(64));
  const auto views = files.views();
  CHECK(PostingsReader::make({{}, views[0], {}, {}}, 10, 2));
  CHECK_FALSE(PostingsReader::make({{}, views[0], {}, {}}, 10, 1));
  CHECK_FALSE(PostingsReader::make({{}, views[0], {}, {}}, 10, 3));
  const auto reader = PostingsReader::make({{}, views[0], {}, {}}, 10, 2).value();
  CHECK_FALSE(reader.big_term(0));  // df 0
}

}  // namespace shale::shard

#include "tests/support/catch.hpp"

#include "tests/shard/terms_fixture.hpp"

namespace shale::shard {

TEST_CASE("terms: the stream gives every term as it was added") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const testing::ModelTerms terms = testing::border_terms(random, 100'000);
  for (const bool positions : {true, false}) {
    testing::TermsFixture fixture(terms, 100'000, positions);
    const TermsReader reader = fixture.reader();
    const auto stream = reader.all();
    TermPostings found;
    for (const auto& [term, postings] : terms) {
      REQUIRE(stream->next(found).value());
      const testing::EncodedTerm expected(postings, positions && is_word(term));
      const bool same = found.term == term && std::ranges::equal(found.docs, expected.docs) &&
                        std::ranges::equal(found.tfs, expected.tfs) &&
                        std::ranges::equal(found.positions, expected.positions.bytes());
      if (!same) FAIL("differs: " << term.substr(0, 60));
    }
    CHECK_FALSE(stream->next(found).value());
  }
}

TEST_CASE("terms: what is streamed and written again is the same, byte for byte") {
  std::mt19937 random(11);
  const testing::ModelTerms terms = testing::border_terms(random, 10'000);
  testing::TermsFixture fixture(terms, 10'000, true);
  const TermsReader reader = fixture.reader();
  std::vector<SectionSpool> s = testing::term_spools(fixture.files().folder());
  TermsWriter writer({s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9]}, 10'000, true);
  writer.set_lengths(fixture.lengths());
  const auto stream = reader.all();
  for (TermPostings term; stream->next(term).value();) writer.add(term).value();
  writer.finish().value();
  const auto views = fixture.files().views();
  for (usize i = 0; i < s.size(); ++i) {
    INFO("section " << i);
    CHECK(std::ranges::equal(s[i].buffer(), views[i].view(0, views[i].size()).value()));
  }
}

}  // namespace shale::shard

#include "tests/support/catch.hpp"

#include "tests/shard/terms_fixture.hpp"

namespace shale::shard {
namespace {

// Uses everything a reader offers. What it answers is the damage's affair; it must not crash, and
// whatever it claims to hold must lie inside the shard.
void use(const TermsReader& reader, u32 document_count) {
  std::vector<u32> all(document_count);
  for (u32 i = 0; i < document_count; ++i) all[i] = i;
  std::vector<u32> tfs(document_count);
  const auto each = reader.for_each("", [&](std::string_view, const Term& term) {
    CHECK(term.df <= document_count);
    if (const auto docs = reader.documents(term); docs && !docs->empty())
      CHECK(docs->to_vector().back() < document_count);
    (void)reader.frequencies(term, all, tfs).has_value();
    for (const u32 doc : {0u, document_count / 2, document_count - 1})
      (void)reader.positions(term, DocNo(doc)).has_value();
    (void)reader.range_maxima(term).has_value();
    return true;
  });
  (void)each.has_value();
  const auto stream = reader.all();
  TermPostings term;
  for (auto more = stream->next(term); more && *more; more = stream->next(term))
    for (const u32 doc : term.docs)
      if (doc >= document_count) FAIL("a document that does not exist");
  for (const char* text : {"a", "word64", "zzz"}) (void)reader.find(text).has_value();
}

testing::ModelTerms some_terms(std::mt19937& random) {
  testing::ModelTerms terms;
  for (const u32 df : {1u, 2u, 31u, 32u, 64u, 130u, 4100u, 4900u}) {
    terms["word" + std::to_string(df)] = testing::random_postings(random, df, 5000, true);
    terms["\x05" + std::to_string(df)] = testing::random_postings(random, df, 5000, false);
  }
  for (u32 i = 0; i < 60; ++i)
    terms["some" + std::to_string(i)] =
        testing::random_postings(random, 1 + u32(random() % 6), 5000, true);
  return terms;
}

}  // namespace

TEST_CASE("terms: damage that passes the checksums never crashes, and verify finds it") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const testing::ModelTerms terms = some_terms(random);
  testing::TermsFixture fixture(terms, 5000, true);
  fixture.reader().verify().value();
  u32 unseen = 0;
  u32 flips = 0;
  for (u32 entry = 0; entry < 9; ++entry) {
    const u64 bytes = fixture.files().sections()[entry].bytes;
    REQUIRE(bytes > 0);
    for (u32 i = 0; i < 40; ++i) {
      // the first bytes of each section one by one, then anywhere
      const u64 at = i < 12 ? std::min<u64>(i, bytes - 1) : random() % bytes;
      const u8 bits = u8(1 + random() % 255);
      INFO("section " << entry << " byte " << at << " bits " << int(bits));
      fixture.files().damage(entry, at, bits, true);
      if (const auto reader = fixture.try_reader()) {
        unseen += reader->verify().has_value();
        if (i % 3 == 0) use(*reader, 5000);
      }
      ++flips;
      fixture.files().damage(entry, at, bits, true);
    }
  }
  // A wrong tf, position, term, or maximum may well be consistent; most damage is not.
  INFO(unseen << " of " << flips << " not seen");
  CHECK(unseen * 2 < flips);
  fixture.reader().verify().value();
}

TEST_CASE("terms: verify names each section whose structure is damaged") {
  std::mt19937 random(2);
  testing::TermsFixture fixture(some_terms(random), 5000, true);
  const std::pair<u32, const char*> cases[] = {
      {0, "TDIH"}, {3, "BIGT"}, {4, "DOCS"}, {5, "TFRQ"}, {8, "POSO"}};
  for (const auto& [entry, name] : cases) {
    const u64 at = entry == 4 ? 5 : 0;
    const u8 first = u8(fixture.files().views()[entry].view(0, 1).value()[0]);
    const u8 bits = entry == 5 ? first & 15 : 0xff;  // a frequency of 0
    fixture.files().damage(entry, at, bits, true);
    const auto reader = fixture.try_reader();
    REQUIRE(reader);
    const auto verified = reader->verify();
    INFO("section " << name);
    REQUIRE_FALSE(verified);
    CHECK(verified.error().code == ErrorCode::corrupt);
    CHECK(verified.error().message.find(name) != std::string::npos);
    fixture.files().damage(entry, at, bits, true);
  }
  fixture.reader().verify().value();
}

TEST_CASE("terms: a key that shares more than it says is refused, though terms ascend") {
  testing::TermsFixture fixture({{"ab", {{0, {1}}}}, {"acz", {{0, {1}}}}}, 1, true);
  // bases 0 0 0, "ab" with its length, entry 0 0 1, then key 0x11 and "cz": c becomes b
  fixture.files().damage(1, 10, 'b' ^ 'c', true);
  const TermsReader reader = fixture.reader();
  REQUIRE(reader.term_at(1).value() == "abz");
  CHECK_FALSE(reader.verify());
}

TEST_CASE("terms: a failed checksum is an error of whoever touches it") {
  std::mt19937 random(3);
  testing::TermsFixture fixture(some_terms(random), 5000, true);
  fixture.files().damage(4, fixture.files().sections()[4].bytes - 20, 1, false);
  const TermsReader reader = fixture.reader();
  const auto term = reader.find("word64").value();  // the last image
  REQUIRE(term);
  const auto docs = reader.documents(*term);
  REQUIRE_FALSE(docs);
  CHECK(docs.error().code == ErrorCode::corrupt);
  CHECK_FALSE(reader.verify());
  CHECK(reader.documents(reader.find("word2").value().value()).value().count() == 2);
}

TEST_CASE("terms: sections that are missing or cut short") {
  std::mt19937 random(5);
  testing::TermsFixture fixture(some_terms(random), 5000, true);
  const auto v = fixture.files().views();
  for (usize gone = 0; gone < v.size(); ++gone) {
    std::vector<SectionView> left = v;
    left[gone] = SectionView();
    const auto reader = TermsReader::make(
        {left[0], left[1], left[2], left[3], left[4], left[5], left[6], left[7], left[8], left[9]},
        5000, true);
    INFO("section " << gone);
    if (!reader) continue;
    constexpr usize trigrams = 9;  // which a shard of few terms does without
    CHECK(reader->verify().has_value() == (gone == trigrams));
    use(*reader, 5000);
  }
}

}  // namespace shale::shard

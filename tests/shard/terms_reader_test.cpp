#include "tests/support/catch.hpp"

#include "tests/shard/terms_fixture.hpp"

namespace shale::shard {
namespace {

using testing::ModelPosting;
using testing::ModelTerms;
using testing::TermsFixture;

constexpr u32 documents = 200'000;

std::vector<u32> documents_of(const std::vector<ModelPosting>& postings) {
  std::vector<u32> docs;
  for (const ModelPosting& posting : postings) docs.push_back(posting.doc);
  return docs;
}

// Frequencies of random subsets, of all, and of documents that do not hold the term.
void check_frequencies(const TermsReader& reader, const Term& term,
                       const std::vector<ModelPosting>& postings, std::mt19937& random) {
  for (const u32 keep : {1u, 2u, 17u, 900u, 5000u}) {
    std::vector<u32> docs;
    std::vector<u32> expected;
    for (const ModelPosting& posting : postings) {
      if (random() % keep != 0) continue;
      const u32 after = posting.doc + 1;
      docs.push_back(posting.doc);
      expected.push_back(u32(posting.positions.size()));
      const bool held = std::binary_search(
          postings.begin(), postings.end(), ModelPosting{after, {}},
          [](const ModelPosting& a, const ModelPosting& b) { return a.doc < b.doc; });
      if (held || random() % 4 != 0) continue;
      docs.push_back(after);
      expected.push_back(0);
    }
    std::vector<u32> tfs(docs.size(), 77);
    reader.frequencies(term, docs, tfs).value();
    CHECK(tfs == expected);
  }
}

void check_positions(const TermsReader& reader, const Term& term,
                     const std::vector<ModelPosting>& postings, bool kept, std::mt19937& random) {
  const u32 step = postings.size() > 10'000 ? 37 : 1;
  for (usize i = random() % step; i < postings.size(); i += step) {
    const auto found = reader.positions(term, DocNo(postings[i].doc)).value();
    if (found != (kept ? postings[i].positions : std::vector<u32>())) {
      FAIL("positions differ in posting " << i << " of df " << postings.size());
    }
  }
}

void check_all(const ModelTerms& terms, const TermsReader& reader, bool positions,
               std::mt19937& random) {
  REQUIRE(reader.term_count() == terms.size());
  u32 ordinal = 0;
  for (const auto& [text, postings] : terms) {
    INFO("term of " << text.size() << " bytes: " << text.substr(0, 40));
    const auto term = reader.find(text).value();
    REQUIRE(term);
    CHECK(term->df == postings.size());
    CHECK(reader.lower_bound(text).value() == ordinal);
    if (ordinal % 5 == 0 || text.size() > 100) CHECK(reader.term_at(ordinal).value() == text);
    CHECK(reader.documents(*term).value().to_vector() == documents_of(postings));
    CHECK(reader.documents(*term).value().count() == postings.size());  // the unchecked path
    check_frequencies(reader, *term, postings, random);
    check_positions(reader, *term, postings, positions && is_word(text), random);
    ++ordinal;
  }
}

}  // namespace

TEST_CASE("terms: everything written is found again") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const ModelTerms terms = testing::border_terms(random, documents);
  for (const bool positions : {true, false}) {
    TermsFixture fixture(terms, documents, positions, positions ? 64 * 1024 : 8 << 20);
    const TermsReader reader = fixture.reader();
    check_all(terms, reader, positions, random);
    reader.verify().value();
  }
}

TEST_CASE("terms: look-ups between, before and behind terms") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  ModelTerms terms;
  for (u32 i = 0; i < 5000; ++i) {
    std::string term = i % 2 == 0 ? "/common/prefix/" : "";
    for (u32 left = u32(random() % 6); left > 0; --left) term += "ab\0\xff"[random() % 4];
    term += std::to_string(random() % 5000);
    terms[term] = {{u32(random() % 9), {1}}};
  }
  TermsFixture fixture(terms, 9, true);
  const TermsReader reader = fixture.reader();
  std::vector<std::string> sorted;
  for (const auto& entry : terms) sorted.push_back(entry.first);
  for (u32 i = 0; i < 20'000; ++i) {
    std::string probe = sorted[random() % sorted.size()];
    if (i % 4 == 1) probe.resize(random() % (probe.size() + 1));
    if (i % 4 == 2) probe += "a\0\xff"[random() % 3];
    if (i % 4 == 3 && !probe.empty()) probe[random() % probe.size()] = char(random());
    const auto expected = std::lower_bound(sorted.begin(), sorted.end(), probe);
    if (reader.lower_bound(probe).value() != u32(expected - sorted.begin()))
      FAIL("lower_bound of " << probe);
    if (reader.find(probe).value().has_value() != terms.contains(probe)) FAIL("find " << probe);
  }
  CHECK(reader.lower_bound(std::string(20, '\xff')).value() == reader.term_count());
  CHECK(reader.lower_bound("").value() == 0);
}

TEST_CASE("terms: hundreds of blocks with one head") {
  ModelTerms terms;
  for (u32 i = 0; i < 40'000; ++i)
    terms["\x03/a/long/path/" + std::to_string(i)] = {{i % 100, {0}}};
  terms["\x02zz"] = {{7, {0}}};
  terms["\x04"] = {{8, {0}}};
  TermsFixture fixture(terms, 100, true);
  const TermsReader reader = fixture.reader();
  u32 ordinal = 0;
  for (const auto& [text, postings] : terms) {
    const auto term = reader.find(text).value();
    if (!term || reader.lower_bound(text).value() != ordinal) FAIL("misses " << text);
    if (!reader.documents(*term).value().contains(postings[0].doc)) FAIL("document of " << text);
    ++ordinal;
  }
  CHECK_FALSE(reader.find("\x03/a/long/path/").value());
  CHECK_FALSE(reader.find("\x03/a/long").value());
  CHECK(reader.lower_bound("\x03/a/long/path").value() == 1);
  CHECK(reader.lower_bound("\x03/a/long/path/x").value() == 40'001);
}

TEST_CASE("terms: for_each gives the terms of a prefix and stops when told") {
  std::mt19937 random(4);
  const ModelTerms terms = testing::border_terms(random, 5000);
  TermsFixture fixture(terms, 5000, true);
  const TermsReader reader = fixture.reader();
  for (const std::string prefix :
       {"", "word", "term1", "\x03", "\x03/home/projects/", "zzz", "a"}) {
    std::vector<std::string> expected;
    for (const auto& entry : terms)
      if (entry.first.starts_with(prefix)) expected.push_back(entry.first);
    std::vector<std::string> found;
    reader
        .for_each(prefix,
                  [&](std::string_view text, const Term& term) {
                    found.emplace_back(text);
                    const auto same = reader.find(text).value();
                    return same && same->handle == term.handle && same->df == term.df;
                  })
        .value();
    INFO("prefix " << prefix);
    CHECK(found == expected);
  }
  u32 calls = 0;
  reader.for_each("", [&](std::string_view, const Term&) { return ++calls < 3; }).value();
  CHECK(calls == 3);
}

TEST_CASE("terms: an index without terms") {
  TermsFixture fixture({}, 0, true);
  const TermsReader reader = fixture.reader();
  CHECK(reader.term_count() == 0);
  CHECK_FALSE(reader.find("a").value());
  CHECK(reader.lower_bound("a").value() == 0);
  reader.for_each("", [](std::string_view, const Term&) { return true; }).value();
  TermPostings postings;
  CHECK_FALSE(reader.all()->next(postings).value());
  reader.verify().value();
}

}  // namespace shale::shard

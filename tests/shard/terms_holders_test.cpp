// Documents of many terms at once, against the model they were written from.
#include "shard/trigrams.hpp"
#include "tests/shard/terms_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::shard {
namespace {

using testing::ModelTerms;
using testing::TermsFixture;

constexpr u32 documents = 80'000;

std::vector<u32> sorted(std::vector<u32> docs) {
  std::sort(docs.begin(), docs.end());
  docs.erase(std::unique(docs.begin(), docs.end()), docs.end());
  return docs;
}

template <class Wanted>
std::vector<u32> expected(const ModelTerms& terms, const std::string& prefix, Wanted wanted) {
  std::vector<u32> docs;
  for (const auto& [term, postings] : terms) {
    if (!term.starts_with(prefix) || !wanted(term.substr(prefix.size()))) continue;
    for (const auto& posting : postings) docs.push_back(posting.doc);
  }
  return sorted(docs);
}

TEST_CASE("holders: all terms of a prefix") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const ModelTerms terms = testing::border_terms(random, documents);
  for (const bool positions : {true, false}) {
    TermsFixture fixture(terms, documents, positions);
    const TermsReader reader = fixture.reader();
    for (const std::string prefix :
         {"", "word", "word6", "word64", "term", "term1", "\x03", "\x03/home/projects/c", "x", "xx",
          "a", "none", "\xff", "\xff\xff", "zz", "\x01"}) {
      INFO(prefix);
      DenseSet found(documents);
      reader.add_holders(prefix, nullptr, found).value();
      REQUIRE(found.to_vector() ==
              expected(terms, prefix, [](const std::string&) { return true; }));
    }
  }
}

// Asks in byte order and remembers what it was asked.
class Listening final : public TermFilter {
 public:
  Listening(std::vector<std::string> wanted, bool names_next)
      : wanted_(std::move(wanted)), names_next_(names_next) {}
  bool wants(std::string_view word, std::string& next) override {
    asked.emplace_back(word);
    const auto at = std::lower_bound(wanted_.begin(), wanted_.end(), word);
    const bool is_wanted = at != wanted_.end() && *at == word;
    const auto following = is_wanted ? at + 1 : at;
    if (names_next_) next = following == wanted_.end() ? "\xff\xff\xff\xff" : *following;
    return is_wanted;
  }
  std::vector<std::string> asked;

 private:
  std::vector<std::string> wanted_;
  bool names_next_;
};

TEST_CASE("holders: a filter is asked for every term, or for few where it names the next") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  ModelTerms terms;
  for (u32 i = 0; i < 40'000; ++i) {
    const std::string number = std::to_string(random() % 1'000'000);
    terms[(i % 2 == 0   ? "/one/head/"
           : i % 4 == 1 ? "a"
                        : "") +
          number] = {{u32(random() % documents), {1}}};
  }
  TermsFixture fixture(terms, documents, true);
  const TermsReader reader = fixture.reader();
  for (const std::string prefix : {"", "/one", "/one/head/1", "a", "a77"}) {
    std::vector<std::string> all, wanted;
    for (const auto& entry : terms) {
      if (entry.first.starts_with(prefix)) all.push_back(entry.first.substr(prefix.size()));
    }
    for (const std::string& word : all) {
      if (random() % 500 == 0) wanted.push_back(word);
    }
    const auto docs = expected(terms, prefix, [&](const std::string& word) {
      return std::binary_search(wanted.begin(), wanted.end(), word);
    });
    Listening patient(wanted, false), hasty(wanted, true);
    DenseSet slow(documents), fast(documents);
    reader.add_holders(prefix, &patient, slow).value();
    reader.add_holders(prefix, &hasty, fast).value();
    CHECK(patient.asked == all);
    CHECK(slow.to_vector() == docs);
    CHECK(fast.to_vector() == docs);
    CHECK(hasty.asked.size() <= wanted.size() + 2);  // the first, and one behind the last
  }
}

// Wants words with a piece, or long ones.
class Holding final : public TermFilter {
 public:
  explicit Holding(std::string piece) : piece_(std::move(piece)) {}
  bool wants(std::string_view word, std::string&) override {
    ++asked;
    return word.size() >= long_word_bytes || word.find(piece_) != std::string_view::npos;
  }
  usize asked = 0;

 private:
  std::string piece_;
};

TEST_CASE("holders: of groups that trigrams lead to") {
  std::mt19937 random(3);
  ModelTerms terms;
  while (terms.size() < trigram_terms_min + 100) {
    std::string term;
    for (u32 left = 3 + u32(random() % 8); left > 0; --left) term += "abcdefgh_0"[random() % 10];
    terms[term] = {{u32(random() % documents), {1}}};
  }
  terms["aaa" + std::string(300, 'z')] = {{77, {1}}};
  TermsFixture fixture(terms, documents, true);
  const TermsReader reader = fixture.reader();
  reader.verify().value();
  for (const std::string piece : {"abcdef", "zzz", "aba_", "qqq", "0ab"}) {
    INFO(piece);
    DenseSet groups(reader.group_count()), found(documents);
    reader.add_groups(piece, groups).value();
    reader.add_groups("", groups).value();
    Holding filter(piece);
    reader.add_holders_in(groups, filter, found).value();
    CHECK(found.to_vector() == expected(terms, "", [&](const std::string& word) {
            return word.size() >= long_word_bytes || word.find(piece) != std::string::npos;
          }));
    if (piece == "qqq" || piece == "zzz") CHECK(filter.asked <= 1024);
  }
}

}  // namespace
}  // namespace shale::shard

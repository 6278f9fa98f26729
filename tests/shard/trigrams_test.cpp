// Groups found by what is in their terms, against looking into every term; and bytes that lie.
#include "shard/trigrams.hpp"

#include <random>
#include <set>

#include "model/index.hpp"
#include "tests/shard/section_fixture.hpp"
#include "tests/support/catch.hpp"
#include "text/letters.hpp"

namespace shale::shard {
namespace {

using testing::SectionFixture;

constexpr u32 group_terms = 1024;

std::vector<std::string> random_terms(std::mt19937& random, usize count) {
  static const std::vector<std::string> letters = {"a", "b",        "c",        "_",
                                                   "9", "\xC3\xA9", "e\xCC\x81"};
  std::set<std::string> terms;
  for (const char* tag : {"\x01", "\x03", "\x1f"}) {
    for (int i = 0; i < 300; ++i) terms.insert(tag + std::string("abc") + std::to_string(i));
  }
  while (terms.size() < count) {
    std::string term;
    const usize kinds = terms.size() % 5 == 0 ? letters.size() : 3 + terms.size() % 3;
    for (u32 left = 1 + u32(random() % 12); left > 0; --left) term += letters[random() % kinds];
    if (random() % 700 == 0) term += std::string(long_word_bytes, 'q');
    if (random() % 2 == 0) term = char('b' + terms.size() % 20) + term;
    terms.insert(term);
  }
  return {terms.begin(), terms.end()};
}

Buffer encoded(const std::vector<std::string>& terms, u32 terms_min = 1) {
  TrigramsWriter writer(terms_min);
  for (const std::string& term : terms) writer.add(term);
  Buffer bytes;
  writer.encode(bytes);
  return bytes;
}

u32 groups_of(const std::vector<std::string>& terms) {
  return u32((terms.size() + group_terms - 1) / group_terms);
}

// Groups in which a word holds every trigram of the piece; all of them together, in any words.
std::vector<u32> expected(const std::vector<std::string>& terms, const std::string& piece) {
  std::vector<u32> groups;
  for (u32 group = 0; group < groups_of(terms); ++group) {
    std::set<std::string> seen;
    bool has_long = false;
    for (usize i = group * group_terms;
         i < std::min<usize>(terms.size(), (group + 1) * group_terms); ++i) {
      std::string word = terms[i];
      if (word[0] == form_tag) word.erase(0, 1);
      if (u8(word[0]) < 0x20) continue;
      has_long = has_long || word.size() >= long_word_bytes;
      word = decomposed(word);
      for (usize at = 0; at + 3 <= word.size(); ++at) seen.insert(word.substr(at, 3));
    }
    bool holds = piece.empty() ? has_long : true;
    for (usize at = 0; at + 3 <= piece.size(); ++at) {
      const std::string trigram = piece.substr(at, 3);
      const bool counts = trigram.find_first_of("0123456789") == std::string::npos;
      holds = holds && (!counts || seen.contains(trigram));
    }
    if (holds) groups.push_back(group);
  }
  return groups;
}

TEST_CASE("trigrams: the groups that may hold a piece") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (const usize count : {1000u, 4096u, 9001u, 30'000u}) {
    const std::vector<std::string> terms = random_terms(random, count);
    SectionFixture files;
    files.put(tag::trigrams, encoded(terms));
    const auto reader = TrigramsReader::make(files.views()[0], groups_of(terms)).value();
    for (const std::string piece : {"abc", "aaa", "a_b", "cab_", "bcabc", "c9a", "99a", "qqqq",
                                    "zzz", "abcabcabc", "ea_", "eab", "999", "", "ab9cab"}) {
      INFO(piece << " in " << count);
      DenseSet groups(groups_of(terms));
      reader.add_groups(piece, groups).value();
      REQUIRE(groups.to_vector() == expected(terms, piece));
    }
    TrigramsWriter writer(1);
    for (const std::string& term : terms) writer.add(term);
    reader.verify(writer).value();
  }
}

TEST_CASE("trigrams: what all terms of several groups begin with is told of each group") {
  std::vector<std::string> terms;
  for (u32 i = 0; i < 3 * group_terms; ++i) terms.push_back("xyz" + std::to_string(10'000 + i));
  SectionFixture files;
  files.put(tag::trigrams, encoded(terms));
  const auto reader = TrigramsReader::make(files.views()[0], groups_of(terms)).value();
  DenseSet groups(groups_of(terms));
  reader.add_groups("xyz", groups).value();
  CHECK(groups.to_vector() == std::vector<u32>{0, 1, 2});
}

TEST_CASE("trigrams: few terms have no section, and no section means every group") {
  std::mt19937 random(7);
  const std::vector<std::string> terms = random_terms(random, 2000);
  CHECK(encoded(terms, 2001).empty());
  CHECK_FALSE(encoded(terms, 2000).empty());
  CHECK(encoded({}).empty());
  const auto reader = TrigramsReader::make(SectionView(), 8).value();
  DenseSet groups(8);
  reader.add_groups("abc", groups).value();
  CHECK(groups.count() == 8);
  TrigramsWriter writer(1);
  reader.verify(writer).value();
}

TEST_CASE("trigrams: damaged bytes are told with their place") {
  std::mt19937 random(8);
  const std::vector<std::string> terms = random_terms(random, 5000);
  SectionFixture files;
  files.put(tag::trigrams, encoded(terms));
  files.damage(0, 40, 1, false);
  const auto reader = TrigramsReader::make(files.views()[0], groups_of(terms));
  testing::check_damage(reader, files, 0, 0, "checksum");
}

// Bytes in turn, its checksum made to fit: an error or an answer, and verify sees all of it.
TEST_CASE("trigrams: bytes that lie under a right checksum harm nobody and are seen") {
  std::mt19937 random(9);
  const std::vector<std::string> terms = random_terms(random, 3000);
  const Buffer sound = encoded(terms);
  for (int round = 0; round < 400; ++round) {
    Buffer bytes = sound;
    const usize at = round < 100 ? usize(round) : random() % bytes.size();
    bytes[at] ^= std::byte(1 + random() % 255);
    if (round % 50 == 49) bytes.resize(random() % bytes.size());
    SectionFixture files;
    files.put(tag::trigrams, bytes);
    const auto reader = TrigramsReader::make(files.views()[0], groups_of(terms));
    if (!reader) continue;
    for (const char* piece : {"abc", "aaa", "a_b", "qqq", ""}) {
      DenseSet groups(groups_of(terms));
      const auto found = reader->add_groups(piece, groups);
      if (!found) CHECK(found.error().code == ErrorCode::corrupt);
    }
    TrigramsWriter writer(1);
    for (const std::string& term : terms) writer.add(term);
    const auto verified = reader->verify(writer);
    REQUIRE_FALSE(verified.has_value());
    CHECK(verified.error().code == ErrorCode::corrupt);
  }
}

}  // namespace
}  // namespace shale::shard

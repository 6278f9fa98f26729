#include "query/edits.hpp"

#include <algorithm>
#include <random>

#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

bool within(std::string_view word, std::string_view other, u32 edits) {
  std::string next;
  return FuzzyFilter(word, edits).wants(other, next);
}

// By trying all edits: is `other` reached from `word` in so many? Each place is edited once.
bool reaches(const std::string& word, const std::string& other, u32 edits) {
  if (word.empty() || other.empty()) return word.size() + other.size() <= edits;
  const std::string w = word.substr(1), o = other.substr(1);
  if (word[0] == other[0] && reaches(w, o, edits)) return true;
  if (edits == 0) return false;
  if (reaches(w, other, edits - 1) || reaches(word, o, edits - 1) || reaches(w, o, edits - 1)) {
    return true;
  }
  return word.size() > 1 && other.size() > 1 && word[0] == other[1] && word[1] == other[0] &&
         reaches(word.substr(2), other.substr(2), edits - 1);
}

TEST_CASE("fuzzy: edits are counted in characters") {
  CHECK(within("color", "colour", 1));
  CHECK(within("color", "color", 1));
  CHECK(within("color", "cloor", 1));
  CHECK_FALSE(within("color", "cooler", 1));
  CHECK(within("color", "cooler", 2));
  CHECK_FALSE(within("color", "colouring", 2));
  CHECK(within("größe", "große", 1));
  CHECK(within("a", "", 1));
  CHECK_FALSE(within("abc", "\xff\xfe", 2));
  CHECK(within("\xff", "\xfe", 1));
}

TEST_CASE("fuzzy: the same as trying every edit") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto word = [&] {
    std::string made;
    for (u32 i = u32(random() % 7); i-- > 0;) made += char('a' + random() % 3);
    return made;
  };
  for (int round = 0; round < 20'000; ++round) {
    const std::string a = word(), b = word();
    const u32 edits = 1 + u32(random() % 2);
    INFO(a << " " << b << " " << edits);
    REQUIRE(within(a, b, edits) == reaches(a, b, edits));
  }
}

// Random words over few characters, some of several bytes and some bytes that are no character.
std::vector<std::string> random_words(std::mt19937& random, usize count) {
  static const std::vector<std::string> characters = {
      "a", "b", "c", "\xC3\xA9", "\xC3\xAA", "\xE6\xBC\xA2", "\xC3", "\xA9", "\xff"};
  const usize kinds = random() % 2 == 0 ? 3 : characters.size();
  std::vector<std::string> words;
  for (usize i = 0; i < count; ++i) {
    std::string word;
    for (u32 left = u32(random() % 8); left > 0; --left) word += characters[random() % kinds];
    words.push_back(std::move(word));
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

// Asks as a dictionary does, of sorted words; the share of them that had to be asked for.
double compare_in_order(std::mt19937& random) {
  usize asked = 0, all = 0;
  for (int round = 0; round < 300; ++round) {
    const std::vector<std::string> words = random_words(random, 400);
    const std::string wanted = words[random() % words.size()];
    const u32 edits = 1 + u32(random() % 2);
    INFO(wanted << " " << edits);
    FuzzyFilter filter(wanted, edits);
    std::string next, behind;
    for (const std::string& word : words) {
      const bool expected = within(wanted, word, edits);
      ++all;
      if (word < behind) {
        REQUIRE_FALSE(expected);
        continue;
      }
      ++asked;
      next.clear();
      REQUIRE(filter.wants(word, next) == expected);
      if (!next.empty()) behind = next;
    }
    for (int i = 0; i < 50; ++i) {  // in no order
      const std::string& word = words[random() % words.size()];
      REQUIRE(filter.wants(word, next) == within(wanted, word, edits));
    }
  }
  return double(asked) / double(all);
}

TEST_CASE("fuzzy: what was asked before changes nothing, and nothing wanted is left out") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  compare_in_order(random);
  random.seed(1);
  CHECK(compare_in_order(random) < .75);
}

TEST_CASE("fuzzy: a long word is no burden") {
  const std::string word(255, 'x');
  FuzzyFilter filter(word, 2);
  std::string next;
  CHECK(filter.wants(word, next));
  CHECK(filter.wants(word + "yz", next));
  CHECK_FALSE(filter.wants(word + "xyz", next));
  CHECK(filter.wants(word.substr(2), next));
  CHECK_FALSE(filter.wants(word.substr(3), next));
  CHECK_FALSE(filter.wants(std::string(100'000, 'x'), next));
  CHECK(next > std::string(100'000, 'x'));
}

}  // namespace
}  // namespace shale::query::testing

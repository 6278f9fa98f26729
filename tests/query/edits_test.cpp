#include "query/edits.hpp"

#include <random>

#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

bool within(std::string_view word, std::string_view other, u32 edits) {
  return FuzzyWord(word, edits).matches(other);
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

}  // namespace
}  // namespace shale::query::testing

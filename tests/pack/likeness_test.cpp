#include "pack/likeness.hpp"

#include <random>

#include "tests/support/catch.hpp"

namespace shale::pack {
namespace {

std::string words(std::mt19937& random, int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += "w" + std::to_string(random() % 3000) + (i % 9 ? " " : "\n");
  return text;
}

int distance(const std::string& a, const std::string& b) {
  return std::popcount(*simhash(a) ^ *simhash(b));
}

TEST_CASE("a hash is the same whatever white space, marks and case a text has") {
  CHECK(simhash("one two three four") == simhash("One\n\ttwo (three); FOUR."));
  CHECK(simhash("one two three four") != simhash("four three two one"));
  CHECK(simhash("one") == simhash(" ONE "));
  CHECK(simhash("one two") != simhash("one"));
  CHECK_FALSE(simhash("").has_value());
  CHECK_FALSE(simhash("--- \n ===").has_value());
}

TEST_CASE("the hash of the same text never changes") {
  CHECK(simhash("the quick brown fox jumps over the lazy dog") == 0xb39e4a3fcae5e287);
}

TEST_CASE("texts with a word changed are alike, texts of other words are not") {
  std::mt19937 random(5);
  int alike = 0, unrelated = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string text = words(random, 400);
    alike += distance(text, text + " added") <= alike_bits_max;
    unrelated += distance(text, words(random, 400)) <= 16;
  }
  CHECK(alike > 190);
  CHECK(unrelated == 0);
}

TEST_CASE("a shingle counts once, however often it stands in a text") {
  std::string zeros;
  for (int i = 0; i < 900; ++i) zeros += "0x00, ";
  CHECK(simhash(zeros) == simhash("0x00, 0x00, 0x00"));
  std::mt19937 random(8);
  CHECK(distance(words(random, 40) + zeros, words(random, 40) + zeros) > 12);
}

// A thousand shingles, counted bit by bit when this number was made.
TEST_CASE("counts of bits do not overflow") {
  std::string text;
  for (int i = 0; i < 1002; ++i) text += "w" + std::to_string(i) + ' ';
  CHECK(simhash(text) == 0x897de73efe98dd7a);
}

TEST_CASE("only the first 64 KB of a text are looked at") {
  std::mt19937 random(6);
  std::string text;
  while (text.size() < (64u << 10)) text += words(random, 100);
  CHECK(simhash(text) == simhash(text + words(random, 50'000)));
}

}  // namespace
}  // namespace shale::pack

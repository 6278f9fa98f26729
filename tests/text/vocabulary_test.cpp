#include "text/vocabulary.hpp"

#include <algorithm>
#include <random>

#include "tests/support/catch.hpp"
#include "tests/text/vocabularies.hpp"
#include "text/token_counter.hpp"

namespace shale {
namespace {

const std::vector<std::string>& words() {
  static const std::vector<std::string> more = {"th",  "he",   "in", "the",
                                                "ing", "then", "bb", "bbbb"};
  return more;
}

TEST_CASE("vocabulary: tokens, what they are made of, and the longest of a text") {
  const Buffer image = testing::image_of(words()).value();
  const Vocabulary vocabulary = Vocabulary::view(image).value();
  const auto longest = [&](std::string_view text) {
    return vocabulary.longest_token(text.data(), text.data() + text.size());
  };
  CHECK(vocabulary.header().token_count == 264);
  CHECK(longest("the") == 259);
  CHECK(longest("then we") == 261);
  CHECK(longest("thx") == 256);
  CHECK(longest("t") == u32('t'));
  CHECK(longest("bbbbb") == 263);
  CHECK(longest("bbb") == 262);
  const TokenParts then = vocabulary.parts(261);
  CHECK(then.left() == 259);
  CHECK(then.right() == u32('n'));
  CHECK(then.prefix() == 259);
  CHECK(then.length() == 4);
  CHECK(vocabulary.parts('t').left() == u32('t'));
  CHECK(vocabulary.parts('t').prefix() == no_token);
  CHECK(vocabulary.merged(259, 'n') == 261);
  CHECK(vocabulary.merged('n', 259) == no_token);
  const u64 key = short_key("ing", 3);
  CHECK(vocabulary.has(key, vocabulary.short_slot(key)));
  const u64 other = short_key("inx", 3);
  CHECK_FALSE(vocabulary.has(other, vocabulary.short_slot(other)));
}

TEST_CASE("vocabulary: keys of middle length") {
  const std::vector<std::string> more = {"ab", "abab", "abababab", "abababababab"};
  const Buffer image = testing::image_of(more).value();
  const Vocabulary vocabulary = Vocabulary::view(image).value();
  const auto has = [&](std::string_view text) {
    const MiddleKey key = middle_key(text.data(), text.size());
    return vocabulary.has(key, vocabulary.middle_slot(key));
  };
  CHECK(has("abababab"));
  CHECK(has("abababababab"));
  CHECK_FALSE(has("ababababa"));
  CHECK_FALSE(has("abababac"));
}

TEST_CASE("vocabulary: bytes join where a token has them side by side, and nowhere else") {
  const Buffer image = testing::image_of(words()).value();
  const Vocabulary vocabulary = Vocabulary::view(image).value();
  const std::vector<std::string> joined = {"th", "he", "in", "ng", "en", "bb"};
  for (int pair = 0; pair < 65536; ++pair) {
    const std::string bytes = {char(pair >> 8), char(pair)};
    const bool is_joined = std::find(joined.begin(), joined.end(), bytes) != joined.end();
    CHECK(vocabulary.may_join(bytes[0], bytes[1]) == is_joined);
  }
}

// Where the section of joints lies.
std::span<std::byte> joints_of(Buffer& image) {
  const auto layout = layout_of(Vocabulary::view(image).value().header());
  return std::span(image).subspan(usize(layout.joints), joint_words * sizeof(u64));
}

TEST_CASE("vocabulary: joints that lie give counts and no more") {
  Buffer image = testing::image_of(words()).value();
  for (const std::byte lie : {std::byte(0), std::byte(0xFF), std::byte(0x55)}) {
    std::fill(joints_of(image).begin(), joints_of(image).end(), lie);
    const Vocabulary vocabulary = Vocabulary::view(image).value();
    TokenCounter counter(vocabulary);
    CHECK(counter.count("the thing bbbbbbbbbbbb then 123 in\n\xE4\xB8\xAD") < 100);
  }
}

TEST_CASE("vocabulary: an image that is cut, longer, or begins otherwise is refused") {
  const Buffer image = testing::image_of(words()).value();
  for (usize bytes = 0; bytes < image.size(); bytes += bytes < 100 ? 1 : 997) {
    CHECK_FALSE(Vocabulary::view(Bytes(image).first(bytes)));
  }
  Buffer longer = image;
  longer.resize(longer.size() + 1);
  CHECK_FALSE(Vocabulary::view(longer));
}

TEST_CASE("vocabulary: any flipped bit is seen, and counting over it ends") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  Buffer image = testing::image_of(words()).value();
  REQUIRE(Vocabulary::view(image).value().verify());
  for (int i = 0; i < 3000; ++i) {
    const usize at = i < 800 ? usize(i) / 8 : random() % image.size();
    const std::byte bit = std::byte(1 << (i < 800 ? i % 8 : int(random() % 8)));
    image[at] ^= bit;
    const auto damaged = Vocabulary::view(image);
    if (damaged) {
      CHECK_FALSE(damaged->verify());
      TokenCounter counter(*damaged);
      const u64 tokens = counter.count("the thing bbbbbbbbbbbb then 123 in\n\xE4\xB8\xAD");
      CHECK(tokens < 100);
    }
    image[at] ^= bit;
  }
}

// Where the parts of a token lie in an image.
usize parts_at(const Vocabulary& vocabulary, u32 token) {
  return usize(layout_of(vocabulary.header()).tokens) + token * sizeof(u64);
}

TEST_CASE("vocabulary: parts that lie, bit by bit, give counts and no more") {
  Buffer image = testing::image_of(words()).value();
  const usize count = Vocabulary::view(image).value().header().token_count;
  for (u32 token = 0; token < count; ++token) {
    if (token < 256 && std::string_view("theinb").find(char(token)) == std::string_view::npos)
      continue;
    const usize at = parts_at(Vocabulary::view(image).value(), token);
    for (usize bit = 0; bit < 64; ++bit) {
      image[at + bit / 8] ^= std::byte(1 << bit % 8);
      const Vocabulary vocabulary = Vocabulary::view(image).value();
      TokenCounter counter(vocabulary);
      CHECK(counter.count("the thing bbbbbbbbbbbb then 123 in\n\xE4\xB8\xAD hethein") < 100);
      image[at + bit / 8] ^= std::byte(1 << bit % 8);
    }
  }
}

TEST_CASE("vocabulary: a prefix that is no shorter ends, and so do pages of zeros") {
  Buffer image = testing::image_of({"bc", "ab"}).value();
  const usize at = parts_at(Vocabulary::view(image).value(), 'c');
  store_value(image.data() + at, TokenParts::of('c', 'c', 'c', 1).bits);
  const Vocabulary lying = Vocabulary::view(image).value();
  TokenCounter counter(lying);
  CHECK(counter.count("abc abcabc") < 100);
  std::fill(image.begin() + std::ptrdiff_t(parts_at(lying, 0)), image.end(), std::byte(0));
  TokenCounter other(lying);
  CHECK(other.count("abc abcabc") < 100);
}

}  // namespace
}  // namespace shale

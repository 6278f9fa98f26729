#include "text/words.hpp"

#include "tests/support/catch.hpp"
#include "tests/text/random_text.hpp"
#include "text/letters.hpp"

namespace shale {
namespace {

using testing::below;
using testing::Random;
using Strings = std::vector<std::string>;

// Leaves the choice of twin as it was found.
struct ForcedKernel {
  explicit ForcedKernel(Kernel kernel) { force_kernel(kernel); }
  ~ForcedKernel() { force_kernel(Kernel::automatic); }
};

Strings words_of(WordScanner& scanner, std::string_view text) {
  scanner.scan(text);
  Strings words;
  for (const Word word : scanner.words()) words.emplace_back(scanner.folded(word));
  return words;
}

Strings words_of(std::string_view text) {
  WordScanner scanner;
  return words_of(scanner, text);
}

// The rules, character by character, with nothing clever.
Strings plain_words(std::string_view text) {
  Strings words;
  std::string word;
  bool is_full = false;
  const auto finish = [&] {
    if (!word.empty()) words.push_back(word);
    word.clear();
    is_full = false;
  };
  for (usize at = 0; at < text.size();) {
    const Letter letter = letter_at(text.substr(at));
    at += letter.bytes;
    if (letter.fold == 0) {
      finish();
      continue;
    }
    std::string character;
    append_utf8(letter.fold, character);
    is_full = is_full || word.size() + character.size() > word_bytes_max;
    if (!is_full) word += character;
  }
  finish();
  return words;
}

void check_twins(WordScanner& vector, WordScanner& scalar, std::string_view text) {
  const Strings expected = plain_words(text);
  const Strings by_vector = words_of(vector, text);
  const ForcedKernel forced(Kernel::scalar);
  const Strings by_scalar = words_of(scalar, text);
  if (by_vector != expected || by_scalar != expected) {
    CAPTURE(text);
    REQUIRE(by_vector == expected);
    REQUIRE(by_scalar == expected);
  }
}

TEST_CASE("words are runs of letters, digits and underscore, folded") {
  CHECK(words_of("") == Strings{});
  CHECK(words_of(" \t\r\n!?-+.\\\"'{}") == Strings{});
  CHECK(words_of("x") == Strings{"x"});
  CHECK(words_of("void Merge(Delta& d2) { return d_2->x; }") ==
        Strings{"void", "merge", "delta", "d2", "return", "d_2", "x"});
  CHECK(words_of("__init__ 0xFF 3.14") == Strings{"__init__", "0xff", "3", "14"});
  CHECK(words_of(std::string("a\0b\1c\x7F", 6)) == Strings{"a", "b", "c"});
  CHECK(words_of("`@[{^~/:AZaz09") == Strings{"azaz09"});  // the neighbours of every range
}

TEST_CASE("other scripts") {
  CHECK(words_of("\xC3\x89t\xC3\xA9, \xD0\x96\xD0\xA3\xD0\x9A!") ==
        Strings{"\xC3\xA9t\xC3\xA9", "\xD0\xB6\xD1\x83\xD0\xBA"});
  CHECK(words_of("\xC8\xBA\xC8\xBA") == Strings{"\xE2\xB1\xA5\xE2\xB1\xA5"});  // grows
  CHECK(words_of("\xE4\xB8\xAD\xE6\x96\x87\xE3\x80\x82ok") ==
        Strings{"\xE4\xB8\xAD\xE6\x96\x87", "ok"});
  CHECK(words_of("smile\xF0\x9F\x98\x80y") == Strings{"smile", "y"});
  CHECK(words_of("e\xCC\x81t") == Strings{"e\xCC\x81t"});  // a combining mark stays in its word
}

TEST_CASE("bytes that are no UTF-8 separate words") {
  CHECK(words_of("ab\xFF"
                 "cd\xC3") == Strings{"ab", "cd"});
  CHECK(words_of("a\x80"
                 "b\xED\xA0\x80"
                 "c\xC0\x80"
                 "d") == Strings{"a", "b", "c", "d"});
  CHECK(words_of("\xE2\x82") == Strings{});
}

TEST_CASE("a word is cut after 255 bytes and its rest dropped") {
  for (const usize bytes : {254u, 255u, 256u, 257u, 320u, 5000u}) {
    CAPTURE(bytes);
    const std::string text = "a " + std::string(bytes, 'Q') + " b";
    const Strings expected{"a", std::string(std::min<usize>(bytes, 255), 'q'), "b"};
    CHECK(words_of(text) == expected);
    const ForcedKernel forced(Kernel::scalar);
    CHECK(words_of(text) == expected);
  }
  std::string long_word;  // 255 is odd: the last é does not fit
  for (int i = 0; i < 200; ++i) long_word += "\xC3\xA9";
  CHECK(words_of(long_word + " z") == Strings{long_word.substr(0, 254), "z"});
}

TEST_CASE("positions in the folded text are ascending and followed by readable bytes") {
  WordScanner scanner;
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\xC8\xBA x";
  for (const std::string& t : {text, std::string(1000, 'a'), std::string(64, 'b')}) {
    scanner.scan(t);
    u32 end = 0;
    for (const Word word : scanner.words()) {
      CHECK(word.begin >= end);
      end = word.begin + word.bytes;
      const std::string after(scanner.folded_data() + end, 64);  // for the address sanitizer
      CHECK(after.size() == 64);
    }
  }
}

TEST_CASE("a scanner is used again and again") {
  WordScanner scanner;
  CHECK(words_of(scanner, std::string(300, 'x') + " one two") ==
        Strings{std::string(255, 'x'), "one", "two"});
  CHECK(words_of(scanner, "three") == Strings{"three"});
  CHECK(words_of(scanner, "") == Strings{});
}

TEST_CASE("twins agree with the rules at every length") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed, has_vector_kernel());
  Random random(seed);
  WordScanner vector;
  WordScanner scalar;
  for (usize bytes = 0; bytes <= 300; ++bytes) {
    check_twins(vector, scalar, std::string(bytes, 'w'));
    for (int round = 0; round < 12; ++round) {
      check_twins(vector, scalar, testing::random_text(random, bytes));
    }
  }
}

TEST_CASE("twins agree where a word or a character crosses a block") {
  WordScanner vector;
  WordScanner scalar;
  const std::string_view middles[] = {"w",
                                      " ",
                                      "word",
                                      " word ",
                                      "\xC3\x89",
                                      "\xE2\x80\x94",
                                      "\xF0\x9F\x98\x80",
                                      "\xFF",
                                      "\xC8\xBA\xC8\xBA"};
  for (const std::string_view middle : middles) {
    for (usize before = 50; before < 140; ++before) {
      for (const char fill : {'a', '.', 'Z'}) {
        for (const usize after : {0u, 1u, 63u, 64u, 130u}) {
          std::string text(before, fill);
          text += middle;
          text.append(after, fill);
          check_twins(vector, scalar, text);
        }
      }
    }
  }
}

TEST_CASE("twins agree on long texts") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  WordScanner vector;
  WordScanner scalar;
  for (int round = 0; round < 60; ++round) {
    check_twins(vector, scalar, testing::random_text(random, 1 + below(random, 30000)));
  }
}

TEST_CASE("source words are the scanner's words") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 300; ++round) {
    const std::string text = testing::random_text(random, below(random, 2000));
    Strings folded;
    u32 end = 0;
    for (const SourceWord& word : source_words(text)) {
      REQUIRE(word.begin >= end);
      REQUIRE(word.end > word.begin);
      end = word.end;
      REQUIRE(plain_words(std::string_view(text).substr(word.begin, end - word.begin)) ==
              Strings{word.folded});
      folded.push_back(word.folded);
    }
    REQUIRE(end <= text.size());
    REQUIRE(folded == plain_words(text));
  }
}

}  // namespace
}  // namespace shale

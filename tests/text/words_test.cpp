#include "text/words.hpp"

#include <utility>

#include "base/kernel.hpp"
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

constexpr WordRules first_rules{1, false, false};
constexpr WordRules case_rules{words_version, true, false};

Strings words_of(WordScanner& scanner, std::string_view text, WordRules rules = {}) {
  scanner.scan(text, rules);
  Strings words;
  for (const Word word : scanner.words()) words.emplace_back(scanner.spelling(word));
  return words;
}

Strings words_of(std::string_view text, WordRules rules = {}) {
  WordScanner scanner;
  return words_of(scanner, text, rules);
}

// The rules, character by character, with nothing clever.
class PlainScanner {
 public:
  PlainScanner(std::string_view text, WordRules rules) : rules_(rules) {
    for (usize at = 0; at < text.size();) {
      const Letter letter = letter_at(text.substr(at));
      const Script script =
          letter.fold == 0 || rules.version == 1 ? Script::spaced : script_of(letter.code);
      if (letter.fold == 0 || script != script_) finish();
      script_ = script;
      if (letter.fold != 0) source_ += text.substr(at, letter.bytes);
      at += letter.bytes;
    }
    finish();
  }
  Strings words;

 private:
  void finish() {
    const std::string source = std::exchange(source_, {});
    if (source.empty()) return;
    if (script_ != Script::spaced)
      return pairs(script_ == Script::thai ? source : composed(source));
    std::string word = rules_.keeps_case ? source : folded(source);
    if (rules_.version > 1 && !rules_.keeps_case) {
      word = composed(folded(composed(source.substr(0, character_border(source, 1024)))));
    }
    words.push_back(word.substr(0, character_border(word, word_bytes_max)));
  }

  void pairs(std::string_view run) {
    std::string last;
    for (usize count = 0; !run.empty(); ++count) {
      const std::string one(run.substr(0, decode_utf8(run).bytes));
      run.remove_prefix(one.size());
      if (count > 0) words.push_back(last + one);
      if (count == 0 && run.empty()) words.push_back(one);
      last = one;
    }
  }

  WordRules rules_;
  std::string source_;
  Script script_ = Script::spaced;
};

Strings plain_words(std::string_view text, WordRules rules = {}) {
  return PlainScanner(text, rules).words;
}

void check_twins(WordScanner& vector, WordScanner& scalar, std::string_view text) {
  for (const WordRules rules : {WordRules{}, first_rules, case_rules}) {
    const Strings expected = plain_words(text, rules);
    const Strings by_vector = words_of(vector, text, rules);
    const ForcedKernel forced(Kernel::scalar);
    const Strings by_scalar = words_of(scalar, text, rules);
    if (by_vector == expected && by_scalar == expected) continue;
    CAPTURE(text, rules.version, rules.keeps_case);
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
        Strings{"\xE4\xB8\xAD\xE6\x96\x87", "ok"});  // two characters are one pair
  CHECK(words_of("smile\xF0\x9F\x98\x80y") == Strings{"smile", "y"});
}

TEST_CASE("a word with marks is composed, where it stands") {
  CHECK(words_of("E\xCC\x81t x") == Strings{"\xC3\xA9t", "x"});
  CHECK(words_of("le cafe\xCC\x81.") == Strings{"le", "caf\xC3\xA9"});
  CHECK(words_of("e\xCC\x81t", first_rules) == Strings{"e\xCC\x81t"});
  CHECK(words_of("e\xCC\x81t", case_rules) == Strings{"e\xCC\x81t"});
  CHECK(words_of("\xE2\x84\xAB") == Strings{"\xC3\xA5"});  // the sign of the angstrom
  std::string many;                                        // more source than a word holds
  for (int i = 0; i < 300; ++i) many += "e\xCC\x81";
  std::string accents;
  for (int i = 0; i < 127; ++i) accents += "\xC3\xA9";
  CHECK(words_of(many + " z") == Strings{accents, "z"});
}

TEST_CASE("runs without blanks become pairs of characters") {
  CHECK(words_of("漢字かな") == Strings{"漢字", "字か", "かな"});
  CHECK(words_of("abc漢字x") == Strings{"abc", "漢字", "x"});
  CHECK(words_of("漢") == Strings{"漢"});
  CHECK(words_of("漢。字") == Strings{"漢", "字"});
  CHECK(words_of("한국어") == Strings{"한국", "국어"});
  CHECK(words_of("漢字한국") == Strings{"漢字", "한국"});
  CHECK(words_of("ไทย") == Strings{"ไท", "ทย"});
  CHECK(words_of("ไทย๑๒") == Strings{"ไท", "ทย", "๑๒"});  // digits are a word
  CHECK(words_of("漢字かな", case_rules) == words_of("漢字かな"));
  CHECK(words_of("漢字かな", first_rules) == Strings{"漢字かな"});
  // Composed: か and its voicing, the letters of a syllable, a compatibility ideograph.
  CHECK(words_of("あか\xE3\x82\x99き") == Strings{"あが", "がき"});
  CHECK(words_of("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB국") == Strings{"한국"});
  CHECK(words_of("\xEF\xA4\x80") == Strings{"\xE8\xB1\x88"});
  std::string run;
  for (int i = 0; i < 1000; ++i) run += "字";
  CHECK(words_of(run) == Strings(999, "字字"));  // a run is not cut
}

TEST_CASE("words keep their case where it is asked for") {
  CHECK(words_of("getUserName2 \xC3\x89T", case_rules) == Strings{"getUserName2", "\xC3\x89T"});
  const std::string text = std::string(70, '.') + "HTTPServer" + std::string(70, '.');
  CHECK(words_of(text, case_rules) == Strings{"HTTPServer"});
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
      const std::string after(scanner.data() + end, 64);  // for the address sanitizer
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

TEST_CASE("sources are the bytes of each word") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  WordScanner scanner;
  for (int round = 0; round < 300; ++round) {
    const std::string text = testing::random_text(random, below(random, 2000));
    CAPTURE(text);
    const WordRules rules{1 + below(random, 2), below(random, 2) == 0, true};
    const Strings words = words_of(scanner, text, rules);
    REQUIRE(words == plain_words(text, rules));
    REQUIRE(scanner.sources().size() == words.size());
    u32 begin = 0;
    for (usize i = 0; i < words.size(); ++i) {
      const SourceRange source = scanner.sources()[i];
      REQUIRE(source.begin >= begin);
      REQUIRE(source.end > source.begin);
      REQUIRE(source.end <= text.size());
      begin = source.begin;
      const std::string alone = text.substr(begin, source.end - begin);
      REQUIRE(plain_words(alone, rules) == Strings{words[i]});
    }
  }
  CHECK(words_of(scanner, "a b") == Strings{"a", "b"});
  CHECK(scanner.sources().empty());
}

TEST_CASE("folding and composing twice changes nothing") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 300; ++round) {
    for (const std::string& word : words_of(testing::random_text(random, 500))) {
      if (script_of(letter_at(word).code) != Script::spaced) continue;
      REQUIRE(composed_and_folded(word) == word);
    }
  }
}

}  // namespace
}  // namespace shale

// Pieces against another reading of the rules: alternative by alternative, each by trying.
#include "text/token_pieces.hpp"

#include <random>

#include "tests/support/catch.hpp"
#include "tests/text/vocabularies.hpp"
#include "text/utf8.hpp"

namespace shale {
namespace {

namespace is = character_class;

struct Letter {
  u8 is = 0;
  u32 code = 0;
};

// The length in characters of the piece at the start of `text`, by the expressions as they stand.
class Expressions {
 public:
  Expressions(TokenRules rules, std::vector<Letter> text) : rules_(rules), text_(std::move(text)) {}

  usize piece(usize at) const {
    const bool cl100k = rules_ == TokenRules::cl100k;
    if (cl100k) {
      if (const usize n = contraction(at)) return n;
      if (const usize n = prefixed(at, [&](usize from) { return run(from, is::letter); })) return n;
    } else {
      const auto first = [&](usize from) { return halves(from, 0, 1); };
      const auto second = [&](usize from) { return halves(from, 1, 0); };
      if (const usize n = prefixed(at, first)) return n + contraction(at + n);
      if (const usize n = prefixed(at, second)) return n + contraction(at + n);
    }
    if (const usize n = std::min<usize>(run(at, is::number), 3)) return n;
    if (const usize n = others(at, cl100k ? "\r\n" : "\r\n/")) return n;
    const usize spaces = run(at, is::space);
    for (usize n = spaces; n > 0; --n) {
      if ((text_[at + n - 1].is & is::newline) != 0) return n;
    }
    return spaces > 1 && at + spaces < text_.size() ? spaces - 1 : spaces;
  }

 private:
  u8 class_at(usize at) const { return at < text_.size() ? text_[at].is : u8(0); }
  usize run(usize at, u8 mask) const {
    usize n = 0;
    while ((class_at(at + n) & mask) != 0) ++n;
    return n;
  }
  // [upper]{most, as many as leave enough}[lower]{enough}, the first as long as it can be.
  usize halves(usize at, usize upper_min, usize lower_min) const {
    for (usize upper = run(at, is::upper) + 1; upper-- > upper_min;) {
      const usize lower = run(at + upper, is::lower);
      if (lower >= lower_min) return upper + lower;
    }
    return 0;
  }
  template <class Match>
  usize prefixed(usize at, Match&& match) const {
    const u8 barred = is::letter | is::number | is::newline;
    if (at < text_.size() && (class_at(at) & barred) == 0) {
      if (const usize n = match(at + 1)) return n + 1;
    }
    return match(at);
  }
  usize others(usize at, std::string_view ends) const {
    usize n = text_[at].code == ' ' ? 1 : 0;
    const usize begin = n;
    while (at + n < text_.size() &&
           (class_at(at + n) & (is::space | is::letter | is::number)) == 0) {
      ++n;
    }
    if (n == begin) return 0;
    while (at + n < text_.size() && text_[at + n].code < 128 &&
           ends.find(char(text_[at + n].code)) != std::string_view::npos) {
      ++n;
    }
    return n;
  }
  usize contraction(usize at) const {
    for (const std::string_view form : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
      usize n = 0;
      while (n < form.size() && at + n < text_.size() &&
             folded(text_[at + n].code) == u8(form[n])) {
        ++n;
      }
      if (n == form.size()) return n;
    }
    return 0;
  }
  static u32 folded(u32 code) {
    if (code == 0x17F) return 's';
    return code >= 'A' && code <= 'Z' ? code + 32 : code;
  }

  TokenRules rules_;
  std::vector<Letter> text_;
};

template <TokenRules rules, class Twin>
std::vector<usize> scanned(const Vocabulary& vocabulary, std::string_view text) {
  const char* const end = text.data() + text.size();
  const PieceScanner<rules, Twin> scanner(vocabulary.classes(), end);
  std::vector<usize> ends;
  for (const char* at = text.data(); at < end;) {
    at = scanner.piece_end(at);
    ends.push_back(usize(at - text.data()));
  }
  return ends;
}

template <TokenRules rules>
void check(const Vocabulary& vocabulary, const std::string& text) {
  std::vector<Letter> letters;
  std::vector<usize> begins;
  for (usize at = 0; at < text.size();) {
    const Character character = decode_utf8(std::string_view(text).substr(at));
    letters.push_back({vocabulary.classes().of(character.code), character.code});
    begins.push_back(at);
    at += character.bytes;
  }
  begins.push_back(text.size());
  const Expressions expressions(rules, letters);
  std::vector<usize> expected;
  for (usize at = 0; at < letters.size();) {
    at += expressions.piece(at);
    expected.push_back(begins[at]);
  }
  INFO("\"" << text << "\"");
  REQUIRE(scanned<rules, PlainRuns>(vocabulary, text) == expected);
  REQUIRE(scanned<rules, VectorRuns>(vocabulary, text) == expected);
}

void check_both(const std::string& text) {
  check<TokenRules::cl100k>(testing::cl100k(), text);
  check<TokenRules::o200k>(testing::o200k(), text);
}

TEST_CASE("pieces: what the rules are known for") {
  for (const char* text : {"",
                           "Why is search slow?",
                           "  indented",
                           "a  b",
                           "a \n b",
                           "\n\n x",
                           "x\n  ",
                           "'sx don't",
                           "DON'T we'LL I'ſ",
                           "12345 a1",
                           "中文ABC",
                           "\xCC\x81"
                           "ABC",
                           "HTTPServer fooBar",
                           "//\n/* x */",
                           "a\xE3\x80\x80\xE3\x80\x80"
                           "b",
                           "\xEF\xBB\xBFhi",
                           "'",
                           "''s",
                           " 's",
                           "x'",
                           "end ",
                           "\r\n\r\n",
                           "tab\tb"}) {
    check_both(text);
  }
}

TEST_CASE("pieces: random texts of characters that the rules tell apart") {
  static const std::vector<std::string> units = {"a",
                                                 "b",
                                                 "Z",
                                                 "S",
                                                 "s",
                                                 "t",
                                                 "l",
                                                 "e",
                                                 "É",
                                                 "ß",
                                                 "ſ",
                                                 "ǅ",
                                                 "ʰ",
                                                 "中",
                                                 "가",
                                                 "\xCC\x81",
                                                 "1",
                                                 "9",
                                                 "٣",
                                                 "½",
                                                 " ",
                                                 " ",
                                                 "\t",
                                                 "\n",
                                                 "\r",
                                                 "\xC2\xA0",
                                                 "\xE3\x80\x80",
                                                 "\xE1\xA0\x8E",
                                                 "'",
                                                 "'",
                                                 "’",
                                                 "/",
                                                 "-",
                                                 "_",
                                                 "{",
                                                 "🙂",
                                                 "abcdefghijklmnopqrstuvwxyz",
                                                 "ABCDEFGHIJKLMNOPQ"};
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const usize kinds = i % 3 == 0 ? units.size() : 4 + random() % (units.size() - 4);
    const usize first = random() % (units.size() - kinds + 1);
    std::string text;
    for (u32 left = u32(random() % 24); left > 0; --left) text += units[first + random() % kinds];
    check_both(text);
  }
}

}  // namespace
}  // namespace shale

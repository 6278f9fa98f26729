#include "text/letters.hpp"

#include <utf8proc.h>

#include <vector>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

TEST_CASE("ASCII letters, digits and underscore are folded, nothing else is kept") {
  for (u32 c = 0; c < 128; ++c) {
    CAPTURE(c);
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    CHECK(u32(ascii_folds[c]) == (upper ? c + 32 : kept ? c : 0));
  }
}

TEST_CASE("letters of other scripts fold one to one") {
  CHECK(fold_letter(0xC9) == 0xE9);        // É
  CHECK(fold_letter(0xE9) == 0xE9);        // é
  CHECK(fold_letter(0xDF) == 0xDF);        // ß: "ss" would be two
  CHECK(fold_letter(0x1E9E) == 0xDF);      // ẞ
  CHECK(fold_letter(0x130) == 'i');        // İ: "i̇" would be two
  CHECK(fold_letter(0x131) == 0x131);      // ı
  CHECK(fold_letter(0xB5) == 0x3BC);       // micro sign -> μ
  CHECK(fold_letter(0x17F) == 's');        // ſ
  CHECK(fold_letter(0x3C2) == 0x3C3);      // final ς -> σ
  CHECK(fold_letter(0x3A3) == 0x3C3);      // Σ
  CHECK(fold_letter(0x416) == 0x436);      // Ж
  CHECK(fold_letter(0x212A) == 'k');       // Kelvin sign
  CHECK(fold_letter(0x23A) == 0x2C65);     // Ⱥ: from two bytes to three
  CHECK(fold_letter(0x10400) == 0x10428);  // Deseret
  CHECK(fold_letter(0x2160) == 0x2170);    // Roman numeral one (Nl)
  CHECK(fold_letter(0x5D0) == 0x5D0);      // Hebrew alef
  CHECK(fold_letter(0x4E2D) == 0x4E2D);    // 中
  CHECK(fold_letter(0x20000) == 0x20000);
}

TEST_CASE("marks and numbers are letters; signs, spaces and unassigned are not") {
  CHECK(fold_letter(0x301) == 0x301);    // Mn: combining acute accent
  CHECK(fold_letter(0x903) == 0x903);    // Mc
  CHECK(fold_letter(0x20DD) == 0x20DD);  // Me
  CHECK(fold_letter(0x663) == 0x663);    // Nd: Arabic three
  CHECK(fold_letter(0xB2) == 0xB2);      // No: superscript two
  const u32 signs[] = {0x80,   0xA0,   0xAB,   0xD7,    0x2014, 0x2028,   0x203F,
                       0x3000, 0x3001, 0xFEFF, 0x1F600, 0xE000, 0x10FFFF, 0x378};
  for (const u32 code : signs) {
    CAPTURE(code);
    CHECK(fold_letter(code) == 0);
  }
}

TEST_CASE("a fold grows by half at most and folding twice changes nothing") {
  const auto bytes = [](u32 code) {
    std::string text;
    append_utf8(code, text);
    return text.size();
  };
  usize grown = 0;
  std::vector<u32> wrong;
  for (u32 code = 0x80; code <= 0x10FFFF; ++code) {
    const u32 fold = fold_letter(code);
    if (fold == 0) continue;
    if (bytes(fold) > bytes(code)) ++grown;
    if (bytes(fold) * 2 > bytes(code) * 3) wrong.push_back(code);
    const u32 again = fold < 0x80 ? u32(ascii_folds[fold]) : fold_letter(fold);
    if (again != fold) wrong.push_back(code);
  }
  CHECK(grown > 0);
  CHECK(wrong.empty());
}

TEST_CASE("a letter says how much of the source it took") {
  CHECK(letter_at("Ab").fold == 'a');
  CHECK(letter_at("Ab").bytes == 1);
  CHECK(letter_at("\xC3\x89z").fold == 0xE9);
  CHECK(letter_at("\xC3\x89z").bytes == 2);
  CHECK(letter_at("\xE2\x80\x94").fold == 0);  // a dash is skipped whole
  CHECK(letter_at("\xE2\x80\x94").bytes == 3);
  CHECK(letter_at("\xE2\x80").fold == 0);  // no character: one byte
  CHECK(letter_at("\xE2\x80").bytes == 1);
}

TEST_CASE("scripts without blanks are told from the others") {
  const auto is = [](u32 code, Script script) {
    CAPTURE(code);
    CHECK(script_of(code) == script);
  };
  for (const u32 code : {u32('a'), 0xE9u, 0x416u, 0x5D0u, 0x301u, 0x915u, 0xE50u, 0x3105u, 0xFF21u})
    is(code, Script::spaced);
  for (const u32 code : {0x6F22u, 0x3005u, 0x304Bu, 0x30ABu, 0x3099u, 0x30FCu, 0xFF76u, 0x20000u})
    is(code, Script::han_kana);
  for (const u32 code : {0xD55Cu, 0x1100u, 0x1161u, 0x3131u, 0xFFA1u}) is(code, Script::hangul);
  for (const u32 code : {0xE01u, 0xE31u, 0xE48u}) is(code, Script::thai);
}

TEST_CASE("composition is canonical") {
  CHECK(composed("e\xCC\x81") == "\xC3\xA9");
  CHECK(composed("\xE2\x84\xAB") == "\xC3\x85");                   // the sign of the angstrom
  CHECK(composed("a\xCC\x81\xCC\xA3") == "\xE1\xBA\xA1\xCC\x81");  // marks are sorted
  CHECK(composed("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB") == "\xED\x95\x9C");  // 한
  CHECK(composed("plain") == "plain");
  CHECK(composed("") == "");
  CHECK(composed("\xFF") == "\xFF");
}

std::string encoded(u32 code) {
  std::string text;
  append_utf8(code, text);
  return text;
}

// Every character a canonical composition changes, alone or by joining the one before it.
TEST_CASE("whatever composes is known to") {
  std::vector<u32> wrong;
  for (u32 code = 0x80; code <= 0x10FFFF; ++code) {
    if (fold_letter(code) == 0) continue;
    const std::string text = encoded(code);
    if (composed(text) != text && !may_compose(code)) wrong.push_back(code);
    // What it is made of: all but the first must be known.
    utf8proc_int32_t pieces[16];
    const auto count =
        utf8proc_decompose_char(utf8proc_int32_t(code), pieces, 16, UTF8PROC_DECOMPOSE, nullptr);
    REQUIRE(count > 0);
    for (utf8proc_ssize_t i = 1; i < count; ++i) {
      if (fold_letter(u32(pieces[i])) != 0 && !may_compose(u32(pieces[i]))) wrong.push_back(code);
    }
  }
  CHECK(wrong == std::vector<u32>{});
  for (u32 code = 0; code < 0x300; ++code) CHECK_FALSE(may_compose(code));
}

TEST_CASE("letters have a case, or none") {
  CHECK(case_of('A') == LetterCase::upper);
  CHECK(case_of('a') == LetterCase::lower);
  CHECK(case_of('7') == LetterCase::digit);
  CHECK(case_of('_') == LetterCase::separator);
  CHECK(case_of(0xC9) == LetterCase::upper);
  CHECK(case_of(0x1C5) == LetterCase::upper);  // Dž, a title case
  CHECK(case_of(0xDF) == LetterCase::lower);
  CHECK(case_of(0x663) == LetterCase::digit);
  CHECK(case_of(0x5D0) == LetterCase::none);
  CHECK(case_of(0xB2) == LetterCase::none);
  CHECK(case_of(0x301) == LetterCase::mark);
}

TEST_CASE("a word is folded letter by letter") {
  CHECK(folded("AbC_9") == "abc_9");
  CHECK(folded("\xC3\x89T\xC3\xA9") == "\xC3\xA9t\xC3\xA9");
  CHECK(folded("") == "");
}

}  // namespace
}  // namespace shale

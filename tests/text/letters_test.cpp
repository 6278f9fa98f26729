#include "text/letters.hpp"

#include <tuple>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/text/random_text.hpp"
#include "text/words.hpp"

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

TEST_CASE("source words name the bytes they cover") {
  using Found = std::tuple<u32, u32, std::string>;
  std::vector<Found> found;
  const auto keep = [&](u32 begin, u32 end, std::string_view folded) {
    found.emplace_back(begin, end, folded);
  };
  for_each_source_word(" Ab\xC3\x89 \xFFx", 255, keep);
  CHECK(found == std::vector<Found>{{1, 5, "ab\xC3\xA9"}, {7, 8, "x"}});
  found.clear();
  for_each_source_word("abcdef g", 4, keep);  // the word is cut, its stretch is not
  CHECK(found == std::vector<Found>{{0, 6, "abcd"}, {7, 8, "g"}});
  found.clear();
  for_each_source_word("", 255, keep);
  for_each_source_word(" .", 255, keep);
  CHECK(found.empty());
}

TEST_CASE("words of a text and words of its folded form are the same") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  testing::Random random(seed);
  for (int round = 0; round < 500; ++round) {
    const std::string text = testing::random_text(random, testing::below(random, 500));
    std::vector<std::string> words;
    std::string folded_text;
    u32 last_end = 0;
    for_each_source_word(text, word_bytes_max, [&](u32 begin, u32 end, std::string_view folded) {
      REQUIRE(begin >= last_end);
      REQUIRE(end > begin);
      REQUIRE(folded.size() <= word_bytes_max);
      last_end = end;
      words.emplace_back(folded);
      folded_text.append(folded).append(" ");
    });
    REQUIRE(last_end <= text.size());
    std::vector<std::string> again;
    for_each_source_word(folded_text, word_bytes_max,
                         [&](u32, u32, std::string_view folded) { again.emplace_back(folded); });
    REQUIRE(again == words);
  }
}

}  // namespace
}  // namespace shale

#include "text/letters.hpp"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace shale {

namespace {

bool is_word_category(utf8proc_category_t category) {
  switch (category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

u32 look_up(u32 code) {
  const auto c = utf8proc_int32_t(code);
  if (!is_word_category(utf8proc_category(c))) return 0;
  std::array<utf8proc_int32_t, 8> folded{};
  int last_boundclass = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      c, folded.data(), utf8proc_ssize_t(folded.size()), UTF8PROC_CASEFOLD, &last_boundclass);
  return u32(count == 1 ? folded[0] : utf8proc_tolower(c));
}

// Marks, what its composition leaves in pieces, and what is another character composed.
bool look_up_may_compose(u32 code) {
  const auto c = utf8proc_int32_t(code);
  const utf8proc_category_t category = utf8proc_category(c);
  if (category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC) return true;
  const utf8proc_property_t* property = utf8proc_get_property(c);
  if (property->comp_exclusion != 0) return true;
  const bool is_vietnamese = code >= 0x1E00 && code <= 0x1EFF;  // made of pieces, and composed
  if (property->decomp_seqindex == UINT16_MAX || is_vietnamese) return false;
  std::string text;
  append_utf8(code, text);
  return composed(text) != text;
}

// Latin, Greek, Cyrillic, Hebrew and Arabic, looked up once: 6 KB.
constexpr u32 table_end = 0x800;
struct Table {
  std::array<u16, table_end> folds{};
  std::array<bool, table_end> may_compose{};
};

Table make_table() {
  Table table;
  for (u32 code = 0x80; code < table_end; ++code) {
    table.folds[code] = u16(look_up(code));
    table.may_compose[code] = look_up_may_compose(code);
  }
  return table;
}

const Table& table_of_letters() {
  static const Table table = make_table();
  return table;
}

struct Stretch {
  u32 first;
  u32 last;
  Script script;
};

constexpr Stretch unspaced[] = {
    {0x0E01, 0x0E4E, Script::thai},        // without its digits
    {0x1100, 0x11FF, Script::hangul},      // conjoining letters
    {0x3005, 0x3007, Script::han_kana},    // iteration mark, zero
    {0x3021, 0x3029, Script::han_kana},    // Hangzhou numerals
    {0x3038, 0x303B, Script::han_kana},    //
    {0x3041, 0x30FF, Script::han_kana},    // Hiragana, Katakana
    {0x3131, 0x318E, Script::hangul},      // letters
    {0x31F0, 0x31FF, Script::han_kana},    // Katakana extensions
    {0x3400, 0x4DBF, Script::han_kana},    //
    {0x4E00, 0x9FFF, Script::han_kana},    //
    {0xA960, 0xA97C, Script::hangul},      // conjoining letters
    {0xAC00, 0xD7FB, Script::hangul},      // syllables, conjoining letters
    {0xF900, 0xFAFF, Script::han_kana},    // compatibility ideographs
    {0xFF66, 0xFF9F, Script::han_kana},    // half-width Katakana
    {0xFFA0, 0xFFDC, Script::hangul},      // half-width
    {0x1AFF0, 0x1B16F, Script::han_kana},  // Kana extensions
    {0x20000, 0x323AF, Script::han_kana},  // ideographs beyond the first plane
};

constexpr bool is_conjoining(u32 code) {  // vowels and finals, which join the letter before
  return (code >= 0x1160 && code <= 0x11FF) || (code >= 0xD7B0 && code <= 0xD7FB);
}

}  // namespace

u32 fold_letter(u32 code) {
  return code < table_end ? table_of_letters().folds[code] : look_up(code);
}

Script unspaced_script(u32 code) {
  for (const Stretch& stretch : unspaced) {
    if (code <= stretch.last) return code >= stretch.first ? stretch.script : Script::spaced;
  }
  return Script::spaced;
}

bool may_compose(u32 code) {
  if (code < 0x80) return false;
  if (code < table_end) return table_of_letters().may_compose[code];
  return is_conjoining(code) || look_up_may_compose(code);
}

namespace {

std::string mapped(std::string_view text, int options) {
  const auto* from = static_cast<const utf8proc_uint8_t*>(static_cast<const void*>(text.data()));
  utf8proc_uint8_t* result = nullptr;
  const utf8proc_ssize_t bytes = utf8proc_map(from, utf8proc_ssize_t(text.size()), &result,
                                              utf8proc_option_t(UTF8PROC_STABLE | options));
  if (bytes < 0) return std::string(text);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(result, &std::free);
  return std::string(static_cast<const char*>(static_cast<const void*>(result)), usize(bytes));
}

}  // namespace

std::string composed(std::string_view text) { return mapped(text, UTF8PROC_COMPOSE); }
std::string decomposed(std::string_view text) { return mapped(text, UTF8PROC_DECOMPOSE); }

std::string folded(std::string_view word) {
  std::string result;
  result.reserve(word.size());
  while (!word.empty()) {
    const Letter letter = letter_at(word);
    append_utf8(letter.fold, result);
    word.remove_prefix(letter.bytes);
  }
  return result;
}

LetterCase case_of(u32 code) {
  switch (utf8proc_category(utf8proc_int32_t(code))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
      return LetterCase::upper;
    case UTF8PROC_CATEGORY_LL:
      return LetterCase::lower;
    case UTF8PROC_CATEGORY_ND:
      return LetterCase::digit;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return LetterCase::mark;
    case UTF8PROC_CATEGORY_PC:
      return LetterCase::separator;
    default:
      return LetterCase::none;
  }
}

}  // namespace shale

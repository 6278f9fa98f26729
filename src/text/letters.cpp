#include "text/letters.hpp"

#include <utf8proc.h>

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

// Latin, Greek, Cyrillic, Hebrew and Arabic, looked up once: 4 KB.
constexpr u32 table_end = 0x800;
using Table = std::array<u16, table_end>;

Table make_table() {
  Table table{};
  for (u32 code = 0x80; code < table_end; ++code) table[code] = u16(look_up(code));
  return table;
}

}  // namespace

u32 fold_letter(u32 code) {
  static const Table table = make_table();
  return code < table_end ? table[code] : look_up(code);
}

}  // namespace shale

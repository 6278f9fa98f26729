// What a character is to the rules that cut text into pieces before tokens are counted: letter,
// number, white space, and which half of a word it may stand in. Unicode 16.0, as the vocabularies'
// own counter has it: the host's tables differ by thousands of letters.
//
// unicode.classes, the data in the program (vocabularies/derive.py writes it):
//   u8  magic[8]   "SHALEUNI"
//   u32 version    16, that of Unicode
//   {varint codes, u8 class}...   runs of equal classes from U+0000 on, to U+10FFFF
//
// The table in a vocabulary's image, made of it once:
//   u8 blocks[8704]         of each 128 code points, which block holds their classes
//   u8 classes[][128]       the blocks that differ
// Used by token_pieces, vocabulary_builder and vocabulary.
#pragma once

#include <array>

#include "base/bytes.hpp"

namespace shale {

namespace character_class {
inline constexpr u8 letter = 1;
inline constexpr u8 number = 2;
inline constexpr u8 space = 4;     // White_Space
inline constexpr u8 upper = 8;     // Lu Lt Lm Lo M: may stand in the first half of a word
inline constexpr u8 lower = 16;    // Ll Lm Lo M: in the second
inline constexpr u8 newline = 32;  // CR, LF
inline constexpr u8 not_ascii = 128;
}  // namespace character_class

inline constexpr usize class_block = 128;
inline constexpr usize class_blocks_count = 0x110000 / class_block;

// Views of the table in an image.
struct CharacterClasses {
  const u8* blocks = nullptr;
  const u8* classes = nullptr;
  // `code` is below 0x110000.
  u8 of(u32 code) const {
    return classes[usize(blocks[code / class_block]) * class_block + code % class_block];
  }
};

// Of a byte below 0x80; not_ascii of the others.
constexpr u8 class_of_byte(u8 byte) {
  namespace is = character_class;
  if (byte >= 0x80) return is::not_ascii;
  if (byte >= 'a' && byte <= 'z') return is::letter | is::lower;
  if (byte >= 'A' && byte <= 'Z') return is::letter | is::upper;
  if (byte >= '0' && byte <= '9') return is::number;
  if (byte == '\n' || byte == '\r') return is::space | is::newline;
  return byte == ' ' || (byte >= 9 && byte <= 13) ? is::space : u8(0);
}

inline constexpr auto byte_classes = [] {
  std::array<u8, 256> table{};
  for (usize byte = 0; byte < 256; ++byte) table[byte] = class_of_byte(u8(byte));
  return table;
}();

// The table of an image out of the data above: blocks, then classes. Bytes that are not such data
// are ErrorCode::corrupt.
Result<Buffer> class_table(Bytes data);
// The data in the program.
Bytes unicode_classes();

}  // namespace shale

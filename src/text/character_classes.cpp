#include "text/character_classes.hpp"

#include <algorithm>
#include <vector>

namespace shale {
namespace {

constexpr u32 unicode_version = 16;
constexpr usize codes_count = 0x110000;

Unexpected damaged() { return fail(ErrorCode::corrupt, "The classes of characters are damaged."); }

// Of every code point.
Result<std::vector<u8>> unpack(Bytes data) {
  ByteReader in(data);
  const bool named = as_text(in.raw(8)) == "SHALEUNI";
  if (!named || in.value<u32>() != unicode_version || !in.ok()) return damaged();
  std::vector<u8> classes;
  classes.reserve(codes_count);
  while (in.ok() && classes.size() < codes_count) {
    const u64 run = in.varint();
    const u8 value = in.value<u8>();
    if (!in.ok() || run == 0 || run > codes_count - classes.size()) return damaged();
    classes.insert(classes.end(), usize(run), value);
  }
  if (!in.ok() || in.position() != data.size()) return damaged();
  return classes;
}

}  // namespace

Result<Buffer> class_table(Bytes data) {
  const std::vector<u8> classes = TRY(unpack(data));
  Buffer table(class_blocks_count);
  usize blocks = 0;
  for (usize i = 0; i < class_blocks_count; ++i) {
    const Bytes wanted = std::as_bytes(std::span(classes).subspan(i * class_block, class_block));
    usize block = 0;
    while (block < blocks &&
           !std::equal(wanted.begin(), wanted.end(),
                       table.begin() + std::ptrdiff_t(class_blocks_count + block * class_block))) {
      ++block;
    }
    if (block == blocks) {
      if (++blocks > 256) return damaged();
      table.insert(table.end(), wanted.begin(), wanted.end());
    }
    table[i] = std::byte(block);
  }
  return table;
}

}  // namespace shale

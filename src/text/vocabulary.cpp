#include "text/vocabulary.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "base/checksum.hpp"

namespace shale {
namespace {

constexpr u64 section_alignment = 64;

Unexpected damaged(const std::string& what) {
  return fail(ErrorCode::corrupt, "The image of a vocabulary " + what + ".");
}

bool is_sane(const VocabularyHeader& header) {
  return header.token_count > 0 && header.token_count < no_token && header.short_slots > 0 &&
         header.middle_slots > 0 && header.pair_slots > 0 && header.pair_signs >= 64 &&
         std::has_single_bit(header.pair_signs) && header.trie_slots > 0 &&
         header.rules <= TokenRules::o200k;
}

// Every block that is named is there.
bool are_classes(Bytes table) {
  if (table.size() < class_blocks_count + class_block) return false;
  const usize blocks = (table.size() - class_blocks_count) / class_block;
  return std::all_of(table.begin(), table.begin() + std::ptrdiff_t(class_blocks_count),
                     [&](std::byte block) { return usize(block) < blocks; });
}

}  // namespace

VocabularyLayout layout_of(const VocabularyHeader& header) {
  u64 at = sizeof(VocabularyHeader);
  const auto section = [&](u64 bytes) {
    const u64 begin = (at + section_alignment - 1) / section_alignment * section_alignment;
    at = begin + bytes;
    return begin;
  };
  VocabularyLayout layout{};
  layout.classes = section(header.class_bytes);
  layout.joints = section(joint_words * sizeof(u64));
  layout.shorts = section(u64(header.short_slots) * sizeof(u64));
  layout.middles = section(u64(header.middle_slots) * sizeof(MiddleKey));
  layout.signs = section(header.pair_signs / 8);
  layout.pairs = section(u64(header.pair_slots) * sizeof(u32));
  layout.tokens = section(u64(header.token_count) * sizeof(u64));
  layout.trie = section(u64(header.trie_slots) * sizeof(u64));
  layout.bytes = section(header.bytes);
  layout.end = at;
  return layout;
}

u64 vocabulary_checksum(const VocabularyHeader& header, Bytes behind_header) {
  const u64 seed = checksum64(bytes_of(header).first(offsetof(VocabularyHeader, checksum)));
  return checksum64(behind_header, seed);
}

Result<Vocabulary> Vocabulary::view(Bytes image) {
  if (image.size() < sizeof(VocabularyHeader)) return damaged("is too short");
  Vocabulary result;
  const VocabularyHeader header = load<VocabularyHeader>(image.data());
  if (std::memcmp(header.magic, VocabularyHeader::magic_bytes, sizeof header.magic) != 0) {
    return damaged("begins with other bytes");
  }
  if (header.version != VocabularyHeader::this_version) return damaged("has another version");
  const VocabularyLayout layout = layout_of(header);
  if (!is_sane(header) || layout.end != image.size())
    return damaged("has a header that does not fit");
  const Bytes classes = image.subspan(usize(layout.classes), header.class_bytes);
  if (!are_classes(classes)) return damaged("has no classes of characters");
  result.header_ = header;
  result.image_ = image;
  const auto at = [&](u64 offset) { return image.data() + offset; };
  result.classes_ = {view_as<u8>(classes).data(),
                     view_as<u8>(classes.subspan(class_blocks_count)).data()};
  result.joints_ = view_as<u64>({at(layout.joints), joint_words * sizeof(u64)}).data();
  result.shorts_ = view_as<u64>({at(layout.shorts), header.short_slots * sizeof(u64)}).data();
  result.middles_ =
      view_as<MiddleKey>({at(layout.middles), header.middle_slots * sizeof(MiddleKey)}).data();
  result.signs_ = view_as<u64>({at(layout.signs), header.pair_signs / 8}).data();
  result.pairs_ = view_as<u32>({at(layout.pairs), header.pair_slots * sizeof(u32)}).data();
  result.tokens_ = view_as<u64>({at(layout.tokens), header.token_count * sizeof(u64)}).data();
  result.trie_ = view_as<u64>({at(layout.trie), header.trie_slots * sizeof(u64)}).data();
  result.bytes_ = as_chars(at(layout.bytes));
  return result;
}

Result<void> Vocabulary::verify() const {
  const Bytes behind = image_.subspan(sizeof(VocabularyHeader));
  if (vocabulary_checksum(header_, behind) != header_.checksum) {
    return damaged("does not match its checksum");
  }
  return {};
}

}  // namespace shale

// A vocabulary of byte-pair encoding as it is mapped: the tokens of a language model, found by
// their bytes, and what each merges from. Its image is made once (vocabulary_builder), kept as a
// file that all processes share (vocabulary_cache), and never changes.
//
// Image, little endian, sections one behind the other, each padded to 64 bytes:
//   VocabularyHeader
//   classes   u8                       character_classes.hpp
//   joints    u64[1024]                a bit for each pair of bytes that stands in some token
//   shorts    u64[short_slots]         tokens of up to 7 bytes: these, length on top; 0 none
//   middles   MiddleKey[middle_slots]  tokens of 8 to 15 bytes, likewise over 16
//   signs     u64[pair_signs / 64]     a bit for each pair of tokens that merges, at its hash
//   pairs     u32[pair_slots]          id of a token | 14 bits of its pair's hash << 18; ~0 none
//   tokens    u64[token_count]         TokenParts
//   trie      u64[trie_slots]          TrieSlot
//   bytes     u8[bytes]                tails of tokens (TrieSlot)
// Slots of shorts, middles and pairs are probed in turn from a hash's slot on, at most probes_max
// of them. Nine in ten pairs that are asked for do not merge: their sign says so, in an eighth of
// the pairs' memory. The id of a token is its rank: pairs of the least id merge first. Every token
// of two bytes or more has one pair of tokens that it merges from, its parts; the builder refuses
// others.
//
// The trie is a double array: the child of a node by a byte stands at slot (node ^ byte), if that
// slot names the node as its parent. Where all that is below a node is one token, the slot is a
// tail and names where the token's remaining bytes lie.
//
// What is read here has passed the image's checksum; ids, slots and offsets are checked once more
// as they are followed, so that bytes made to lie give wrong counts at worst. Immutable: safe from
// many threads. Used by token_merges and token_counter.
#pragma once

#include "base/bytes.hpp"
#include "text/character_classes.hpp"

namespace shale {

// Which rules cut text into the pieces that are encoded one by one (token_pieces.hpp).
enum class TokenRules : u32 { cl100k, o200k };

struct VocabularyHeader {
  static constexpr char magic_bytes[9] = "SHALEIMG";
  static constexpr u32 this_version = 2;  // 1 had no joints
  char magic[8] = {};
  u32 version = this_version;
  TokenRules rules = TokenRules::cl100k;
  u8 source[32] = {};  // digest of what it was made of
  u32 token_count = 0;
  u32 class_bytes = 0;
  u32 short_slots = 0;
  u32 middle_slots = 0;
  u32 pair_signs = 0;  // a power of two
  u32 pair_slots = 0;
  u32 trie_slots = 0;
  u32 bytes = 0;
  u32 root = 0;  // of the trie
  u32 reserved = 0;
  u64 checksum = 0;  // of all bytes behind the header, seeded with that of the header before here
};
static_assert(sizeof(VocabularyHeader) == 96);

struct MiddleKey {
  u64 low = 0;
  u64 high = 0;
  bool operator==(const MiddleKey&) const = default;
};

inline constexpr u32 token_bits = 18;
inline constexpr u32 no_token = (1u << token_bits) - 1;
inline constexpr u32 token_bytes_max = 255;
inline constexpr u32 short_key_bytes = 7;
inline constexpr u32 middle_key_bytes = 15;
inline constexpr u32 probes_max = 256;
inline constexpr u32 trie_bits = 22;
inline constexpr usize joint_words = 256 * 256 / 64;

// u64: left 18 bits, right 18, longest other token that it begins with 18 (no_token: none),
// length 8. A token of one byte has itself as both parts.
struct TokenParts {
  u64 bits = 0;
  u32 left() const { return u32(bits) & no_token; }
  u32 right() const { return u32(bits >> token_bits) & no_token; }
  u32 prefix() const { return u32(bits >> 2 * token_bits) & no_token; }
  u32 length() const { return u32(bits >> 3 * token_bits) & token_bytes_max; }
  static TokenParts of(u32 left, u32 right, u32 prefix, u32 length) {
    return {u64(left) | u64(right) << token_bits | u64(prefix) << 2 * token_bits |
            u64(length) << 3 * token_bits};
  }
};

// u64: parent 22 bits, next 22 (child node, 0 none; of a tail where its bytes begin), token + 1
// 18 (0: none ends here), tail 1. The root's parent is no node's.
struct TrieSlot {
  u64 bits = 0;
  static constexpr u32 mask = (1u << trie_bits) - 1;
  u32 parent() const { return u32(bits) & mask; }
  u32 next() const { return u32(bits >> trie_bits) & mask; }
  u32 token_plus_1() const { return u32(bits >> 2 * trie_bits) & no_token; }
  bool is_tail() const { return bits >> (2 * trie_bits + token_bits) != 0; }
  static TrieSlot of(u32 parent, u32 next, u32 token_plus_1, bool is_tail) {
    return {u64(parent) | u64(next) << trie_bits | u64(token_plus_1) << 2 * trie_bits |
            u64(is_tail ? 1 : 0) << (2 * trie_bits + token_bits)};
  }
};

inline u64 short_key(const char* bytes, usize count) {
  u64 key = 0;
  std::memcpy(&key, bytes, count);
  return key | u64(count) << 56;
}
inline MiddleKey middle_key(const char* bytes, usize count) {
  char all[16] = {};
  std::memcpy(all, bytes, count);
  return {load<u64>(as_bytes({all, 8}).data()),
          load<u64>(as_bytes({all + 8, 8}).data()) | u64(count) << 56};
}
inline u32 slot_of_hash(u64 hash, u32 slots) { return u32((hash >> 32) * slots >> 32); }
inline u64 hash_of(u64 key) { return key * 0x9E3779B97F4A7C15u; }
inline u64 hash_of(const MiddleKey& key) {
  return (key.low * 0x9E3779B97F4A7C15u ^ (key.high >> 29)) * 0xD1B54A32D192ED03u +
         key.high * 0x8CB92BA72F3D8DD7u;
}
inline u64 hash_of_pair(u32 left, u32 right) {
  const u64 key = (u64(left) << token_bits | right) + 1;
  const u64 hash = key * 0x9E3779B97F4A7C15u;
  return hash ^ hash >> 29;
}
inline u32 sign_of_pair(u64 hash, u32 signs) { return u32(hash >> 16) & (signs - 1); }
inline u32 pair_fingerprint(u64 hash) { return u32(hash) & 0x3FFF; }

class Vocabulary {
 public:
  // A view of an image, which outlives it. ErrorCode::corrupt where its length does not fit its
  // header; the checksum is asked for apart.
  static Result<Vocabulary> view(Bytes image);
  Result<void> verify() const;

  const VocabularyHeader& header() const { return header_; }
  TokenRules rules() const { return header_.rules; }
  const CharacterClasses& classes() const { return classes_; }

  u32 short_slot(u64 key) const { return slot_of_hash(hash_of(key), header_.short_slots); }
  u32 middle_slot(const MiddleKey& key) const {
    return slot_of_hash(hash_of(key), header_.middle_slots);
  }
  void prefetch_short(u32 slot) const { __builtin_prefetch(shorts_ + slot); }
  void prefetch_middle(u32 slot) const { __builtin_prefetch(middles_ + slot); }
  // Whether a piece of up to 7, or of 8 to 15 bytes is a token; `slot` is that of its key.
  bool has(u64 key, u32 slot) const {
    for (u32 probes = 0; probes < probes_max; ++probes) {
      if (shorts_[slot] == key) return true;
      if (shorts_[slot] == 0) return false;
      if (++slot == header_.short_slots) slot = 0;
    }
    return false;
  }
  bool has(const MiddleKey& key, u32 slot) const {
    for (u32 probes = 0; probes < probes_max; ++probes) {
      if (middles_[slot] == key) return true;
      if (middles_[slot].high == 0) return false;
      if (++slot == header_.middle_slots) slot = 0;
    }
    return false;
  }

  // Whether a token may have these two side by side: nothing ever merges over other borders.
  bool may_join(char left, char right) const {
    const u32 pair = u32(u8(left)) << 8 | u8(right);
    return (joints_[pair / 64] >> pair % 64 & 1) != 0;
  }

  TokenParts parts(u32 token) const { return {tokens_[token < header_.token_count ? token : 0]}; }

  // What a pair of tokens merges to, or no_token.
  u32 merged(u32 left, u32 right) const {
    const u64 hash = hash_of_pair(left, right);
    const u32 sign = sign_of_pair(hash, header_.pair_signs);
    if ((signs_[sign / 64] >> sign % 64 & 1) == 0) [[likely]]
      return no_token;
    u32 slot = slot_of_hash(hash, header_.pair_slots);
    for (u32 probes = 0; probes < probes_max; ++probes) {
      const u32 entry = pairs_[slot];
      if (entry == ~u32(0)) return no_token;
      if (entry >> token_bits == pair_fingerprint(hash)) {
        const TokenParts found = parts(entry & no_token);
        if (found.left() == left && found.right() == right) return entry & no_token;
      }
      if (++slot == header_.pair_slots) slot = 0;
    }
    return no_token;
  }

  // The longest token that the text begins with, or no_token (a vocabulary without that byte).
  u32 longest_token(const char* text, const char* end) const {
    u32 best = no_token;
    u32 node = header_.root;
    for (const char* at = text; at < end;) {
      const u32 place = node ^ u8(*at++);
      if (place >= header_.trie_slots) break;
      const TrieSlot slot{trie_[place]};
      if (slot.parent() != node) break;
      if (slot.is_tail())
        return has_tail(slot, at, end, at - text) ? slot.token_plus_1() - 1 : best;
      if (slot.token_plus_1() != 0) best = slot.token_plus_1() - 1;
      node = slot.next();
      if (node == 0) break;
    }
    return best;
  }

 private:
  bool has_tail(const TrieSlot& slot, const char* at, const char* end, std::ptrdiff_t depth) const {
    const usize length = parts(slot.token_plus_1() - 1).length();
    const usize left = length - usize(depth);
    return length >= usize(depth) && left <= usize(end - at) && slot.next() <= header_.bytes &&
           left <= header_.bytes - slot.next() && std::memcmp(bytes_ + slot.next(), at, left) == 0;
  }

  VocabularyHeader header_;
  Bytes image_;
  CharacterClasses classes_;
  const u64* joints_ = nullptr;
  const u64* shorts_ = nullptr;
  const MiddleKey* middles_ = nullptr;
  const u64* signs_ = nullptr;
  const u32* pairs_ = nullptr;
  const u64* tokens_ = nullptr;
  const u64* trie_ = nullptr;
  const char* bytes_ = nullptr;
};

// Where the sections of an image lie.
struct VocabularyLayout {
  u64 classes, joints, shorts, middles, signs, pairs, tokens, trie, bytes, end;
};
VocabularyLayout layout_of(const VocabularyHeader& header);
u64 vocabulary_checksum(const VocabularyHeader& header, Bytes behind_header);

}  // namespace shale

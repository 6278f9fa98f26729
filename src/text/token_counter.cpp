#include "text/token_counter.hpp"

#include <array>

#include "base/kernel.hpp"
#include "text/utf8.hpp"
#include "text/utf8_repair.hpp"

namespace shale {
namespace {

constexpr u32 memo_bits = 14;
constexpr usize batch_pieces = 32;  // looked up together, so that each waits for its slot at once

struct ShortPiece {
  u64 key;
  u32 slot;
  const char* begin;
};
struct MiddlePiece {
  MiddleKey key;
  u32 slot;
  const char* begin;
};

// The first bytes of a piece as its key, read eight at a time where the text goes on that long.
[[gnu::always_inline]] inline u64 short_key_at(const char* at, usize count, const char* end) {
  if (end - at < 8) [[unlikely]]
    return short_key(at, count);
  return (load<u64>(as_bytes({at, 8}).data()) & (~u64(0) >> (64 - 8 * count))) | u64(count) << 56;
}
[[gnu::always_inline]] inline MiddleKey middle_key_at(const char* at, usize count,
                                                      const char* end) {
  if (end - at < 16) [[unlikely]]
    return middle_key(at, count);
  const u64 high =
      count == 8 ? 0 : load<u64>(as_bytes({at + 8, 8}).data()) & (~u64(0) >> (128 - 8 * count));
  return {load<u64>(as_bytes({at, 8}).data()), high | u64(count) << 56};
}

}  // namespace

TokenCounter::TokenCounter(const Vocabulary& vocabulary)
    : vocabulary_(vocabulary), encoder_(vocabulary), memo_(usize(1) << memo_bits) {}

u64 TokenCounter::count(std::string_view text) {
  if (text.empty()) return 0;
  return is_utf8(text) ? count_sound(text) : count_repaired(text);
}

u64 TokenCounter::count_sound(std::string_view text) {
  const bool is_cl100k = vocabulary_.rules() == TokenRules::cl100k;
  if (vector_kernel_chosen()) {
    return is_cl100k ? count_valid<TokenRules::cl100k, VectorRuns>(text)
                     : count_valid<TokenRules::o200k, VectorRuns>(text);
  }
  return is_cl100k ? count_valid<TokenRules::cl100k, PlainRuns>(text)
                   : count_valid<TokenRules::o200k, PlainRuns>(text);
}

u64 TokenCounter::count_repaired(std::string_view text) {
  repaired_.clear();
  append_repaired(text, repaired_);
  const u64 tokens = count_sound(repaired_);
  if (repaired_.capacity() > (usize(1) << 20)) repaired_ = {};
  return tokens;
}

// Of a piece of up to 15 bytes that is no token; `kept` is where its count is remembered.
u64 TokenCounter::encoded(const Piece& piece, Remembered& kept) {
  constexpr u64 count_mask = u64(0xF0) << 56;
  if (kept.low == piece.key.low && (kept.high & ~count_mask) == piece.key.high) {
    return kept.high >> 60;
  }
  const u64 tokens = encoder_.count({piece.begin, usize(piece.key.high >> 56)});
  kept = {piece.key.low, piece.key.high | tokens << 60};
  return tokens;
}

// Batch by batch: pieces are found, looked up, and of those that are no tokens it is asked what is
// remembered. Each step fetches the memory that the next one waits for.
template <TokenRules rules, class Twin>
u64 TokenCounter::count_valid(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const PieceScanner<rules, Twin> scanner(vocabulary_.classes(), end);
  std::array<ShortPiece, batch_pieces> shorts;
  std::array<MiddlePiece, batch_pieces> middles;
  std::array<Piece, batch_pieces> rest;
  u64 tokens = 0;
  while (at < end) {
    usize short_count = 0;
    usize middle_count = 0;
    usize rest_count = 0;
    for (usize i = 0; i < batch_pieces && at < end; ++i) {
      const char* const begin = at;
      at = scanner.piece_end(at);
      const usize bytes = usize(at - begin);
      if (bytes == 1) {
        ++tokens;
      } else if (bytes <= short_key_bytes) {
        const u64 key = short_key_at(begin, bytes, end);
        const u32 slot = vocabulary_.short_slot(key);
        vocabulary_.prefetch_short(slot);
        shorts[short_count++] = {key, slot, begin};
      } else if (bytes <= middle_key_bytes) {
        const MiddleKey key = middle_key_at(begin, bytes, end);
        const u32 slot = vocabulary_.middle_slot(key);
        vocabulary_.prefetch_middle(slot);
        middles[middle_count++] = {key, slot, begin};
      } else {
        tokens += encoder_.count({begin, bytes});
      }
    }
    const auto keep = [&](const MiddleKey& key, const char* begin) {
      const usize place = usize(hash_of(key) >> (64 - memo_bits));
      __builtin_prefetch(&memo_[place]);
      rest[rest_count++] = {key, begin, place};
    };
    for (const ShortPiece& piece : std::span(shorts).first(short_count)) {
      if (vocabulary_.has(piece.key, piece.slot)) {
        ++tokens;
      } else {
        keep({piece.key << 8 >> 8, piece.key >> 56 << 56}, piece.begin);
      }
    }
    for (const MiddlePiece& piece : std::span(middles).first(middle_count)) {
      if (vocabulary_.has(piece.key, piece.slot)) {
        ++tokens;
      } else {
        keep(piece.key, piece.begin);
      }
    }
    for (const Piece& piece : std::span(rest).first(rest_count)) {
      tokens += encoded(piece, memo_[piece.place]);
    }
  }
  return tokens;
}

}  // namespace shale

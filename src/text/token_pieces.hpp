// Pieces: the runs of a text whose tokens are counted one by one.
//
// The rules are regular expressions that tiktoken publishes with each vocabulary (openai/tiktoken,
// tiktoken_ext/openai_public.py), matched from the left, the first alternative that fits:
//
// cl100k  (?i:'s|'t|'re|'ve|'m|'ll|'d) | [^\r\n\p{L}\p{N}]?\p{L}+ | \p{N}{1,3}
//         |  ?[^\s\p{L}\p{N}]+[\r\n]* | \s*[\r\n]+ | \s+(?!\S) | \s+
// o200k   [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+C?
//         | [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*C?
//         | \p{N}{1,3} |  ?[^\s\p{L}\p{N}]+[\r\n/]* | \s*[\r\n]+ | \s+(?!\S) | \s+
//         C = (?i:'s|'t|'re|'ve|'m|'ll|'d)
// A long s (U+017F) is an s there. Versions of tiktoken that split white space otherwise count the
// same: no token goes on behind its last newline.
//
// Scanners read UTF-8 without a fault (token_counter repairs what has one). `Twin` says how runs of
// ASCII letters are found: PlainRuns byte by byte, VectorRuns 16 at a time.
// Everything here is in the header because it becomes part of the counter's loop.
// Used by token_counter.
#pragma once

#include "text/character_classes.hpp"
#include "text/vocabulary.hpp"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace shale {

// Pieces of well-formed text that ends at `end`.
template <TokenRules rules, class Twin>
class PieceScanner {
 public:
  PieceScanner(const CharacterClasses& classes, const char* end) : classes_(classes), end_(end) {}

  // The end of the piece that begins at `at`, which is before the end.
  [[gnu::always_inline]] const char* piece_end(const char* at) const {
    if constexpr (rules == TokenRules::cl100k) return cl100k_end(at);
    return o200k_end(at);
  }

 private:
  static constexpr u8 letter = character_class::letter;
  static constexpr u8 number = character_class::number;
  static constexpr u8 space = character_class::space;
  static constexpr u8 upper = character_class::upper;
  static constexpr u8 lower = character_class::lower;
  static constexpr u8 newline = character_class::newline;

  struct Met {  // a character
    u8 is = 0;
    u8 bytes = 0;
  };

  [[gnu::always_inline]] Met met(const char* at) const {
    const u8 is = byte_classes[u8(*at)];
    if (is != character_class::not_ascii) [[likely]]
      return {is, 1};
    return met_wide(at);
  }
  Met met_wide(const char* at) const {
    const auto byte = [&](usize i) { return u32(u8(at[i])); };
    if (byte(0) < 0xE0) return {classes_.of((byte(0) & 31) << 6 | (byte(1) & 63)), 2};
    const u32 low = (byte(1) & 63) << 6 | (byte(2) & 63);
    if (byte(0) < 0xF0) return {classes_.of((byte(0) & 15) << 12 | low), 3};
    return {classes_.of((byte(0) & 7) << 18 | low << 6 | (byte(3) & 63)), 4};
  }

  // While characters have one of the classes of `mask`.
  template <u8 mask>
  [[gnu::always_inline]] const char* run_of(const char* at) const {
    if constexpr (mask == letter || mask == lower) {
      at = mask == letter ? Twin::letters_end(at, end_) : Twin::lower_end(at, end_);
      if (at == end_ || u8(*at) < 0x80) return at;
    }
    while (at < end_) {
      const Met next = met(at);
      if ((next.is & mask) == 0) break;
      at += next.bytes;
    }
    return at;
  }
  const char* run_of_others(const char* at) const {
    while (at < end_) {
      const Met next = met(at);
      if ((next.is & (space | letter | number)) != 0) break;
      at += next.bytes;
    }
    return at;
  }

  // Of (?i:'s|'t|'re|'ve|'m|'ll|'d), or `at`.
  const char* contraction_end(const char* at) const {
    if (end_ - at < 2 || *at != '\'') return at;
    const char first = char(at[1] | 0x20);
    if (u8(at[1]) == 0xC5) return end_ - at >= 3 && u8(at[2]) == 0xBF ? at + 3 : at;
    if (u8(at[1]) >= 0x80) return at;
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
    if (end_ - at < 3 || u8(at[2]) >= 0x80) return at;
    const char second = char(at[2] | 0x20);
    const bool is_one =
        ((first == 'r' || first == 'v') && second == 'e') || (first == 'l' && second == 'l');
    return is_one ? at + 3 : at;
  }

  const char* numbers_end(const char* at) const {
    for (int i = 0; i < 3 && at < end_; ++i) {
      const Met next = met(at);
      if ((next.is & number) == 0) break;
      at += next.bytes;
    }
    return at;
  }

  // [^\s\p{L}\p{N}]+ and what may follow it.
  const char* others_end(const char* at) const {
    at = run_of_others(at);
    while (at < end_ &&
           (*at == '\n' || *at == '\r' || (rules == TokenRules::o200k && *at == '/'))) {
      ++at;
    }
    return at;
  }

  // \s*[\r\n]+ | \s+(?!\S) | \s+
  const char* spaces_end(const char* begin) const {
    const char* behind_newline = nullptr;
    const char* last = begin;  // where the last character of the run begins
    const char* at = begin;
    while (at < end_) {
      const Met next = met(at);
      if ((next.is & space) == 0) break;
      last = at;
      at += next.bytes;
      if ((next.is & newline) != 0) behind_newline = at;
    }
    if (behind_newline != nullptr) return behind_newline;
    return at == end_ || last == begin ? at : last;
  }

  [[gnu::always_inline]] const char* cl100k_end(const char* at) const {
    const Met first = met(at);
    if ((first.is & letter) != 0) return run_of<letter>(at + first.bytes);
    if ((first.is & number) != 0) return numbers_end(at);
    if (*at == '\'') {
      const char* const end = contraction_end(at);
      if (end != at) return end;
    }
    const char* const second_at = at + first.bytes;
    const Met second = second_at < end_ ? met(second_at) : Met{space, 0};
    const bool is_letter = (second.is & letter) != 0;
    if (is_letter && (first.is & newline) == 0) return run_of<letter>(second_at + second.bytes);
    if ((first.is & space) == 0) return others_end(second_at);
    if (*at == ' ' && (second.is & (space | letter | number)) == 0) return others_end(second_at);
    return spaces_end(at);
  }

  // [upper]*[lower]+, or nullptr: what may stand in both halves is given back by the first.
  [[gnu::always_inline]] const char* word_end(const char* at) const {
    const char* behind_lower = nullptr;
    while (at < end_) {
      const Met next = met(at);
      if ((next.is & upper) == 0) break;
      at += next.bytes;
      if ((next.is & lower) != 0) behind_lower = at;
    }
    const char* const end = run_of<lower>(at);
    return end > at ? end : behind_lower;
  }
  // [upper]+[lower]* where the above found nothing: no lower one follows.
  const char* upper_end(const char* at) const {
    const char* const end = run_of<upper>(at);
    return end > at ? end : nullptr;
  }
  // A word behind the one character that may stand before it, or that begins with it.
  [[gnu::always_inline]] const char* prefixed_word_end(const char* at, Met first) const {
    const bool is_prefix = (first.is & letter) == 0;
    const bool may_begin = (first.is & upper) != 0;  // a mark is both
    if (!is_prefix) {
      const char* const end = word_end(at);
      return end != nullptr ? end : upper_end(at);
    }
    const char* end = word_end(at + first.bytes);
    if (end == nullptr && may_begin) end = word_end(at);
    if (end == nullptr) end = upper_end(at + first.bytes);
    return end == nullptr && may_begin ? upper_end(at) : end;
  }

  [[gnu::always_inline]] const char* o200k_end(const char* at) const {
    const Met first = met(at);
    if ((first.is & number) != 0) return numbers_end(at);
    if ((first.is & newline) == 0) {
      const char* const end = prefixed_word_end(at, first);
      if (end != nullptr) return end < end_ && *end == '\'' ? contraction_end(end) : end;
    }
    const char* const second_at = at + first.bytes;
    if ((first.is & space) != 0) {
      const bool joins =
          *at == ' ' && second_at < end_ && (met(second_at).is & (space | letter | number)) == 0;
      if (!joins) return spaces_end(at);
    }
    return others_end(second_at);
  }

  const CharacterClasses& classes_;
  const char* end_;
};

struct PlainRuns {
  static const char* letters_end(const char* at, const char* end) {
    while (at < end && (byte_classes[u8(*at)] & character_class::letter) != 0) ++at;
    return at;
  }
  static const char* lower_end(const char* at, const char* end) {
    while (at < end && *at >= 'a' && *at <= 'z') ++at;
    return at;
  }
};

#if defined(__x86_64__)
// SSE2, which every x86-64 has: nothing is asked, and nothing keeps it from being inlined.
struct VectorRuns {
  [[gnu::always_inline]] static const char* letters_end(const char* at, const char* end) {
    return run_end<0x20>(at, end);
  }
  [[gnu::always_inline]] static const char* lower_end(const char* at, const char* end) {
    return run_end<0>(at, end);
  }

 private:
  // Bytes that are a to z once the bits of `folds` are set.
  template <u8 folds>
  [[gnu::always_inline]] static const char* run_end(const char* at, const char* end) {
    while (end - at >= 16) {
      __m128i bytes;
      std::memcpy(&bytes, at, sizeof bytes);
      if constexpr (folds != 0) bytes = _mm_or_si128(bytes, _mm_set1_epi8(char(folds)));
      // Shifted so that a to z are the least 26 of the signed bytes.
      const __m128i shifted = _mm_sub_epi8(bytes, _mm_set1_epi8(char('a' + 128)));
      const __m128i beyond = _mm_cmpgt_epi8(shifted, _mm_set1_epi8(char(-128 + 25)));
      const u32 mask = u32(_mm_movemask_epi8(beyond));
      if (mask != 0) return at + __builtin_ctz(mask);
      at += 16;
    }
    return folds != 0 ? PlainRuns::letters_end(at, end) : PlainRuns::lower_end(at, end);
  }
};
#else
using VectorRuns = PlainRuns;
#endif

}  // namespace shale

#include "text/token_merges.hpp"

#include <algorithm>

namespace shale {
namespace {

constexpr u32 steps_bits = 12;
constexpr usize kept_tokens_max = usize(1) << 17;  // of memory for the next piece
constexpr usize run_bytes_min = 64;  // a shorter piece is encoded before it is looked at

}  // namespace

// Both are taken apart, the part that merged last first, as long as something of them meets at the
// border. If two that meet there could have merged before what they were merged into, they would
// have.
bool PieceEncoder::are_compatible(const Vocabulary& vocabulary, u32 left, u32 right) {
  u32 limit = no_token;  // what merges at the border must come before it
  for (;;) {
    const u32 merged = vocabulary.merged(left, right);
    if (merged != no_token && merged < limit) return false;
    u32 left_part = vocabulary.parts(left).right();
    u32 right_part = vocabulary.parts(right).left();
    // A part is of lower rank than the whole; a byte is its own part, and bytes made to lie stop
    // here.
    const bool left_ends = left_part >= left;
    const bool right_ends = right_part >= right;
    if (left_ends && right_ends) return true;
    if (right_ends || (left > right && !left_ends)) {
      limit = left;
      left = left_part;
    } else {
      limit = right + 1;
      right = right_part;
    }
  }
}

PieceEncoder::PieceEncoder(const Vocabulary& vocabulary)
    : vocabulary_(vocabulary), steps_(usize(1) << steps_bits, ~u64(0)) {}

// The longest other token that it begins with; of bytes made to lie, one that is shorter.
u32 PieceEncoder::prefix_of(u32 token) const {
  const TokenParts parts = vocabulary_.parts(token);
  const u32 prefix = parts.prefix();
  const bool is_shorter = prefix != no_token && vocabulary_.parts(prefix).length() < parts.length();
  return is_shorter ? prefix : no_token;
}

// The longest token that can stand behind `before`, of `token` and those it begins with. What was
// asked is remembered: natural text has the same tokens side by side again and again.
u32 PieceEncoder::first_compatible(u32 before, u32 token) {
  if (token == no_token) return no_token;
  const u64 key = u64(before) << token_bits | token;
  u64& kept = steps_[key * 0x9E3779B97F4A7C15u >> (64 - steps_bits)];
  if (kept >> token_bits != key) {
    while (token != no_token && !are_compatible(vocabulary_, before, token)) {
      token = prefix_of(token);
    }
    kept = key << token_bits | token;
  }
  return u32(kept) & no_token;
}

// `token`, which can stand at `at`, or a shorter one from whose end a way may lead on. A length
// that is none, or beyond the end, is that of bytes made to lie.
u32 PieceEncoder::next_token(u32 token, usize at, usize end) {
  while (token != no_token) {
    const usize bytes = vocabulary_.parts(token).length();
    if (bytes > 0 && bytes <= end - at && !is_dead(at + bytes)) break;
    token = prefix_of(token);
    if (!tokens_.empty()) token = first_compatible(tokens_.back(), token);
  }
  return token;
}

u64 PieceEncoder::count(std::string_view piece) {
  if (piece.size() >= run_bytes_min) {
    if (const auto tokens = runs_.count(vocabulary_, piece)) return *tokens;
  }
  const u64 tokens = count_from_left(piece);
  if (tokens_.capacity() > kept_tokens_max) tokens_ = {};
  if (dead_.capacity() > kept_tokens_max / 64) dead_ = {};
  return tokens;
}

u64 PieceEncoder::count_from_left(std::string_view piece) {
  tokens_.clear();
  dead_.assign(piece.size() / 64 + 1, 0);
  const usize size = piece.size();
  const char* const text = piece.data();
  const char* const end = text + size;
  const auto ends_at = [&](usize at) {
    return at == size || !vocabulary_.may_join(text[at - 1], text[at]);
  };
  u64 settled = 0;  // tokens before a border that nothing merges over
  usize at = 0;
  for (;;) {
    while (ends_at(at + 1)) {  // a byte by itself
      ++settled;
      if (++at == size) return settled;
    }
    u32 token = next_token(vocabulary_.longest_token(text + at, end), at, size);
    for (;;) {
      if (token != no_token) {
        tokens_.push_back(token);
        at += vocabulary_.parts(token).length();
        if (ends_at(at)) break;
        token = first_compatible(token, vocabulary_.longest_token(text + at, end));
      } else if (tokens_.empty()) {
        return size;  // of a vocabulary whose bytes lie
      } else {
        dead_[at / 64] |= u64(1) << at % 64;
        token = tokens_.back();
        at -= std::min<usize>(at, vocabulary_.parts(token).length());
        tokens_.pop_back();
      }
      token = next_token(token, at, size);
    }
    settled += tokens_.size();
    tokens_.clear();
    if (at == size) return settled;
  }
}

}  // namespace shale

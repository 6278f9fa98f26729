#include "query/edits.hpp"

#include <algorithm>

#include "text/utf8.hpp"

namespace shale::query {
namespace {

constexpr char32_t byte_base = 0x110000;  // bytes that are no character lie beyond all of those
constexpr u32 character_bytes_max = 4;

struct Decoded {
  char32_t code = 0;
  u32 bytes = 1;
};

Decoded decode(std::string_view text) {
  const Character character = decode_utf8(text);
  if (character.bytes == 0) return {byte_base + u8(text.front()), 1};
  return {char32_t(character.code), character.bytes};
}

std::u32string decode_all(std::string_view text) {
  std::u32string codes;
  while (!text.empty()) {
    const Decoded one = decode(text);
    codes.push_back(one.code);
    text.remove_prefix(one.bytes);
  }
  return codes;
}

std::string encoded(char32_t code) {
  std::string text;
  if (code >= byte_base)
    text.push_back(char(code - byte_base));
  else
    append_utf8(u32(code), text);
  return text;
}

}  // namespace

FuzzyFilter::FuzzyFilter(std::string_view word, u32 edits_max)
    : edits_max_(edits_max), word_(decode_all(word)), stride_(word_.size() + 3) {
  // No word of more characters than that is wanted, and one row beyond says so.
  rows_.assign((word_.size() + edits_max + 2) * stride_, u8(edits_max + 1));
  for (u32 i = 0; i <= std::min<usize>(edits_max, word_.size()); ++i) row(0)[i] = u8(i);
  has_bytes_ = std::any_of(word_.begin(), word_.end(), [](char32_t c) { return c >= byte_base; });
}

bool FuzzyFilter::wants(std::string_view other, std::string& next) {
  keep_shared(other);
  last_.assign(other);
  for (;;) {
    if (least(steps_.size()) > edits_max_) {
      name_next(other, next);
      return false;
    }
    const u32 at = steps_.empty() ? 0 : steps_.back().end;
    if (at == other.size()) break;
    const Decoded one = decode(other.substr(at));
    push(one.code, at + one.bytes);
  }
  return row(steps_.size())[word_.size()] <= edits_max_;
}

// Drops the characters that `other` does not begin with. A byte that was no character for want of
// those behind it may begin one here.
void FuzzyFilter::keep_shared(std::string_view other) {
  const auto [mine, theirs] = std::mismatch(last_.begin(), last_.end(), other.begin(), other.end());
  const usize shared = usize(mine - last_.begin());
  const auto is_known = [&](const Step& step) {
    const u32 looked_at = step.code < byte_base ? 0 : character_bytes_max - 1;
    return step.end + looked_at <= shared;
  };
  while (!steps_.empty() && !is_known(steps_.back())) steps_.pop_back();
}

void FuzzyFilter::push(char32_t code, u32 end) {
  const usize number = steps_.size() + 1;
  const u8 beyond = u8(edits_max_ + 1);
  const u8* const last = row(number - 1);
  u8* const out = row(number);
  // Only so far from the diagonal does an entry stay within the limit.
  const usize begin = number > edits_max_ ? number - edits_max_ : 0;
  const usize behind = std::min(word_.size(), number + edits_max_) + 1;
  u8 least = beyond;
  out[std::ptrdiff_t(begin) - 1] = beyond;
  for (usize i = begin; i < behind; ++i) {
    u32 edits = u32(last[i]) + 1;
    if (i > 0) {
      const u32 replaced = u32(last[i - 1]) + (word_[i - 1] == code ? 0 : 1);
      edits = std::min({edits, u32(out[i - 1]) + 1, replaced});
    }
    const bool is_swapped =
        i > 1 && number > 1 && word_[i - 1] == steps_.back().code && word_[i - 2] == code;
    if (is_swapped) edits = std::min(edits, u32(row(number - 2)[i - 2]) + 1);
    out[i] = u8(std::min<u32>(edits, beyond));
    least = std::min(least, out[i]);
  }
  if (behind <= word_.size() + 1) out[behind] = beyond;
  steps_.push_back({code, end, least});
}

// The last step leads nowhere: where to go on. Behind a row with an edit left any character may
// follow, behind another only those of the word. Bytes that are no characters are not in the order
// of what they begin with those that follow them: nothing is left out for them.
void FuzzyFilter::name_next(std::string_view other, std::string& next) {
  const auto is_byte = [](const Step& step) { return step.code >= byte_base; };
  if (has_bytes_ || std::any_of(steps_.begin(), steps_.end(), is_byte)) return;
  for (usize level = steps_.size() - 1;; --level) {
    const usize begin = level == 0 ? 0 : steps_[level - 1].end;
    const std::string_view character = other.substr(begin, steps_[level].end - begin);
    if (least(level) < edits_max_) {
      next.assign(other.substr(0, steps_[level].end));
      while (!next.empty() && u8(next.back()) == 0xff) next.pop_back();
      if (!next.empty()) next.back() = char(u8(next.back()) + 1);
      return;
    }
    const std::string following_character = following(level, character);
    if (following_character.empty()) continue;  // row 0 has all edits left: an end there is
    next.assign(other.substr(0, begin)).append(following_character);
    return;
  }
}

// The least character beyond `behind`, in byte order, that may follow so many; empty for none. The
// first of two that are swapped is among them: where a swap fits, so does what it goes over.
std::string FuzzyFilter::following(usize level, std::string_view behind) {
  std::string best;
  const auto offer = [&](char32_t code) {
    std::string text = encoded(code);
    if (text > behind && (best.empty() || text < best)) best = std::move(text);
  };
  const usize begin = level > edits_max_ ? level - edits_max_ : 0;
  const usize end = std::min(word_.size(), level + edits_max_ + 1);
  for (usize i = begin; i < end; ++i) {
    if (row(level)[i] <= edits_max_) offer(word_[i]);
  }
  return best;
}

}  // namespace shale::query

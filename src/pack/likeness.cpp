#include "pack/likeness.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "text/term_hash.hpp"
#include "text/utf8.hpp"
#include "text/words.hpp"

namespace shale::pack {

namespace {

constexpr usize looked_at_bytes_max = 64u << 10;
constexpr usize shingle_words = 3;

// Counts how many hashes have each bit set: eight bits at a time, in the bytes of a word that are
// emptied before they overflow.
class BitCounts {
 public:
  void add(u64 hash) {
    for (usize i = 0; i < 8; ++i) lanes_[i] += spread[hash >> (8 * i) & 0xff];
    ++count_;
    if (count_ % 255 == 0) empty_lanes();
  }

  // The bits that most hashes have set.
  u64 majority() {
    empty_lanes();
    u64 bits = 0;
    for (usize bit = 0; bit < 64; ++bit) bits |= u64(2 * counts_[bit] > count_) << bit;
    return bits;
  }

 private:
  // Byte b of spread[x] is bit b of x.
  static constexpr std::array<u64, 256> spread = [] {
    std::array<u64, 256> table{};
    for (usize x = 0; x < 256; ++x) {
      for (usize bit = 0; bit < 8; ++bit) table[x] |= u64(x >> bit & 1) << (8 * bit);
    }
    return table;
  }();

  void empty_lanes() {
    for (usize i = 0; i < 8; ++i) {
      for (usize bit = 0; bit < 8; ++bit) counts_[8 * i + bit] += lanes_[i] >> (8 * bit) & 0xff;
      lanes_[i] = 0;
    }
  }

  std::array<u64, 8> lanes_{};
  std::array<u64, 64> counts_{};
  u64 count_ = 0;
};

// Spreads a sum of hashes over all bits: the finaliser of MurmurHash3.
u64 mixed(u64 value) {
  value = (value ^ value >> 33) * 0xff51afd7ed558ccd;
  value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53;
  return value ^ value >> 33;
}

// Each once, whatever their order.
std::vector<u64> shingles_of(std::span<const u64> words) {
  const usize each = std::min(shingle_words, words.size());
  std::vector<u64> shingles;
  shingles.reserve(words.size());
  for (usize i = 0; i + each <= words.size(); ++i) {
    u64 shingle = 0;
    for (const u64 word : words.subspan(i, each)) shingle = shingle * 0x9E3779B97F4A7C15 + word;
    shingles.push_back(mixed(shingle));
  }
  std::sort(shingles.begin(), shingles.end());
  shingles.erase(std::unique(shingles.begin(), shingles.end()), shingles.end());
  return shingles;
}

}  // namespace

std::optional<u64> simhash(std::string_view text) {
  text = text.substr(0, character_border(text, looked_at_bytes_max));
  thread_local WordScanner scanner;
  scanner.scan(text);
  const auto words = scanner.words();
  if (words.empty()) return std::nullopt;
  std::vector<u64> hashes;
  hashes.reserve(words.size());
  for (const Word word : words) hashes.push_back(term_hash(scanner.spelling(word)));
  BitCounts counts;
  for (const u64 shingle : shingles_of(hashes)) counts.add(shingle);
  return counts.majority();
}

}  // namespace shale::pack

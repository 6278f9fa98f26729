#include "text/vocabulary_builder.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "text/trie_builder.hpp"

namespace shale {
namespace {

Unexpected refused(usize token, const std::string& what) {
  return fail(ErrorCode::invalid_argument,
              "Token " + std::to_string(token) + " of the vocabulary " + what + ".");
}

// Slots for so many keys: five in eight are taken.
u32 slots_for(usize keys) { return u32(std::max<usize>(16, keys * 8 / 5)); }

// The slot for a key whose hash leads to `slot`: the next free one.
template <class IsFree>
std::optional<u32> free_slot(u32 slot, u32 slots, IsFree&& is_free) {
  for (u32 probes = 0; probes < probes_max; ++probes) {
    if (is_free(slot)) return slot;
    if (++slot == slots) slot = 0;
  }
  return std::nullopt;
}

// Which token a pair of tokens merges to, while they are found out.
class PairMap {
 public:
  explicit PairMap(usize tokens) : slots_(std::max<usize>(64, tokens * 2)) {}
  u32 merged(u32 left, u32 right) const {
    const u64 key = key_of(left, right);
    for (usize at = first(key); slots_[at] != 0; at = next(at)) {
      if (slots_[at] >> token_bits == key) return u32(slots_[at]) & no_token;
    }
    return no_token;
  }
  void add(u32 left, u32 right, u32 token) {
    const u64 key = key_of(left, right);
    usize at = first(key);
    while (slots_[at] != 0) at = next(at);
    slots_[at] = key << token_bits | token;
  }

 private:
  static u64 key_of(u32 left, u32 right) { return (u64(left) << token_bits | right) + 1; }
  usize first(u64 key) const { return slot_of_hash(key * 0x9E3779B97F4A7C15u, u32(slots_.size())); }
  usize next(usize at) const { return at + 1 == slots_.size() ? 0 : at + 1; }
  std::vector<u64> slots_;
};

class Builder {
 public:
  explicit Builder(const VocabularyTokens& tokens) : pairs_(tokens.count()) {
    usize begin = 0;
    for (const u8 length : tokens.lengths) {
      tokens_.push_back(std::string_view(tokens.bytes).substr(begin, length));
      begin += length;
    }
    sorted_.resize(tokens_.size());
    std::iota(sorted_.begin(), sorted_.end(), 0u);
    std::stable_sort(sorted_.begin(), sorted_.end(),
                     [&](u32 a, u32 b) { return tokens_[a] < tokens_[b]; });
  }

  Result<Buffer> build(const VocabularyTokens& source, Bytes classes) {
    TRY(find_bytes());
    TRY(find_prefixes());
    TRY(find_parts());
    const Trie trie = TRY(build_trie(tokens_, sorted_));
    std::memcpy(header_.magic, VocabularyHeader::magic_bytes, sizeof header_.magic);
    header_.rules = source.rules;
    std::copy(source.source.begin(), source.source.end(), header_.source);
    header_.token_count = u32(tokens_.size());
    header_.class_bytes = u32(classes.size());
    const auto is_short = [](std::string_view t) { return t.size() <= short_key_bytes; };
    const auto is_keyed = [](std::string_view t) { return t.size() <= middle_key_bytes; };
    const usize shorts = usize(std::count_if(tokens_.begin(), tokens_.end(), is_short));
    const usize keyed = usize(std::count_if(tokens_.begin(), tokens_.end(), is_keyed));
    header_.short_slots = slots_for(shorts);
    header_.middle_slots = slots_for(keyed - shorts);
    header_.pair_signs = std::bit_ceil(u32(tokens_.size()) * 8);
    header_.pair_slots = slots_for(tokens_.size());
    header_.trie_slots = u32(trie.slots.size());
    header_.bytes = u32(trie.tails.size());
    header_.root = trie.root;
    const VocabularyLayout layout = layout_of(header_);
    image_.resize(usize(layout.end));
    put(layout.classes, classes);
    put_joints(layout);
    put(layout.tokens, std::as_bytes(std::span(parts_)));
    put(layout.trie, std::as_bytes(std::span(trie.slots)));
    put(layout.bytes, as_bytes(trie.tails));
    TRY(put_keys(layout));
    TRY(put_pairs(layout));
    header_.checksum =
        vocabulary_checksum(header_, Bytes(image_).subspan(sizeof(VocabularyHeader)));
    put(0, bytes_of(header_));
    return std::move(image_);
  }

 private:
  void put(u64 at, Bytes bytes) {
    std::copy(bytes.begin(), bytes.end(), image_.begin() + std::ptrdiff_t(at));
  }

  Result<void> find_bytes() {
    of_byte_.assign(256, no_token);
    for (u32 token = 0; token < tokens_.size(); ++token) {
      if (tokens_[token].size() == 1) of_byte_[u8(tokens_[token][0])] = token;
    }
    for (usize byte = 0; byte < of_byte_.size(); ++byte) {
      if (of_byte_[byte] != no_token) continue;
      return fail(ErrorCode::invalid_argument,
                  "The vocabulary has no token for the byte " + std::to_string(byte) + ".");
    }
    return {};
  }

  // Of sorted tokens, those that the present one begins with form a stack.
  Result<void> find_prefixes() {
    prefixes_.assign(tokens_.size(), no_token);
    std::vector<u32> open;
    for (const u32 token : sorted_) {
      while (!open.empty() && !tokens_[token].starts_with(tokens_[open.back()])) open.pop_back();
      if (!open.empty()) {
        if (tokens_[open.back()] == tokens_[token]) return refused(token, "is there twice");
        prefixes_[token] = open.back();
      }
      open.push_back(token);
    }
    return {};
  }

  // In the order of ranks: what a token's bytes merge to by all merges of lower rank is the pair it
  // is made of.
  Result<void> find_parts() {
    std::vector<u32> pieces;
    for (u32 token = 0; token < tokens_.size(); ++token) {
      const std::string_view bytes = tokens_[token];
      pieces.clear();
      for (const char byte : bytes) pieces.push_back(of_byte_[u8(byte)]);
      while (pieces.size() > 2 && merge_least(pieces)) continue;
      if (pieces.size() > 2) return refused(token, "is not what its bytes merge to");
      const u32 left = pieces.size() == 1 ? token : pieces[0];
      const u32 right = pieces.size() == 1 ? token : pieces[1];
      if (pieces.size() == 2) {
        if (left >= token || right >= token || pairs_.merged(left, right) != no_token) {
          return refused(token, "merges from tokens of higher rank");
        }
        pairs_.add(left, right, token);
      }
      parts_.push_back(TokenParts::of(left, right, prefixes_[token], u32(bytes.size())).bits);
    }
    return {};
  }

  // The leftmost of the pairs that merge first.
  bool merge_least(std::vector<u32>& pieces) const {
    u32 least = no_token;
    usize at = 0;
    for (usize i = 0; i + 1 < pieces.size(); ++i) {
      const u32 merged = pairs_.merged(pieces[i], pieces[i + 1]);
      if (merged < least) least = merged, at = i;
    }
    if (least == no_token) return false;
    pieces[at] = least;
    pieces.erase(pieces.begin() + std::ptrdiff_t(at) + 1);
    return true;
  }

  void put_joints(const VocabularyLayout& layout) {
    std::vector<u64> joints(joint_words);
    for (const std::string_view bytes : tokens_) {
      for (usize i = 1; i < bytes.size(); ++i) {
        const u32 pair = u32(u8(bytes[i - 1])) << 8 | u8(bytes[i]);
        joints[pair / 64] |= u64(1) << pair % 64;
      }
    }
    put(layout.joints, std::as_bytes(std::span(joints)));
  }

  Result<void> put_keys(const VocabularyLayout& layout) {
    std::byte* const image = image_.data();
    const auto short_at = [&](u32 slot) {
      return object_at<u64>(image, layout.shorts + slot * 8u);
    };
    const auto middle_at = [&](u32 slot) {
      return object_at<MiddleKey>(image, layout.middles + slot * u64(sizeof(MiddleKey)));
    };
    for (usize token = 0; token < tokens_.size(); ++token) {
      const std::string_view bytes = tokens_[token];
      if (bytes.size() <= short_key_bytes) {
        const u64 key = short_key(bytes.data(), bytes.size());
        const auto slot = free_slot(slot_of_hash(hash_of(key), header_.short_slots),
                                    header_.short_slots, [&](u32 s) { return *short_at(s) == 0; });
        if (!slot) return refused(token, "has a hash like too many others");
        *short_at(*slot) = key;
      } else if (bytes.size() <= middle_key_bytes) {
        const MiddleKey key = middle_key(bytes.data(), bytes.size());
        const auto slot =
            free_slot(slot_of_hash(hash_of(key), header_.middle_slots), header_.middle_slots,
                      [&](u32 s) { return middle_at(s)->high == 0; });
        if (!slot) return refused(token, "has a hash like too many others");
        *middle_at(*slot) = key;
      }
    }
    return {};
  }

  Result<void> put_pairs(const VocabularyLayout& layout) {
    std::vector<u32> slots(header_.pair_slots, ~u32(0));
    for (u32 token = 0; token < tokens_.size(); ++token) {
      if (tokens_[token].size() == 1) continue;
      const TokenParts parts{parts_[token]};
      const u64 hash = hash_of_pair(parts.left(), parts.right());
      const auto slot = free_slot(slot_of_hash(hash, header_.pair_slots), header_.pair_slots,
                                  [&](u32 s) { return slots[s] == ~u32(0); });
      if (!slot) return refused(token, "has a hash like too many others");
      slots[*slot] = pair_fingerprint(hash) << token_bits | token;
      const u32 sign = sign_of_pair(hash, header_.pair_signs);
      *object_at<u64>(image_.data(), layout.signs + sign / 64 * 8u) |= u64(1) << sign % 64;
    }
    put(layout.pairs, std::as_bytes(std::span(slots)));
    return {};
  }

  std::vector<std::string_view> tokens_;
  std::vector<u32> sorted_;  // by bytes
  std::vector<u32> of_byte_;
  std::vector<u32> prefixes_;
  std::vector<u64> parts_;
  PairMap pairs_;
  VocabularyHeader header_;
  Buffer image_;
};

}  // namespace

Result<Buffer> build_vocabulary(const VocabularyTokens& tokens, Bytes classes) {
  if (tokens.count() < 256 || tokens.count() >= no_token) {
    return fail(ErrorCode::invalid_argument, "A vocabulary of " + std::to_string(tokens.count()) +
                                                 " tokens: it has to have 256 to 262,142.");
  }
  const usize bytes = std::accumulate(tokens.lengths.begin(), tokens.lengths.end(), usize(0));
  if (bytes != tokens.bytes.size() ||
      std::find(tokens.lengths.begin(), tokens.lengths.end(), u8(0)) != tokens.lengths.end()) {
    return fail(ErrorCode::invalid_argument, "The lengths of the vocabulary's tokens do not fit.");
  }
  return Builder(tokens).build(tokens, classes);
}

}  // namespace shale

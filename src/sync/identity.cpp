#include "sync/identity.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "base/checksum.hpp"
#include "base/hex.hpp"
#include "text/utf8.hpp"

namespace shale::sync {

namespace {

constexpr u32 none = ~0u;
constexpr usize suffix_bytes_max = 11;  // `~` and ten digits
constexpr usize hash_bytes = 16;

// Pairs chunks, numbered in the order of the file, with known chunks, numbered so as well.
class Matcher {
 public:
  Matcher(std::span<const Chunk> chunks, std::span<const TextHash> hashes,
          std::span<const KnownChunk> known)
      : chunks_(chunks), hashes_(hashes), known_(known), in_order_(known.size()) {
    std::iota(in_order_.begin(), in_order_.end(), 0u);
    std::sort(in_order_.begin(), in_order_.end(), [&](u32 a, u32 b) {
      return std::tie(known[a].first_line, known[a].id) <
             std::tie(known[b].first_line, known[b].id);
    });
    known_of_.assign(chunks.size(), none);
    chunk_of_.assign(known.size(), none);
  }

  // For each chunk the index of its known one, or `none`.
  std::vector<u32> run() {
    const auto hash = [&](u32 i) { return hashes_[i]; };
    const auto name = [&](u32 i) { return std::string_view(chunks_[i].name); };
    const auto known_hash = [&](u32 place) { return at(place).text; };
    const auto known_name = [&](u32 place) { return std::string_view(at(place).name); };
    pair_equal([&](u32 i) { return std::pair(hash(i), name(i)); },
               [&](u32 place) { return std::pair(known_hash(place), known_name(place)); },
               [](const auto&) { return true; });
    pair_equal(hash, known_hash, [](const auto&) { return true; });
    pair_equal(name, known_name, [](std::string_view key) { return !key.empty(); });
    pair_unnamed();
    std::vector<u32> found(chunks_.size(), none);
    std::transform(known_of_.begin(), known_of_.end(), found.begin(),
                   [&](u32 place) { return place == none ? none : in_order_[place]; });
    return found;
  }

 private:
  const KnownChunk& at(u32 place) const { return known_[in_order_[place]]; }

  void pair(u32 chunk, u32 place) {
    known_of_[chunk] = place;
    chunk_of_[place] = chunk;
  }

  template <class Key>
  static auto keys_left(const std::vector<u32>& partners, Key key) {
    std::vector<std::pair<decltype(key(0u)), u32>> keys;
    for (u32 i = 0; i < partners.size(); ++i) {
      if (partners[i] == none) keys.emplace_back(key(i), i);
    }
    std::sort(keys.begin(), keys.end());
    return keys;
  }

  // Of those left on both sides, the k-th chunk of a key with the k-th known chunk of that key.
  template <class ChunkKey, class KnownKey, class Counts>
  void pair_equal(ChunkKey chunk_key, KnownKey known_key, Counts counts) {
    const auto chunks = keys_left(known_of_, chunk_key);
    const auto known = keys_left(chunk_of_, known_key);
    auto other = known.begin();
    for (const auto& [key, chunk] : chunks) {
      while (other != known.end() && other->first < key) ++other;
      if (other == known.end()) return;
      if (other->first == key && counts(key)) pair(chunk, (other++)->second);
    }
  }

  // Runs of chunks without partners that lie between the same two neighbours, or the same neighbour
  // and the same end of the file, on both sides: their unnamed ones in order.
  void pair_unnamed() {
    const u32 count = u32(chunks_.size());
    for (u32 begin = 0; begin < count;) {
      u32 end = begin;
      while (end < count && known_of_[end] == none) ++end;
      if (end > begin) pair_run(begin, end);
      begin = end + 1;
    }
  }

  void pair_run(u32 begin, u32 end) {
    const u32 count = u32(chunks_.size());
    u32 place = begin == 0 ? 0 : known_of_[begin - 1] + 1;
    u32 behind = place;
    while (behind < chunk_of_.size() && chunk_of_[behind] == none) ++behind;
    const u32 expected = end == count ? u32(chunk_of_.size()) : known_of_[end];
    if (behind != expected) return;
    for (u32 chunk = begin; chunk < end; ++chunk) {
      if (!chunks_[chunk].name.empty()) continue;
      while (place < behind && !at(place).name.empty()) ++place;
      if (place == behind) return;
      pair(chunk, place++);
    }
  }

  std::span<const Chunk> chunks_;
  std::span<const TextHash> hashes_;
  std::span<const KnownChunk> known_;
  std::vector<u32> in_order_;  // place -> index in known_
  std::vector<u32> known_of_;  // chunk -> place
  std::vector<u32> chunk_of_;  // place -> chunk
};

// The bytes from the start that may stand in an id.
usize lawful_bytes(std::string_view text) {
  const std::string_view readable = text.substr(0, well_formed_bytes(text));
  const auto control =
      std::find_if(readable.begin(), readable.end(), [](char c) { return u8(c) < 0x20; });
  return usize(control - readable.begin());
}

// `wanted`, or what an id can hold of it and its hash; with room for a suffix.
std::string lawful_id(const std::string& wanted) {
  constexpr usize bytes_max = id_bytes_max - suffix_bytes_max;
  const usize lawful = lawful_bytes(wanted);
  if (lawful == wanted.size() && lawful <= bytes_max) return wanted;
  const std::string_view kept = std::string_view(wanted).substr(0, lawful);
  return std::string(kept.substr(0, character_border(kept, bytes_max - hash_bytes))) +
         hex16(checksum64(as_bytes(wanted)));
}

class FreshIds {
 public:
  explicit FreshIds(std::span<const KnownChunk> known) {
    for (const KnownChunk& chunk : known) taken_.insert(chunk.id);
  }

  std::string next(const std::string& wanted) {
    const std::string base = lawful_id(wanted);
    u64& number = numbers_[base];  // goes on where the last of this name ended
    std::string id;
    do {
      ++number;
      id = number == 1 ? base : base + '~' + std::to_string(number);
    } while (!taken_.insert(id).second);
    return id;
  }

 private:
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, u64> numbers_;
};

}  // namespace

std::vector<std::string> assign_ids(std::string_view path, std::span<const Chunk> chunks,
                                    std::span<const TextHash> hashes,
                                    std::span<const KnownChunk> known) {
  const std::vector<u32> found = Matcher(chunks, hashes, known).run();
  FreshIds fresh(known);
  std::vector<std::string> ids;
  ids.reserve(chunks.size());
  for (usize i = 0; i < chunks.size(); ++i) {
    const Chunk& chunk = chunks[i];
    const std::string name = chunk.name.empty() ? std::to_string(chunk.first_line) : chunk.name;
    ids.push_back(found[i] != none ? known[found[i]].id
                                   : fresh.next(std::string(path) + '#' + name));
  }
  return ids;
}

}  // namespace shale::sync

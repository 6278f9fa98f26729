#include "text/trie_builder.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

namespace shale {
namespace {

constexpr u32 block_slots = 256;
constexpr usize blocks_tried = 64;  // of those with room, before a new one is begun

// What stands below a node: sorted tokens that begin alike.
struct Node {
  u32 first = 0;  // in the sorted tokens
  u32 last = 0;   // behind them
  u32 depth = 0;
  u32 place = 0;              // number of the node in the array
  std::vector<u32> children;  // numbers of nodes, in the order of their bytes; none for tails
  std::vector<u8> bytes;      // of all children, tails too
};

// The children of a node lie within one block of 256 slots: its place exclusive-or their bytes.
class Places {
 public:
  Places() { places_used_.resize(block_slots / 64), places_used_[0] = 1; }

  u32 take(std::span<const u8> bytes) {
    usize tried = 0;
    for (usize i = open_.size(); i-- > 0 && tried < blocks_tried;) {
      const u32 block = open_[i];
      if (free_[block] < bytes.size()) continue;
      ++tried;
      for (u32 low = 0; low < block_slots; ++low) {
        if (fits(block, low, bytes)) return occupy(block, low, bytes);
      }
      if (bytes.size() == 1) open_.erase(open_.begin() + std::ptrdiff_t(i));
    }
    open_.push_back(u32(free_.size()));
    free_.push_back(block_slots);
    slots_used_.resize(slots_used_.size() + block_slots / 64);
    places_used_.resize(std::max(places_used_.size(), slots_used_.size()));
    return take(bytes);
  }
  usize slots() const { return free_.size() * block_slots; }

 private:
  static bool has(const std::vector<u64>& bits, u32 at) {
    return (bits[at / 64] >> at % 64 & 1) != 0;
  }
  static void set(std::vector<u64>& bits, u32 at) { bits[at / 64] |= u64(1) << at % 64; }

  bool fits(u32 block, u32 low, std::span<const u8> bytes) const {
    const u32 place = block * block_slots + low;
    return !has(places_used_, place) && std::none_of(bytes.begin(), bytes.end(), [&](u8 byte) {
      return has(slots_used_, place ^ byte);
    });
  }
  u32 occupy(u32 block, u32 low, std::span<const u8> bytes) {
    const u32 place = block * block_slots + low;
    set(places_used_, place);
    for (const u8 byte : bytes) set(slots_used_, place ^ byte);
    free_[block] -= u32(bytes.size());
    if (free_[block] == 0) open_.erase(std::find(open_.begin(), open_.end(), block));
    return place;
  }

  std::vector<u64> slots_used_;
  std::vector<u64> places_used_;
  std::vector<u32> free_;  // of each block
  std::vector<u32> open_;  // blocks with room
};

class Builder {
 public:
  Builder(std::span<const std::string_view> tokens, std::span<const u32> sorted)
      : tokens_(tokens), sorted_(sorted) {}

  Result<Trie> build() {
    find_nodes();
    place_nodes();
    if (places_.slots() > TrieSlot::mask) return too_large();
    Trie trie;
    trie.slots.resize(places_.slots());
    trie.root = nodes_[0].place;
    for (const Node& node : nodes_) put_children(node, trie);
    if (trie.tails.size() > TrieSlot::mask) return too_large();
    return trie;
  }

 private:
  static Unexpected too_large() {
    return fail(ErrorCode::invalid_argument, "The vocabulary has too many long tokens.");
  }
  std::string_view token(u32 i) const { return tokens_[sorted_[i]]; }

  // Where the tokens end that have the same byte as the first one behind `depth`.
  u32 end_of_child(u32 first, u32 last, u32 depth) const {
    const char byte = token(first)[depth];
    while (first < last && token(first)[depth] == byte) ++first;
    return first;
  }
  // The first token that goes on behind the node: the node's own stands before it.
  u32 first_below(const Node& node) const {
    return node.first + (token(node.first).size() == node.depth ? 1 : 0);
  }

  void find_nodes() {
    nodes_.push_back({0, u32(sorted_.size()), 0, 0, {}, {}});
    for (usize i = 0; i < nodes_.size(); ++i) {
      const Node node = nodes_[i];
      std::vector<u32> children;
      std::vector<u8> bytes;
      for (u32 at = first_below(node); at < node.last;) {
        const u32 end = end_of_child(at, node.last, node.depth);
        bytes.push_back(u8(token(at)[node.depth]));
        if (end - at > 1) {
          children.push_back(u32(nodes_.size()));
          nodes_.push_back({at, end, node.depth + 1, 0, {}, {}});
        }
        at = end;
      }
      nodes_[i].children = std::move(children);
      nodes_[i].bytes = std::move(bytes);
    }
  }

  // Those with many children first: the others fill what is left between.
  void place_nodes() {
    std::vector<u32> order(nodes_.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](u32 a, u32 b) { return nodes_[a].bytes.size() > nodes_[b].bytes.size(); });
    for (const u32 number : order) nodes_[number].place = places_.take(nodes_[number].bytes);
  }

  void put_children(const Node& node, Trie& trie) const {
    usize child = 0;
    for (u32 at = first_below(node); at < node.last;) {
      const u32 end = end_of_child(at, node.last, node.depth);
      const std::string_view first = token(at);
      TrieSlot slot;
      if (end - at == 1) {
        slot = TrieSlot::of(node.place, u32(trie.tails.size()), sorted_[at] + 1, true);
        trie.tails += first.substr(node.depth + 1);
      } else {
        const u32 own = first.size() == node.depth + 1 ? sorted_[at] + 1 : 0;
        slot = TrieSlot::of(node.place, nodes_[node.children[child++]].place, own, false);
      }
      trie.slots[node.place ^ u8(first[node.depth])] = slot.bits;
      at = end;
    }
  }

  std::span<const std::string_view> tokens_;
  std::span<const u32> sorted_;
  std::vector<Node> nodes_;
  Places places_;
};

}  // namespace

Result<Trie> build_trie(std::span<const std::string_view> tokens, std::span<const u32> sorted) {
  return Builder(tokens, sorted).build();
}

}  // namespace shale

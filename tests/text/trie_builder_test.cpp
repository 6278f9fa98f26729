#include "text/trie_builder.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "tests/support/catch.hpp"
#include "tests/text/vocabularies.hpp"

namespace shale {
namespace {

std::vector<u32> by_bytes(const std::vector<std::string_view>& tokens) {
  std::vector<u32> sorted(tokens.size());
  std::iota(sorted.begin(), sorted.end(), 0u);
  std::sort(sorted.begin(), sorted.end(), [&](u32 a, u32 b) { return tokens[a] < tokens[b]; });
  return sorted;
}

TEST_CASE("trie: every slot that is taken has a parent of its own") {
  const std::vector<std::string_view> tokens = {"a", "ab", "abc", "abd", "b", "ba", "xyzzy"};
  const Trie trie = build_trie(tokens, by_bytes(tokens)).value();
  usize taken = 0;
  for (u32 place = 0; place < trie.slots.size(); ++place) {
    const TrieSlot slot{trie.slots[place]};
    if (slot.bits == 0) continue;
    ++taken;
    CHECK((slot.parent() ^ place) < 256);
  }
  CHECK(taken == 7);  // a, b, x..., ab, ba, abc, abd
  CHECK(trie.tails == "yzzy");
}

TEST_CASE("trie: the longest token, against looking at every one") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto word = [&](usize longest) {
    std::string out;
    for (usize left = 1 + random() % longest; left > 0; --left) out += "ab\xFFx"[random() % 4];
    return out;
  };
  std::vector<std::string> tokens;  // such that each is made of two before it
  std::set<std::string> all = {"a", "b", "\xFF", "x"};
  for (int i = 0; i < 3000; ++i) {
    const std::string left = *std::next(all.begin(), std::ptrdiff_t(random() % all.size()));
    const std::string right = *std::next(all.begin(), std::ptrdiff_t(random() % all.size()));
    if (left.size() + right.size() > 40 || !all.insert(left + right).second) continue;
    tokens.push_back(left + right);
  }
  std::vector<std::string_view> views(tokens.begin(), tokens.end());
  for (const std::string_view byte : {"a", "b", "\xFF", "x"}) views.push_back(byte);
  const Trie trie = build_trie(views, by_bytes(views)).value();
  for (int i = 0; i < 5000; ++i) {
    const std::string text = i % 2 == 0 ? word(60) : tokens[random() % tokens.size()] + word(5);
    usize longest = 0;
    for (const std::string_view token : views) {
      if (text.starts_with(token)) longest = std::max(longest, token.size());
    }
    u32 node = trie.root;
    usize found = 0;
    for (usize at = 0; at < text.size() && node != 0;) {
      const u32 place = node ^ u8(text[at++]);
      const TrieSlot slot{place < trie.slots.size() ? trie.slots[place] : 0};
      if (slot.parent() != node) break;
      if (slot.is_tail()) {
        const std::string_view token = views[slot.token_plus_1() - 1];
        const std::string_view tail =
            std::string_view(trie.tails).substr(slot.next(), token.size() - at);
        CHECK(token.substr(at) == tail);
        if (text.compare(at, tail.size(), tail) == 0) found = token.size();
        break;
      }
      if (slot.token_plus_1() != 0) found = at;
      node = slot.next();
    }
    REQUIRE(found == longest);
  }
}

}  // namespace
}  // namespace shale

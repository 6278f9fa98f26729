#include "query/phrases.hpp"

#include <algorithm>

namespace shale::query {
namespace {

using Positions = std::vector<u32>;

bool holds(const Positions& positions, u64 position) {
  return std::binary_search(positions.begin(), positions.end(), position);
}

u32 phrase_occurrences(const Unit& unit, std::span<const Positions> positions) {
  u32 count = 0;
  for (const u32 first : positions.front()) {
    bool all = true;
    for (usize i = 1; i < positions.size() && all; ++i) {
      all = holds(positions[i], u64(first) + unit.words[i].offset);
    }
    count += all ? 1 : 0;
  }
  return count;
}

// From each word to the next in the same place or the one behind it.
u32 chains(std::span<const Positions> positions) {
  u32 count = 0;
  for (const u32 first : positions.front()) {
    Positions reached{first};
    for (usize i = 1; i < positions.size() && !reached.empty(); ++i) {
      Positions next;
      for (const u32 position : reached) {
        for (const u32 step : {position, position + 1}) {
          const bool is_known = !next.empty() && next.back() >= step;
          if (!is_known && holds(positions[i], step)) next.push_back(step);
        }
      }
      reached = std::move(next);
    }
    count += reached.empty() ? 0 : 1;
  }
  return count;
}

// A word of a stretch, which may have to stand in it several times: from its occurrence `at` on.
struct Needed {
  const Positions* positions = nullptr;
  usize times = 1;
  usize at = 0;
  bool is_over() const { return at + times > positions->size(); }
  u32 first() const { return (*positions)[at]; }
  u32 last() const { return (*positions)[at + times - 1]; }
};

std::vector<Needed> needed_words(const Unit& unit, std::span<const Positions> positions) {
  std::vector<Needed> needed;
  for (usize i = 0; i < positions.size(); ++i) {
    usize same = 0;
    while (unit.words[same].term != unit.words[i].term) ++same;
    if (same < i) {
      const auto is_same = [&](const Needed& n) { return n.positions == &positions[same]; };
      ++std::find_if(needed.begin(), needed.end(), is_same)->times;
    } else {
      needed.push_back({&positions[i], 1, 0});
    }
  }
  return needed;
}

// The hindmost word moves on until all lie close enough; behind a stretch all begin anew.
u32 stretches(const Unit& unit, std::span<const Positions> positions) {
  const u64 span_max = unit.words.size() - 1 + unit.distance;
  std::vector<Needed> needed = needed_words(unit, positions);
  for (u32 count = 0;;) {
    u32 last = 0;
    for (const Needed& word : needed) {
      if (word.is_over()) return count;
      last = std::max(last, word.last());
    }
    const auto hindmost =
        std::min_element(needed.begin(), needed.end(),
                         [](const Needed& a, const Needed& b) { return a.first() < b.first(); });
    if (last - hindmost->first() > span_max) {
      ++hindmost->at;
      continue;
    }
    ++count;
    for (Needed& word : needed) {
      while (!word.is_over() && word.first() <= last) ++word.at;
    }
  }
}

}  // namespace

u32 occurrences(const Unit& unit, std::span<const std::vector<u32>> positions) {
  switch (unit.kind) {
    case Unit::Kind::together:
      return chains(positions);
    case Unit::Kind::near:
      return stretches(unit, positions);
    default:
      return phrase_occurrences(unit, positions);
  }
}

Result<void> match_positions(const Index& index, const Unit& unit, std::span<const Term> terms,
                             std::span<const u32> candidates, std::vector<u32>& docs,
                             std::vector<u32>& tfs) {
  docs.clear();
  tfs.clear();
  std::vector<std::unique_ptr<PositionCursor>> cursors;
  for (const Term& term : terms) {
    cursors.push_back(TRY(index.position_cursor(term)));
    if (cursors.back() == nullptr && index.has_positions()) {
      return fail(ErrorCode::corrupt, "A word has no positions in an index that keeps them");
    }
  }
  std::vector<Positions> positions(terms.size());
  for (const u32 doc : candidates) {
    u32 tf = 1;
    if (index.has_positions()) {
      for (usize i = 0; i < terms.size(); ++i) TRY(cursors[i]->read(doc, positions[i]));
      tf = occurrences(unit, positions);
    }
    if (tf == 0) continue;
    docs.push_back(doc);
    tfs.push_back(tf);
  }
  return {};
}

}  // namespace shale::query

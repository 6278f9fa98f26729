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

// The words' next positions move on, the hindmost first; where all lie close enough, one is found.
u32 stretches(const Unit& unit, std::span<const Positions> positions) {
  const u64 span_max = unit.words.size() - 1 + unit.distance;
  std::vector<usize> at(positions.size(), 0);
  u32 count = 0;
  for (;;) {
    usize hindmost = 0;
    u32 last = 0;
    for (usize i = 0; i < positions.size(); ++i) {
      if (at[i] == positions[i].size()) return count;
      last = std::max(last, positions[i][at[i]]);
      if (positions[i][at[i]] < positions[hindmost][at[hindmost]]) hindmost = i;
    }
    if (last - positions[hindmost][at[hindmost]] > span_max) {
      ++at[hindmost];
      continue;
    }
    ++count;
    for (usize i = 0; i < positions.size(); ++i) {
      while (at[i] < positions[i].size() && positions[i][at[i]] <= last) ++at[i];
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
                             const Bitmap& candidates, std::vector<u32>& docs,
                             std::vector<u32>& tfs) {
  docs.clear();
  tfs.clear();
  std::vector<Positions> positions(terms.size());
  Bitmap::Walk walk(candidates);
  for (auto block = walk.next(); !block.empty(); block = walk.next()) {
    for (const u32 doc : block) {
      u32 tf = 1;
      if (index.has_positions()) {
        for (usize i = 0; i < terms.size(); ++i) {
          positions[i] = TRY(index.positions(terms[i], DocNo{doc}));
        }
        tf = occurrences(unit, positions);
      }
      if (tf == 0) continue;
      docs.push_back(doc);
      tfs.push_back(tf);
    }
  }
  return {};
}

}  // namespace shale::query

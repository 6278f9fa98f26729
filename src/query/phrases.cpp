#include "query/phrases.hpp"

#include <algorithm>
#include <numeric>

namespace shale::query {
namespace {

using Positions = std::span<const u32>;

// So many candidates are looked at together.
constexpr usize block_documents = 256;

// Positions of a word, and how far it stands behind the first one.
struct Shifted {
  Positions positions;
  u32 offset = 0;

  // The first of them from where the first word would be at or behind the beginning.
  usize first_possible() const {
    usize first = 0;
    while (first < positions.size() && positions[first] < offset) ++first;
    return first;
  }
};

// Where phrases begin that have both, to `out`, which has room for the positions of either. Without
// branches: how they lie cannot be foretold.
[[gnu::always_inline]] inline u32 common_begins(const Shifted& word, const Shifted& other,
                                                u32* out) {
  const u32* one = word.positions.data() + word.first_possible();
  const u32* two = other.positions.data() + other.first_possible();
  const u32* const one_end = word.positions.data() + word.positions.size();
  const u32* const two_end = other.positions.data() + other.positions.size();
  u32 found = 0;
  while (one != one_end && two != two_end) {
    const u32 begin = *one - word.offset;
    const u32 other_begin = *two - other.offset;
    out[found] = begin;
    found += begin == other_begin ? 1 : 0;
    one += begin <= other_begin ? 1 : 0;
    two += other_begin <= begin ? 1 : 0;
  }
  return found;
}

u32 phrase_occurrences(const Unit& unit, std::span<const Positions> positions) {
  std::vector<u32> begins(positions[0].begin(), positions[0].end());
  for (usize i = 1; i < positions.size(); ++i) {
    begins.resize(common_begins({begins, 0}, {positions[i], unit.words[i].offset}, begins.data()));
  }
  return u32(begins.size());
}

bool holds(Positions positions, u64 position) {
  return std::binary_search(positions.begin(), positions.end(), position);
}

// From each word to the next in the same place or the one behind it.
u32 chains(std::span<const Positions> positions) {
  u32 count = 0;
  std::vector<u32> reached, next;
  for (const u32 first : positions.front()) {
    reached.assign(1, first);
    for (usize i = 1; i < positions.size() && !reached.empty(); ++i) {
      next.clear();
      for (const u32 position : reached) {
        for (const u64 step : {u64(position), u64(position) + 1}) {
          const bool is_known = !next.empty() && next.back() >= step;
          if (!is_known && holds(positions[i], step)) next.push_back(u32(step));
        }
      }
      std::swap(reached, next);
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

using Cursors = std::vector<std::unique_ptr<PositionCursor>>;

Result<Cursors> cursors_of(const Index& index, std::span<const Term> terms) {
  Cursors cursors;
  for (const Term& term : terms) {
    cursors.push_back(TRY(index.position_cursor(term)));
    if (cursors.back() == nullptr) {
      return fail(ErrorCode::corrupt, "A word has no positions in an index that keeps them");
    }
  }
  return cursors;
}

struct FoundDocuments {
  std::vector<u32>& docs;
  std::vector<u32>& tfs;
  void add(u32 doc, u32 tf) {
    if (tf == 0) return;
    docs.push_back(doc);
    tfs.push_back(tf);
  }
};

// A phrase in blocks of candidates, word by word, the rarest first: each word is read where those
// before it leave a place to begin.
class PhraseMatcher {
 public:
  PhraseMatcher(const Unit& unit, std::span<const Term> terms, const Cursors& cursors)
      : unit_(unit), cursors_(cursors), order_(terms.size()) {
    std::iota(order_.begin(), order_.end(), usize(0));
    std::stable_sort(order_.begin(), order_.end(),
                     [&](usize a, usize b) { return terms[a].df < terms[b].df; });
  }

  Result<void> match(std::span<const u32> candidates, FoundDocuments& found) {
    docs_.assign(candidates.begin(), candidates.end());
    TRY(cursors_[order_[0]]->read_all(docs_, begins_));
    u32 offset = offset_of(order_[0]);
    for (usize i = 1; i < order_.size() && !docs_.empty(); ++i) {
      TRY(cursors_[order_[i]]->read_all(docs_, lists_));
      keep_common(order_[i], offset);
      offset = 0;
    }
    for (usize i = 0; i < docs_.size(); ++i) found.add(docs_[i], u32(begins_.of(i).size()));
    return {};
  }

 private:
  u32 offset_of(usize word) const { return word == 0 ? 0 : unit_.words[word].offset; }

  // Leaves the documents where a phrase begins that has the word of lists_ as well. `offset` is
  // that of begins_.
  void keep_common(usize word, u32 offset) {
    kept_.clear();
    usize kept = 0;
    for (usize i = 0; i < docs_.size(); ++i) {
      const Shifted before{begins_.of(i), offset};
      const Shifted here{lists_.of(i), offset_of(word)};
      u32* const out = kept_.room(before.positions.size());
      const u32 count = common_begins(before, here, out);
      docs_[kept] = docs_[i];
      if (count == 0) continue;
      kept_.add(count);
      ++kept;
    }
    docs_.resize(kept);
    std::swap(begins_, kept_);
  }

  const Unit& unit_;
  const Cursors& cursors_;
  std::vector<usize> order_;  // of the words
  std::vector<u32> docs_;     // of the block, as far as they may match
  PositionLists begins_;      // in each of them, as far as is known
  PositionLists lists_;       // of the word that is looked at
  PositionLists kept_;
};

// All words of a block's documents.
class OthersMatcher {
 public:
  OthersMatcher(const Unit& unit, const Cursors& cursors)
      : unit_(unit), cursors_(cursors), lists_(cursors.size()), positions_(cursors.size()) {}

  Result<void> match(std::span<const u32> candidates, FoundDocuments& found) {
    for (usize word = 0; word < cursors_.size(); ++word)
      TRY(cursors_[word]->read_all(candidates, lists_[word]));
    for (usize i = 0; i < candidates.size(); ++i) {
      for (usize word = 0; word < lists_.size(); ++word) positions_[word] = lists_[word].of(i);
      found.add(candidates[i], occurrences(unit_, positions_));
    }
    return {};
  }

 private:
  const Unit& unit_;
  const Cursors& cursors_;
  std::vector<PositionLists> lists_;
  std::vector<Positions> positions_;
};

template <class Matcher>
Result<void> match_blocks(Matcher matcher, std::span<const u32> candidates, FoundDocuments found) {
  for (usize at = 0; at < candidates.size(); at += block_documents) {
    TRY(matcher.match(candidates.subspan(at, std::min(block_documents, candidates.size() - at)),
                      found));
  }
  return {};
}

}  // namespace

u32 occurrences(const Unit& unit, std::span<const Positions> positions) {
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
  if (!index.has_positions()) {
    docs.assign(candidates.begin(), candidates.end());
    tfs.assign(candidates.size(), 1);
    return {};
  }
  const Cursors cursors = TRY(cursors_of(index, terms));
  if (unit.kind == Unit::Kind::phrase)
    return match_blocks(PhraseMatcher(unit, terms, cursors), candidates, {docs, tfs});
  return match_blocks(OthersMatcher(unit, cursors), candidates, {docs, tfs});
}

}  // namespace shale::query

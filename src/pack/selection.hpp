// Chooses the segments of a pack: candidates come in one by one, the best first, and are taken
// whole, cut, or left out, until the budget is as good as full.
//
// Knows no store: who calls hands in segments, a counter and what finds the best stretch of
// matches in a text. Every decision depends on what was offered before and on exact counts alone,
// never on a segment's own `tokens` (another tokenizer may have counted, and filling them in must
// not change a pack) nor on how the caller reads ahead.
//
//   empty      white space alone: left out
//   identical  the text of a chosen one, by its hash: left out
//   alike      by SimHash (likeness.hpp) to a chosen one: left out, unless it is pinned
//   fits       by exact count of its block: taken
//   cut        taken (cut.hpp), where a part worth it fits
//   else       no room: left out, and the next may be smaller
//
// A text of more than 32 bytes for each token of room does not count as fitting (the longest tokens
// there are, 128 bytes, are blanks and dashes): it is cut without having been counted. It ends
// where less than 1 % of the budget is left, or eight tokens, or where 16 candidates had no room,
// or 1,000 in a row were left out. finish() counts the body as a whole and takes blocks out again,
// the last first, while it is over: for the vocabularies there are it never is (blocks.hpp). One
// thread at a time. Used by store/packing.cpp.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "pack/cut.hpp"

namespace shale::pack {

struct Candidate {
  Segment segment;
  float score = 0;
};

// The stretch of a text, of about so many bytes, that holds most of what is looked for.
using FindStretch = std::function<std::optional<SourceRange>(std::string_view text, usize bytes)>;

struct SelectionRules {
  u64 budget = 0;  // tokens
  PackFormat format = PackFormat::text;
  CountTokens count;
  FindStretch find_stretch;
};

class Selection {
 public:
  explicit Selection(SelectionRules rules) : rules_(std::move(rules)), left_(rules_.budget) {}

  // False where nothing that follows would be looked at.
  bool wants_more() const;
  // Pinned ones first, then by score; each segment once. Only while wants_more().
  void offer(const Candidate& candidate);
  u64 left() const { return left_; }

  // The pack, but for what only the caller knows: matched, widened, partial, faults. Once.
  Pack finish();

 private:
  struct Chosen {
    PackedSegment segment;
    std::string block;
  };

  // Why the text is not wanted whatever its length, if so.
  std::optional<SkippedSegment> refusal(const Segment& segment, std::optional<u64> simhash) const;
  bool take_whole(const Candidate& candidate, std::optional<u64> simhash);
  bool take_part(const Candidate& candidate, std::optional<u64> simhash);
  void take(const Candidate& candidate, std::optional<u64> simhash, Cut cut, bool is_cut);
  void skip(SkippedSegment skipped);

  SelectionRules rules_;
  u64 left_;  // by the sum of the blocks
  std::vector<Chosen> chosen_;
  // What the next is held against, numbers in chosen_; thousands of them with a large budget.
  std::map<TextHash, usize> texts_;
  struct Likeness {
    u64 simhash;
    usize chosen;
  };
  std::vector<Likeness> likenesses_;
  std::vector<SkippedSegment> skipped_;
  usize without_room_ = 0;
  usize skipped_in_a_row_ = 0;
};

// 32 lower-case hex digits of XXH3-128.
std::string hash_of(std::string_view body);
bool is_hash(std::string_view text);

}  // namespace shale::pack

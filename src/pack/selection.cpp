#include "pack/selection.hpp"

#include <algorithm>
#include <cassert>

#include "base/checksum.hpp"
#include "base/hex.hpp"
#include "pack/likeness.hpp"

namespace shale::pack {

namespace {

constexpr u64 left_min = 8;             // no block worth having is smaller
constexpr u64 budget_share_left = 100;  // a hundredth left is as good as full
constexpr usize without_room_max = 16;  // 12 leave .57 % of a budget in the median, 200 .51 %
constexpr usize skipped_in_a_row_max = 1000;
constexpr usize token_bytes_max = 32;  // on average over a text that may fit
constexpr usize stretch_token_bytes = 3;
constexpr usize stretch_bytes_max = 64u << 10;

}  // namespace

bool Selection::wants_more() const {
  return left_ >= std::max(left_min, rules_.budget / budget_share_left) &&
         without_room_ < without_room_max && skipped_in_a_row_ < skipped_in_a_row_max;
}

void Selection::offer(const Candidate& candidate) {
  assert(wants_more());
  const auto likeness = simhash(candidate.segment.text());
  if (auto refused = refusal(candidate.segment, likeness)) return skip(*std::move(refused));
  if (take_whole(candidate, likeness) || take_part(candidate, likeness)) return;
  ++without_room_;
  skip({candidate.segment.id(), SkipReason::no_room});
}

std::optional<SkippedSegment> Selection::refusal(const Segment& segment,
                                                 std::optional<u64> simhash) const {
  if (is_blank(segment.text())) return SkippedSegment{segment.id(), SkipReason::empty};
  if (const auto found = texts_.find(segment.text_hash()); found != texts_.end()) {
    return SkippedSegment{segment.id(), SkipReason::identical, chosen_[found->second].segment.id};
  }
  if (segment.metadata().pinned || !simhash) return std::nullopt;
  for (const Likeness& one : likenesses_) {
    if (are_alike(one.simhash, *simhash)) {
      return SkippedSegment{segment.id(), SkipReason::alike, chosen_[one.chosen].segment.id};
    }
  }
  return std::nullopt;
}

bool Selection::take_whole(const Candidate& candidate, std::optional<u64> simhash) {
  const std::string_view text = candidate.segment.text();
  if (text.size() / token_bytes_max > left_) return false;
  const Metadata& metadata = candidate.segment.metadata();
  const LineWindow window{0, u32(line_starts(text).size()) - 1};
  Cut whole{window, {}, 0};
  whole.block =
      block_of(rules_.format, title_of(metadata, lines_of(metadata, window, false), false), text);
  whole.tokens = rules_.count(whole.block);
  if (whole.tokens > left_) return false;
  take(candidate, simhash, std::move(whole), false);
  return true;
}

bool Selection::take_part(const Candidate& candidate, std::optional<u64> simhash) {
  const std::string_view text = candidate.segment.text();
  const usize bytes = usize(std::min<u64>(left_ * stretch_token_bytes, stretch_bytes_max));
  auto cut = cut_to_fit(candidate.segment, rules_.format, rules_.find_stretch(text, bytes), left_,
                        rules_.count);
  if (!cut) return false;
  take(candidate, simhash, *std::move(cut), true);
  return true;
}

void Selection::take(const Candidate& candidate, std::optional<u64> simhash, Cut cut, bool is_cut) {
  assert(cut.tokens <= left_);
  const Metadata& metadata = candidate.segment.metadata();
  const std::string_view text = candidate.segment.text();
  const std::vector<u32> starts = line_starts(text);
  Chosen& one = chosen_.emplace_back();
  one.segment.id = metadata.id;
  one.segment.source = source_of(metadata);
  one.segment.lines = lines_of(metadata, cut.window, is_cut);
  one.segment.is_cut = is_cut;
  one.segment.pinned = metadata.pinned;
  one.segment.tokens = cut.tokens;
  one.segment.score = candidate.score;
  one.segment.text =
      text.substr(starts[cut.window.first], starts[cut.window.last] - starts[cut.window.first]);
  one.block = std::move(cut.block);
  texts_.try_emplace(candidate.segment.text_hash(), chosen_.size() - 1);
  if (simhash) likenesses_.push_back({*simhash, chosen_.size() - 1});
  left_ -= cut.tokens;
  skipped_in_a_row_ = 0;
}

void Selection::skip(SkippedSegment skipped) {
  skipped_.push_back(std::move(skipped));
  ++skipped_in_a_row_;
}

Pack Selection::finish() {
  Pack pack;
  for (const Chosen& one : chosen_) pack.body += one.block;
  pack.used = chosen_.empty() ? 0 : rules_.count(pack.body);
  while (pack.used > rules_.budget) {
    Chosen& last = chosen_.back();
    pack.body.resize(pack.body.size() - last.block.size());
    skipped_.push_back({std::move(last.segment.id), SkipReason::no_room});
    chosen_.pop_back();
    pack.used = chosen_.empty() ? 0 : rules_.count(pack.body);
  }
  pack.left = rules_.budget - pack.used;
  for (Chosen& one : chosen_) pack.segments.push_back(std::move(one.segment));
  pack.skipped = std::move(skipped_);
  pack.hash = hash_of(pack.body);
  return pack;
}

std::string hash_of(std::string_view body) {
  const TextHash hash = checksum128(as_bytes(body));
  return hex16(hash.high) + hex16(hash.low);
}

bool is_hash(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of(hex_digits) == std::string_view::npos;
}

}  // namespace shale::pack

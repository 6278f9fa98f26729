#include "text/run_merger.hpp"

namespace shale {
namespace {

constexpr usize runs_max = 16;
constexpr usize bytes_per_run = 16;  // at least, or the other way is faster

// Where the bytes equal to the first one end.
usize run_bytes(std::string_view text) {
  const u64 eight = u64(u8(text[0])) * 0x0101010101010101;
  usize at = 1;
  while (text.size() - at >= 8 && std::memcmp(text.data() + at, &eight, 8) == 0) at += 8;
  while (at < text.size() && text[at] == text[0]) ++at;
  return at;
}

}  // namespace

std::optional<u64> RunMerger::count(const Vocabulary& vocabulary, std::string_view piece) {
  if (!find_runs(vocabulary, piece)) return std::nullopt;
  while (merge_least(vocabulary)) continue;
  u64 tokens = 0;
  for (const Run& run : runs_) tokens += run.times;
  return tokens;
}

bool RunMerger::find_runs(const Vocabulary& vocabulary, std::string_view piece) {
  runs_.clear();
  const usize most = std::min(runs_max, piece.size() / bytes_per_run);
  while (!piece.empty()) {
    if (runs_.size() == most) return false;
    const usize times = run_bytes(piece);
    runs_.push_back({vocabulary.longest_token(piece.data(), piece.data() + 1), times});
    piece.remove_prefix(times);
  }
  return true;
}

bool RunMerger::merge_least(const Vocabulary& vocabulary) {
  u32 least = no_token;
  usize at = 0;
  bool is_border = false;
  for (usize i = 0; i < runs_.size(); ++i) {
    const u32 inside =
        runs_[i].times > 1 ? vocabulary.merged(runs_[i].token, runs_[i].token) : no_token;
    if (inside < least) least = inside, at = i, is_border = false;
    const u32 border =
        i + 1 < runs_.size() ? vocabulary.merged(runs_[i].token, runs_[i + 1].token) : no_token;
    if (border < least) least = border, at = i, is_border = true;
  }
  if (least == no_token) return false;
  if (is_border) {
    merge_border(at, least);
  } else {
    merge_inside(at, least);
  }
  join_equal();
  return true;
}

// Pairs from the left; an odd one out stays behind them.
void RunMerger::merge_inside(usize run, u32 merged) {
  const Run before = runs_[run];
  runs_[run] = {merged, before.times / 2};
  if (before.times % 2 != 0) {
    runs_.insert(runs_.begin() + std::ptrdiff_t(run) + 1, {before.token, 1});
  }
}

// The last of one run with the first of the next.
void RunMerger::merge_border(usize left, u32 merged) {
  runs_[left].times -= 1;
  runs_[left + 1].times -= 1;
  runs_.insert(runs_.begin() + std::ptrdiff_t(left) + 1, {merged, 1});
}

void RunMerger::join_equal() {
  usize kept = 0;
  for (const Run& run : runs_) {
    if (run.times == 0) continue;
    if (kept > 0 && runs_[kept - 1].token == run.token) {
      runs_[kept - 1].times += run.times;
    } else {
      runs_[kept++] = run;
    }
  }
  runs_.resize(kept);
}

}  // namespace shale

#include "pack/cut.hpp"

#include <algorithm>

namespace shale::pack {

namespace {

constexpr int growths_max = 8;  // of a window that is counted as a whole

// Windows of a text, each one line more than the one before it.
class Windows {
 public:
  Windows(std::string_view text, const std::optional<SourceRange>& around)
      : text_(text), starts_(line_starts(text)) {
    if (!around || lines() == 0) return;
    seed_.first = line_at(around->begin);
    seed_.last = std::max(line_at(std::max(around->end, 1u) - 1) + 1, seed_.first);
  }

  u32 lines() const { return u32(starts_.size()) - 1; }

  // `count` of them, 1 to lines().
  LineWindow window(u32 count) const {
    if (count <= seed_.count()) return {seed_.first, seed_.first + count};
    const u32 more = count - seed_.count();
    const u32 room_above = seed_.first;
    const u32 room_below = lines() - seed_.last;
    const u32 above = std::min(room_above, std::max(more / 2, more - std::min(more, room_below)));
    return {seed_.first - above, seed_.last + more - above};
  }

  // The line that the window of `count` lines has and the one before it has not.
  std::string_view line_added_by(u32 count) const {
    const LineWindow larger = window(count);
    if (count == 1) return bytes_of(larger);
    const LineWindow smaller = window(count - 1);
    return larger.first < smaller.first ? bytes_of({larger.first, smaller.first})
                                        : bytes_of({smaller.last, larger.last});
  }

  std::string_view bytes_of(LineWindow window) const {
    return text_.substr(starts_[window.first], starts_[window.last] - starts_[window.first]);
  }

  u32 lines_not_blank(LineWindow window) const {
    u32 count = 0;
    for (u32 line = window.first; line < window.last && count < cut_lines_min; ++line) {
      count += is_blank(bytes_of({line, line + 1})) ? 0 : 1;
    }
    return count;
  }

 private:
  u32 line_at(u32 byte) const {
    const auto behind = std::upper_bound(starts_.begin(), starts_.end() - 1, byte);
    return u32(behind - starts_.begin()) - 1;
  }

  std::string_view text_;
  std::vector<u32> starts_;
  LineWindow seed_;
};

class Cutter {
 public:
  Cutter(const Segment& segment, PackFormat format, const std::optional<SourceRange>& around,
         u64 room, const CountTokens& count)
      : metadata_(segment.metadata()),
        format_(format),
        windows_(segment.text(), around),
        room_(room),
        count_(count) {}

  std::optional<Cut> cut() {
    if (windows_.lines() < 2) return std::nullopt;
    const u64 title_tokens = count_(block_of({}));
    const u32 guess = guess_lines(title_tokens);
    if (guess == 0) return std::nullopt;
    std::optional<Cut> best = shrink(guess);
    if (!best) return std::nullopt;
    grow(*best);
    const bool is_enough = windows_.lines_not_blank(best->window) >= cut_lines_min ||
                           best->tokens >= title_tokens + cut_tokens_min;
    return is_enough ? std::move(best) : std::nullopt;
  }

 private:
  u32 most_lines() const { return windows_.lines() - 1; }

  std::string block_of(LineWindow window) const {
    const std::string_view bytes =
        window.count() == 0 ? std::string_view() : windows_.bytes_of(window);
    const LineWindow named = window.count() == 0 ? LineWindow{0, 1} : window;
    return pack::block_of(format_, title_of(metadata_, lines_of(metadata_, named, true), true),
                          bytes);
  }

  Cut cut_of(u32 lines) const {
    const LineWindow window = windows_.window(lines);
    std::string block = block_of(window);
    const u64 tokens = count_(block);
    return {window, std::move(block), tokens};
  }

  // Of the line that makes a window so large.
  u64 line_tokens(u32 lines) {
    while (line_tokens_.size() < lines) {
      line_tokens_.push_back(count_(windows_.line_added_by(u32(line_tokens_.size()) + 1)));
    }
    return line_tokens_[lines - 1];
  }

  u32 guess_lines(u64 title_tokens) {
    return title_tokens < room_ ? lines_more(0, room_ - title_tokens) : 0;
  }
  // How many lines a window of `lines` has once it has taken what `room` seems to hold.
  u32 lines_more(u32 lines, u64 room) {
    while (lines < most_lines() && line_tokens(lines + 1) <= room) {
      room -= line_tokens(++lines);
    }
    return lines;
  }

  std::optional<Cut> shrink(u32 lines) {
    Cut cut = cut_of(lines);
    while (cut.tokens > room_) {
      u64 over = cut.tokens - room_;
      while (lines > 0 && over > 0) over -= std::min(over, line_tokens(lines--));
      if (lines == 0) return std::nullopt;
      cut = cut_of(lines);
    }
    return cut;
  }

  void grow(Cut& best) {
    bool one_by_one = false;
    for (int i = 0; i < growths_max; ++i) {
      const u32 lines = best.window.count();
      if (lines == most_lines()) return;
      const u32 more = lines_more(lines, room_ - best.tokens);
      const bool is_one = one_by_one || more <= lines + 1;
      Cut larger = cut_of(is_one ? lines + 1 : more);
      const bool fits = larger.tokens <= room_;
      if (fits) best = std::move(larger);
      if (!fits && is_one) return;
      one_by_one = one_by_one || !fits;
    }
  }

  const Metadata& metadata_;
  PackFormat format_;
  Windows windows_;
  u64 room_;
  const CountTokens& count_;
  std::vector<u64> line_tokens_;  // in the order in which windows take lines
};

}  // namespace

std::optional<Cut> cut_to_fit(const Segment& segment, PackFormat format,
                              const std::optional<SourceRange>& around, u64 room,
                              const CountTokens& count) {
  return Cutter(segment, format, around, room, count).cut();
}

}  // namespace shale::pack

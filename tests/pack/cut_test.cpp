// Cuts against windows that are grown line by line and all counted.
#include "pack/cut.hpp"

#include "tests/pack/fake_counters.hpp"
#include "tests/support/catch.hpp"

namespace shale::pack {
namespace {

using namespace testing;

Segment lines_of_text(const std::string& text, const std::string& id = "m") {
  Metadata metadata;
  metadata.id = id;
  return segment_of(metadata, text);
}

std::string numbered(int count) {
  std::string text;
  for (int i = 1; i <= count; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

std::string bytes_of(const Segment& segment, LineWindow window) {
  const auto starts = line_starts(segment.text());
  return std::string(
      segment.text().substr(starts[window.first], starts[window.last] - starts[window.first]));
}

// Every window in the order of growth: from the seed's first line down to its last, then below and
// above in turn.
std::vector<LineWindow> windows_of(u32 lines, LineWindow seed) {
  std::vector<LineWindow> windows;
  LineWindow window{seed.first, seed.first};
  for (bool below = true; window.count() + 1 < lines;) {
    const bool in_seed = window.last < seed.last;
    if (in_seed || (below && window.last < lines) || window.first == 0) {
      ++window.last;
      if (!in_seed) below = false;
    } else {
      --window.first;
      below = true;
    }
    windows.push_back(window);
  }
  return windows;
}

LineWindow seed_of(const Segment& segment, std::optional<SourceRange> around) {
  if (!around) return {0, 0};
  const std::string_view before = segment.text().substr(0, around->begin);
  const std::string_view through = segment.text().substr(0, around->end - 1);
  return {u32(std::count(before.begin(), before.end(), '\n')),
          u32(std::count(through.begin(), through.end(), '\n')) + 1};
}

std::string block_of_window(const Segment& segment, LineWindow window) {
  const LineRange lines = lines_of(segment.metadata(), window, true);
  return block_of(PackFormat::text, title_of(segment.metadata(), lines, true),
                  bytes_of(segment, window));
}

// Not worth its title.
bool is_little(const Segment& segment, LineWindow window) {
  int lines = 0;
  for (u32 line = window.first; line < window.last; ++line) {
    const std::string bytes = bytes_of(segment, {line, line + 1});
    lines += !std::all_of(bytes.begin(), bytes.end(), is_white);
  }
  const std::string title =
      title_of(segment.metadata(), lines_of(segment.metadata(), {0, 1}, true), true);
  const u64 title_tokens = pieces(block_of(PackFormat::text, title, ""));
  return lines < 3 && pieces(block_of_window(segment, window)) < title_tokens + 32;
}

TEST_CASE("a cut holds the match and grows below and above it in turn") {
  const Segment segment = lines_of_text(numbered(100));
  const u32 at = u32(segment.text().find("line 50"));
  const CountTokens count = pieces;
  const auto cut = cut_to_fit(segment, PackFormat::text, SourceRange{at, at + 7}, 40, count);
  REQUIRE(cut.has_value());
  CHECK(cut->window.first < 49);
  CHECK(cut->window.last > 50);
  CHECK(cut->window.last - 50 - (49 - cut->window.first) <= 1);
  CHECK(cut->tokens == pieces(cut->block));
  CHECK(cut->tokens <= 40);
  CHECK(cut->block == "# m:" + std::to_string(cut->window.first + 1) + "-" +
                          std::to_string(cut->window.last) + "\n" + bytes_of(segment, cut->window) +
                          "\n");
}

TEST_CASE("at an end of the text a cut grows to the other side alone") {
  const Segment segment = lines_of_text(numbered(100));
  const CountTokens count = pieces;
  const auto first = cut_to_fit(segment, PackFormat::text, std::nullopt, 50, count);
  REQUIRE(first.has_value());
  CHECK(first->window.first == 0);
  const u32 end = u32(segment.text().size());
  const auto last = cut_to_fit(segment, PackFormat::text, SourceRange{end - 4, end}, 50, count);
  REQUIRE(last.has_value());
  CHECK(last->window.last == 100);
}

TEST_CASE("three lines or 32 tokens are the least that is worth a title") {
  const CountTokens count = pieces;
  const auto cut_at = [&](const std::string& text, u64 room) {
    return cut_to_fit(lines_of_text(text), PackFormat::text, std::nullopt, room, count);
  };
  const u64 title = pieces("# m:1-1\n\n\n");
  CHECK_FALSE(cut_at("a\nb\nc\nd\n", title + 2).has_value());
  CHECK(cut_at("a\nb\nc\nd\ne\n", title + 8).has_value());
  CHECK_FALSE(cut_at("\n\n \n\t\n\n\n\na\nb\nlast line that does not fit in here\n", title + 4));
  const std::string line = std::string(6 * 40, 'x') + "\n";
  CHECK(cut_at(line + line, title + 50).has_value());
  CHECK_FALSE(cut_at(std::string(6 * 20, 'x') + "\n" + line, title + 30).has_value());
  CHECK_FALSE(cut_at(std::string(5000, 'x'), 100).has_value());
  CHECK_FALSE(cut_at("", 100).has_value());
}

TEST_CASE("a cut is the largest window that fits") {
  const u32 seed = std::random_device()();
  RandomTexts texts(seed);
  int cuts = 0;
  for (int i = 0; i < 3000; ++i) {
    INFO("seed " << seed << ", round " << i);
    const Segment segment = texts.segment("id" + std::to_string(i));
    const u32 lines = u32(line_starts(segment.text()).size()) - 1;
    if (lines < 2) continue;
    std::optional<SourceRange> around;
    if (texts.below(3) > 0) {
      const u32 begin = texts.below(u32(segment.text().size()));
      around = SourceRange{begin, begin + 1 + texts.below(u32(segment.text().size()) - begin)};
    }
    const u64 room = 1 + texts.below(150);
    const CountTokens count = pieces;
    const auto cut = cut_to_fit(segment, PackFormat::text, around, room, count);
    std::optional<LineWindow> largest;
    for (const LineWindow window : windows_of(lines, seed_of(segment, around))) {
      if (pieces(block_of_window(segment, window)) <= room) largest = window;
    }
    if (!cut) {
      CHECK((!largest || is_little(segment, *largest)));
      continue;
    }
    ++cuts;
    REQUIRE(largest.has_value());
    CHECK_FALSE(is_little(segment, *largest));
    CHECK((cut->window == *largest));
    CHECK(cut->block == block_of_window(segment, cut->window));
  }
  CHECK(cuts > 300);
}

TEST_CASE("a cut fits whatever the counter, and is never the whole") {
  RandomTexts texts(11);
  for (int i = 0; i < 2000; ++i) {
    const Segment segment = texts.segment("id" + std::to_string(i));
    for (const NamedCounter& counter : all_counters) {
      INFO(counter.name << ' ' << i);
      const u64 room = texts.below(150);
      const CountTokens count = counter.count;
      const auto cut = cut_to_fit(segment, PackFormat::markdown, std::nullopt, room, count);
      if (!cut) continue;
      CHECK(counter.count(cut->block) == cut->tokens);
      CHECK(cut->tokens <= room);
      CHECK(cut->window.count() < line_starts(segment.text()).size() - 1);
    }
  }
}

}  // namespace
}  // namespace shale::pack

#include "text/snippet.hpp"

#include <algorithm>
#include <unordered_map>

#include "text/letters.hpp"
#include "text/words.hpp"

namespace shale {

namespace {

constexpr usize searched_bytes_max = 256u << 10;
constexpr usize word_search_bytes = 20;  // how far a cut moves to fall between words

struct Occurrence {
  u32 begin = 0;  // in the source
  u32 end = 0;
  u32 term = 0;
};

std::vector<Occurrence> find_terms(std::string_view text, std::span<const std::string> terms) {
  std::vector<Occurrence> found;
  std::unordered_map<std::string_view, u32> numbers;
  for (usize i = 0; i < terms.size(); ++i) numbers.emplace(terms[i], u32(i));
  if (numbers.empty()) return found;
  for_each_source_word(text, word_bytes_max, [&](u32 begin, u32 end, std::string_view folded) {
    const auto number = numbers.find(folded);
    if (number != numbers.end()) found.push_back({begin, end, number->second});
  });
  return found;
}

// A run of occurrences, [first, last).
struct Run {
  usize first = 0;
  usize last = 0;
  usize distinct = 0;
  usize count() const { return last - first; }
  bool better_than(const Run& other) const {
    return distinct != other.distinct ? distinct > other.distinct : count() > other.count();
  }
};

// The best run that fits into `bytes_max` of source: two ends that only move forward.
Run best_run(std::span<const Occurrence> found, usize terms, usize bytes_max) {
  std::vector<u32> counts(terms);
  Run run;
  Run best;
  while (run.last < found.size()) {
    const Occurrence& next = found[run.last++];
    if (counts[next.term]++ == 0) ++run.distinct;
    while (run.count() > 1 && next.end - found[run.first].begin > bytes_max) {
      if (--counts[found[run.first++].term] == 0) --run.distinct;
    }
    if (run.better_than(best)) best = run;
  }
  return best;
}

// Where the snippet begins: a little before `begin`, at a character and if possible at a word.
usize start_before(std::string_view text, usize begin, usize context) {
  if (begin <= context) return 0;
  const usize earliest = character_border(text, begin - context);
  const usize space = text.find_first_of(" \t\r\n", earliest);
  if (space < begin && space - earliest <= word_search_bytes) return space + 1;
  return earliest;
}

// Writes source as one clean line and remembers where occurrences land.
class LineWriter {
 public:
  LineWriter(std::string_view text, std::span<const Occurrence> found, usize bytes_max)
      : text_(text), found_(found), bytes_max_(bytes_max) {}

  Snippet write(usize at) {
    while (next_ < found_.size() && found_[next_].begin < at) ++next_;
    while (at < text_.size()) {
      open_span(at);
      const Character character = decode_utf8(text_.substr(at));
      if (!put(at, character)) break;
      at += std::max(character.bytes, 1u);
      close_span(at);
    }
    finish(at < text_.size());
    return std::move(line_);
  }

 private:
  void open_span(usize at) {
    if (inside_ || next_ == found_.size() || at < found_[next_].begin) return;
    inside_ = true;
    line_.spans.push_back({u32(line_.text.size()), 0});
  }

  void close_span(usize at) {
    if (!inside_ || at < found_[next_].end) return;
    line_.spans.back().end = u32(line_.text.size());
    inside_ = false;
    ++next_;
  }

  // False when the line is full.
  bool put(usize at, Character character) {
    if (character.bytes == 0) return put("\xEF\xBF\xBD");  // U+FFFD
    const bool control = character.code < 0x20 || (character.code >= 0x7F && character.code < 0xA0);
    const bool blank = control || character.code == ' ' || character.code == 0x2028 ||
                       character.code == 0x2029 || character.code == 0xA0;
    if (!blank) return put(text_.substr(at, character.bytes));
    if (line_.text.empty() || line_.text.back() == ' ') return true;
    return put(" ");
  }

  bool put(std::string_view bytes) {
    if (line_.text.size() + bytes.size() > bytes_max_) return false;
    line_.text.append(bytes);
    return true;
  }

  // Drops half a word at a cut end, unless it matched, and the blank at the end.
  void finish(bool is_cut) {
    std::string& line = line_.text;
    if (inside_) line_.spans.back().end = u32(line.size());
    if (!line_.spans.empty() && line_.spans.back().begin == line_.spans.back().end) {
      line_.spans.pop_back();
    }
    const usize kept = line_.spans.empty() ? 0 : line_.spans.back().end;
    const usize space = line.rfind(' ');
    const bool near = space != std::string::npos && space >= kept && space > 0 &&
                      line.size() - space <= word_search_bytes;
    if (is_cut && near) line.resize(space);
    if (line.size() > kept && line.ends_with(' ')) line.pop_back();
  }

  std::string_view text_;
  std::span<const Occurrence> found_;
  usize bytes_max_;
  Snippet line_;
  usize next_ = 0;  // the occurrence to come, or the one we are in
  bool inside_ = false;
};

}  // namespace

Snippet make_snippet(std::string_view text, std::span<const std::string> terms,
                     std::size_t bytes_max) {
  text = text.substr(0, character_border(text, searched_bytes_max));
  const std::vector<Occurrence> found = find_terms(text, terms);
  const Run run = best_run(found, terms.size(), bytes_max);
  usize begin = 0;
  if (run.count() > 0) {
    const usize first = found[run.first].begin;
    const usize bytes = std::min<usize>(found[run.last - 1].end - first, bytes_max);
    begin = start_before(text, first, (bytes_max - bytes) / 2);
  }
  return LineWriter(text, found, bytes_max).write(begin);
}

}  // namespace shale

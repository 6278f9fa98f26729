#include "text/snippet.hpp"

#include <algorithm>
#include <unordered_map>

#include "text/utf8.hpp"

namespace shale {

namespace {

constexpr usize searched_bytes_max = 256u << 10;
constexpr usize word_search_bytes = 20;  // how far a cut moves to fall between words

struct Occurrence {
  u32 begin = 0;  // in the source
  u32 end = 0;
  u32 term = 0;
};

// Ascending; a word that holds several of the terms comes once for each.
std::vector<Occurrence> find_terms(std::string_view text, std::span<const std::string> terms,
                                   Analysis analysis) {
  std::vector<Occurrence> found;
  std::unordered_map<std::string_view, u32> numbers;
  for (usize i = 0; i < terms.size(); ++i) numbers.emplace(terms[i], u32(i));
  if (numbers.empty()) return found;
  Analyser& analyser = thread_analyser(analysis);
  analyser.for_each_word(text, [&](SourceRange word, std::span<const std::string_view> its_terms) {
    for (const std::string_view term : its_terms) {
      const auto number = numbers.find(term);
      if (number != numbers.end()) found.push_back({word.begin, word.end, number->second});
    }
  });
  analyser.trim();
  return found;
}

// What is marked: each word once, and pairs of characters that overlap up to the next one.
std::vector<SourceRange> marks_of(std::span<const Occurrence> found) {
  std::vector<SourceRange> marks;
  for (const Occurrence& one : found) {
    if (!marks.empty() && marks.back().begin == one.begin) continue;
    if (!marks.empty()) marks.back().end = std::min(marks.back().end, one.begin);
    marks.push_back({one.begin, one.end});
  }
  return marks;
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
  LineWriter(std::string_view text, std::span<const SourceRange> marks, usize bytes_max)
      : text_(text), marks_(marks), bytes_max_(bytes_max) {}

  Snippet write(usize at) {
    while (next_ < marks_.size() && marks_[next_].begin < at) ++next_;
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
    if (inside_ || next_ == marks_.size() || at < marks_[next_].begin) return;
    inside_ = true;
    // Words without a blank between them are marked as one.
    if (!line_.spans.empty() && line_.spans.back().end == line_.text.size()) return;
    line_.spans.push_back({u32(line_.text.size()), 0});
  }

  void close_span(usize at) {
    if (!inside_ || at < marks_[next_].end) return;
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
  std::span<const SourceRange> marks_;
  usize bytes_max_;
  Snippet line_;
  usize next_ = 0;  // the mark to come, or the one we are in
  bool inside_ = false;
};

}  // namespace

Snippet make_snippet(std::string_view text, std::span<const std::string> terms, Analysis analysis,
                     std::size_t bytes_max) {
  text = text.substr(0, character_border(text, searched_bytes_max));
  const std::vector<Occurrence> found = find_terms(text, terms, analysis);
  const Run run = best_run(found, terms.size(), bytes_max);
  usize begin = 0;
  if (run.count() > 0) {
    const usize first = found[run.first].begin;
    const usize bytes = std::min<usize>(found[run.last - 1].end - first, bytes_max);
    begin = start_before(text, first, (bytes_max - bytes) / 2);
  }
  return LineWriter(text, marks_of(found), bytes_max).write(begin);
}

}  // namespace shale

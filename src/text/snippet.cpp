#include "text/snippet.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

#include "text/utf8.hpp"

namespace shale {

namespace {

constexpr usize searched_bytes_max = 256u << 10;
constexpr usize word_search_bytes = 20;  // how far a cut moves to fall between words

struct Occurrence {
  u32 begin = 0;  // in the source
  u32 end = 0;
  u32 slot = 0;
};

// A word that is looked for: alone, as one of a phrase, or all that a pattern takes; or what an
// expression matches.
struct Slot {
  u32 weight = 1;
  std::optional<u32> phrase;
  u32 offset = 0;  // in the phrase
};

// Whole numbers, so that what is added and taken away again leaves nothing.
u32 whole_weight(float weight) {
  constexpr float least = 1, most = 1 << 20;
  return u32(std::clamp(weight * 256, least, most));
}

// Finds the words of a text that are looked for.
class Finder {
 public:
  explicit Finder(const Highlights& highlights)
      : patterns_(highlights.patterns), expressions_(highlights.expressions) {
    for (const auto& word : highlights.words) add(word.term, {whole_weight(word.weight), {}, 0});
    for (u32 i = 0; i < highlights.phrases.size(); ++i) {
      const auto& phrase = highlights.phrases[i];
      const u32 weight = whole_weight(phrase.weight / float(phrase.words.size()));
      for (const auto& word : phrase.words) add(word.term, {weight, i, word.offset});
    }
    first_pattern_ = u32(slots_.size());
    for (const auto& pattern : patterns_) slots_.push_back({whole_weight(pattern.weight), {}, 0});
    for (const auto& one : expressions_) slots_.push_back({whole_weight(one.weight), {}, 0});
    phrase_words_.resize(slots_.size());
  }

  const std::vector<Slot>& slots() const { return slots_; }

  // Ascending; a word that is several of those looked for comes once for each.
  std::vector<Occurrence> find(std::string_view text, Analysis analysis) {
    if (slots_.empty()) return {};
    Analyser& analyser = thread_analyser(analysis);
    analyser.for_each_word(text, [&](SourceRange word, auto terms, auto forms) {
      for (const std::string_view term : terms) take_term(word, term);
      for (u32 i = 0; i < patterns_.size(); ++i) {
        const auto is_taken = [&](std::string_view one) { return patterns_[i].matches(one); };
        if (std::any_of(terms.begin(), terms.end(), is_taken) ||
            std::any_of(forms.begin(), forms.end(), is_taken)) {
          found_.push_back({word.begin, word.end, first_pattern_ + i});
        }
      }
      ++position_;
    });
    analyser.trim();
    take_phrases();
    take_expressions(text);
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Occurrence& a, const Occurrence& b) { return a.begin < b.begin; });
    return std::move(found_);
  }

 private:
  struct PhraseWord {
    u32 position = 0;
    SourceRange source;
  };

  void add(const std::string& term, Slot slot) {
    slots_of_[term].push_back(u32(slots_.size()));
    slots_.push_back(slot);
  }

  void take_term(SourceRange word, std::string_view term) {
    const auto known = slots_of_.find(term);
    if (known == slots_of_.end()) return;
    for (const u32 slot : known->second) {
      if (slots_[slot].phrase) {
        phrase_words_[slot].push_back({position_, word});
      } else {
        found_.push_back({word.begin, word.end, slot});
      }
    }
  }

  // The slots of a phrase follow each other.
  void take_phrases() {
    for (u32 first = 0; first < slots_.size();) {
      u32 last = first + 1;
      if (slots_[first].phrase) {
        while (last < slots_.size() && slots_[last].phrase == slots_[first].phrase) ++last;
        take_phrase(first, last);
      }
      first = last;
    }
  }

  void take_phrase(u32 first, u32 last) {
    std::vector<Occurrence> whole;
    for (const PhraseWord& begin : phrase_words_[first]) {
      whole.clear();
      for (u32 slot = first; slot < last; ++slot) {
        const std::vector<PhraseWord>& words = phrase_words_[slot];
        const auto at = std::lower_bound(
            words.begin(), words.end(), begin.position + slots_[slot].offset,
            [](const PhraseWord& word, u32 position) { return word.position < position; });
        if (at == words.end() || at->position != begin.position + slots_[slot].offset) break;
        whole.push_back({at->source.begin, at->source.end, slot});
      }
      if (whole.size() == last - first) found_.insert(found_.end(), whole.begin(), whole.end());
    }
  }

  void take_expressions(std::string_view text) {
    u32 slot = first_pattern_ + u32(patterns_.size());
    for (const Highlights::Expression& expression : expressions_) {
      auto match = expression.find(text, 0);
      for (usize count = 0; match && count < matches_max; ++count) {
        found_.push_back({match->begin, match->end, slot});
        match = expression.find(text, match->end);
      }
      ++slot;
    }
  }

  static constexpr usize matches_max =
      1000;  // of an expression: each may take a pass over the text
  std::span<const Highlights::Pattern> patterns_;
  std::span<const Highlights::Expression> expressions_;
  std::vector<Slot> slots_;  // words, words of phrases, patterns, expressions
  u32 first_pattern_ = 0;
  std::unordered_map<std::string_view, std::vector<u32>> slots_of_;
  u32 position_ = 0;
  std::vector<Occurrence> found_;
  std::vector<std::vector<PhraseWord>> phrase_words_;  // of each slot
};

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
  u64 weight = 0;  // of the slots in it, each once
  usize count() const { return last - first; }
  bool better_than(const Run& other) const {
    return weight != other.weight ? weight > other.weight : count() > other.count();
  }
};

// The best run that fits into `bytes_max` of source: two ends that only move forward.
Run best_run(std::span<const Occurrence> found, std::span<const Slot> slots, usize bytes_max) {
  std::vector<u32> counts(slots.size());
  Run run;
  Run best;
  while (run.last < found.size()) {
    const Occurrence& next = found[run.last++];
    if (counts[next.slot]++ == 0) run.weight += slots[next.slot].weight;
    while (run.count() > 1 && next.end - found[run.first].begin > bytes_max) {
      const u32 slot = found[run.first++].slot;
      if (--counts[slot] == 0) run.weight -= slots[slot].weight;
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

Snippet make_snippet(std::string_view text, const Highlights& highlights, Analysis analysis,
                     std::size_t bytes_max) {
  text = text.substr(0, character_border(text, searched_bytes_max));
  Finder finder(highlights);
  const std::vector<Occurrence> found = finder.find(text, analysis);
  const Run run = best_run(found, finder.slots(), bytes_max);
  const std::vector<SourceRange> marks = marks_of(found);
  if (run.count() == 0) return LineWriter(text, marks, bytes_max).write(0);
  const usize first = found[run.first].begin;
  const usize bytes = std::min<usize>(found[run.last - 1].end - first, bytes_max);
  const usize begin = start_before(text, first, (bytes_max - bytes) / 2);
  Snippet snippet = LineWriter(text, marks, bytes_max).write(begin);
  if (!snippet.spans.empty()) return snippet;
  // Bytes that are no UTF-8 take three each: what stands before the match has left no room for it.
  return LineWriter(text, marks, bytes_max).write(first);
}

std::optional<SourceRange> best_stretch(std::string_view text, const Highlights& highlights,
                                        Analysis analysis, std::size_t bytes_max) {
  text = text.substr(0, character_border(text, searched_bytes_max));
  Finder finder(highlights);
  const std::vector<Occurrence> found = finder.find(text, analysis);
  const Run run = best_run(found, finder.slots(), bytes_max);
  if (run.count() == 0) return std::nullopt;
  u32 end = 0;
  for (usize i = run.first; i < run.last; ++i) end = std::max(end, found[i].end);
  return SourceRange{found[run.first].begin, end};
}

}  // namespace shale

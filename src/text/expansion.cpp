#include "text/expansion.hpp"

#include <algorithm>
#include <array>

#include "text/letters.hpp"
#include "text/words.hpp"

namespace shale {

namespace {

// Lucene's list: short, and without words that code gives a meaning of their own.
constexpr std::string_view stop_words[] = {
    "a",   "an",    "and",  "are",   "as",    "at",   "be",   "but", "by",  "for",  "if",
    "in",  "into",  "is",   "it",    "no",    "not",  "of",   "on",  "or",  "such", "that",
    "the", "their", "then", "there", "these", "they", "this", "to",  "was", "will", "with"};
constexpr usize stop_word_bytes_max = 5;
static_assert(std::size(stop_words) == 33);
static_assert(std::is_sorted(std::begin(stop_words), std::end(stop_words)));

struct CasedLetter {
  LetterCase letter_case = LetterCase::none;
  usize bytes = 0;
};

CasedLetter cased_letter_at(std::string_view word) {
  const char c = word[0];
  if (c >= 'a' && c <= 'z') return {LetterCase::lower, 1};
  if (c >= 'A' && c <= 'Z') return {LetterCase::upper, 1};
  if (c >= '0' && c <= '9') return {LetterCase::digit, 1};
  const Letter letter = letter_at(word);
  return {case_of(letter.code), letter.bytes};
}

// Takes the letters of one case, and the marks on them, from `at` on. `last` gets the last letter.
usize run_end(std::string_view word, usize at, LetterCase wanted, usize& last) {
  while (at < word.size()) {
    const CasedLetter letter = cased_letter_at(word.substr(at));
    if (letter.letter_case == wanted) {
      last = at;
    } else if (letter.letter_case != LetterCase::mark) {
      break;
    }
    at += letter.bytes;
  }
  return at;
}

bool lower_at(std::string_view word, usize at) {
  return at < word.size() && cased_letter_at(word.substr(at)).letter_case == LetterCase::lower;
}

// No ending that the English stemmer knows ends in one of these (the test asks it): of identifiers
// that is a third, and a stem takes .5 us.
bool is_its_own_stem(std::string_view word) {
  constexpr std::string_view endings = "abfhjkopquvwxz0123456789_";
  return word.size() <= 2 || u8(word.back()) >= 0x80 ||
         endings.find(word.back()) != std::string_view::npos;
}

// ASCII is its own composition, and folds byte by byte.
std::string surface_of(std::string_view spelling) {
  std::string surface;
  if (is_ascii(spelling)) {
    surface.resize(spelling.size());
    std::transform(spelling.begin(), spelling.end(), surface.begin(),
                   [](char c) { return ascii_folds[u8(c)]; });
  } else {
    surface = composed_and_folded(spelling);
  }
  surface.resize(character_border(surface, word_bytes_max));
  return surface;
}

}  // namespace

bool is_stop_word(std::string_view folded) {
  return folded.size() <= stop_word_bytes_max &&
         std::binary_search(std::begin(stop_words), std::end(stop_words), folded);
}

std::vector<std::string_view> identifier_runs(std::string_view word) {
  std::vector<std::string_view> runs;
  for (usize at = 0; at < word.size();) {
    const CasedLetter first = cased_letter_at(word.substr(at));
    if (first.letter_case == LetterCase::separator) {
      at += first.bytes;
      continue;
    }
    usize last = at;
    usize end = run_end(word, at + first.bytes, first.letter_case, last);
    if (first.letter_case == LetterCase::upper && lower_at(word, end)) {
      // The last capital begins the next run, or this one if it is alone.
      end = last > at ? last : run_end(word, end, LetterCase::lower, last);
    }
    runs.push_back(word.substr(at, end - at));
    at = end;
  }
  return runs;
}

void Expansion::clear() {
  surface.clear();
  whole.clear();
  parts.clear();
  forms.clear();
  is_stop_word = false;
}

void Expander::expand(std::string_view spelling, Expansion& out) {
  out.clear();
  if (script_of(letter_at(spelling).code) != Script::spaced) {
    out.surface = out.whole = spelling;
    return;
  }
  out.surface = surface_of(spelling);
  out.is_stop_word = is_stop_word(out.surface);
  if (out.is_stop_word) {
    out.whole = out.surface;
    return;
  }
  out.whole = stem(out.surface, out);
  add_parts(spelling, out);
}

void Expander::add_parts(std::string_view spelling, Expansion& out) {
  if (cased_letter_at(spelling).letter_case == LetterCase::digit) return;
  const std::vector<std::string_view> runs = identifier_runs(spelling);
  if (runs.empty() || runs.front().size() == spelling.size()) return;
  for (const std::string_view run : runs) add_part(run, out);
}

void Expander::add_part(std::string_view part, Expansion& out) {
  const std::string surface = surface_of(part);
  if (is_stop_word(surface)) return;
  std::string term = stem(surface, out);
  if (term == out.whole) return;
  if (std::find(out.parts.begin(), out.parts.end(), term) != out.parts.end()) return;
  out.parts.push_back(std::move(term));
}

std::string Expander::stem(const std::string& surface, Expansion& out) {
  if (is_its_own_stem(surface)) return surface;
  std::string term(stemmer_.stem(surface));
  const bool is_form =
      term != surface && std::find(out.forms.begin(), out.forms.end(), surface) == out.forms.end();
  if (is_form) out.forms.push_back(surface);
  return term;
}

}  // namespace shale

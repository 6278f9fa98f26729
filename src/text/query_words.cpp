#include "text/query_words.hpp"

#include <algorithm>
#include <unordered_set>

#include "text/function_words.hpp"

namespace shale {

std::vector<QueryWord> query_words(std::string_view text, Analysis analysis) {
  WordRules rules = rules_of(analysis);
  rules.keeps_sources = true;
  WordScanner scanner;
  scanner.scan(text, rules);
  std::optional<Expander> expander;
  if (analysis.kind == Analysis::Kind::english) expander.emplace();
  std::vector<QueryWord> words;
  Expansion expansion;
  for (u32 i = 0; i < scanner.words().size(); ++i) {
    const std::string spelling(scanner.spelling(scanner.words()[i]));
    QueryWord& word = words.emplace_back(
        QueryWord{spelling, {}, spelling, false, false, i, scanner.sources()[i]});
    if (!expander) continue;
    expander->expand(spelling, expansion);
    word.term = expansion.whole;
    word.parts = expansion.parts;
    word.surface = expansion.surface;
    word.is_stop_word = expansion.is_stop_word;
    word.is_function_word = is_function_word(word.surface);
  }
  return words;
}

std::vector<std::string> query_terms(std::string_view text, Analysis analysis) {
  const std::vector<QueryWord> words = query_words(text, analysis);
  const bool only_stop_words =
      std::all_of(words.begin(), words.end(), [](const QueryWord& w) { return w.is_stop_word; });
  std::vector<std::string> terms;
  std::unordered_set<std::string> known;
  const auto add = [&](const std::string& term) {
    if (known.insert(term).second) terms.push_back(term);
  };
  for (const QueryWord& word : words) {
    if (word.is_stop_word && !only_stop_words) continue;
    add(word.term);
    for (const std::string& part : word.parts) add(part);
  }
  return terms;
}

}  // namespace shale

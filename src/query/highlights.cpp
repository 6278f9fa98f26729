#include "query/highlights.hpp"

#include <memory>

#include "query/edits.hpp"

namespace shale::query {

namespace {

void add_words(const Unit& unit, float weight, Highlights& out) {
  for (const Unit::Word& word : unit.words) {
    out.words.push_back({word.term, weight / float(unit.words.size())});
  }
}

void add_phrase(const Unit& unit, float weight, Highlights& out) {
  Highlights::Phrase& phrase = out.phrases.emplace_back();
  phrase.weight = weight;
  for (const Unit::Word& word : unit.words) phrase.words.push_back({word.term, word.offset});
}

void add_unit(const Unit& unit, float weight, Highlights& out) {
  switch (unit.kind) {
    case Unit::Kind::phrase:
      add_phrase(unit, weight, out);
      break;
    case Unit::Kind::prefix:
      out.patterns.push_back(
          {[prefix = unit.text](std::string_view word) { return word.starts_with(prefix); },
           weight});
      break;
    case Unit::Kind::fuzzy:
      out.patterns.push_back({[fuzzy = std::make_shared<FuzzyWord>(unit.text, unit.distance)](
                                  std::string_view word) { return fuzzy->matches(word); },
                              weight});
      break;
    default:
      add_words(unit, weight, out);
  }
}

}  // namespace

Highlights highlights_of(const Plan& plan, std::span<const float> weights) {
  Highlights highlights;
  for (usize i = 0; i < plan.units.size(); ++i) {
    if (plan.units[i].times > 0) add_unit(plan.units[i], weights[i], highlights);
  }
  return highlights;
}

}  // namespace shale::query

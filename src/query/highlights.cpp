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

std::function<bool(std::string_view)> fuzzy_match(const Unit& unit) {
  const auto filter = std::make_shared<FuzzyFilter>(unit.text, unit.distance);
  return [filter, next = std::string()](std::string_view word) mutable {
    return filter->wants(word, next);
  };
}

void add_expression(std::shared_ptr<const Regex> regex, float weight, Highlights& out) {
  const auto find = [regex = std::move(regex)](std::string_view text, usize from) {
    const auto match = regex->find(text, from);
    return match ? std::optional(SourceRange{u32(match->begin), u32(match->end)}) : std::nullopt;
  };
  out.expressions.push_back({find, weight});
}

void add_unit(const Unit& unit, float weight, const PatternSearch& patterns, Highlights& out) {
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
      out.patterns.push_back({fuzzy_match(unit), weight});
      break;
    case Unit::Kind::regex:
      add_expression(patterns.regex(unit.text), weight, out);
      break;
    default:
      add_words(unit, weight, out);
  }
}

}  // namespace

Highlights highlights_of(const Plan& plan, std::span<const float> weights,
                         const PatternSearch& patterns) {
  Highlights highlights;
  for (usize i = 0; i < plan.units.size(); ++i) {
    if (plan.units[i].scores()) add_unit(plan.units[i], weights[i], patterns, highlights);
  }
  return highlights;
}

}  // namespace shale::query

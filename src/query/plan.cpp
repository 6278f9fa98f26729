#include "query/plan.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace shale::query {
namespace {

using Conditions = std::vector<Condition>;

Condition group(Condition::Kind kind, Conditions children) {
  if (children.size() == 1) return std::move(children.front());
  Condition condition;
  condition.kind = kind;
  condition.children = std::move(children);
  return condition;
}

// What a text asks for at best; a word that says less than that counts for less.
enum class Substance : u8 { stop_words, function_words, content };

Substance substance_of(const QueryWord& word) {
  if (word.is_stop_word) return Substance::stop_words;
  return word.is_function_word ? Substance::function_words : Substance::content;
}

Substance substance_of(const Node& node, Analysis analysis) {
  Substance best = Substance::stop_words;
  if (node.negated || node.kind == Node::Kind::clause) return best;
  if (node.kind == Node::Kind::words) {
    for (const QueryWord& word : query_words(node.text, analysis)) {
      best = std::max(best, substance_of(word));
    }
    return best;
  }
  if (node.is_leaf()) return Substance::content;
  for (const Node& child : node.children) best = std::max(best, substance_of(child, analysis));
  return best;
}

// Whether the words of a piece are joined as code joins names: std::vector, src/a.cpp, a->b. A
// hyphen alone does not.
bool is_name(const std::vector<QueryWord>& words, std::string_view piece) {
  for (usize i = 1; i < words.size(); ++i) {
    const usize begin = words[i - 1].source.end, end = words[i].source.begin;
    if (begin >= end) return false;  // pairs of characters overlap
    const std::string_view joint = piece.substr(begin, end - begin);
    if (joint.find_first_not_of(".:/\\#->") != std::string_view::npos) return false;
    if (joint.find_first_not_of('-') == std::string_view::npos) return false;
  }
  return words.size() > 1;
}

class Planner {
 public:
  Planner(Analysis analysis, bool every_word, Substance substance)
      : analysis_(analysis), every_word_(every_word), substance_(substance) {}

  std::optional<Condition> condition_of(const Node& node) {
    const bool scored = scores_;
    const bool every_word = every_word_;
    if (node.negated) {
      scores_ = false;
      every_word_ = true;
    }
    std::optional<Condition> condition = positive(node);
    scores_ = scored;
    every_word_ = every_word;
    if (condition && node.negated) condition->negated = !condition->negated;
    return condition;
  }
  std::vector<Unit> take_units() { return std::move(units_); }

 private:
  std::optional<Condition> positive(const Node& node) {
    switch (node.kind) {
      case Node::Kind::words:
        return words(node);
      case Node::Kind::phrase:
        return phrase(node);
      case Node::Kind::prefix:
      case Node::Kind::fuzzy:
        return expanded(node);
      case Node::Kind::regex:
        return unit({Unit::Kind::regex, {}, std::string(node.text)});
      case Node::Kind::clause:
        return clause(node);
      case Node::Kind::all_of:
        return joined(node, Condition::Kind::all);
      case Node::Kind::any_of:
        return joined(node, Condition::Kind::any);
      case Node::Kind::sequence:
        break;
    }
    return sequence(node);
  }

  // -- groups --

  std::optional<Condition> joined(const Node& node, Condition::Kind kind) {
    Conditions children;
    for (const Node& child : node.children) {
      if (auto condition = condition_of(child)) children.push_back(*std::move(condition));
    }
    if (children.empty()) return std::nullopt;
    return group(kind, std::move(children));
  }

  // Negations and clauses hold in any case; of the others every one or any.
  std::optional<Condition> sequence(const Node& node) {
    Conditions required, wanted;
    for (const Node& child : node.children) {
      auto condition = condition_of(child);
      if (!condition) continue;
      const bool is_required = every_word_ || child.negated || child.kind == Node::Kind::clause;
      (is_required ? required : wanted).push_back(*std::move(condition));
    }
    if (!wanted.empty()) required.push_back(group(Condition::Kind::any, std::move(wanted)));
    if (required.empty()) return std::nullopt;
    return group(Condition::Kind::all, std::move(required));
  }

  std::optional<Condition> clause(const Node& node) {
    Condition condition;
    condition.kind = Condition::Kind::clause;
    condition.clause = node.clause;
    return condition;
  }

  // -- words --

  std::optional<Condition> words(const Node& node) {
    const std::vector<QueryWord> words = query_words(node.text, analysis_);
    std::optional<Condition> condition = words_of(words, true);
    const bool is_scored = condition && !every_word_ && analysis_.kind == Analysis::Kind::english;
    if (is_scored && is_name(words, node.text)) unit(phrase_of(words), name_share);
    return condition;
  }

  std::optional<Condition> words_of(const std::vector<QueryWord>& words, bool adjacent) {
    Conditions each;
    for (const QueryWord& word : words) {
      if (word.is_stop_word && substance_ != Substance::stop_words) continue;
      each.push_back(word_condition(word));
    }
    if (each.empty()) return std::nullopt;
    if (!every_word_) return group(Condition::Kind::any, std::move(each));
    if (words.size() > 1 && adjacent) return unit(phrase_of(words), 0);
    return group(Condition::Kind::all, std::move(each));
  }

  // Scores the word and its parts.
  Condition word_condition(const QueryWord& word) {
    const bool is_minor = word.is_function_word && substance_ == Substance::content;
    const float weight = is_minor ? function_word_share : 1;
    Condition whole = unit(word_unit(word.term), weight);
    if (word.parts.empty()) return whole;
    Conditions alternatives;
    alternatives.push_back(std::move(whole));
    Unit together{Unit::Kind::together};
    for (const std::string& part : word.parts) {
      alternatives.push_back(unit(word_unit(part), weight));
      together.words.push_back({part, 0});
    }
    if (!every_word_) return group(Condition::Kind::any, std::move(alternatives));
    if (together.words.size() < 2) return std::move(alternatives.front());
    return unit(std::move(together), 0);
  }

  std::optional<Condition> phrase(const Node& node) {
    const std::vector<QueryWord> words = query_words(node.text, analysis_);
    if (words.empty()) return std::nullopt;
    Unit unit_of = phrase_of(words);
    if (node.distance > 0 && words.size() > 1) {
      unit_of.kind = Unit::Kind::near;
      unit_of.distance = node.distance;
    }
    return unit(std::move(unit_of));
  }

  // A prefix or a fuzzy word; what stands before it in its piece is words of their own.
  std::optional<Condition> expanded(const Node& node) {
    std::vector<QueryWord> words = query_words(node.text, analysis_);
    if (words.empty()) return std::nullopt;
    Unit last{node.kind == Node::Kind::prefix ? Unit::Kind::prefix : Unit::Kind::fuzzy};
    last.text = words.back().surface;
    last.distance = node.distance;
    words.pop_back();
    Conditions conditions;
    if (auto before = words_of(words, false)) conditions.push_back(*std::move(before));
    conditions.push_back(unit(std::move(last)));
    return group(every_word_ ? Condition::Kind::all : Condition::Kind::any, std::move(conditions));
  }

  static Unit word_unit(const std::string& term) { return {Unit::Kind::word, {{term, 0}}}; }

  static Unit phrase_of(const std::vector<QueryWord>& words) {
    Unit unit{words.size() == 1 ? Unit::Kind::word : Unit::Kind::phrase};
    for (const QueryWord& word : words) {
      unit.words.push_back({word.term, word.position - words.front().position});
    }
    return unit;
  }

  // `weight`: of each time that it scores here.
  Condition unit(Unit wanted, float weight = 1) {
    const auto known = std::find_if(units_.begin(), units_.end(),
                                    [&](const Unit& u) { return u.same_as(wanted); });
    Condition condition;
    condition.kind = Condition::Kind::unit;
    condition.unit = u32(known - units_.begin());
    if (known == units_.end()) units_.push_back(std::move(wanted));
    if (scores_) units_[condition.unit].weight += weight;
    return condition;
  }

  Analysis analysis_;
  bool every_word_;
  Substance substance_;
  bool scores_ = true;
  std::vector<Unit> units_;
};

bool is_positive(const Condition& condition) {
  if (condition.negated) return false;
  if (condition.kind == Condition::Kind::unit || condition.kind == Condition::Kind::clause) {
    return true;
  }
  return std::any_of(condition.children.begin(), condition.children.end(), is_positive);
}

// -- text --

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

std::string decimal(float number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", double(number));
  return text.data();
}

std::string to_string(const Plan& plan, const Condition& condition) {
  std::string text;
  switch (condition.kind) {
    case Condition::Kind::unit:
      text = '(' + to_string(plan.units[condition.unit]) + ')';
      break;
    case Condition::Kind::clause:
      text = "(clause " + std::string(field_name(condition.clause->field)) + ')';
      break;
    default:
      text = condition.kind == Condition::Kind::all ? "(all" : "(any";
      for (const Condition& child : condition.children) text += ' ' + to_string(plan, child);
      text += ')';
  }
  return condition.negated ? "(not " + text + ')' : text;
}

}  // namespace

Plan make_plan(const Node& root, Analysis analysis, bool every_word) {
  Planner planner(analysis, every_word, substance_of(root, analysis));
  Plan plan;
  plan.condition = planner.condition_of(root);
  plan.units = planner.take_units();
  if (plan.condition && !is_positive(*plan.condition)) plan.condition.reset();
  return plan;
}

namespace {

bool asks_for_words(const Node& node, Analysis analysis) {
  if (node.kind == Node::Kind::clause) return false;
  const bool is_text = node.kind == Node::Kind::words || node.kind == Node::Kind::phrase;
  if (node.is_leaf()) return !is_text || !query_words(node.text, analysis).empty();
  return std::any_of(node.children.begin(), node.children.end(),
                     [&](const Node& child) { return asks_for_words(child, analysis); });
}

}  // namespace

Result<void> check_words(const Node& root, Analysis analysis) {
  if (analysis.kind != Analysis::Kind::none || !asks_for_words(root, analysis)) return {};
  return fail(ErrorCode::invalid_argument,
              "Words cannot be searched here: the project was made with index = \"none\". Its "
              "segments are found by their fields (type:note) and read by their ids.");
}

std::string to_string(const Unit& unit) {
  static constexpr const char* names[] = {"word",   "phrase", "together", "near",
                                          "prefix", "fuzzy",  "regex"};
  std::string text = names[usize(unit.kind)];
  for (const Unit::Word& word : unit.words) {
    text += ' ' + quoted(word.term);
    if (word.offset > 0) text += '+' + std::to_string(word.offset);
  }
  if (!unit.text.empty()) text += ' ' + quoted(unit.text);
  if (unit.distance > 0) text += " ~" + std::to_string(unit.distance);
  return text;
}

std::string to_string(const Plan& plan) {
  if (!plan.condition) return "(nothing)";
  std::string text = to_string(plan, *plan.condition) + ", scoring:";
  for (const Unit& unit : plan.units) {
    if (!unit.scores()) continue;
    text += " (" + to_string(unit) + ')';
    if (unit.weight != 1) text += 'x' + decimal(unit.weight);
  }
  return text;
}

}  // namespace shale::query

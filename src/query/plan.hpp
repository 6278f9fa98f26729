// What a query asks of an index: a tree of conditions over units, and which units score.
//
// A unit is what has documents and frequencies: a word, a phrase, all words of a prefix. A pure
// function of the parsed text (ast.hpp), the analysis and the match mode; knows no index. Read by
// search.cpp.
//
// How leaves become units and conditions:
// - A word is its term. An identifier (getUserName) scores as a whole and by its parts; where every
//   word is required its parts have to stand together: in one word, or one behind the other. Where
//   it has one part only (__init; isValid, whose "is" is a stop word) the whole is required.
// - Several words in one piece without blanks (std::vector) score one by one; where every word is
//   required they have to follow each other. Where they are not, those of a name (std::vector)
//   score together as well where they do; but in the analysis plain, whose scores are BM25 of the
//   words.
// - A quoted phrase is one unit, which scores with its own frequency. Stop words count in phrases;
//   elsewhere they are left out of a query that has anything else.
// - Function words (text/function_words.hpp) score for function_word_share beside words that are
//   none: "how do I merge shards" asks for merges. They decide like any other word.
// - What is negated decides and never scores; negations and clauses hold in every match mode.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "query/ast.hpp"
#include "text/query_words.hpp"

namespace shale::query {

// From .35 to .6 nDCG@10 of all three judged sets (RANKING section 5) is above that of 1, and so is
// the reciprocal rank of questions to a project's documents: .823 at .4, .782 at 1.
inline constexpr float function_word_share = 0.4f;
// What a name's words weigh together, beside each of them.
inline constexpr float name_share = 0.5f;

struct Unit {
  enum class Kind : u8 {
    word,
    phrase,    // the words at their offsets exactly
    together,  // one behind the other or at one position, in this order
    near,      // all of them within words.size() + distance positions, in any order
    prefix,
    fuzzy,
    regex,
  };
  struct Word {
    std::string term;
    u32 offset = 0;  // positions behind the first
    bool operator==(const Word&) const = default;
  };
  Kind kind = Kind::word;
  std::vector<Word> words = {};  // of a prefix and a fuzzy word none
  std::string text = {};         // of a prefix, a fuzzy word (folded) or a regex
  u32 distance = 0;              // near: slop; fuzzy: edits
  float weight = 0;  // 1 for each time that it scores, less for a function word; 0: decides only

  bool scores() const { return weight > 0; }
  bool same_as(const Unit& other) const {
    return kind == other.kind && words == other.words && text == other.text &&
           distance == other.distance;
  }
};

struct Condition {
  enum class Kind : u8 { unit, clause, all, any };
  Kind kind = Kind::all;
  bool negated = false;
  u32 unit = 0;
  std::optional<Clause> clause;
  std::vector<Condition> children;
};

struct Plan {
  std::vector<Unit> units;  // in query order, none twice
  // What a document has to fulfil; nothing where the text holds no word and no clause, or nothing
  // that is not negated: then no document does.
  std::optional<Condition> condition;
  bool scores() const {
    return std::any_of(units.begin(), units.end(), [](const Unit& u) { return u.scores(); });
  }
};

Plan make_plan(const Node& root, Analysis analysis, bool every_word);

// invalid_argument where the text asks for words, negated ones included, and the analysis is none:
// that there are no such segments would be a wrong answer. Clauses ask for none.
Result<void> check_words(const Node& root, Analysis analysis);

// One line, for --explain and tests: (all (word "merg") (not (phrase "a" "b"+2)))
std::string to_string(const Plan& plan);
// The same of one unit: phrase "a" "b"+2
std::string to_string(const Unit& unit);

}  // namespace shale::query

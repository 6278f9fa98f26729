#include "query/word_sets.hpp"

#include "query/edits.hpp"
#include "text/analysis.hpp"

namespace shale::query {
namespace {

// Leaves out what is no word; an index has all of that before its words.
class WordFilter final : public TermFilter {
 public:
  explicit WordFilter(TermFilter& inner) : inner_(inner) {}
  bool wants(std::string_view term, std::string& next) override {
    const bool is_word = term.empty() || u8(term.front()) >= u8(first_text_byte);
    if (is_word) return inner_.wants(term, next);
    next.assign(1, first_text_byte);
    return false;
  }

 private:
  TermFilter& inner_;
};

const std::string form(1, form_tag);

Result<void> add_beginning(const Index& index, const std::string& text, DenseSet& holders) {
  TRY(index.add_holders(text, nullptr, holders));
  return index.add_holders(form + text, nullptr, holders);
}

Result<void> add_alike(const Index& index, const Unit& unit, DenseSet& holders) {
  FuzzyFilter fuzzy(unit.text, unit.distance);
  WordFilter words(fuzzy);
  TRY(index.add_holders("", &words, holders));
  return index.add_holders(form, &fuzzy, holders);
}

Result<void> add_spelling(const Index& index, const std::string& text, DenseSet& holders) {
  for (const std::string& spelling : {text, form + text}) {
    const std::optional<Term> term = TRY(index.find_term(spelling));
    if (!term) continue;
    const DocumentSet docs = TRY(index.documents(*term));
    docs.add_to(holders);
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const DenseSet>> WordSets::find(const Index& index, const Unit& unit) {
  const bool is_prefix = unit.kind == Unit::Kind::prefix;
  const Word word{unit.text, is_prefix ? 0 : unit.distance};
  auto& found = found_[{&index, word}];
  if (found != nullptr) return found;
  DenseSet holders(index.document_count());
  if (is_prefix) {
    TRY(add_beginning(index, unit.text, holders));
  } else if (expands(word)) {
    TRY(add_alike(index, unit, holders));
  } else {
    TRY(add_spelling(index, unit.text, holders));
  }
  found = std::make_shared<const DenseSet>(std::move(holders));
  return found;
}

// Decided once: a word is the same in every index.
bool WordSets::expands(const Word& word) {
  const auto [at, is_new] = expanded_.try_emplace(word, false);
  if (!is_new) return at->second;
  const usize before = expanded_.size() - 1;
  const bool has_time = thread_time_us() - started_us_ < limits_.cpu_us;
  at->second = before == 0 || (before < limits_.words && has_time);
  is_partial_ = is_partial_ || !at->second;
  return at->second;
}

}  // namespace shale::query

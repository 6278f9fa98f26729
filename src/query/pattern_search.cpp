#include "query/pattern_search.hpp"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "base/shortage.hpp"
#include "base/thread_time.hpp"
#include "text/letters.hpp"

namespace shale::query {
namespace {

constexpr u32 words_between_looks = 256;
constexpr usize piece_bytes_max = 200;  // a longer one may be cut itself

// The word in a term of text or a form; nothing in a metadata term.
std::optional<std::string_view> word_of(std::string_view term) {
  if (term.empty() || u8(term.front()) >= u8(first_text_byte)) return term;
  return term.front() == form_tag ? std::optional(term.substr(1)) : std::nullopt;
}

// Members whose set bits, one for each set, the pattern may match with. `always` bits are set for
// all.
DenseSet combined(const Regex& regex, const std::vector<DenseSet>& sets, u64 always, u32 limit) {
  DenseSet result(limit);
  std::unordered_map<u64, bool> known;
  const auto may_match = [&](u64 atoms) {
    const auto [at, is_new] = known.try_emplace(atoms, false);
    if (is_new) at->second = regex.may_match(atoms);
    return at->second;
  };
  if (may_match(always)) {
    result.add_all();
    return result;
  }
  for (usize i = 0; i < result.words().size(); ++i) {
    u64 any = 0;
    for (const DenseSet& set : sets) any |= set.words()[i];
    for (; any != 0; any &= any - 1) {
      const u32 bit = u32(std::countr_zero(any));
      u64 atoms = always;
      for (usize atom = 0; atom < sets.size(); ++atom) {
        atoms |= (sets[atom].words()[i] >> bit & 1) << atom;
      }
      if (may_match(atoms)) result.add(u32(i * 64) + bit);
    }
  }
  return result;
}

// Words in which the pattern has a match; `is_spent` is asked now and then, and ends it.
class MatchingWords final : public TermFilter {
 public:
  enum class Certainty : u8 { none, maybe, sure };
  MatchingWords(const Regex& regex, bool exact_terms, std::function<bool()> is_spent)
      : regex_(regex), exact_terms_(exact_terms), is_spent_(std::move(is_spent)) {
    if (regex.may_match(0)) return;
    for (usize i = 0; i < regex.atoms().size(); ++i) {
      if (!regex.may_match(~(u64(1) << i))) required_.push_back(regex.atoms()[i]);
    }
    if (required_.empty() && regex.atoms().size() <= atoms_max) one_of_ = regex.atoms();
  }

  Certainty wanted = Certainty::sure;
  std::vector<std::string> maybe = {};  // terms that may match, as far as they are few
  bool are_many_maybe = false;
  bool was_ended = false;

  bool wants(std::string_view term, std::string& next) override {
    if (was_ended || (++asked_ % words_between_looks == 0 && is_spent_())) {
      was_ended = true;
      next.assign(8, '\xff');
      return false;
    }
    const Certainty certainty = judge(term);
    if (certainty == Certainty::maybe) note(term);
    return certainty == wanted;
  }

 private:
  static constexpr usize maybe_max = 1000;
  static constexpr usize atoms_max = 4;

  void note(std::string_view term) {
    are_many_maybe = are_many_maybe || maybe.size() == maybe_max;
    if (!are_many_maybe) maybe.emplace_back(term);
  }

  // Looking for an atom takes a fifth of the time that the expression takes.
  bool matches(std::string_view word) const {
    const auto is_in = [&](const std::string& atom) {
      return word.find(atom) != std::string_view::npos;
    };
    return std::all_of(required_.begin(), required_.end(), is_in) &&
           (one_of_.empty() || std::any_of(one_of_.begin(), one_of_.end(), is_in)) &&
           regex_.matches(word);
  }

  Certainty judge(std::string_view term) const {
    const std::optional<std::string_view> word = word_of(term);
    if (!word) return Certainty::none;
    if (matches(*word)) {
      const bool is_form = word->size() < term.size();
      return exact_terms_ || is_form ? Certainty::sure : Certainty::maybe;
    }
    if (word->size() >= long_word_bytes) return Certainty::maybe;
    const bool in_parts = !is_ascii(*word) && matches(decomposed(*word));
    return in_parts ? Certainty::maybe : Certainty::none;
  }

  const Regex& regex_;
  bool exact_terms_;
  std::function<bool()> is_spent_;
  std::vector<std::string> required_;    // atoms without which there is no match
  std::span<const std::string> one_of_;  // one of them has to be there; none: nothing is known
  u32 asked_ = 0;
};

// Words that hold a piece of a literal where it has to stand, and long words, of which nothing is
// known.
class HoldingWords final : public TermFilter {
 public:
  HoldingWords(const Piece& piece, std::function<bool()> is_spent)
      : piece_(piece), is_spent_(std::move(is_spent)) {}
  bool was_ended = false;

  bool wants(std::string_view term, std::string& next) override {
    if (was_ended || (++asked_ % words_between_looks == 0 && is_spent_())) {
      was_ended = true;
      next.assign(8, '\xff');
      return false;
    }
    const std::optional<std::string_view> word = word_of(term);
    if (!word) return false;
    return word->size() >= long_word_bytes || holds(*word) ||
           (!is_ascii(*word) && holds(decomposed(*word)));
  }

 private:
  bool holds(std::string_view word) const {
    return piece_.ends_word ? word.ends_with(piece_.text)
                            : word.find(piece_.text) != std::string_view::npos;
  }
  const Piece& piece_;
  std::function<bool()> is_spent_;
  u32 asked_ = 0;
};

// What follows a prefix that is a piece without its last character: this one, or one beyond ASCII
// that it may be a part of.
class GoingOnWith final : public TermFilter {
 public:
  explicit GoingOnWith(char last) : last_(last) {}
  bool wants(std::string_view rest, std::string& next) override {
    if (!rest.empty() && (rest.front() == last_ || u8(rest.front()) >= 0x80)) return true;
    const bool is_before = rest.empty() || rest.front() < last_;
    next.assign(1, is_before ? last_ : '\x80');
    return false;
  }

 private:
  char last_;
};

}  // namespace

// One pattern put to one index.
class PatternSearch::Finder {
 public:
  Finder(PatternSearch& search, const IndexView& view, const Regex& regex)
      : search_(search),
        index_(*view.index),
        dead_(view.overlay->dead),
        regex_(regex),
        limit_(index_.document_count()),
        docs_(limit_),
        unknown_(limit_) {}

  Result<PatternMatches> run() {
    if (regex_.matches_everything()) {
      docs_.add_all();
    } else if (regex_.is_within_word()) {
      TRY(ask_words());
    } else {
      const DenseSet possible = TRY(candidates());
      TRY(read_texts(possible));
    }
    const u32 count = docs_.count();
    return PatternMatches{std::move(docs_), std::move(unknown_), count};
  }

 private:
  // -- matches within a word --

  Result<void> ask_words() {
    const DenseSet groups = TRY(groups_of_atoms());
    MatchingWords words(regex_, search_.analysis_.kind == Analysis::Kind::plain,
                        [&] { return search_.is_spent(); });
    TRY(index_.add_holders_in(groups, words, docs_));
    DenseSet maybe(limit_);
    if (words.are_many_maybe && !words.was_ended) {
      words.wanted = MatchingWords::Certainty::maybe;
      TRY(index_.add_holders_in(groups, words, maybe));
    } else {
      for (const std::string& text : words.maybe) {
        const std::optional<Term> term = TRY(index_.find_term(text));
        if (term) TRY(index_.documents(*term)).add_to(maybe);
      }
    }
    if (words.was_ended) maybe.add_all();
    return read_texts(maybe);
  }

  // In which a word may hold a match, or be a long one.
  Result<DenseSet> groups_of_atoms() {
    const u32 count = index_.term_group_count();
    std::vector<DenseSet> sets;
    for (const std::string& atom : regex_.atoms()) {
      TRY(index_.add_groups(atom, sets.emplace_back(count)));
    }
    DenseSet groups = combined(regex_, sets, 0, count);
    TRY(index_.add_groups("", groups));
    return groups;
  }

  // -- matches over words --

  Result<DenseSet> candidates() {
    std::vector<DenseSet> sets;
    u64 always = 0;
    for (usize i = 0; i < regex_.atoms().size(); ++i) {
      DenseSet& holders = sets.emplace_back(limit_);
      if (!TRY(add_holders_of(regex_.atoms()[i], holders))) always |= u64(1) << i;
    }
    return combined(regex_, sets, always, limit_);
  }

  // Documents that may hold the literal; false where nothing is known of them.
  Result<bool> add_holders_of(const std::string& literal, DenseSet& holders) {
    bool is_bounded = false;
    for (const Piece& piece : pieces_of(literal)) {
      DenseSet some(limit_);
      if (!TRY(add_holders_of(piece, some))) continue;
      if (is_bounded)
        holders &= some;
      else
        holders = std::move(some);
      is_bounded = true;
    }
    return is_bounded;
  }

  Result<bool> add_holders_of(const Piece& piece, DenseSet& holders) {
    const usize bytes = piece.text.size();
    if (bytes > piece_bytes_max) return false;
    if (piece.begins_word && (piece.ends_word || bytes >= piece_bytes_min)) {
      TRY(add_beginning(piece, "", holders));
      TRY(add_beginning(piece, std::string(1, form_tag), holders));
      return true;
    }
    if (bytes < piece_bytes_min) return false;
    DenseSet groups(index_.term_group_count());
    TRY(index_.add_groups(piece.text, groups));
    TRY(index_.add_groups("", groups));
    HoldingWords words(piece, [&] { return search_.is_spent(); });
    TRY(index_.add_holders_in(groups, words, holders));
    return !words.was_ended;
  }

  Result<void> add_beginning(const Piece& piece, const std::string& tag, DenseSet& holders) {
    if (piece.ends_word) {
      const std::optional<Term> term = TRY(index_.find_term(tag + piece.text));
      if (term) TRY(index_.documents(*term)).add_to(holders);
      return {};
    }
    GoingOnWith filter(piece.text.back());
    return index_.add_holders(tag + piece.text.substr(0, piece.text.size() - 1), &filter, holders);
  }

  // -- texts --

  // Of those that are not found yet; candidates may be millions.
  Result<void> read_texts(const DenseSet& candidates) {
    Result<void> done;
    candidates.for_each([&](u32 doc) {
      if (done && !docs_.contains(doc) && !dead_.contains(doc)) done = read_text(doc);
    });
    TRY(done);
    search_.is_partial_ = search_.is_partial_ || unknown_.count() > 0;
    return {};
  }

  Result<void> read_text(u32 doc) {
    is_spent_ = is_spent_ || search_.is_spent();
    if (is_spent_) {
      unknown_.add(doc);
      return {};
    }
    ++search_.texts_;
    const Result<std::string> text = index_.text(DocNo{doc});
    if (text) {
      search_.bytes_ += text->size();
      if (regex_.matches(*text)) docs_.add(doc);
      return {};
    }
    if (!is_damage(text.error())) return Unexpected{text.error()};
    TRY(tell_fault(text.error(), doc));
    unknown_.add(doc);
    return {};
  }

  Result<void> tell_fault(const Error& error, u32 doc) {
    Fault fault;
    fault.file = error.path;
    fault.section = "texts";
    fault.offset = error.offset;
    fault.message = error.message;
    fault.ids.push_back(TRY(index_.id_of(DocNo{doc})));
    search_.faults_.push_back(std::move(fault));
    return {};
  }

  PatternSearch& search_;
  const Index& index_;
  const Bitmap& dead_;
  const Regex& regex_;
  u32 limit_;
  DenseSet docs_;
  DenseSet unknown_;
  bool is_spent_ = false;  // of which there is no way back
};

PatternSearch::PatternSearch(Analysis analysis, PatternLimits limits)
    : analysis_(analysis), limits_(limits), started_us_(thread_time_us()) {}
PatternSearch::~PatternSearch() = default;

bool PatternSearch::accepts(std::string_view pattern) {
  const auto known = regexes_.find(pattern);
  if (known != regexes_.end()) return known->second != nullptr;
  if (regexes_.size() == limits_.patterns) return false;
  return regexes_.emplace(pattern, Regex::make(pattern)).first->second != nullptr;
}

std::shared_ptr<const Regex> PatternSearch::regex(std::string_view pattern) const {
  return regexes_.find(pattern)->second;
}

bool PatternSearch::is_spent() const {
  return texts_ >= limits_.texts || bytes_ >= limits_.bytes ||
         thread_time_us() - started_us_ >= limits_.cpu_us;
}

Result<std::shared_ptr<const PatternMatches>> PatternSearch::find(const IndexView& view,
                                                                  std::string_view pattern) {
  auto& found = found_[{view.index.get(), std::string(pattern)}];
  if (found == nullptr) {
    const std::shared_ptr<const Regex> regex = this->regex(pattern);
    Finder finder(*this, view, *regex);
    found = std::make_shared<const PatternMatches>(TRY(finder.run()));
  }
  return found;
}

}  // namespace shale::query

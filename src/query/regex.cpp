#include "query/regex.hpp"

#include <re2/filtered_re2.h>

namespace shale::query {
namespace {

constexpr int atom_bytes_min = 3;  // what the trigrams of a dictionary can find
constexpr int memory_max = 1 << 20;

}  // namespace

// The filter knows the pattern as it is spelled, since atoms are lower case anyway: with case
// ignored each s would stand for the long one too, and double the atoms. Words are folded, so that
// theirs is an s as well.
struct Regex::Compiled {
  Compiled(const re2::StringPiece& pattern, const re2::RE2::Options& options)
      : matcher(pattern, options) {}
  re2::RE2 matcher;
  re2::FilteredRE2 filtered{atom_bytes_min};
};

Regex::Regex() = default;
Regex::~Regex() = default;

std::shared_ptr<const Regex> Regex::make(std::string_view pattern) {
  const std::shared_ptr<Regex> regex(new Regex());
  regex->traits_ = traits_of(pattern);
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(memory_max);
  re2::RE2::Options own_case = options;
  own_case.set_case_sensitive(regex->traits_.has_upper);
  const re2::StringPiece source(pattern.data(), pattern.size());
  regex->compiled_ = std::make_unique<Compiled>(source, own_case);
  if (!regex->compiled_->matcher.ok()) return nullptr;
  int id = 0;
  re2::FilteredRE2& filtered = regex->compiled_->filtered;
  if (filtered.Add(source, options, &id) != re2::RE2::NoError) return nullptr;
  filtered.Compile(&regex->atoms_);
  if (regex->atoms_.size() > atoms_max) {
    regex->atoms_beyond_ = regex->atoms_.size() - atoms_max;
    regex->atoms_.resize(atoms_max);
  }
  regex->matches_everything_ = !regex->traits_.has_assertion && regex->matches("");
  return regex;
}

bool Regex::matches(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled_->matcher);
}

std::optional<Regex::Stretch> Regex::find(std::string_view text, usize from) const {
  const re2::StringPiece whole(text.data(), text.size());
  for (; from < text.size(); ++from) {
    re2::StringPiece match;
    if (!compiled_->matcher.Match(whole, from, text.size(), re2::RE2::UNANCHORED, &match, 1)) break;
    const usize begin = usize(match.data() - text.data());
    if (!match.empty()) return Stretch{begin, begin + match.size()};
    from = begin;
  }
  return std::nullopt;
}

bool Regex::may_match(u64 atoms) const {
  std::vector<int> there;
  for (usize i = 0; i < atoms_.size(); ++i) {
    if ((atoms >> i & 1) != 0) there.push_back(int(i));
  }
  for (usize i = 0; i < atoms_beyond_; ++i) there.push_back(int(atoms_.size() + i));
  std::vector<int> matching;
  compiled_->filtered.AllPotentials(there, &matching);
  return !matching.empty();
}

}  // namespace shale::query

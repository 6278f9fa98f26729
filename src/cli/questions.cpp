#include "cli/questions.hpp"

#include <CLI/Validators.hpp>

namespace shale::cli {

Exit exit_for(bool found, const std::vector<Fault>& faults) {
  if (!faults.empty()) return Exit::damaged;
  return found ? Exit::ok : Exit::nothing_found;
}

void append(std::vector<Fault>& faults, const std::vector<Fault>& more) {
  faults.insert(faults.end(), more.begin(), more.end());
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void add_where(CLI::App& verb, std::vector<std::string>& where) {
  verb.add_option("--where", where, "only segments that pass, e.g. 'type:code file:src/**'")
      ->allow_extra_args(false);
}

void add_match(CLI::App& verb, std::string& match) {
  verb.add_option("--match", match, "all words, any, or auto: all and where few, any")
      ->check(CLI::IsMember({"all", "any", "auto"}));
}

Match match_of(const std::string& name) {
  if (name == "all") return Match::all;
  return name == "any" ? Match::any : Match::auto_;
}

void note_reach(const Output& output, bool widened, bool partial) {
  if (widened) output.note("few segments hold every word: some hold only one");
  if (partial) {
    output.note("not all was searched: narrow the pattern, or let fewer words be fuzzy");
  }
}

}  // namespace shale::cli

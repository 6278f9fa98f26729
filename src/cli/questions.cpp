#include "cli/questions.hpp"

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

}  // namespace shale::cli

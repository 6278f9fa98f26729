// The rules of .gitignore and .ignore files: which paths of a folder a walk leaves out.
//
// One IgnoreRules holds the rules of one folder; an IgnoreStack those of a folder and the folders
// above it, of which the deepest that says anything about a path decides. Negation (`!`), anchored
// patterns (a slash before the end), patterns for folders only (a slash at the end), `**` and
// `\` follow gitignore(5). Knows no global ignore file and no index: a tracked file that matches
// is left out all the same.
// Used by folder_scanner only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/integers.hpp"
#include "text/glob.hpp"

namespace shale::sync {

class IgnoreRules {
 public:
  // Adds the lines of one ignore file; later rules win over earlier ones.
  void add(std::string_view file_text);
  bool empty() const { return rules_.empty(); }
  // What the last matching rule says of `path` (relative to the folder of the rules); nothing
  // where no rule matches.
  std::optional<bool> ignores(std::string_view path, bool is_folder) const;

 private:
  struct Rule {
    std::vector<Glob> globs;  // of which one must match
    bool negated = false;
    bool folders_only = false;
    bool anchored = false;  // against the whole path, not its last component
  };
  static std::optional<Rule> parse(std::string_view line);
  static bool matches(const Rule& rule, std::string_view path);

  std::vector<Rule> rules_;
};

class IgnoreStack {
 public:
  // `prefix`: path of the rules' folder, as the paths asked about begin ("" or ending in '/').
  void push(std::string prefix, IgnoreRules rules);
  void pop() { levels_.pop_back(); }
  // `path` must begin with the prefix of every level.
  bool ignores(std::string_view path, bool is_folder) const;

 private:
  struct Level {
    std::string prefix;
    IgnoreRules rules;
  };
  std::vector<Level> levels_;
};

}  // namespace shale::sync

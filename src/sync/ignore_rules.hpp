// The rules of .gitignore and .ignore files: which paths of a folder a walk leaves out.
//
// One IgnoreRules holds the rules of one folder; an IgnoreLevel those and, through the level above,
// those of the folders it lies in. The deepest that says anything about a path decides. Negation
// (`!`), anchored patterns (a slash before the end), patterns for folders only (a slash at the
// end), `**` and
// `\` follow gitignore(5). Knows no global ignore file and no index: a tracked file that matches
// is left out all the same.
// Values, and levels that never change: safe from many threads. Used by folder_walk.
#pragma once

#include <memory>
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

// The rules that apply in a folder.
struct IgnoreLevel {
  std::shared_ptr<const IgnoreLevel> above;
  IgnoreRules rules;
  // From the paths that are asked about to those relative to the folder of the rules: what to put
  // before them, where that folder lies above the root of the paths, else how many bytes to drop.
  std::string lead = {};
  usize drop = 0;
};

// Whether a walk leaves out `path`; `level`: of the folder it lies in, null where nothing rules.
bool is_ignored(const IgnoreLevel* level, std::string_view path, bool is_folder);

}  // namespace shale::sync

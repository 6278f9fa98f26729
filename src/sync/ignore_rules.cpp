#include "sync/ignore_rules.hpp"

#include <algorithm>

namespace shale::sync {

namespace {

// Each `**/` may stand for no folder at all: both forms are kept, for the first few of a pattern.
constexpr usize globs_max = 8;

// White space at the end goes unless a backslash quotes it.
std::string_view without_trailing_blanks(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
  return line;
}

// `[^a]` is the same as `[!a]` in an ignore file.
std::string with_plain_negation(std::string_view pattern) {
  std::string out(pattern);
  for (usize i = 1; i < out.size(); ++i) {
    if (out[i] == '^' && out[i - 1] == '[' && (i < 2 || out[i - 2] != '\\')) out[i] = '!';
  }
  return out;
}

void add_forms(std::string pattern, usize from, std::vector<Glob>& globs) {
  for (usize at = pattern.find("**/", from); at != std::string::npos;
       at = pattern.find("**/", at + 1)) {
    if (at > 0 && pattern[at - 1] != '/') continue;
    if (globs.size() >= globs_max) break;
    std::string shorter = pattern;
    add_forms(shorter.erase(at, 3), at, globs);
  }
  globs.emplace_back(pattern);
}

std::string_view last_component(std::string_view path) {
  const usize slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

std::optional<IgnoreRules::Rule> IgnoreRules::parse(std::string_view line) {
  line = without_trailing_blanks(line);
  if (line.empty() || line[0] == '#') return std::nullopt;
  Rule rule;
  if (line[0] == '!') {
    rule.negated = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    rule.folders_only = true;
    line.remove_suffix(1);
  }
  rule.anchored = line.find('/') != std::string_view::npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  if (line.empty()) return std::nullopt;
  add_forms(with_plain_negation(line), 0, rule.globs);
  return rule;
}

void IgnoreRules::add(std::string_view file_text) {
  while (!file_text.empty()) {
    const usize end = std::min(file_text.find('\n'), file_text.size());
    if (auto rule = parse(file_text.substr(0, end))) rules_.push_back(*std::move(rule));
    file_text.remove_prefix(std::min(end + 1, file_text.size()));
  }
}

bool IgnoreRules::matches(const Rule& rule, std::string_view path) {
  const std::string_view subject = rule.anchored ? path : last_component(path);
  return std::any_of(rule.globs.begin(), rule.globs.end(),
                     [&](const Glob& glob) { return glob.matches(subject); });
}

std::optional<bool> IgnoreRules::ignores(std::string_view path, bool is_folder) const {
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->folders_only && !is_folder) continue;
    if (matches(*rule, path)) return !rule->negated;
  }
  return std::nullopt;
}

bool is_ignored(const IgnoreLevel* level, std::string_view path, bool is_folder) {
  for (; level != nullptr; level = level->above.get()) {
    const auto verdict = level->lead.empty()
                             ? level->rules.ignores(path.substr(level->drop), is_folder)
                             : level->rules.ignores(level->lead + std::string(path), is_folder);
    if (verdict) return *verdict;
  }
  return false;
}

}  // namespace shale::sync

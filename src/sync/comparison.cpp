#include "sync/comparison.hpp"

#include <algorithm>

namespace shale::sync {

namespace {

IgnoreRules rules_of(std::span<const std::string> patterns) {
  IgnoreRules rules;
  for (const std::string& pattern : patterns) rules.add(pattern);
  return rules;
}

// The file itself or a folder above it.
bool matches(const IgnoreRules& rules, std::string_view path) {
  for (usize at = path.find('/'); at != std::string_view::npos; at = path.find('/', at + 1)) {
    if (rules.ignores(path.substr(0, at), true).value_or(false)) return true;
  }
  return rules.ignores(path, false).value_or(false);
}

bool is_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && path.substr(folder.size()).starts_with('/');
}

bool is_same(const KnownFile& known, const FileStamp& stamp) {
  return known.is_settled && known.stamp == stamp;
}

}  // namespace

TakenPaths::TakenPaths(std::span<const std::string> only, std::span<const std::string> without)
    : only_(rules_of(only)), without_(rules_of(without)) {}

bool TakenPaths::contains(std::string_view path) const {
  return (only_.empty() || matches(only_, path)) && !matches(without_, path);
}

Comparison compare(std::span<const WalkedFile* const> files, std::span<const KnownFile> known,
                   std::string_view prefix, std::span<const std::string> unread,
                   bool trusts_stamps) {
  Comparison result;
  const auto lose = [&](const KnownFile& file) {
    const std::string_view path = std::string_view(file.path).substr(prefix.size());
    const bool is_unread = std::any_of(unread.begin(), unread.end(),
                                       [&](const auto& folder) { return is_below(path, folder); });
    if (!is_unread) result.gone.push_back(&file);
  };
  auto next = known.begin();
  for (const WalkedFile* file : files) {
    const auto own_path = [&] { return std::string_view(next->path).substr(prefix.size()); };
    for (; next != known.end() && path_before(own_path(), file->path); ++next) lose(*next);
    const bool is_known = next != known.end() && own_path() == file->path;
    if (is_known && trusts_stamps && is_same(*next, file->stamp)) {
      ++result.unchanged;
    } else {
      result.to_read.push_back({file, is_known ? &*next : nullptr});
    }
    if (is_known) ++next;
  }
  for (; next != known.end(); ++next) lose(*next);
  return result;
}

}  // namespace shale::sync

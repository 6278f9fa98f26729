#include "sync/dependents.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace shale::sync {

std::vector<std::string> dependents_of(std::span<const Dependencies> all,
                                       std::span<const std::string> changed) {
  std::unordered_multimap<std::string_view, std::string_view> users;
  for (const Dependencies& one : all) {
    for (const std::string& to : one.to) users.emplace(to, one.from);
  }
  std::unordered_set<std::string_view> seen(changed.begin(), changed.end());
  std::vector<std::string_view> to_visit(changed.begin(), changed.end());
  std::vector<std::string> found;
  while (!to_visit.empty()) {
    const auto [begin, end] = users.equal_range(to_visit.back());
    to_visit.pop_back();
    for (auto it = begin; it != end; ++it) {
      if (!seen.insert(it->second).second) continue;
      to_visit.push_back(it->second);
      found.emplace_back(it->second);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace shale::sync

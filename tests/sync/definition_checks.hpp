// Definitions as the tests of the scanners write them: `Outer.inner` in the order of the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sync/definitions.hpp"

namespace shale::testing {

// The names, each behind those of the classes it is a member of; nameless ones are left out.
inline std::vector<std::string> outline(const std::vector<sync::Definition>& definitions) {
  std::vector<std::string> paths;
  std::vector<std::string> named;
  for (const sync::Definition& definition : definitions) {
    const bool member = definition.parent != sync::no_parent;
    paths.push_back((member ? paths[definition.parent] + '.' : "") + definition.name);
    if (!definition.name.empty()) named.push_back(paths.back());
  }
  return named;
}

// What is wrong with their places; "" where nothing is.
inline std::string defect(std::string_view text, const std::vector<sync::Definition>& definitions) {
  usize begin = 0;
  for (usize i = 0; i < definitions.size(); ++i) {
    const sync::Definition& definition = definitions[i];
    if (definition.begin < begin) return "out of order";
    if (definition.body <= definition.begin || definition.end < definition.body) return "no extent";
    if (definition.end > text.size()) return "behind the end";
    begin = definition.begin;
    if (definition.parent == sync::no_parent) continue;
    if (definition.parent >= i) return "parent";
    const sync::Definition& parent = definitions[definition.parent];
    if (definition.begin < parent.body || definition.end > parent.end)
      return "outside of its parent";
  }
  return "";
}

}  // namespace shale::testing

#include "sync/dependents.hpp"

#include <map>
#include <random>
#include <set>

#include "tests/support/catch.hpp"

namespace shale::sync {
namespace {

using Paths = std::vector<std::string>;

using Edges = std::vector<Dependencies>;

Paths dependents(const Edges& edges, const Paths& changed) { return dependents_of(edges, changed); }

}  // namespace

TEST_CASE("dependents: of dependents too, and not of what is used") {
  const Edges edges = {{"a", {"b", "z"}}, {"b", {"c"}}, {"d", {"c"}}, {"c", {"e"}}, {"x", {"y"}}};
  CHECK(dependents(edges, {"c"}) == Paths{"a", "b", "d"});
  CHECK(dependents(edges, {"a"}).empty());
  CHECK(dependents(edges, {"e", "b"}) == Paths{"a", "c", "d"});
  CHECK(dependents(edges, {}).empty());
  CHECK(dependents({}, {"c"}).empty());
}

TEST_CASE("dependents: cycles end, and the changed ones are not told") {
  CHECK(dependents({{"a", {"b"}}, {"b", {"c"}}, {"c", {"a"}}}, {"a"}) == Paths{"b", "c"});
  CHECK(dependents({{"a", {"a"}}, {"b", {"a"}}, {"b", {"a"}}}, {"a"}) == Paths{"b"});
}

TEST_CASE("dependents: of a random graph, as a search from each node finds them") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto node = [&] { return "n" + std::to_string(random() % 30); };
  for (int round = 0; round < 50; ++round) {
    Edges edges;
    for (auto i = random() % 60; i > 0; --i) edges.push_back({node(), {node()}});
    const Paths changed = {node(), node()};
    std::set<std::string> reached(changed.begin(), changed.end());
    for (bool grows = true; grows;) {
      grows = false;
      for (const Dependencies& edge : edges)
        grows = (reached.contains(edge.to[0]) && reached.insert(edge.from).second) || grows;
    }
    for (const std::string& path : changed) reached.erase(path);
    CHECK(dependents(edges, changed) == Paths(reached.begin(), reached.end()));
  }
}

}  // namespace shale::sync

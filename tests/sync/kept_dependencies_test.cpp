#include "sync/kept_dependencies.hpp"

#include <chrono>
#include <cstdio>
#include <random>

#include "sync/dependents.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitizers.hpp"
#include "tests/sync/mirror_fixture.hpp"

namespace shale::testing {
namespace {

using Paths = std::vector<std::string>;

Paths dependents(const Project& project, const Paths& changed) {
  return dependents_of(project.snapshot().value(), changed).value();
}

Paths dependents(Mirrored& mirrored, const Paths& changed) {
  return dependents(mirrored.project(), changed);
}

void set(Mirrored& mirrored, const std::vector<Dependencies>& all) {
  REQUIRE(set_dependencies(mirrored.project(), all));
}

std::optional<Paths> kept_of(Mirrored& mirrored, const std::string& from) {
  return dependencies_of(mirrored.project().snapshot().value(), from).value();
}

const std::vector<Dependencies> chain = {{"a", {"b"}}, {"b", {"c"}}, {"d", {"c", "e"}}};

}  // namespace

TEST_CASE("kept dependencies: are read back as they were set") {
  Mirrored mirrored;
  CHECK(kept_of(mirrored, "a") == std::nullopt);
  CHECK(dependents(mirrored, {"c"}).empty());
  set(mirrored, {});
  set(mirrored, {{"a", {"z", "b"}}, {"b", {}}, {"a", {"b", "c"}}});
  CHECK(kept_of(mirrored, "a") == Paths{"z", "b", "c"});
  CHECK(kept_of(mirrored, "b") == Paths{});
  CHECK(kept_of(mirrored, "z") == std::nullopt);
  CHECK(mirrored.ids() == Paths{"dependencies:a", "dependencies:b"});
  const std::string long_path(3000, 'x');
  set(mirrored, {{long_path, {long_path, "with\nnewline"}}});
  CHECK(kept_of(mirrored, long_path) == Paths{long_path, "with\nnewline"});
  CHECK(dependents(mirrored, {"with\nnewline"}) == Paths{long_path});
}

TEST_CASE("kept dependencies: dependents of dependents, cycles, and not what is used") {
  Mirrored mirrored;
  set(mirrored, chain);
  CHECK(dependents(mirrored, {"c"}) == Paths{"a", "b", "d"});
  CHECK(dependents(mirrored, {"a"}).empty());
  CHECK(dependents(mirrored, {"e", "b"}) == Paths{"a", "d"});
  CHECK(dependents(mirrored, {}).empty());
  set(mirrored, {{"c", {"a"}}, {"e", {"e"}}});
  CHECK(dependents(mirrored, {"a"}) == Paths{"b", "c", "d"});
  CHECK(dependents(mirrored, {"e"}) == Paths{"d"});
}

TEST_CASE("kept dependencies: those of one file are replaced, and no others are touched") {
  Mirrored mirrored;
  set(mirrored, chain);
  const Time before = mirrored.metadata("dependencies:b").created_at;
  REQUIRE(mirrored.project().merge(true));
  set(mirrored, {{"d", {"x"}}});
  CHECK(mirrored.metadata("dependencies:b").created_at == before);
  CHECK(mirrored.metadata("dependencies:d").created_at != before);
  CHECK(dependents(mirrored, {"c"}) == Paths{"a", "b"});
  CHECK(dependents(mirrored, {"x"}) == Paths{"d"});
  CHECK(dependents(mirrored, {"e"}).empty());
  set(mirrored, {{"b", {}}});
  CHECK(dependents(mirrored, {"c"}).empty());
  CHECK(dependents(mirrored, {"b"}) == Paths{"a"});
  Batch batch;
  batch.erase("dependencies:a");
  REQUIRE(mirrored.project().commit(batch));
  CHECK(dependents(mirrored, {"b"}).empty());
}

TEST_CASE("kept dependencies: all of a call, or nothing") {
  Mirrored mirrored;
  set(mirrored, chain);
  for (const Dependencies& bad :
       {Dependencies{"q", {""}}, Dependencies{"q", {"\xff"}}, Dependencies{"\xff", {"q"}},
        Dependencies{"q", {std::string(field_bytes_max + 1, 'q')}},
        Dependencies{"q", Paths(300, std::string(4000, 'q'))}}) {
    std::vector<Dependencies> all = {{"d", {"x"}}, bad};
    // No tag twice.
    for (usize i = 0; i < all[1].to.size(); ++i) all[1].to[i] += i == 0 ? "" : std::to_string(i);
    const auto done = set_dependencies(mirrored.project(), all);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::invalid_argument);
  }
  CHECK(dependents(mirrored, {"c"}) == Paths{"a", "b", "d"});
  CHECK(kept_of(mirrored, "q") == std::nullopt);
}

TEST_CASE("kept dependencies: no search by words finds them, a filter does") {
  Mirrored mirrored;
  mirrored.old_file("merge.c", "int merge;\n");
  mirrored.sync();
  set(mirrored, {{"merge.c", {"src/merge.h"}}});
  const Snapshot now = mirrored.project().snapshot().value();
  CHECK(now.search({.text = "merge"}).value().total == 1);
  CHECK(now.search({.text = "mer*"}).value().total == 1);
  CHECK(now.count("type:dependencies tag:src/merge.h").value().count == 1);
  CHECK(now.count("file:merge.c").value().count == 2);
  CHECK(mirrored.sync().unchanged == 1);
}

TEST_CASE("kept dependencies: hold through merges, and when the store is opened again") {
  const TemporaryFolder folder;
  const auto open = [&] {
    return Store::open(folder.path() / "s", {.create = true}).value().project("default").value();
  };
  {
    Project project = open();
    REQUIRE(set_dependencies(project, chain));
    REQUIRE(project.merge(true));
    REQUIRE(set_dependencies(project, std::vector<Dependencies>{{"x", {"a"}}}));
    CHECK(dependents(project, {"c"}) == Paths{"a", "b", "d", "x"});
  }
  Project project = open();
  CHECK(dependents(project, {"c"}) == Paths{"a", "b", "d", "x"});
  REQUIRE(project.merge(true));
  CHECK(dependents(project, {"c"}) == Paths{"a", "b", "d", "x"});
  CHECK(project.verify().value().faults.empty());
}

TEST_CASE("kept dependencies: what others change of them counts") {
  Mirrored mirrored;
  set(mirrored, chain);
  mirrored.project().merge(true).value();
  Batch batch;
  batch.update("dependencies:a", {.tags_added = {"new"}, .tags_removed = {"b"}});
  batch.update("dependencies:b", {.file = std::optional<std::string>("moved")});
  batch.update("dependencies:d", {.type = "note"});
  batch.stash({.id = "own", .text = "", .type = "note", .file = "o", .tags = {"moved"}});
  batch.update("own", {.type = "dependencies"});
  REQUIRE(mirrored.project().commit(batch));
  for (int round = 0; round < 2; ++round) {
    CHECK(dependents(mirrored, {"new"}) == Paths{"a"});
    CHECK(dependents(mirrored, {"b"}).empty());
    CHECK(dependents(mirrored, {"c"}) == Paths{"moved", "o"});
    mirrored.project().merge(true).value();
  }
}

TEST_CASE("kept dependencies: of a file that has gone do not count until it is back") {
  Mirrored mirrored;
  mirrored.old_file("a.c", "int a;\n");
  mirrored.old_file("b.c", "int b;\n");
  mirrored.sync();
  set(mirrored, {{"a.c", {"x.h"}}, {"b.c", {"a.c"}}});
  CHECK(dependents(mirrored, {"x.h"}) == Paths{"a.c", "b.c"});
  std::filesystem::remove(mirrored.root() / "a.c");
  mirrored.sync({.dry_run = true});
  CHECK(dependents(mirrored, {"x.h"}) == Paths{"a.c", "b.c"});
  CHECK(mirrored.sync().removed == 1);
  CHECK(kept_of(mirrored, "a.c") == Paths{"x.h"});
  CHECK(dependents(mirrored, {"x.h"}).empty());
  CHECK(dependents(mirrored, {"a.c"}) == Paths{"b.c"});
  mirrored.project().merge(true).value();
  CHECK(dependents(mirrored, {"x.h"}).empty());
  mirrored.old_file("a.c", "int a;\n");
  CHECK(mirrored.sync().added == 1);
  CHECK(dependents(mirrored, {"x.h"}) == Paths{"a.c", "b.c"});
  std::filesystem::rename(mirrored.root() / "a.c", mirrored.root() / "c.c");
  CHECK(mirrored.sync().renamed == 1);
  CHECK(dependents(mirrored, {"x.h"}).empty());
  std::filesystem::rename(mirrored.root() / "c.c", mirrored.root() / "a.c");
  CHECK(mirrored.sync().renamed == 1);
  CHECK(dependents(mirrored, {"x.h"}) == Paths{"a.c", "b.c"});
  CHECK(mirrored.metadata("dependencies:a.c").attrs.empty());
}

TEST_CASE("kept dependencies: where a part of the project is lost, nobody is told too few") {
  Mirrored mirrored;
  set(mirrored, chain);
  mirrored.project().merge(true).value();
  set(mirrored, {{"x", {"a"}}});
  const auto shards = mirrored.root().parent_path() / "store/projects/default/shards";
  for (const auto& entry : std::filesystem::directory_iterator(shards))
    if (entry.path().extension() == ".shard") std::filesystem::resize_file(entry.path(), 100);
  const Project again = Store::open(mirrored.root().parent_path() / "store", {.read_only = true})
                            .value()
                            .project("default")
                            .value();
  const auto found = dependents_of(again.snapshot().value(), Paths{"c"});
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ErrorCode::corrupt);
}

TEST_CASE("kept dependencies: of a random graph, as the same edges in memory") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto node = [&] { return "n" + std::to_string(random() % 30); };
  Mirrored mirrored;
  std::map<std::string, Paths> graph;
  for (int round = 0; round < 60; ++round) {
    std::vector<Dependencies> some(random() % 5);
    std::map<std::string, Paths> now;
    for (Dependencies& one : some) {
      one.from = node();
      for (auto i = random() % 4; i > 0; --i) one.to.push_back(node());
      Paths& to = now[one.from];
      to.insert(to.end(), one.to.begin(), one.to.end());
    }
    set(mirrored, some);
    for (auto& [from, to] : now) graph[from] = to;
    if (random() % 10 == 0) mirrored.project().merge(random() % 2 == 0).value();
    std::vector<Dependencies> edges;
    edges.reserve(graph.size());
    for (const auto& [from, to] : graph) edges.push_back({from, to});
    const Paths changed = {node(), node()};
    CHECK(dependents(mirrored, changed) == sync::dependents_of(edges, changed));
  }
}

TEST_CASE("kept dependencies: a million edges are set at once and followed in no time") {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  const u32 files = under_address_sanitizer || under_thread_sanitizer ? 5'000 : 80'000;
  constexpr u32 edges = 12;  // of a file, and one to what all include
  const auto path = [](u32 i) {
    return "src/part" + std::to_string(i % 97) + "/file" + std::to_string(i) + ".c";
  };
  std::mt19937 random(7);
  std::vector<Dependencies> all(files);
  for (u32 i = 0; i < files; ++i) {
    all[i].from = path(i);
    for (u32 edge = 0; i > 0 && edge < edges; ++edge)
      all[i].to.push_back(path(u32(random() % i / 8)));
    if (i > 0) all[i].to.push_back(path(0));
  }
  Mirrored mirrored;
  auto start = Clock::now();
  set(mirrored, all);
  const double to_set = since(start);
  start = Clock::now();
  set(mirrored, {all[files / 2]});
  const double to_set_one = since(start);
  start = Clock::now();
  CHECK(dependents(mirrored, {path(files - 1)}).empty());
  const double few = since(start);
  start = Clock::now();
  CHECK(dependents(mirrored, {path(0)}).size() == files - 1);
  const double most = since(start);
  std::printf(
      "%u edges of %u files: set in %.2f s, those of one in %.1f ms; no dependents in %.2f "
      "ms, all files in %.0f ms\n",
      files * (edges + 1), files, to_set, to_set_one * 1e3, few * 1e3, most * 1e3);
}

}  // namespace shale::testing

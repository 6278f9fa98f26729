// The example of README.md, line for line: tests/tidy.py compares the two.
#include <filesystem>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

// example begins
#include <cstdio>
#include <shale/shale.hpp>

static void example() {
  auto store = shale::Store::open("notes.shale", {.create = true}).value();
  auto notes = store.project("default").value();

  shale::Batch batch;  // all of it or nothing
  batch.stash({.id = "m1", .text = "Why is search slow?", .type = "message", .task = "perf"});
  batch.stash({.id = "c1", .text = "void merge(Delta&);", .type = "code", .file = "src/merge.cpp"});
  notes.commit(batch).value();  // durable when it returns

  auto now = notes.snapshot().value();
  auto answer = now.search({.text = "slow search", .where = "type:message", .limit = 5}).value();
  for (const auto& hit : answer.hits)
    std::printf("%5.2f %s  %s\n", hit.score, hit.id.c_str(), hit.snippet.c_str());
  if (auto segment = now.get("m1").value()) std::printf("%zu bytes\n", segment->text().size());
}
// example ends

TEST_CASE("the README's example leaves behind what it says") {
  const shale::testing::TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  REQUIRE_NOTHROW(example());
  std::filesystem::current_path(before);

  auto store = shale::Store::open(folder / "notes.shale", {.read_only = true}).value();
  auto now = store.project("default").value().snapshot().value();
  auto answer = now.search({.text = "slow search", .where = "type:message", .limit = 5}).value();
  REQUIRE(answer.total == 1);
  REQUIRE(answer.hits.size() == 1);
  CHECK(answer.hits[0].id == "m1");
  CHECK(answer.hits[0].score > 0);
  CHECK(answer.hits[0].snippet.find("slow") != std::string::npos);
  CHECK(answer.faults.empty());
  CHECK(now.search({.text = "slow search", .where = "type:code"}).value().total == 0);
  const auto segment = now.get("c1").value();
  REQUIRE(segment.has_value());
  CHECK(segment->text() == "void merge(Delta&);");
  CHECK(segment->metadata().file == "src/merge.cpp");
  CHECK_FALSE(now.get("m2").value().has_value());
}

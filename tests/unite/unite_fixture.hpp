// Stores that are united, what each holds, and random ones to unite.
//
// Versions of one id differ in few things and often in none, times among them, so that every rule
// of what decides comes to be used. Used by tests/unite only.
#pragma once

#include <shale/unite.hpp>

#include <map>
#include <random>
#include <string>
#include <utility>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::testing {

struct Held {
  Metadata metadata;
  std::string text;
  bool operator==(const Held&) const = default;
};
using HeldById = std::map<std::string, Held>;

inline StoreOptions plain_store() {
  StoreOptions options;
  options.create = true;
  options.analysis = "plain";
  options.tokenizer = "none";
  return options;
}

inline HeldById held_by(const Project& project) {
  const Snapshot snapshot = project.snapshot().value();
  Listing all;
  all.limit = 1'000'000;
  HeldById held;
  const Page page = snapshot.list(all).value();
  for (const Metadata& metadata : page.segments) {
    const Segment segment = snapshot.get(metadata.id).value().value();
    held[metadata.id] = {segment.metadata(), std::string(segment.text())};
  }
  return held;
}
inline HeldById held_by(const Store& store, const std::string& project = "default") {
  return held_by(store.project(project).value());
}

// `name`, newly made, in the folder.
inline Store new_store(const TemporaryFolder& folder, const std::string& name) {
  return Store::open(folder / name, plain_store()).value();
}

inline NewSegment random_version(const std::string& id, std::mt19937& random) {
  const auto pick = [&](int below) { return int(random() % unsigned(below)); };
  NewSegment one = segment(id, "text " + std::to_string(pick(3)));
  one.touched_at = Time{some_moment + pick(2), true};
  one.created_at = Time{some_moment, pick(4) > 0};
  one.pinned = pick(3) == 0;
  one.tier = Tier(pick(3));
  one.generation = Generation(pick(2));
  one.refcount = u32(pick(2));
  if (pick(3) == 0) one.tags = {"red", "blue"};
  if (pick(4) == 0) one.tags = {"blue", "red"};
  if (pick(3) == 0) one.attrs.emplace("n", i64(pick(2)));
  if (pick(5) == 0) one.attrs.emplace(".expires", std::int64_t(1'893'456'000'000'000));
  if (pick(4) == 0) one.tokens = u32(pick(2));
  if (pick(6) == 0) one.sha256 = Sha256{};
  if (pick(6) == 0) one.line_range = LineRange{1, 2};
  return one;
}

// Some of `ids`, each in a version of its own, a part of it in a shard.
inline void fill(const Store& store, int ids, std::mt19937& random) {
  Project project = store.project("default").value();
  for (int round = 0; round < 2; ++round) {
    Batch batch;
    for (int n = 0; n < ids; ++n) {
      if (random() % 3 == 0) batch.stash(random_version("s" + std::to_string(n), random));
    }
    project.commit(batch, Durability::relaxed).value();
    if (round == 0 && random() % 2 == 0) project.merge(true).value();
  }
}

inline ImportedStore take_in(Store into, const path& from, OnConflict policy = OnConflict::refuse) {
  StoreImportOptions options;
  options.on_conflict = policy;
  return import_store(into, from, options).value();
}

}  // namespace shale::testing

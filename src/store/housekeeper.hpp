// The background thread of an opened store: makes relaxed commits durable within 100 ms, writes
// down once a second who read what, folds the logs that its writers have sealed where too many wait
// and, where the store was opened so, merges all that is due. Ends with the store. One per
// Store::State; it decides when, never how (durability.hpp syncs, accesses.hpp counts, merger.hpp
// merges), and no correctness rests on it: a store without it is only later.
#pragma once

#include <memory>

#include "store/project_state.hpp"

namespace shale::store {

class Housekeeper {
 public:
  explicit Housekeeper(bool merges);
  // Waits for what is under way; relaxed commits are synced, and what its writers sealed is folded
  // where too many wait (sealed_logs_aim).
  // In a child of fork it does nothing: the thread, and what it had locked, are the parent's.
  ~Housekeeper();
  Housekeeper(const Housekeeper&) = delete;

  void watch(std::weak_ptr<Project::State> project);

 private:
  struct Round;  // what the thread works with
  std::unique_ptr<Round> round_;
  u64 generation_ = process_generation();
};

}  // namespace shale::store

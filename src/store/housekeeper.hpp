// The background thread of an opened store: makes relaxed commits durable within 100 ms and, where
// the store was opened so, folds and merges. Ends with the store. One per Store::State; it decides
// when, never how (stash.hpp syncs, merger.hpp merges), and no correctness rests on it: a store
// without it is only later.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "store/project_state.hpp"

namespace shale::store {

class Housekeeper {
 public:
  explicit Housekeeper(bool merges);
  ~Housekeeper();  // waits for what is under way; relaxed commits are synced
  Housekeeper(const Housekeeper&) = delete;

  void watch(std::weak_ptr<Project::State> project);

 private:
  void run(const std::stop_token& stop);
  void tidy(Project::State& project) const;

  bool merges_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::weak_ptr<Project::State>> projects_;
  std::jthread thread_;  // the last member: it uses the others
};

}  // namespace shale::store

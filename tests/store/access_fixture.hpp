// Reading so that it counts, and asking what was counted: for the tests of access tracking. Nothing
// here looks into a file: that is catalog/access_file_test's business.
#pragma once

#include <shale/working_set.hpp>

#include "store/accesses.hpp"
#include "tests/store/store_fixture.hpp"

namespace shale::testing {

inline void read(const Project& project, const std::string& id, int times = 1) {
  const Snapshot now = project.snapshot().value();
  for (int n = 0; n < times; ++n) {
    if (!now.get(id).value().has_value()) throw std::runtime_error("there is no " + id);
  }
}

inline std::vector<u64> counts_of(const Project& project, const std::vector<std::string>& ids) {
  std::vector<u64> counts;
  const std::vector<Access> accesses = project.snapshot().value().accesses(ids).value();
  for (const Access& one : accesses) counts.push_back(one.count);
  return counts;
}
inline u64 count_of_id(const Project& project, const std::string& id) {
  return counts_of(project, {id})[0];
}

// What is counted and not written down goes, as with a process that is killed.
inline void forget_counts(const std::shared_ptr<Project::State>& state) {
  (void)state->accesses.counts.take();
  (void)state->accesses.take_superseded();
}

inline void flush(const std::shared_ptr<Project::State>& state) {
  if (!store::flush_accesses(*state, std::chrono::seconds(5)).value()) {
    throw std::runtime_error("the access lock is held");
  }
}

}  // namespace shale::testing

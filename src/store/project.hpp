// Opening a project of a store, for Store::project, and the view that snapshots, stats and verify
// start from. What an opened project holds is project_state.hpp; the public Project, whose methods
// hand over to stash, bulk and merger, is defined in project.cpp.
#pragma once

#include <memory>
#include <string>

#include "store/project_state.hpp"
#include "store/surroundings.hpp"

namespace shale::store {

struct ProjectRequest {
  std::filesystem::path store;
  std::string name;
  StoreOptions options;
  StoreConfig config;
  std::shared_ptr<SharedCaches> caches;
  Surroundings surroundings = {};
};

// Opens the project, making it where it is missing and StoreOptions::create; else not_found.
Result<std::shared_ptr<Project::State>> open_project(const ProjectRequest& request);

// The newest view, for readers. Where a writer died in the middle of a change, repairs that first;
// where one that lives does not come to an end, the view of before, which is still right.
Result<std::shared_ptr<const View>> snapshot_view(Project::State& project);

// The newest view, for who is about to change the project or to vouch for it, and does not hold the
// lease: waits for it where a change has to be repaired, up to the time-out.
Result<std::shared_ptr<const View>> settled_view(Project::State& project);

}  // namespace shale::store

// What an opened store holds: its options, its caches, its projects, its housekeeper. Behind the
// public Store and for store.cpp alone; the projects live on where a caller still holds one.
// Nothing of it is on disk: a store there is shale.toml and a folder of projects.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "catalog/manifest.hpp"
#include "store/async_commits.hpp"
#include "store/housekeeper.hpp"
#include "store/project_state.hpp"
#include "store/surroundings.hpp"

namespace shale {

struct Store::State {
  std::shared_ptr<MemoryVolume> volume;  // first: it goes last; null where the store is on a disk
  u64 generation = process_generation();
  std::filesystem::path path;
  StoreOptions options;
  store::StoreConfig config;
  std::shared_ptr<store::SharedCaches> caches;
  store::Surroundings surroundings;
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Project::State>, std::less<>> projects;  // opened ones
  std::unique_ptr<store::Housekeeper> housekeeper;
  // The last member: it ends first, for it may leave work to the housekeeper.
  std::shared_ptr<store::AsyncCommits> async_commits = std::make_shared<store::AsyncCommits>();
};

namespace store {

// Store::open, on what the caller says the store finds itself on.
Result<Store> open_store(const std::filesystem::path& path, const StoreOptions& options,
                         const Surroundings& surroundings);

// The project of that name. Where it is missing it is made, whatever StoreOptions::create says,
// with what `like` fixes in a project: analysis, index and partition.
Result<Project> project_like(const Store& store, std::string_view name,
                             const catalog::Manifest& like);

}  // namespace store

}  // namespace shale

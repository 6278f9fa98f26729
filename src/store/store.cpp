#include <algorithm>

#include <shale/stats.hpp>

#include "base/file.hpp"
#include "base/file_memory.hpp"
#include "base/map_guard.hpp"
#include "base/system.hpp"
#include "model/record.hpp"
#include "store/activity.hpp"
#include "store/options.hpp"
#include "store/project.hpp"
#include "store/store_state.hpp"
#include "text/utf8.hpp"

namespace shale {

namespace {

using std::filesystem::path;

path options_path(const path& store) { return store / "shale.toml"; }

Result<void> fill_store(const path& folder, const store::StoreConfig& config) {
  TRY(make_folder(folder));
  TRY(make_folder(folder / "projects"));
  return replace_file(options_path(folder), as_bytes(store::format_config(config)));
}

// A new store: built whole under a temporary name, then renamed.
Result<void> create_store(const path& target, const store::StoreConfig& config) {
  const path absolute = std::filesystem::absolute(target).lexically_normal();
  const path unfinished = absolute.string() + ".new-" + std::to_string(random_u64());
  TRY(make_folders(absolute.parent_path()));
  Result<void> done = fill_store(unfinished, config);
  if (done) done = rename_path(unfinished, absolute);
  if (done) return sync_folder(absolute.parent_path());
  static_cast<void>(remove_tree(unfinished));
  if (TRY(path_exists(options_path(absolute)))) return {};  // somebody else was faster
  return done;
}

// What stands at the path: a store, nothing (or an empty folder), or something else.
Result<bool> is_store(const path& target) {
  if (TRY(path_exists(options_path(target)))) return true;
  if (!TRY(path_exists(target))) return false;
  const auto names = list_folder(target);
  if (!names || !names->empty()) {
    return fail_at(ErrorCode::not_found, "This is not a shale store (it has no shale.toml)",
                   target.string());
  }
  return false;
}

// Pages of files in memory are there whether they are mapped or not, and RssFile does not count
// them. Measured by it, beside a store on a disk, they would be released all the time for nothing,
// and verified anew each time.
std::shared_ptr<shard::PageBudget> budget_of_memory(const StoreOptions& options) {
  return std::make_shared<shard::PageBudget>(options.resident_bytes, [] { return u64(0); });
}

Result<Project> open_project_of(Store::State& store, std::string_view name,
                                const StoreOptions& options, const store::StoreConfig& config) {
  TRY(check_process(store.generation, store.path));
  if (name.empty() || name.size() > id_bytes_max || !is_utf8(name)) {
    return fail(ErrorCode::invalid_argument, "A project's name has 1 to 255 bytes of UTF-8");
  }
  const std::lock_guard lock(store.mutex);
  const auto known = store.projects.find(name);
  if (known != store.projects.end()) return Project(known->second);
  auto opened = TRY(store::open_project(
      {store.path, std::string(name), options, config, store.caches, store.surroundings}));
  opened->async_commits = store.async_commits;
  store.projects.emplace(name, opened);
  if (store.housekeeper != nullptr && !opened->is_private) store.housekeeper->watch(opened);
  return Project(std::move(opened));
}

}  // namespace

Result<Store> Store::open(const std::filesystem::path& path, const StoreOptions& options) {
  return store::open_store(path, options, {});
}

// A folder of the volume, not its root: a store is made beside the place where it then is.
Result<Store> Store::in_memory(const StoreOptions& options) {
  if (options.read_only) {
    return fail(ErrorCode::invalid_argument, "A new store in memory has nothing to be read.");
  }
  const std::shared_ptr<MemoryVolume> volume = TRY(MemoryVolume::make());
  StoreOptions created = options;
  created.create = true;
  return store::open_store(volume->root() / "store", created, {});
}

Result<Store> store::open_store(const std::filesystem::path& path, const StoreOptions& options,
                                const Surroundings& told) {
  if (options.guard_reads) TRY(guard_maps());
  const std::shared_ptr<MemoryVolume> volume = MemoryVolume::of(path);
  // One for all handles on it: where boots differ, each would take what the other left for stale.
  const Surroundings surroundings =
      volume == nullptr ? told : Surroundings{mount_of, boot_of_memory};
  const bool is_there = TRY(is_store(path));
  if (!is_there && (!options.create || options.read_only)) {
    return fail_at(ErrorCode::not_found, "There is no store", path.string());
  }
  if (!options.read_only) {
    // Asked again for each project, which may lie elsewhere; but told before anything is made.
    (void)TRY(sharing_in(surroundings, path, options.any_file_system));
  }
  if (!is_there) {
    const StoreConfig config = TRY(config_of(options));
    TRY(create_store(path, config));
  }
  auto state = std::make_shared<Store::State>();
  state->volume = volume;
  state->path = path;
  state->surroundings = surroundings;
  state->options = options;
  state->config = TRY(read_config(options_path(path)));
  state->caches = std::make_shared<SharedCaches>(options);
  if (volume != nullptr) state->caches->pages = budget_of_memory(options);
  state->caches->start_keeper(options);
  if (!options.read_only) {
    state->housekeeper = std::make_unique<Housekeeper>(options.background_merge);
  }
  return Store(std::move(state));
}

Result<Project> Store::project(std::string_view name) const {
  return open_project_of(*state_, name, state_->options, state_->config);
}

Result<Project> store::project_like(const Store& store, std::string_view name,
                                    const catalog::Manifest& like) {
  StoreOptions options = store.state().options;
  options.create = true;
  StoreConfig config = store.state().config;
  config.analysis = like.analysis;
  config.index = like.index;
  config.shard_by = like.shard_by;
  return open_project_of(store.state(), name, options, config);
}

Result<std::vector<std::string>> Store::projects() const {
  std::vector<std::string> names;
  for (const std::string& folder : TRY(list_folder(state_->path / "projects"))) {
    if (folder.find("%new-") != std::string::npos) continue;
    if (auto name = catalog::decode_project_name(folder)) {
      names.push_back(std::move(*name));
    } else if (folder.starts_with("%h")) {
      names.push_back(
          TRY(catalog::read_manifest(state_->path / "projects" / folder / "MANIFEST")).project);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

const std::filesystem::path& Store::path() const noexcept { return state_->path; }

StoreStats Store::stats() const {
  catalog::StatsWords words{};
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [name, project] : state_->projects) {
      catalog::add(words, project->figures.words());
    }
  }
  StoreStats stats;
  stats.activity = store::activity_of(words, 0);
  stats.segments = store::cache_stats(state_->caches->segments.counters());
  stats.results = store::cache_stats(state_->caches->results.counters());
  stats.pages = state_->caches->pages->stats();
  stats.activity.segments = {stats.segments.hits, stats.segments.misses, stats.segments.evictions};
  stats.activity.results = {stats.results.hits, stats.results.misses, stats.results.evictions};
  return stats;
}

void Store::clear_caches() {
  state_->caches->segments.clear();
  state_->caches->results.clear();
  state_->caches->pages->clear();
}

const RetentionRules& Store::retention() const noexcept { return state_->config.retention; }

std::string Store::config() const { return store::format_config(state_->config); }

const char* version() noexcept { return "0.1.0"; }

}  // namespace shale

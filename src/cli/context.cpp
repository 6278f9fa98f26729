#include "cli/context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/store_locator.hpp"
#include "exchange/import_format.hpp"

namespace shale::cli {

namespace fs = std::filesystem;

namespace {

// Where the path names files of another program: how to bring them in, in one line.
Result<Store> with_advice(Result<Store> store, const fs::path& path) {
  if (store || store.error().code != ErrorCode::not_found) return store;
  const auto kind = exchange::foreign_kind(path);
  if (!kind) return store;
  return fail_at(ErrorCode::not_found,
                 fmt::format("{0} is not a store of shale but {1}: `shale --store DIR import {0}` "
                             "takes it into one.",
                             path.string(), *kind),
                 path.string());
}

// That may be written, and is not made. Nothing of what was hot is kept or asked for: a verb is
// over before that would be there, and would take what others saved for its own few pages.
Result<Store> open_existing(const fs::path& path, const Globals& globals) {
  auto store = Store::open(path, {.hot_bytes = 0,
                                  .guard_reads = true,
                                  .program = globals.verb,
                                  .any_file_system = globals.any_file_system});
  std::error_code ignored;
  if (!store && store.error().code == ErrorCode::not_found && !fs::exists(path, ignored)) {
    return fail_at(ErrorCode::not_found,
                   fmt::format("There is no store at {}. `shale init` makes one here, so does the "
                               "first `shale stash`, `add` or `ingest`.",
                               path.string()),
                   path.string());
  }
  return with_advice(std::move(store), path);
}

}  // namespace

Result<Store> Context::store_to_read() const {
  const Location location = TRY(locate_store(globals.store, Environment::of_process()));
  auto store = open_existing(location.path, globals);
  if (!store && store.error().code == ErrorCode::read_only) {
    store = Store::open(location.path, {.read_only = true, .hot_bytes = 0, .guard_reads = true});
  }
  return store;
}

Result<Store> Context::store_to_write(const CreateOptions& create) const {
  const Location location = TRY(locate_store(globals.store, Environment::of_process()));
  auto store = Store::open(location.path, {.create = true,
                                           .hot_bytes = 0,
                                           .guard_reads = true,
                                           .program = globals.verb,
                                           .any_file_system = globals.any_file_system,
                                           .analysis = create.analysis,
                                           .tokenizer = create.tokenizer,
                                           .shard_by = create.shard_by,
                                           .index = create.index});
  return with_advice(std::move(store), location.path);
}

Result<std::optional<Store>> Context::store_to_fill(const CreateOptions& create,
                                                    bool is_dry_run) const {
  if (!is_dry_run) return std::optional<Store>(TRY(store_to_write(create)));
  auto store = store_to_read();
  if (store) return std::optional<Store>(*std::move(store));
  if (store.error().code == ErrorCode::not_found) return std::optional<Store>();
  return Unexpected{std::move(store).error()};
}

Result<Project> Context::project_to_write() const {
  const Store store = TRY(store_to_write());
  return store.project(globals.project);
}

Result<std::optional<Project>> Context::project_to_change() const {
  const Location location = TRY(locate_store(globals.store, Environment::of_process()));
  return named_project(TRY(open_existing(location.path, globals)));
}

Result<std::optional<Project>> Context::named_project(const Store& store) const {
  const std::vector<std::string> names = TRY(store.projects());
  if (std::find(names.begin(), names.end(), globals.project) != names.end()) {
    return std::optional<Project>(TRY(store.project(globals.project)));
  }
  if (!globals.project_given) return std::optional<Project>();
  return fail_at(ErrorCode::not_found,
                 fmt::format("There is no project \"{}\" in the store {}.", globals.project,
                             store.path().string()),
                 store.path().string());
}

Result<std::vector<Project>> Context::projects_of(const Store& store, bool all) const {
  std::vector<Project> projects;
  if (all) {
    const std::vector<std::string> names = TRY(store.projects());
    for (const std::string& name : names) projects.push_back(TRY(store.project(name)));
  } else if (std::optional<Project> named = TRY(named_project(store))) {
    projects.push_back(*std::move(named));
  }
  return projects;
}

Result<std::vector<Project>> Context::projects_to_read(bool all) const {
  const Store store = TRY(store_to_read());
  auto projects = projects_of(store, all);
  if (projects || projects.error().code != ErrorCode::no_space) return projects;
  // Repairing what a killed writer left takes room; reading takes none.
  const Store unrepaired =
      TRY(Store::open(store.path(), {.read_only = true, .hot_bytes = 0, .guard_reads = true}));
  return projects_of(unrepaired, all);
}

Result<std::vector<View>> Context::views() const {
  std::vector<View> views;
  for (const Project& project : TRY(projects_to_read(globals.all_projects))) {
    Snapshot snapshot = TRY(snapshot_of(project));
    views.push_back({project.name(), std::move(snapshot)});
  }
  return views;
}

Result<Snapshot> Context::snapshot_of(const Project& project) const {
  return project.snapshot({.durable_only = globals.durable_only});
}

void Context::keep_up(Project& project) const {
  if (globals.no_merge) return;
  const auto step = project.merge_step();
  // Another process that merges or writes right now does the same work.
  if (!step && step.error().code != ErrorCode::busy) {
    output.warning("all is written, but upkeep failed: " + step.error().message);
  }
}

std::string shown_id(const Context& context, const std::string& project, const std::string& id) {
  return context.globals.all_projects ? project + '/' + id : id;
}

}  // namespace shale::cli

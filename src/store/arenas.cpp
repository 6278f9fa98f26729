#include "store/arenas.hpp"

#include <algorithm>

#include "store/replay.hpp"

namespace shale::store {

Result<void> make_log_arena(Project::State& project, FileId log) {
  auto arena = TRY(make_arena(project.paths, {project.boot, project.project_id, log},
                              !project.is_alone, new_log_terms));
  keep_arena(project, log, std::move(arena));
  return {};
}

void keep_arena(Project::State& project, FileId log, std::shared_ptr<delta::Arena> arena) {
  if (!project.is_alone) return;
  const std::lock_guard lock(project.view_mutex);
  project.own_arenas[log] = std::move(arena);
}

Result<std::shared_ptr<delta::Arena>> arena_of(const Project::State& project, FileId log) {
  if (project.is_alone) {
    const auto found = project.own_arenas.find(log);
    if (found != project.own_arenas.end()) return found->second;
    return fail_at(ErrorCode::corrupt, "The log has no index in this process",
                   project.paths.log(log).string());
  }
  File file = TRY(File::open(project.paths.index(log), File::Mode::read_write));
  SharedMap map = TRY(SharedMap::open(std::move(file), delta::arena_bytes_max));
  return delta::Arena::attach(std::move(map), {project.boot, project.project_id, log});
}

// One that is younger than all logs of the manifest is of a log whose edition is yet to come.
void forget_arenas(Project::State& project, const catalog::Manifest& manifest) {
  const auto is_named = [&](FileId id) {
    return std::any_of(manifest.logs.begin(), manifest.logs.end(),
                       [&](const catalog::LogEntry& entry) { return entry.id == id; });
  };
  std::erase_if(project.own_arenas, [&](const auto& entry) {
    return entry.first.sequence < manifest.logs.back().id.sequence && !is_named(entry.first);
  });
}

}  // namespace shale::store

#include "store/orphans.hpp"

#include <set>

#include "base/file.hpp"
#include "base/lock.hpp"

namespace shale::store {

namespace {

using Paths = std::set<std::filesystem::path>;

Paths named_by(const catalog::ProjectPaths& paths, const catalog::Manifest& manifest) {
  Paths named;
  for (const catalog::ShardEntry& shard : manifest.shards) {
    named.insert(paths.shard(shard.id));
    named.insert(paths.access(shard.id));  // where anything was counted
    if (shard.dead.has_value()) named.insert(paths.dead(shard.id, shard.dead->number));
    if (shard.patch.has_value()) named.insert(paths.patch(shard.id, shard.patch->number));
  }
  for (const catalog::ChangesEntry& entry : manifest.changes) {
    named.insert(paths.changes(entry.id));
  }
  for (const catalog::LogEntry& log : manifest.logs) {
    named.insert(paths.log(log.id));
    named.insert(paths.index(log.id));
    named.insert(paths.log_access(log.id));
  }
  return named;
}

// A file that somebody is making is locked by him until a manifest names it (shard_builder.hpp,
// draft_files.hpp). The lock is held until the file is gone: who comes to
// lock it finds that it is no longer at its path.
void remove_unused(const std::filesystem::path& path) {
  auto file = LockFile::open(path, false);
  if (!file) return;
  const auto locked = file->try_lock(0);
  if (locked && *locked) (void)remove_file(path);
}

bool is_overlay(std::string_view name) {
  return name.find(".dead.") != name.npos || name.find(".patch.") != name.npos;
}

void remove_unnamed(const std::filesystem::path& folder, const Paths& named, Orphans which) {
  const auto names = list_folder(folder);
  if (!names) return;
  for (const std::string& name : *names) {
    const std::filesystem::path path = folder / name;
    // Only what this program makes, by its form: <seq>-<id>.something
    const auto dot = name.find('.');
    if (dot == std::string::npos || !catalog::parse_file_id(name.substr(0, dot))) continue;
    if (which == Orphans::but_overlays && is_overlay(name)) continue;
    if (!named.contains(path)) remove_unused(path);
  }
}

}  // namespace

void remove_orphans(const catalog::ProjectPaths& paths, const catalog::Manifest& manifest,
                    Orphans which) {
  const Paths named = named_by(paths, manifest);
  for (const auto& folder : {paths.log_folder(), paths.shard_folder(), paths.changes_folder(),
                             paths.volatile_folder()}) {
    remove_unnamed(folder, named, which);
  }
}

void remove_unless_named(const catalog::ProjectPaths& paths,
                         const std::vector<std::filesystem::path>& files) {
  const auto manifest = catalog::read_manifest(paths.manifest());
  if (!manifest) return;
  const Paths named = named_by(paths, *manifest);
  for (const std::filesystem::path& file : files) {
    if (!named.contains(file)) (void)remove_file(file);
  }
}

void remove_retired(const catalog::ProjectPaths& paths, const catalog::Manifest& before,
                    const catalog::Manifest& after) {
  const Paths kept = named_by(paths, after);
  for (const std::filesystem::path& path : named_by(paths, before)) {
    if (!kept.contains(path)) (void)remove_file(path);
  }
}

}  // namespace shale::store

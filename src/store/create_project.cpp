// A new project: built whole under a temporary name, then renamed (recovery.hpp).
#include "base/file.hpp"
#include "base/lock.hpp"
#include "base/system.hpp"
#include "delta/log_writer.hpp"
#include "store/recovery.hpp"
#include "text/words.hpp"

namespace shale::store {

namespace {

constexpr std::string_view cachedir_tag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# What is in this folder can be deleted whenever no process has the store open.\n";

Result<void> fill(const catalog::ProjectPaths& paths, const std::string& name,
                  const StoreConfig& config) {
  TRY(make_project_folders(paths));
  catalog::Manifest manifest;
  manifest.project = name;
  manifest.project_id = random_u64();
  manifest.edition = 1;
  manifest.analysis = config.analysis;
  manifest.words_version = words_version;
  manifest.index = config.index;
  manifest.shard_by = config.shard_by;
  const FileId log{manifest.next_sequence++, random_u64()};
  manifest.logs.push_back({log, 0, 0, {}});
  (void)TRY(delta::LogWriter::create(paths.log(log), manifest.project_id, log));
  TRY(catalog::write_manifest(paths.manifest(), manifest));
  return sync_folder(paths.folder);
}

}  // namespace

Result<void> make_project_folders(const catalog::ProjectPaths& paths) {
  for (const auto& folder : {paths.folder, paths.log_folder(), paths.shard_folder(),
                             paths.changes_folder(), paths.volatile_folder()}) {
    TRY(make_folder(folder));
  }
  (void)TRY(LockFile::open(paths.lock(), true));
  return replace_file(paths.volatile_folder() / "CACHEDIR.TAG", as_bytes(cachedir_tag));
}

Result<void> create_project(const catalog::ProjectPaths& paths, const std::string& name,
                            const StoreConfig& config) {
  const std::filesystem::path parent = paths.folder.parent_path();
  TRY(make_folder(parent));
  catalog::ProjectPaths unfinished;
  unfinished.folder = paths.folder.string() + "%new-" + std::to_string(random_u64());
  Result<void> done = fill(unfinished, name, config);
  if (done) done = rename_path(unfinished.folder, paths.folder);
  if (done) return sync_folder(parent);
  static_cast<void>(remove_tree(unfinished.folder));
  // Somebody else was faster: his project is as good.
  if (TRY(path_exists(paths.manifest()))) return {};
  return done;
}

}  // namespace shale::store

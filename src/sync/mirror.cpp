#include "sync/mirror.hpp"

#include <algorithm>
#include <set>
#include <thread>

#include "store/project_state.hpp"
#include "text/utf8.hpp"

namespace shale::sync {

namespace fs = std::filesystem;

namespace {

Result<std::vector<KnownFile>> look_at_project(const Project& project, const std::string& prefix) {
  const Snapshot snapshot = TRY(project.snapshot());
  return known_files(*snapshot.state().view, prefix);
}

// `known` with what a pass has made of it.
std::vector<KnownFile> known_after(std::vector<KnownFile> known, PassResult& result) {
  {
    std::set<std::string_view> replaced(result.gone.begin(), result.gone.end());
    for (const KnownFile& file : result.now) replaced.insert(file.path);
    std::erase_if(known, [&](const KnownFile& file) { return replaced.contains(file.path); });
  }
  std::move(result.now.begin(), result.now.end(), std::back_inserter(known));
  sort_by_path(known);
  return known;
}

}  // namespace

Result<Mirror> Mirror::open(const Project& project, fs::path root, SyncOptions options) {
  if (!is_utf8(options.prefix) || options.prefix.size() > field_bytes_max) {
    return fail(ErrorCode::invalid_argument, "The prefix is not UTF-8, or too long");
  }
  Mirror mirror(project, std::move(root), std::move(options));
  const Snapshot snapshot = TRY(project.snapshot());
  const fs::path folder = snapshot.state().project->paths.volatile_folder();
  mirror.notes_path_ = notes_path(folder, mirror.options_.prefix);
  if (!mirror.options_.dry_run) {
    const fs::path path = lock_path(folder, mirror.options_.prefix);
    mirror.lock_ = TRY(LockFile::open(path, true));
    if (!TRY(mirror.lock_->try_lock(0))) {
      return fail_at(
          ErrorCode::busy,
          "Another process is just making '" + mirror.options_.prefix + "' equal to a folder",
          path.string());
    }
  }
  mirror.notes_ = MirrorNotes::load(mirror.notes_path_);
  return mirror;
}

WalkOptions Mirror::walk_options() const {
  return {.follow_links = options_.follow_links, .obeys_ignore_files = options_.obeys_ignore_files};
}

// At the folder and at the project, each on a thread of its own: both take as long.
Result<MirrorScope> Mirror::look() {
  MirrorScope scope;
  Result<std::vector<KnownFile>> known = std::vector<KnownFile>();
  {
    const std::jthread other([&] { known = look_at_project(project_, options_.prefix); });
    scope.walked = TRY(walk_folder(root_, walk_options()));
  }
  scope.known = TRY(std::move(known));
  return scope;
}

Result<PassResult> Mirror::pass(const MirrorScope& scope, const ProgressCallback& progress,
                                const std::stop_token& stop) {
  return mirror_pass({project_, root_, options_, notes_, progress, stop}, scope);
}

Result<Synced> Mirror::sync(const ProgressCallback& progress, const std::stop_token& stop,
                            std::vector<KnownFile>* now) {
  MirrorScope scope = TRY(look());
  PassResult result = TRY(pass(scope, progress, stop));
  if (!options_.dry_run) {
    notes_ = std::move(result.notes);
    std::error_code code;
    notes_.set_root(std::filesystem::absolute(root_, code).lexically_normal().string());
    notes_.save(notes_path_);
  }
  if (now != nullptr) *now = known_after(std::move(scope.known), result);
  return std::move(result.report);
}

Result<PassResult> Mirror::sync_parts(std::span<const WalkPart> parts, std::vector<KnownFile> known,
                                      const std::stop_token& stop) {
  const MirrorScope scope{TRY(walk_parts(root_, parts, walk_options())), std::move(known)};
  return pass(scope, {}, stop);
}

}  // namespace shale::sync

namespace shale {

Result<Synced> sync_with(Project& project, const std::filesystem::path& folder,
                         const SyncOptions& options, const ProgressCallback& progress,
                         std::stop_token stop) {
  sync::Mirror mirror = TRY(sync::Mirror::open(project, folder, options));
  return mirror.sync(progress, stop);
}

}  // namespace shale

#include "backup/pinned.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "store/logged_batches.hpp"
#include "store/project_state.hpp"

namespace shale::backup {

namespace {

using std::filesystem::path;

// Of one edition, a millisecond apart: while a publisher changes CONTROL, a snapshot is still that
// of the edition before, whose files may have gone. Editions themselves come as often as merges
// end.
constexpr int attempts_max = 500;

void add_logs(const store::View& view, PinnedProject& pinned) {
  const catalog::Manifest& before = view.edition->manifest;
  for (usize i = 0; i < before.logs.size(); ++i) {
    catalog::LogEntry entry = before.logs[i];
    const u64 end = store::visible_end(entry, view.committed);
    if (end <= delta::log_header_bytes) continue;
    if (entry.sealed_end == 0) {
      entry.sealed_end = end;
      entry.last_lsn = view.committed;
    }
    pinned.manifest.logs.push_back(entry);
    pinned.logs.push_back(view.edition->logs[i].reader);
  }
}

Result<void> add_files(const catalog::ProjectPaths& paths, PinnedProject& pinned) {
  for (const path& at : immutable_files(paths, pinned.manifest)) {
    File file = TRY(File::open(at, File::Mode::read));
    const u64 bytes = TRY(file.size());
    pinned.files.push_back({at.lexically_relative(paths.folder), at, std::move(file), bytes});
  }
  return {};
}

// A shard that was never read has none, and so has one that a merge retires at this moment: then
// the shard itself is missing, too.
Result<void> add_accesses(const catalog::ProjectPaths& paths, PinnedProject& pinned) {
  for (const path& at : access_files(paths, pinned.manifest)) {
    Result<File> file = File::open(at, File::Mode::read);
    if (!file && file.error().code == ErrorCode::not_found) continue;
    File opened = TRY(std::move(file));
    const u64 bytes = TRY(opened.size());
    pinned.accesses.push_back({at.lexically_relative(paths.folder), at, std::move(opened), bytes});
  }
  return {};
}

Result<void> check_whole(const store::Edition& edition) {
  if (edition.faults.empty()) return {};
  const Fault& fault = edition.faults.front();
  return fail_at(ErrorCode::corrupt,
                 "The project is damaged, and a copy would pass for whole: " + fault.message,
                 fault.file, fault.offset);
}

Result<PinnedProject> pin(const store::View& view, const catalog::ProjectPaths& paths) {
  TRY(check_whole(*view.edition));
  PinnedProject pinned;
  pinned.folder = paths.folder.filename().string();
  pinned.lsn = view.committed.value;
  pinned.manifest = view.edition->manifest;
  pinned.manifest.logs.clear();
  pinned.manifest.next_lsn = std::max(pinned.manifest.next_lsn, view.committed);
  add_logs(view, pinned);
  // First: what a merge retires takes its counters with it, and is missed as a shard.
  TRY(add_accesses(paths, pinned));
  TRY(add_files(paths, pinned));
  return pinned;
}

bool is_missing_in(const catalog::ProjectPaths& paths, const Error& error) {
  return error.code == ErrorCode::not_found && error.path.starts_with(paths.folder.string());
}

}  // namespace

std::vector<path> immutable_files(const catalog::ProjectPaths& paths,
                                  const catalog::Manifest& manifest) {
  std::vector<path> files;
  for (const catalog::ShardEntry& shard : manifest.shards) {
    files.push_back(paths.shard(shard.id));
    if (shard.dead.has_value()) files.push_back(paths.dead(shard.id, shard.dead->number));
    if (shard.patch.has_value()) files.push_back(paths.patch(shard.id, shard.patch->number));
  }
  for (const catalog::ChangesEntry& entry : manifest.changes) {
    files.push_back(paths.changes(entry.id));
  }
  return files;
}

std::vector<path> access_files(const catalog::ProjectPaths& paths,
                               const catalog::Manifest& manifest) {
  std::vector<path> files;
  files.reserve(manifest.shards.size());
  for (const catalog::ShardEntry& shard : manifest.shards) files.push_back(paths.access(shard.id));
  return files;
}

Result<void> with_pinned(const Project& project, const TakePinned& take) {
  u64 edition = 0;
  int attempt = 0;
  for (;;) {
    const Snapshot snapshot = TRY(project.snapshot());
    const store::View& view = *snapshot.state().view;
    const catalog::ProjectPaths& paths = snapshot.state().project->paths;
    Result<PinnedProject> pinned = pin(view, paths);
    Result<void> taken = pinned ? take(*pinned) : Result<void>(Unexpected{pinned.error()});
    if (taken || !is_missing_in(paths, taken.error())) return taken;
    attempt = view.edition->manifest.edition == edition ? attempt + 1 : 1;
    if (attempt == attempts_max) {
      return fail_at(ErrorCode::corrupt, "A file that MANIFEST names is missing.",
                     taken.error().path);
    }
    edition = view.edition->manifest.edition;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace shale::backup

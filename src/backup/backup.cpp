// shale::back_up, shale::restore: a store as another folder.
#include <shale/backup.hpp>

#include "backup/draft.hpp"
#include "backup/meter.hpp"
#include "backup/pinned.hpp"
#include "backup/project_copy.hpp"
#include "base/file.hpp"
#include "store/project_state.hpp"

namespace shale {

namespace {

using std::filesystem::path;
using namespace backup;

constexpr u64 config_bytes_max = u64(1) << 20;

// A folder in the store would be taken for a part of it, or for a project.
Result<void> check_outside(const Store& store, const path& target) {
  const path source = TRY(plain_path(store.path()));
  const path plain = TRY(plain_path(target));
  const path way = plain.lexically_relative(source);
  if (!way.empty() && *way.begin() != "..") {
    return fail_at(ErrorCode::invalid_argument, "The backup of a store cannot lie in the store.",
                   target.string());
  }
  return {};
}

// Nothing of it stays where a file was retired meanwhile: the next try is of another edition.
Result<void> copy_pinned(const PinnedProject& pinned, const path& projects, bool may_link,
                         Meter& meter) {
  const BackedUp before = meter.done;
  const path copy = projects / pinned.folder;
  Result<void> copied = copy_project(pinned, copy, may_link, meter);
  if (copied) {
    meter.done.projects.push_back({pinned.manifest.project, pinned.manifest.edition, pinned.lsn});
    return copied;
  }
  meter.done = before;
  TRY(remove_tree(copy));
  return copied;
}

Result<void> copy_projects(const Store& store, const path& folder, bool may_link, Meter& meter) {
  const path projects = folder / "projects";
  TRY(make_folder(projects));
  const std::vector<std::string> names = TRY(store.projects());
  for (const std::string& name : names) {
    const Project project = TRY(store.project(name));
    const Result<void> copied = with_pinned(project, [&](const PinnedProject& pinned) {
      return copy_pinned(pinned, projects, may_link, meter);
    });
    TRY(copied);
  }
  return {};
}

// What was made opens, and where that is wanted, every byte of it is right.
Result<void> check_made(const path& folder, const BackupOptions& options,
                        const ProgressCallback& progress, const std::stop_token& stop) {
  const Store store = TRY(Store::open(folder, {.read_only = true}));
  const std::vector<std::string> names = TRY(store.projects());
  for (const std::string& name : names) {
    const Project project = TRY(store.project(name));
    const Snapshot snapshot = TRY(project.snapshot());
    std::vector<Fault> faults = snapshot.state().view->edition->faults;
    if (faults.empty() && options.verify) faults = TRY(project.verify(progress, stop)).faults;
    if (!faults.empty()) {
      return fail_at(ErrorCode::corrupt, "The copy is damaged: " + faults[0].message,
                     faults[0].file, faults[0].offset);
    }
  }
  return {};
}

Result<BackedUp> copy_store(const Store& store, const path& target, const BackupOptions& options,
                            bool check, const ProgressCallback& progress, std::stop_token stop) {
  TRY(check_outside(store, target));
  Draft draft = TRY(Draft::begin(target));
  Meter meter(progress, stop);
  const Buffer config = TRY(read_file(store.path() / "shale.toml", config_bytes_max));
  TRY(replace_file(draft.folder() / "shale.toml", config));
  ++meter.done.files;
  TRY(meter.copied(config.size()));
  TRY(copy_projects(store, draft.folder(), options.may_link, meter));
  if (check || options.verify) TRY(check_made(draft.folder(), options, progress, stop));
  TRY(draft.publish());
  return std::move(meter.done);
}

}  // namespace

Result<BackedUp> back_up(const Store& store, const path& folder, const BackupOptions& options,
                         const ProgressCallback& progress, std::stop_token stop) {
  return copy_store(store, folder, options, false, progress, std::move(stop));
}

Result<BackedUp> back_up_to_bundle(const Store&, const path&, const BackupOptions&,
                                   const ProgressCallback&, std::stop_token) {
  return fail(ErrorCode::io, "x");
}

// A backup is a store, so that a store is made of it as the backup was made: all that is written to
// gets new names, or the two would write to one file.
Result<BackedUp> restore(const path& backup, const path& folder, const BackupOptions& options,
                         const ProgressCallback& progress, std::stop_token stop) {
  const Store store = TRY(Store::open(backup, {.read_only = true}));
  return copy_store(store, folder, options, true, progress, std::move(stop));
}

}  // namespace shale

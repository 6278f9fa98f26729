// shale::back_up, shale::back_up_to_bundle, shale::restore: the steps of each.
#include <shale/backup.hpp>

#include "backup/bundle.hpp"
#include "backup/check.hpp"
#include "backup/draft.hpp"
#include "backup/meter.hpp"
#include "backup/pinned.hpp"
#include "backup/project_copy.hpp"
#include "base/file.hpp"

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
  if (check || options.verify) TRY(check_made(draft.folder(), options.verify, progress, stop));
  TRY(draft.publish());
  return std::move(meter.done);
}

Result<BackedUp> restore_bundle(const path& file, const path& target, const BackupOptions& options,
                                const ProgressCallback& progress, std::stop_token stop) {
  const BundleReader bundle = TRY(BundleReader::open(file));
  Draft draft = TRY(Draft::begin(target));
  Meter meter(progress, stop);
  meter.total_bytes = bundle.bytes();
  TRY(unpack_bundle(bundle, draft.folder(), meter));
  TRY(check_made(draft.folder(), options.verify, progress, stop));
  TRY(draft.publish());
  return std::move(meter.done);
}

}  // namespace

Result<BackedUp> back_up(const Store& store, const path& folder, const BackupOptions& options,
                         const ProgressCallback& progress, std::stop_token stop) {
  return copy_store(store, folder, options, false, progress, std::move(stop));
}

Result<BackedUp> back_up_to_bundle(const Store& store, const path& file,
                                   const BackupOptions& options, const ProgressCallback& progress,
                                   std::stop_token stop) {
  const path target = TRY(plain_path(file));
  TRY(check_outside(store, target));
  Meter meter(progress, std::move(stop));
  BundleWriter bundle = TRY(BundleWriter::create(target));
  TRY(write_bundle(store, bundle, meter));
  if (options.verify) {
    const BundleReader written = TRY(BundleReader::open(bundle.draft()));
    TRY(check_bundle(written, meter));
  }
  TRY(bundle.publish());
  return std::move(meter.done);
}

// A backup is a store, so that a store is made of it as the backup was made: all that is written to
// gets new names, or the two would write to one file.
Result<BackedUp> restore(const path& backup, const path& folder, const BackupOptions& options,
                         const ProgressCallback& progress, std::stop_token stop) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(backup, ignored)) {
    return restore_bundle(backup, folder, options, progress, std::move(stop));
  }
  const Store store = TRY(Store::open(backup, {.read_only = true}));
  return copy_store(store, folder, options, true, progress, std::move(stop));
}

}  // namespace shale

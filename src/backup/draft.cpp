#include "backup/draft.hpp"

#include <cerrno>

namespace shale::backup {

namespace {

using std::filesystem::path;

constexpr const char* lock_name = "shale-draft.lock";
constexpr int attempts_max = 100;

Unexpected is_taken(const path& target) {
  return fail_at(ErrorCode::invalid_argument,
                 "Something is there already: name a folder that is absent or empty.",
                 target.string());
}

Result<void> check_free(const path& target) {
  if (!TRY(path_exists(target))) return {};
  if (!leads_to_folder(target)) return is_taken(target);
  const std::vector<std::string> names = TRY(list_folder(target));
  return names.empty() ? Result<void>() : is_taken(target);
}

Result<void> remove_any(const path& at) {
  return leads_to_folder(at, false) ? remove_tree(at) : remove_file(at);
}

// The lock file stays until all else is gone for good, and is there for good before anything else
// comes: without it nobody would dare to go on.
Result<void> clear(const path& folder) {
  for (const std::string& name : TRY(list_folder(folder))) {
    if (name != lock_name) TRY(remove_any(folder / name));
  }
  return sync_folder(folder);
}

// Nothing, where another call took it away between two looks.
Result<std::optional<LockFile>> lock_in(const path& folder) {
  TRY(make_folder(folder));
  const path file = folder / lock_name;
  const Result<std::vector<std::string>> names = list_folder(folder);
  const bool is_foreign = names && !names->empty() && !TRY(path_exists(file));
  if (is_foreign) {
    return fail_at(ErrorCode::invalid_argument,
                   "This folder is in the way, and no killed backup left it: move it away.",
                   folder.string());
  }
  Result<LockFile> lock = LockFile::open(file, true);
  if (!lock && lock.error().code == ErrorCode::not_found) return std::optional<LockFile>();
  if (!lock) return Unexpected{std::move(lock).error()};
  if (!TRY(lock->try_lock(0))) {
    return fail_at(ErrorCode::busy, "Another process is making this backup or store.",
                   folder.string());
  }
  if (!TRY(lock->still_at_path())) return std::optional<LockFile>();
  return std::optional<LockFile>(*std::move(lock));
}

Result<void> sync_folders(const path& folder) {
  for (const std::string& name : TRY(list_folder(folder))) {
    if (leads_to_folder(folder / name, false)) TRY(sync_folders(folder / name));
  }
  return sync_folder(folder);
}

}  // namespace

Result<path> plain_path(const path& at) {
  std::error_code problem;
  path plain = std::filesystem::weakly_canonical(std::filesystem::absolute(at, problem), problem);
  if (problem) return fail_errno("cannot follow the path", at.string(), problem.value());
  return plain.has_filename() ? plain : plain.parent_path();
}

Result<Draft> Draft::begin(const path& target) {
  const path plain = TRY(plain_path(target));
  TRY(check_free(plain));
  TRY(make_folders(plain.parent_path()));
  const path folder = plain.string() + ".tmp";
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    std::optional<LockFile> lock = TRY(lock_in(folder));
    if (!lock.has_value()) continue;
    Draft draft(plain, folder, *std::move(lock));
    TRY(clear(folder));
    return draft;
  }
  return fail_at(ErrorCode::busy, "Other processes are making this backup or store.",
                 folder.string());
}

Draft::Draft(Draft&& other) noexcept
    : target_(std::move(other.target_)),
      folder_(std::move(other.folder_)),
      lock_(std::move(other.lock_)) {
  other.lock_.reset();
}

// What stays where that fails is cleared away by the next call.
Draft::~Draft() {
  if (!lock_.has_value() || !clear(folder_)) return;
  static_cast<void>(remove_file(folder_ / lock_name));
  static_cast<void>(remove_tree(folder_));
}

Result<void> Draft::publish() {
  TRY(sync_folders(folder_));
  Result<void> renamed = rename_path(folder_, target_);
  if (!renamed) {
    const int problem = renamed.error().errno_value;
    const bool came_to_be = problem == ENOTEMPTY || problem == EEXIST || problem == ENOTDIR;
    return came_to_be ? is_taken(target_) : renamed;
  }
  const LockFile held = *std::move(lock_);  // until its name is gone
  lock_.reset();
  TRY(sync_folder(target_.parent_path()));
  return remove_file(target_ / lock_name);
}

}  // namespace shale::backup

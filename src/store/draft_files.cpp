#include "store/draft_files.hpp"

#include "store/orphans.hpp"

namespace shale::store {

DraftFiles::~DraftFiles() {
  if (!written_.empty()) remove_unless_named(paths_, written_);
}

Result<void> DraftFiles::guard(const std::filesystem::path& path) {
  written_.push_back(path);
  LockFile lock = TRY(LockFile::open(path, false));
  const bool locked = TRY(lock.try_lock(0));
  if (!locked || !TRY(lock.still_at_path())) {
    return fail_at(ErrorCode::busy, "A new file was taken for an orphan", path.string());
  }
  guards_.push_back(std::move(lock));
  return {};
}

}  // namespace shale::store

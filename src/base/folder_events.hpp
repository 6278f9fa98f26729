// What happens in folders, as the kernel tells it (inotify): which of them have changed.
//
// Tells folders, and the names of what changed without saying in which of them: whoever asks looks
// at a folder again. Folders below a watched one are not watched by themselves. One thread at a
// time. Linux drops events where too many wait, and watches only so many folders
// (fs.inotify.max_user_watches): both are told. Used by sync/folder_follower.
#pragma once

#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <unordered_map>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale {

struct FolderEvents {
  std::set<std::string> changed;  // names as given to watch()
  std::set<std::string> entries;  // names of what has changed in them
  // Folders that appeared in them, or went (moved away or removed): `name/entry`.
  std::set<std::string> appeared;
  std::set<std::string> gone;
  bool is_overflow = false;  // anything may have happened

  bool empty() const { return changed.empty() && !is_overflow; }
  void clear() { *this = FolderEvents(); }
};

class FolderWatch {
 public:
  static Result<FolderWatch> open();
  ~FolderWatch();
  FolderWatch(FolderWatch&& other) noexcept;
  FolderWatch& operator=(FolderWatch&&) = delete;

  // Watches a folder under a name of the caller's ("" for the root of a tree). False where it has
  // gone; no_space where no more folders can be watched.
  Result<bool> watch(const std::filesystem::path& folder, const std::string& name);
  // Neither the folder of that name nor those below it, by their names, are watched any more.
  void forget(const std::string& name);
  // Waits until something happens, at most `patience`; false where nothing did.
  Result<bool> wait(std::chrono::milliseconds patience) const;
  // Adds what has happened since.
  Result<void> take(FolderEvents& events);

 private:
  explicit FolderWatch(int descriptor) : descriptor_(descriptor) {}
  void note(u32 mask, int watch, std::string_view entry, FolderEvents& events) const;

  int descriptor_ = -1;
  std::unordered_map<int, std::string> names_;
};

}  // namespace shale

#include "base/folder_events.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace shale {

namespace {

constexpr u32 interesting = IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                            IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;
constexpr usize buffer_bytes = 64u << 10;

bool is_below(std::string_view name, std::string_view folder) {
  return folder.empty() || name == folder ||
         (name.starts_with(folder) && name[folder.size()] == '/');
}

}  // namespace

Result<FolderWatch> FolderWatch::open() {
  const int descriptor = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (descriptor < 0) return fail_errno("cannot watch folders", "", errno);
  return FolderWatch(descriptor);
}

FolderWatch::~FolderWatch() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FolderWatch::FolderWatch(FolderWatch&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), names_(std::move(other.names_)) {}

Result<bool> FolderWatch::watch(const std::filesystem::path& folder, const std::string& name) {
  const int watch = ::inotify_add_watch(descriptor_, folder.c_str(), interesting);
  if (watch >= 0) {
    names_.insert_or_assign(watch, name);
    return true;
  }
  if (errno == ENOENT || errno == ENOTDIR) return false;
  if (errno != ENOSPC) return fail_errno("cannot watch the folder", folder.string(), errno);
  return fail_at(ErrorCode::no_space,
                 "No more folders can be watched (see fs.inotify.max_user_watches)",
                 folder.string());
}

void FolderWatch::forget(const std::string& name) {
  for (auto it = names_.begin(); it != names_.end();) {
    if (is_below(it->second, name)) {
      ::inotify_rm_watch(descriptor_, it->first);
      it = names_.erase(it);
    } else {
      ++it;
    }
  }
}

Result<bool> FolderWatch::wait(std::chrono::milliseconds patience) const {
  pollfd waiting{descriptor_, POLLIN, 0};
  const int ready = ::poll(&waiting, 1, int(patience.count()));
  if (ready < 0 && errno != EINTR) return fail_errno("cannot watch folders", "", errno);
  return ready > 0;
}

Result<void> FolderWatch::take(FolderEvents& events) {
  alignas(inotify_event) std::array<char, buffer_bytes> buffer;
  for (;;) {
    const ssize_t got = ::read(descriptor_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return {};
    if (got < 0) return fail_errno("cannot watch folders", "", errno);
    for (usize at = 0; at + sizeof(inotify_event) <= usize(got);) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* const entry = buffer.data() + at + sizeof event;
      note(event.mask, event.wd, event.len > 0 ? std::string_view(entry) : std::string_view(),
           events);
      if ((event.mask & IN_IGNORED) != 0) names_.erase(event.wd);
      at += sizeof event + event.len;
    }
  }
}

void FolderWatch::note(u32 mask, int watch, std::string_view entry, FolderEvents& events) const {
  if ((mask & IN_Q_OVERFLOW) != 0) events.is_overflow = true;
  const auto found = names_.find(watch);
  if (found == names_.end()) return;  // forgotten since
  const std::string& name = found->second;
  events.changed.insert(name);
  if (!entry.empty()) events.entries.emplace(entry);
  if ((mask & IN_ISDIR) == 0 || entry.empty()) return;
  std::string inner = name.empty() ? std::string(entry) : name + '/' + std::string(entry);
  if ((mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
    events.gone.erase(inner);
    events.appeared.insert(std::move(inner));
  } else if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
    events.appeared.erase(inner);
    events.gone.insert(std::move(inner));
  }
}

}  // namespace shale

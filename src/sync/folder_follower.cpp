#include "sync/folder_follower.hpp"

#include <algorithm>

namespace shale::sync {

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds quiet{10};        // ends a burst of events
constexpr milliseconds burst_max{100};   // what a burst may hold back
constexpr milliseconds look_around{50};  // whether to stop
// Where not all folders can be watched.
constexpr milliseconds look_again{1000};

std::vector<WalkPart> whole_tree() { return {{"", true}}; }

std::string_view folder_of(std::string_view path) {
  const usize slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool is_at_or_below(std::string_view path, std::string_view folder) {
  return folder.empty() || path == folder ||
         (path.starts_with(folder) && path[folder.size()] == '/');
}

bool lies_in(std::string_view folder, const std::set<std::string>& deep) {
  return std::any_of(deep.begin(), deep.end(),
                     [&](const std::string& one) { return is_at_or_below(folder, one); });
}

}  // namespace

Result<FolderFollower> FolderFollower::open(const Project& project, const fs::path& root,
                                            const SyncOptions& options) {
  if (options.dry_run) {
    return fail(ErrorCode::invalid_argument, "A folder is not watched for a dry run");
  }
  Mirror mirror = TRY(Mirror::open(project, root, options));
  return FolderFollower(std::move(mirror), TRY(FolderWatch::open()));
}

Result<void> FolderFollower::follow(const std::function<bool(const Synced&)>& told,
                                    const std::stop_token& stop) {
  TRY(watch_parts(whole_tree()));
  const Synced first = TRY(mirror_all(stop));
  if (!told(first)) return {};
  FolderEvents events;
  while (TRY(await(events, stop))) {
    auto done = mirror_changed(events, stop);
    if (!done && done.error().code == ErrorCode::busy) continue;  // with the same events
    if (!done && done.error().code == ErrorCode::cancelled) return {};
    if (!done) return Unexpected{std::move(done).error()};
    events.clear();
    const bool is_news = !done->files.empty() || !done->problems.empty();
    if (is_news && !told(*done)) return {};
  }
  return {};
}

// False where it is to stop.
Result<bool> FolderFollower::await(FolderEvents& events, const std::stop_token& stop) {
  const Clock::time_point look_at = Clock::now() + look_again;
  while (events.empty()) {
    if (stop.stop_requested()) return false;
    if (TRY(watch_.wait(look_around))) TRY(watch_.take(events));
    if (!watches_all_ && Clock::now() >= look_at) events.is_overflow = true;
  }
  const Clock::time_point end = Clock::now() + burst_max;
  while (Clock::now() < end && TRY(watch_.wait(quiet))) TRY(watch_.take(events));
  return true;
}

Result<Synced> FolderFollower::mirror_all(const std::stop_token& stop) {
  std::vector<KnownFile> now;
  Synced done = TRY(mirror_.sync({}, stop, &now));
  known_.clear();
  for (KnownFile& file : now) files_of(file.path).emplace(file.path, std::move(file));
  return done;
}

Result<Synced> FolderFollower::mirror_changed(const FolderEvents& events,
                                              const std::stop_token& stop) {
  for (const std::string& folder : events.gone) {
    watch_.forget(folder);
    std::erase_if(watched_, [&](const auto& one) { return is_at_or_below(one, folder); });
  }
  if (events.is_overflow || changes_rules(events)) {
    TRY(watch_parts(whole_tree()));
    return mirror_all(stop);
  }
  const std::vector<WalkPart> parts = parts_of(events);
  // Folders that are looked at alone are watched, or nothing would have been told of them.
  std::vector<WalkPart> deep = parts;
  std::erase_if(deep, [](const WalkPart& part) { return !part.is_deep; });
  if (!deep.empty()) TRY(watch_parts(deep));
  PassResult result = TRY(mirror_.sync_parts(parts, known_in(parts), stop));
  remember(result);
  return std::move(result.report);
}

bool FolderFollower::changes_rules(const FolderEvents& events) const {
  return mirror_.options().obeys_ignore_files &&
         (events.entries.contains(".gitignore") || events.entries.contains(".ignore"));
}

// Folders that are new with all below; so are those that have gone, where nothing will be found.
std::vector<WalkPart> FolderFollower::parts_of(const FolderEvents& events) {
  std::set<std::string> all = events.appeared;
  all.insert(events.gone.begin(), events.gone.end());
  std::set<std::string> deep;
  for (const std::string& folder : all) {
    if (!lies_in(folder, deep)) deep.insert(folder);
  }
  std::vector<WalkPart> parts;
  parts.reserve(deep.size() + events.changed.size());
  for (const std::string& folder : deep) parts.push_back({folder, true});
  for (const std::string& folder : events.changed) {
    if (!lies_in(folder, deep)) parts.push_back({folder, false});
  }
  return parts;
}

// New folders may appear in new folders before those are watched: looks until there are none.
Result<void> FolderFollower::watch_parts(const std::vector<WalkPart>& parts) {
  for (;;) {
    const Walked walked = TRY(walk_parts(mirror_.root(), parts, mirror_.walk_options()));
    if (!TRY(watch_folders(walked.folders))) return {};
  }
}

// Whether any was new.
Result<bool> FolderFollower::watch_folders(const std::vector<std::string>& folders) {
  bool is_new = false;
  for (const std::string& folder : folders) {
    if (watched_.contains(folder) || !watches_all_) continue;
    const auto watched = watch_.watch(mirror_.root() / folder, folder);
    if (!watched && watched.error().code != ErrorCode::no_space) {
      return Unexpected{watched.error()};
    }
    watches_all_ = watched.has_value();
    if (!watched || !*watched) continue;
    watched_.insert(folder);
    is_new = true;
  }
  return is_new;
}

std::vector<KnownFile> FolderFollower::known_in(const std::vector<WalkPart>& parts) const {
  std::vector<KnownFile> known;
  const auto add = [&](const Files& files) {
    for (const auto& [path, file] : files) known.push_back(file);
  };
  for (const WalkPart& part : parts) {
    for (auto it = known_.lower_bound(part.folder);
         it != known_.end() && it->first.starts_with(part.folder); ++it) {
      if (part.is_deep ? is_at_or_below(it->first, part.folder) : it->first == part.folder) {
        add(it->second);
      } else if (!part.is_deep) {
        break;
      }
    }
  }
  sort_by_path(known);
  return known;
}

// Those in the folder of a path with the prefix.
FolderFollower::Files& FolderFollower::files_of(std::string_view path) {
  return known_[std::string(folder_of(path.substr(mirror_.options().prefix.size())))];
}

void FolderFollower::remember(PassResult& result) {
  for (const std::string& path : result.gone) files_of(path).erase(path);
  for (KnownFile& file : result.now) files_of(file.path).insert_or_assign(file.path, file);
}

}  // namespace shale::sync

namespace shale {

Result<void> watch_folder(Project& project, const std::filesystem::path& folder,
                          const SyncOptions& options,
                          const std::function<bool(const Synced&)>& told, std::stop_token stop) {
  sync::FolderFollower follower = TRY(sync::FolderFollower::open(project, folder, options));
  return follower.follow(told, stop);
}

}  // namespace shale

#include "sync/folder_walk.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "sync/ignore_rules.hpp"

namespace shale::sync {

namespace fs = std::filesystem;

namespace {

constexpr u64 ignore_file_bytes_max = 1u << 20;
constexpr unsigned threads_max = 8;
constexpr const char* ignore_files[] = {".gitignore", ".ignore"};  // the second wins

using Level = std::shared_ptr<const IgnoreLevel>;

// A folder that is to be read.
struct Task {
  std::string path;  // relative to the root, ending in `/` but for the root
  Level level;       // of the folder above
  bool is_deep = true;
};

// Adds the rules of the ignore files in `folder`; `tell` gets those that cannot be read.
template <class Tell>
IgnoreRules rules_in(const fs::path& folder, const Tell& tell) {
  IgnoreRules rules;
  for (const char* name : ignore_files) {
    const auto text = read_file(folder / name, ignore_file_bytes_max);
    if (text) {
      rules.add(as_text(*text));
    } else if (text.error().code != ErrorCode::not_found) {
      tell(name, text.error().message);
    }
  }
  return rules;
}

bool has_name(const std::vector<FolderEntry>& entries, std::string_view name, EntryKind kind) {
  return std::any_of(entries.begin(), entries.end(), [&](const FolderEntry& entry) {
    return entry.kind == kind && entry.name == name;
  });
}

bool is_store(const std::vector<FolderEntry>& entries) {
  return has_name(entries, "shale.toml", EntryKind::file) &&
         has_name(entries, "projects", EntryKind::folder);
}

// The folders whose rules apply to `root`, outermost first: those above it up to the top of the git
// work tree it lies in, if any.
std::vector<fs::path> ruling_folders(const fs::path& root) {
  std::vector<fs::path> above;
  std::error_code code;
  fs::path folder = fs::absolute(root, code).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  while (!fs::exists(folder / ".git", code)) {
    if (!folder.has_relative_path()) return {};  // no work tree
    folder = folder.parent_path();
    above.push_back(folder);
  }
  std::reverse(above.begin(), above.end());
  return above;
}

class Walk {
 public:
  Walk(const fs::path& root, const WalkOptions& options) : root_(root), options_(options) {}

  Result<Walked> run() {
    auto entries = TRY(read_folder(root_, options_.follow_links));
    take(entries, {"", rules_above()}, result_);
    return finish();
  }

  Result<Walked> run(std::span<const WalkPart> parts) {
    const Level above = rules_above();
    for (const WalkPart& part : parts) add_part(part, above);
    return finish();
  }

 private:
  // The part, unless it or a folder it lies in is left out.
  void add_part(const WalkPart& part, Level level) {
    for (usize at = 0; at < part.folder.size();) {
      const usize end = std::min(part.folder.find('/', at), part.folder.size());
      const std::string above = part.folder.substr(0, at);
      level = level_in(above, std::move(level), result_);
      const std::string folder = part.folder.substr(0, end);
      if (part.folder.compare(at, end - at, ".git") == 0) return;
      if (is_ignored(level.get(), folder, true)) return;
      at = end + 1;
    }
    const bool is_root = part.folder.empty();
    tasks_.push_back({is_root ? "" : part.folder + '/', std::move(level), part.is_deep});
  }

  Result<Walked> finish() {
    {
      std::vector<std::jthread> others;
      for (unsigned i = 1; i < thread_count(); ++i) others.emplace_back([this] { work(); });
      work();
    }
    if (thrown_) std::rethrow_exception(thrown_);
    sort_by_path(result_.files);
    sort_by_path(result_.problems);
    return std::move(result_);
  }

  unsigned thread_count() const {
    if (options_.threads > 0) return options_.threads;
    return std::clamp(std::thread::hardware_concurrency(), 1u, threads_max);
  }

  Level rules_above() {
    Level level;
    if (!options_.obeys_ignore_files) return level;
    std::error_code code;
    const fs::path whole = fs::absolute(root_, code).lexically_normal();
    for (const fs::path& folder : ruling_folders(root_)) {
      auto next = std::make_shared<IgnoreLevel>();
      next->rules = rules_in(folder, [&](const char* name, const std::string& reason) {
        result_.problems.push_back({(folder / name).string(), reason});
      });
      if (next->rules.empty()) continue;
      next->above = std::move(level);
      next->lead = (whole / "").lexically_relative(folder).string();
      if (!next->lead.ends_with('/')) next->lead += '/';
      level = std::move(next);
    }
    return level;
  }

  // Takes folders until none is left and nobody is at work who may find more.
  void work() {
    Walked found;
    try {
      while (std::optional<Task> task = next_task()) {
        read(*task, found);
        const std::lock_guard lock(mutex_);
        --at_work_;
        if (at_work_ == 0 && tasks_.empty()) changed_.notify_all();
      }
    } catch (...) {  // out of memory: for the caller's thread
      const std::lock_guard lock(mutex_);
      thrown_ = std::current_exception();
      tasks_.clear();
      --at_work_;
      changed_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    std::move(found.files.begin(), found.files.end(), std::back_inserter(result_.files));
    std::move(found.folders.begin(), found.folders.end(), std::back_inserter(result_.folders));
    std::move(found.problems.begin(), found.problems.end(), std::back_inserter(result_.problems));
  }

  std::optional<Task> next_task() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !tasks_.empty() || at_work_ == 0; });
    if (tasks_.empty()) return std::nullopt;
    Task task = std::move(tasks_.back());
    tasks_.pop_back();
    ++at_work_;
    return task;
  }

  void read(const Task& task, Walked& found) {
    const std::string name = task.path.substr(0, std::max<usize>(task.path.size(), 1) - 1);
    auto entries = read_folder(root_ / name, options_.follow_links);
    if (entries) {
      if (!is_store(*entries)) take(*entries, task, found);
    } else if (entries.error().code != ErrorCode::not_found) {
      found.problems.push_back({name, entries.error().message, true});
    }
  }

  void take(std::vector<FolderEntry>& entries, const Task& from, Walked& found) {
    const Level level = holds_rules(entries) ? level_in(from.path, from.level, found) : from.level;
    found.folders.push_back(from.path.substr(0, std::max<usize>(from.path.size(), 1) - 1));
    std::vector<Task> folders;
    for (FolderEntry& entry : entries) {
      const bool is_folder = entry.kind == EntryKind::folder;
      if (!is_folder && entry.kind != EntryKind::file) continue;
      if (is_folder && entry.name == ".git") continue;
      std::string path = from.path + entry.name;
      if (is_ignored(level.get(), path, is_folder)) continue;
      if (is_folder) {
        folders.push_back({std::move(path += '/'), level});
      } else {
        found.files.push_back({std::move(path), entry.stamp});
      }
    }
    if (folders.empty() || !from.is_deep) return;
    const std::lock_guard lock(mutex_);
    std::move(folders.begin(), folders.end(), std::back_inserter(tasks_));
    changed_.notify_all();
  }

  bool holds_rules(const std::vector<FolderEntry>& entries) const {
    return std::any_of(std::begin(ignore_files), std::end(ignore_files),
                       [&](const char* name) { return has_name(entries, name, EntryKind::file); });
  }

  // `folder`: relative to the root, ending in `/` but for the root.
  Level level_in(const std::string& folder, Level above, Walked& found) const {
    if (!options_.obeys_ignore_files) return above;
    auto level = std::make_shared<IgnoreLevel>();
    level->rules = rules_in(root_ / folder, [&](const char* name, const std::string& reason) {
      found.problems.push_back({folder + name, reason});
    });
    if (level->rules.empty()) return above;
    level->above = std::move(above);
    level->drop = folder.size();
    return level;
  }

  const fs::path& root_;
  const WalkOptions& options_;
  Walked result_;  // under the mutex while the threads run
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Task> tasks_;
  unsigned at_work_ = 0;
  std::exception_ptr thrown_;
};

}  // namespace

Result<Walked> walk_folder(const fs::path& root, const WalkOptions& options) {
  return Walk(root, options).run();
}

Result<Walked> walk_parts(const fs::path& root, std::span<const WalkPart> parts,
                          const WalkOptions& options) {
  if (!TRY(path_exists(root))) {
    return fail_at(ErrorCode::not_found, "The folder has gone", root.string());
  }
  return Walk(root, options).run(parts);
}

bool path_before(std::string_view a, std::string_view b) {
  const usize shorter = std::min(a.size(), b.size());
  usize same = 0;
  while (same < shorter && a[same] == b[same]) ++same;
  if (same == shorter) return a.size() < b.size();
  if (a[same] == '/' || b[same] == '/') return a[same] == '/';
  return u8(a[same]) < u8(b[same]);
}

}  // namespace shale::sync

// What one process holds of one project while it has it open.
//
// Shared by the handles of that project (Project, Snapshot) and by everything in this folder. Locks
// are taken in this order and never the other way round: merge, access, lease, view, sync.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <shale/store.hpp>

#include "base/lock.hpp"
#include "base/system.hpp"
#include "catalog/control.hpp"
#include "catalog/file_names.hpp"
#include "delta/index_writer.hpp"
#include "delta/log_writer.hpp"
#include "store/access_state.hpp"
#include "store/figures.hpp"
#include "store/hot_pages.hpp"
#include "store/kept_views.hpp"
#include "store/options.hpp"
#include "store/shared_caches.hpp"
#include "store/view.hpp"
#include "text/analysis.hpp"

namespace shale {

class MemoryVolume;  // base/file_memory.hpp

namespace store {

// What a private view was made from: it is made anew when either has moved on.
struct PrivateState {
  std::optional<FileIdentity> manifest;
  FileId active_log;
  delta::LogEnd end;
  Lsn durable;  // what the files prove to be durable
};

// The writing end of the active log, opened by this process. Used under the lease only.
struct ActiveLog {
  delta::LogWriter log;
  delta::IndexWriter index;
  i64 first_written_at = 0;  // of its first frame, 0 while it has none
};

// A log as this process syncs it: a file of its own for each of the two ways, because the kernel
// tells each open file once that pages were lost (durability.hpp).
struct SyncedLog {
  SyncedLog(delta::LogWriter one, delta::LogWriter two)
      : in_turn(std::move(one)), late(std::move(two)) {}
  delta::LogWriter in_turn;
  delta::LogWriter late;
  std::atomic<bool> is_trusted{false};
};

}  // namespace store

namespace store {
class AsyncCommits;  // async_commits.hpp
}

struct Project::State : public std::enable_shared_from_this<Project::State> {
  // Fixed when the project is opened.
  std::shared_ptr<MemoryVolume> volume;  // first: it goes last; null where the store is on a disk
  std::string name;
  catalog::ProjectPaths paths;
  StoreOptions options;
  store::StoreConfig config;
  std::shared_ptr<store::SharedCaches> caches;
  u64 project_id = 0;
  u64 boot = 0;
  // As MANIFEST fixed them when the project was made.
  Analysis analysis;
  bool positions = true;
  u64 generation = process_generation();
  bool is_private = false;  // nothing is written: logs are indexed in this process's own memory
  bool is_alone = false;    // it holds the lease while it is open (surroundings.hpp)

  // The lease: in-process mutex first, then the lock between processes (PROTOCOL C1).
  std::timed_mutex lease_mutex;
  std::timed_mutex merge_mutex;
  std::timed_mutex access_mutex;
  std::mutex sync_mutex;
  std::mutex late_sync_mutex;

  // Replaced as a whole under view_mutex, LOCK when the store was replaced under its path, CONTROL
  // when it was made anew; who uses them copies the pointer.
  mutable std::mutex view_mutex;
  std::shared_ptr<LockFile> lock_file;
  std::shared_ptr<catalog::Control> control;        // null where private
  std::shared_ptr<const store::View> view;          // the newest this process has seen
  std::optional<Error> damaged;                     // why nothing may be written, if so
  std::shared_ptr<const store::View> durable_view;  // of the same edition; null until asked for
  store::PrivateState private_state;                // where private: what `view` was made from
  store::KeptViews kept_views;                      // for the cursors of searches
  std::optional<usize> slot;      // of this process in CONTROL, where one was free
  catalog::SlotEntry slot_entry;  // what it says there
  // How often LOCK said the project had been recovered when `control` was found (LockFile::count).
  std::atomic<u64> recoveries{0};
  // Where alone: the indexes of the logs, which nobody else has (arenas.hpp).
  std::map<FileId, std::shared_ptr<delta::Arena>> own_arenas;

  std::shared_ptr<catalog::Control> shared_control() const {
    const std::lock_guard lock(view_mutex);
    return control;
  }

  // How often the store was found replaced under its path, and opened anew (lease.hpp). What was
  // begun under another number must not be published.
  std::atomic<u64> incarnation{0};

  std::shared_ptr<LockFile> shared_lock_file() const {
    const std::lock_guard lock(view_mutex);
    return lock_file;
  }

  // CONTROL was attached to while a writer was appending: whether the log ends where it says is for
  // the next lease to look.
  std::atomic<bool> check_tail{false};

  // Under the lease.
  std::optional<store::ActiveLog> active;

  // The log synced last, kept open; replaced as a whole under its mutex.
  std::mutex synced_log_mutex;
  std::shared_ptr<store::SyncedLog> synced_log;

  // Of commits acknowledged before they were durable; the housekeeper syncs.
  std::atomic<bool> sync_wanted{false};
  std::chrono::steady_clock::time_point sync_again_at;    // the housekeeper's, after a failure
  std::chrono::steady_clock::time_point retain_again_at;  // the housekeeper's
  // The store's, while it is open.
  std::weak_ptr<store::AsyncCommits> async_commits;
  // What is read here and not written down yet.
  store::AccessState accesses;
  // A commit sealed a log; the housekeeper folds where too many wait.
  std::atomic<bool> fold_wanted{false};

  // What this process does with it; counted by anybody.
  store::Figures figures;
  store::SharedFigures shared_figures;

  // Null where StoreOptions::hot_bytes is 0. The last member: it looks at the view.
  std::unique_ptr<store::HotPages> hot_pages;

  State() = default;
  ~State();  // adds what is left of the figures to those of all (activity.hpp)
  State(const State&) = delete;
};

// An error in a child of the process that opened what is asked (PROTOCOL C1).
inline Result<void> check_process(u64 generation, const std::filesystem::path& folder) {
  if (generation == process_generation()) return {};
  return fail_at(ErrorCode::invalid_argument,
                 "The store was opened before a fork: the child must open it itself",
                 folder.string());
}
inline Result<void> check_process(const Project::State& project) {
  return check_process(project.generation, project.paths.folder);
}

struct Snapshot::State {
  std::shared_ptr<Project::State> project;
  std::shared_ptr<const store::View> view;
};

}  // namespace shale

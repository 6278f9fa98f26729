// Logs -> indexes: builds the arenas of a project's logs anew from their frames.
//
// Done after a reboot (recovery.hpp, into volatile/) and by readers that cannot write (into their
// own memory). Frames name ids, never documents, so each change finds its target again: the newest
// version of the id below the frame's own LSN. A version that is newer than the frame (a bulk
// ingest committed later) hides what the frame stashes (PROTOCOL A10, A11, A12: highest sequence
// wins).
#pragma once

#include <memory>
#include <vector>

#include "store/view.hpp"

namespace shale::store {

struct ReplayRequest {
  catalog::ProjectPaths paths;
  std::shared_ptr<const Edition> shards;  // opened without logs
  const View* base = nullptr;             // or: what was there before the log that is replayed
  const catalog::Manifest* manifest = nullptr;
  u64 boot = 0;
  bool in_files = false;  // arenas in volatile/, else in anonymous memory
  // A log that cannot be opened is left out (`arena` null) instead of being an error.
  bool skip_unreadable = false;
};

struct ReplayedLog {
  OpenLog log;
  delta::LogScan scan;
};

// In the order of the manifest. A damaged log yields what stands before the damage.
Result<std::vector<ReplayedLog>> replay_logs(const ReplayRequest& request);

// One log behind `base`.
Result<ReplayedLog> replay_log(const ReplayRequest& request, const catalog::LogEntry& entry);

// Terms that the tables of a new log's index have room for at first. They grow by themselves: an
// index that begins small makes opening and sealing a small project cheap (.3 ms less each).
inline constexpr u32 new_log_terms = 1u << 12;

// A new, empty arena for a log.
Result<std::shared_ptr<delta::Arena>> make_arena(const catalog::ProjectPaths& paths,
                                                 const delta::ArenaIdentity& identity, bool in_file,
                                                 u32 expected_terms);

}  // namespace shale::store

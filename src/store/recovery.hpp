// Opening a project, and what happens after a crash.
//
// States a crash can leave, and what meets them:
//  - kill -9 of a writer anywhere: CONTROL and the arenas stay true (catalog/control.hpp,
//    delta/arena.hpp). What the writer had not published is void: frames behind `committed` are
//    overwritten, document numbers it took are burnt. Nothing is rebuilt.
//  - kill -9 between MANIFEST and CONTROL: `manifest_in_flight` tells the next holder of the lease,
//    who finishes the change; where frames stand behind the last one, recovers as after a reboot.
//  - reboot, power cut, copied or restored store: CONTROL does not fit (boot id, device, inode,
//    project, last frame). Recovery syncs every log first, so that what it is about to read is what
//    the disk has; seals each at its last whole valid frame; rebuilds the arenas; goes on in a new
//    log under a new random id. No log is ever cut or appended to again (PROTOCOL A5).
//  - kill -9 of who made the store or the project before its name was synced: the first recovery,
//    which a new project begins with, syncs the names that lead to it.
//  - damage in front of what was durable (A4): nothing is sealed or cut; the project can be read up
//    to there, with a fault, and not written until it is repaired. The same for a log that is
//    missing or has lost its header: what the other files hold can be read.
// A crash during recovery itself leaves the old MANIFEST (then it is done again) or the new one.
#pragma once

#include "store/project_state.hpp"

namespace shale::store {

// Reads MANIFEST, opens LOCK, attaches to CONTROL or recovers. Falls back to a private, read-only
// view where nothing may be written.
Result<void> open_project_state(Project::State& project);

// What every project has from the first: its folders, LOCK, the tag of volatile/. Nothing that
// tells what is in it.
Result<void> make_project_folders(const catalog::ProjectPaths& paths);

// Makes a new project folder under a temporary name and renames it. Another process that is faster
// wins; both go on.
Result<void> create_project(const catalog::ProjectPaths& paths, const std::string& name,
                            const StoreConfig& config);

// The shards of a manifest without its logs: what a replay finds its targets in. Files that
// `previous`, which may be null, has open are not opened again.
Result<std::shared_ptr<const Edition>> open_shards_only(const Project::State& project,
                                                        const catalog::Manifest& manifest,
                                                        bool missing_is_error,
                                                        std::shared_ptr<const Edition> previous);

// lease_mutex held. The store at the path is another one than this process has open (moved away and
// restored, deleted and copied): opens its LOCK and learns who it is. The lease of the new LOCK is
// to be taken next; whoever has it then finds CONTROL replaced and attaches, or recovers.
Result<void> open_replaced(Project::State& project);

// What the log says of the frame that CONTROL calls the last one.
enum class LogTail : u8 {
  ends,     // it stands there, and nothing behind it
  goes_on,  // frames stand behind it: a writer is about to publish them or was killed before he did
            // (recovery takes his batch in, whole), or the log is of a later moment
  other     // it does not stand there: the files are of another moment (PROTOCOL A6)
};
Result<LogTail> log_tail(const Project::State& project, const catalog::Manifest& manifest,
                         const catalog::Control& control);

// LEASE. Attaches to the CONTROL at the path, finishing what a killed publisher left; recovers
// where it does not fit.
Result<void> reopen_control(Project::State& project);

// view_mutex held. Attaches to the CONTROL at the path; busy where none that fits stands there, or,
// for who has no view yet, has come to stand there after a while.
Result<void> adopt_control(Project::State& project);

// view_mutex held. Makes `view` anew in this process's own memory where files have moved on.
Result<void> refresh_private(Project::State& project);

}  // namespace shale::store

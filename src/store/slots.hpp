// Who has a project open: each process that may write to it has a slot.
//
// A slot is a byte of LOCK, locked while the project is open, and an entry in CONTROL. The lock is
// the truth (the kernel frees it when the process dies, and a child of fork has none of it), the
// entry says who it is. Where all slots are taken a process works, and is not told. Nothing is
// decided by what an entry says: no lock is taken from a process that looks dead.
// Used by recovery (taking one), lease (what is held, and who holds it), project (Project::who).
#pragma once

#include "store/project_state.hpp"

namespace shale::store {

// view_mutex held. Takes a free slot of a LOCK just opened; CONTROL hears of it by use_control.
void take_slot(Project::State& project, LockFile& lock_file);

// view_mutex held. From now on this is the project's CONTROL, found while LOCK counted that many
// recoveries; the process enters itself there.
void use_control(Project::State& project, std::shared_ptr<catalog::Control> control,
                 u64 recoveries);

// Says in the entry whether this process has that byte of LOCK. view_mutex not held.
void note_lock(Project::State& project, u64 lock_byte, bool held) noexcept;

Result<std::vector<OpenBy>> open_by(const Project::State& project);

// ErrorCode::busy, with the pid of the process that has that byte of LOCK and what it is about. The
// kernel tells who (lock_holder.hpp): a name in CONTROL may be of the holder before, and a project
// that is being recovered has no CONTROL. Only where it does not tell, the names are believed.
// Looks through all processes: for those who have waited.
Unexpected busy_error(const Project::State& project, u64 lock_byte);

}  // namespace shale::store

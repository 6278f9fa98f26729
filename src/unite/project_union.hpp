// One project of the other store into one of this one.
//
//   each segment there, in the order it lies there   compared with what is here: columns alone
//   those that seem to change something              their text is read, they wait
//   4,096 of them, or 8 MiB                          a fresh look at what is here, compared once
//                                                    more, one batch, committed
//
// What waits is decided by the fresh look alone, so that what others write here meanwhile counts,
// and the commit depends on it: where somebody has changed one of the ids since, it is looked at
// and judged once more. A rehearsal ends at the first step and writes nothing. A kill leaves whole
// batches, and whoever comes again finds what they held the same. Used by import_store.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include <shale/unite.hpp>

#include "unite/decision.hpp"
#include "unite/side.hpp"

namespace shale::unite {

// How far all of it has come.
struct Meter {
  const ProgressCallback& progress;
  const std::stop_token& stop;
  u64 total_bytes = 0;
  u64 done_bytes = 0;
  u64 written = 0;  // segments

  // cancelled where it is to end.
  Result<void> go_on() const;
};

// All of it must outlive the call.
struct UnionOrder {
  const Side& theirs;
  std::optional<Project> mine;  // nothing: not made yet, in a rehearsal
  const StoreImportOptions& options;
  bool is_rehearsal = false;
};

// Adds to `done`, whose `name` is set, what was done, or would be.
Result<void> unite_projects(const UnionOrder& order, Meter& meter, ImportedProject& done);

}  // namespace shale::unite

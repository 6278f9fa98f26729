// What becomes of an answer, or of a batch, when a mapped file is lost under it (PROTOCOL C8).
//
// A lost file (base/map_guard.hpp) reads as zeros from that moment on. So whoever computed
// something from a view asks afterwards: a question is asked again without what was lost, with a
// fault for it; a writer stops before anything is published. Lost shards are opened by path again
// with the next view (edition.cpp), lost indexes and CONTROL by the next holder of the lease.
// Damage that checksums find is not this file's business. Used by store, and by sync where it asks
// views itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/view.hpp"

namespace shale::store {

class Lease;
struct ActiveLog;

// Whether the shared index of a log is lost, or could not be had though its log can be read: the
// volatile files of the project must be made anew.
bool index_is_gone(const Edition& edition);
bool has_lost_shard(const Edition& edition);

bool has_lost(const View& view);
// The error of the first lost index of the view, for those who cannot do without any.
Result<void> check_still_there(const View& view);
// The view without what was lost; adds a fault for each.
View without_lost(const View& view, const std::string& project, std::vector<Fault>& faults);

// Asks `ask(view, faults of what was lost)` until nothing was lost while it was asked.
template <class Ask>
auto ask_what_is_there(const View& view, const std::string& project, Ask&& ask)
    -> decltype(ask(view, std::vector<Fault>())) {
  std::vector<Fault> faults;
  std::optional<View> rest;
  for (const View* current = &view;; current = &*rest) {
    if (!has_lost(*current)) {
      auto answer = ask(*current, faults);
      if (!has_lost(*current)) return answer;
    }
    rest = without_lost(*current, project, faults);
  }
}

// LEASE. Between the stores to the active log's index and those to CONTROL, and behind these: an
// error where either was lost. A lost index is given up: the next holder of the lease recovers, and
// takes in what the log holds, this holder's batch included.
Result<void> volatile_still_there(Lease& lease, const ActiveLog& active);

}  // namespace shale::store

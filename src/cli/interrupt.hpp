// Ctrl-C in the middle of a long call: the call ends at its next safe point, exit status 130.
//
// Only verbs with such points watch for it; in all others the system ends the process, which is
// safe at any moment. A second Ctrl-C always does. Used by ingest, add, merge, verify,
// tokens, backup and restore; by changes --follow and stats --watch, which it ends.
#pragma once

namespace shale::cli {

void watch_for_interrupt();
bool interrupted();

}  // namespace shale::cli

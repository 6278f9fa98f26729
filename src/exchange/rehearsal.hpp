// What a dry run does instead of stashing: checks, and counts as the batches of BatchWriter would:
// of one id twice in a batch the last counts, in a later batch it replaces.
//
// Holds the ids it has seen, no texts. Reads the store, where there is one, and writes nothing.
// Used by file_import.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_set>

#include <shale/store.hpp>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale::exchange {

class Rehearsal {
 public:
  // `store`: null where there is none yet. Must outlive this.
  explicit Rehearsal(const Store* store) : store_(store) {}

  // The input will be about this long.
  void expect(u64 bytes) { expected_bytes_ = bytes; }
  // Errors as those of BatchWriter::add.
  Result<void> add(const std::string& project, const NewSegment& segment);

  u64 stashed() const { return stashed_; }
  u64 replaced() const { return replaced_; }
  u64 text_bytes() const { return text_bytes_; }

 private:
  void end_batch_if_due(u64 bytes);
  // Of a project that is there.
  Result<const std::optional<Snapshot>*> snapshot_of(const std::string& project);

  const Store* store_;
  std::map<std::string, std::optional<Snapshot>> snapshots_;
  std::unordered_set<std::string> seen_;
  std::unordered_set<std::string> in_batch_;
  u64 waiting_segments_ = 0;
  u64 waiting_bytes_ = 0;
  u64 expected_bytes_ = 0;
  u64 stashed_ = 0;
  u64 replaced_ = 0;
  u64 text_bytes_ = 0;
};

}  // namespace shale::exchange

// Whether the files that segments were made of are still as the segments have them.
//
// By the stamp that stands in a file's first piece, and the folder that the notes of its prefix
// name. Cheap enough for every answer of a search: a look at a few columns and at the file, for
// each file once. Used through shale::source_states (shale/sync.hpp).
#pragma once

#include <map>
#include <string>

#include <shale/sync.hpp>

#include "sync/mirror_notes.hpp"
#include "sync/mirror_state.hpp"

namespace shale::sync {

// Of one snapshot; belongs to one thread.
class Freshness {
 public:
  explicit Freshness(const Snapshot& snapshot);
  Result<SourceState> of(const std::string& file);

 private:
  const std::string& root_of(const std::string& prefix);
  Result<SourceState> look(const std::string& file);

  std::filesystem::path volatile_folder_;
  KnownPieces pieces_;
  std::map<std::string, std::string> roots_;   // by prefix
  std::map<std::string, SourceState> states_;  // by file
};

}  // namespace shale::sync

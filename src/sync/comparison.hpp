// A folder as it is beside what the project knows of it, by stamps alone: which files have to be
// read, which have gone, which are the same.
//
// Pure. The order of both lists is that of walks. Used by mirror.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sync/folder_walk.hpp"
#include "sync/ignore_rules.hpp"
#include "sync/mirror_state.hpp"

namespace shale::sync {

// Which files of a folder are taken, by path: those that one of `only` matches (all where there are
// none) and none of `without` does. Patterns as in ignore files; one that matches a folder matches
// all that lies in it.
class TakenPaths {
 public:
  TakenPaths(std::span<const std::string> only, std::span<const std::string> without);
  bool contains(std::string_view path) const;

 private:
  IgnoreRules only_;
  IgnoreRules without_;
};

struct Candidate {
  const WalkedFile* file = nullptr;
  const KnownFile* known = nullptr;  // null where the file is new
};

struct Comparison {
  std::vector<Candidate> to_read;
  std::vector<const KnownFile*> gone;  // known, and not in the folder
  u64 unchanged = 0;
};

// Both lists must outlive the answer. `files`: those that are taken. What is known below one of the
// `unread` folders (relative, without `/` at the end) is left alone. `trusts_stamps`: else
// every file is to be read.
Comparison compare(std::span<const WalkedFile* const> files, std::span<const KnownFile> known,
                   std::string_view prefix, std::span<const std::string> unread,
                   bool trusts_stamps);

}  // namespace shale::sync

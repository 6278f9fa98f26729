// Reading one file of a mirrored folder: what it holds, or why it is not taken.
//
// Safe from many threads, each with a file of its own. Used by mirror.
#pragma once

#include <filesystem>
#include <optional>

#include <shale/sync.hpp>

#include "sync/comparison.hpp"
#include "sync/ctags.hpp"
#include "sync/file_changes.hpp"
#include "sync/source_file.hpp"

namespace shale::sync {

struct Reading {
  enum class State : u8 {
    taken,
    same,     // as the project has it, but for the stamp
    skipped,  // empty, binary or too long
    vanished,
    failed,
  };
  Candidate from;
  State state = State::taken;
  SourceFile source;
  FileContent content;  // chunks and their hashes where it is taken
  std::string reason;   // where reading failed
};

// `ctags`: is asked for symbols where no scanner knows the language; null where it is not to be.
Reading read_candidate(const std::filesystem::path& root, const Candidate& candidate,
                       const SyncOptions& options, Ctags* ctags = nullptr);

}  // namespace shale::sync

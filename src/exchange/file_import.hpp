// Files of any format into a store: the flow of the program's `import`.
//
//   plan     what the paths hold (import_format), before a store is made for it
//   read     file after file through an ImportRun (import_files)
//   write    what it hands out, in batches (batch_writer); a dry run counts them (rehearsal)
//
// In two steps, so that the program makes no store for a path that holds nothing; counts are told
// even where it ends early.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include <shale/store.hpp>

#include "exchange/import_format.hpp"

namespace shale::exchange {

struct FileImportOptions {
  // What the files are, where their content does not say: ndjson, context, mdc, docdevai, sqlite,
  // parseltongue.
  std::string format = {};
  // What to take of SQLite databases: a SELECT that gives `id` and `text`.
  std::string sql = {};
  std::optional<std::string> project = std::nullopt;  // takes all, whatever the files say
  bool with_deleted = false;  // documents that DocDevAI has only marked as deleted, too
  bool dry_run = false;       // read and check all, count, write nothing
  // Told of what cannot be taken, `file:line: reason`, and of what is passed over.
  std::function<void(const std::string&)> warn = {};
};

struct ImportedFiles {
  std::uint64_t stashed = 0;
  std::uint64_t replaced = 0;     // of those, how many superseded a version
  std::uint64_t counted = 0;      // texts whose tokens were counted
  std::uint64_t text_bytes = 0;   // of what is stashed
  std::uint64_t files = 0;        // read, to the end or to where they are damaged
  std::uint64_t bad = 0;          // segments refused
  std::uint64_t skipped = 0;      // segments and files passed over by rule
  std::uint64_t damaged = 0;      // files that are cut off or not of their format
  std::uint64_t unreadable = 0;   // files the system would not read
  std::uint64_t undecidable = 0;  // files whose project only FileImportOptions::project can say
  std::vector<std::string> projects = {};  // that were written to
};

Result<ImportPlan> plan_paths(std::span<const std::filesystem::path> paths,
                              const FileImportOptions& options);

// Stashes what the files, and the files in the folders, hold. What is wrong with one of them is
// told and counted, and leaves the others alone; so is a segment that cannot be taken. An error is
// one of the call, of the store, or cancelled: what was stashed before stays. Progress counts bytes
// read and segments taken. `into`: null where there is none yet, which a dry run alone may ask.
// `done` says what was done before an error, too.
Result<void> import_planned(const Store* into, const ImportPlan& plan,
                            const FileImportOptions& options, const ProgressCallback& progress,
                            const std::stop_token& stop, ImportedFiles& done);

}  // namespace shale::exchange

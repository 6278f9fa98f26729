// Files of any format into a store: the flow behind shale::import_files.
//
//   plan     what the paths hold (import_format), before a store is made for it
//   read     file after file through an ImportRun (import_files)
//   write    what it hands out, in batches (batch_writer); a dry run counts them (rehearsal)
//
// In two steps, so that the program makes no store for a path that holds nothing; counts are told
// even where it ends early.
#pragma once

#include <filesystem>
#include <span>

#include <shale/exchange.hpp>

#include "exchange/import_format.hpp"

namespace shale::exchange {

Result<ImportPlan> plan_paths(std::span<const std::filesystem::path> paths,
                              const FileImportOptions& options);

// `into`: null where there is none yet, which a dry run alone may ask. `done` says what was done
// before an error, too.
Result<void> import_planned(const Store* into, const ImportPlan& plan,
                            const FileImportOptions& options, const ProgressCallback& progress,
                            const std::stop_token& stop, ImportedFiles& done);

}  // namespace shale::exchange

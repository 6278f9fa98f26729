// All projects of one store into another: the flow behind shale::import_store.
//
//   open the other, to be read alone      one and the same is an error
//   pin its projects, all of them         one snapshot each, for both passes
//   where a conflict is an error:         a rehearsal of all, before anything is written
//   project by project                    make it where it is missing; project_union
//
// Also what the program needs to know of a path before it has a store to put it into.
#pragma once

#include <filesystem>

#include <shale/unite.hpp>

#include "base/error.hpp"

namespace shale::unite {

// `into`: null where there is none yet, which a dry run alone may ask.
Result<ImportedStore> unite_stores(const Store* into, const std::filesystem::path& from,
                                   const StoreImportOptions& options,
                                   const ProgressCallback& progress, const std::stop_token& stop);

// Whether a store lies there, sound or not.
bool is_store_folder(const std::filesystem::path& path);
// What a new store is made with that is to be like the one in `folder`.
Result<StoreOptions> options_like(const std::filesystem::path& folder);

}  // namespace shale::unite

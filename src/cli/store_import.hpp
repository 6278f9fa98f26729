// `import STORE`: what another store holds, taken into this one, and the report of it.
//
// Opens both stores, shows the bar, prints; what is done is shale::import_store's. A store that is
// not there yet is made like the other one, but for what the call says. Used by verbs_import.cpp.
#pragma once

#include <string>
#include <vector>

#include <shale/unite.hpp>

#include "cli/context.hpp"

namespace shale::cli {

struct StoreImport {
  std::string path;
  StoreImportOptions options;
  CreateOptions create;
};

Result<Exit> import_store_verb(Context& context, const StoreImport& import);

// "newest", "both", "mine", "theirs"; empty: conflicts are refused.
OnConflict conflict_policy(const std::string& name);
Json json_of(const ImportedStore& done);
// A line for each project, without the sum.
std::vector<std::string> lines_of(const ImportedStore& done);

}  // namespace shale::cli

// The ids of a file's pieces in a project: identity's, but none that another segment has.
#pragma once

#include <string>
#include <vector>

#include "sync/file_changes.hpp"
#include "sync/mirror_state.hpp"

namespace shale::sync {

// One for each chunk; `known`: the pieces the file has in the project, or those of the file it was.
// `project`: to ask which ids are used by others: a file that was renamed away has kept its own.
Result<std::vector<std::string>> ids_of(const FileContent& content,
                                        const std::vector<KnownPiece>& known,
                                        const KnownPieces& project);

}  // namespace shale::sync

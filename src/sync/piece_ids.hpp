// The ids of a file's pieces in a project: those that identity gives, but none that another segment
// has. A file that was renamed away has kept its ids, which begin with the path of one that is new.
// Used by mirror.
#pragma once

#include <string>
#include <vector>

#include "sync/file_changes.hpp"
#include "sync/mirror_state.hpp"

namespace shale::sync {

// One for each chunk; `known`: the pieces the file has in the project, or those of the file it was.
Result<std::vector<std::string>> ids_of(const FileContent& content,
                                        const std::vector<KnownPiece>& known,
                                        const KnownPieces& project);

}  // namespace shale::sync

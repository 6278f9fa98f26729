// Results of analyses beside the files they are of: which id they have, and whether they still
// hold.
//
// An analysis holds as long as the hash in its `.hash` is that in the first piece of its file
// (mirror_state.hpp). A mirror does not touch it: it has no `.mirror`. Used through
// shale::analysis_of and has_fresh_analysis (shale/sync.hpp).
#pragma once

#include <string>
#include <string_view>

namespace shale::sync {

// `analysis:ANALYSER:FILE`, as far as an id can hold that (derived_ids.hpp).
std::string analysis_id(std::string_view file, std::string_view analyser);

}  // namespace shale::sync

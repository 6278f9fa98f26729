// The analysis that a project was made with, out of its MANIFEST: what every text and every query
// of it is analysed by, as long as it lives.
//
// A project of an older version keeps that version's rules (words.hpp lists them), so that what is
// added agrees with what is there. One that keeps no index of words has the analysis none, whatever
// its MANIFEST names: its texts have no terms, and its shards say so. Used wherever a project or an
// edition is opened.
#pragma once

#include "catalog/manifest.hpp"
#include "text/analysis.hpp"

namespace shale::store {

// ErrorCode::too_new, with both names and versions, for one that this code does not know.
Result<Analysis> project_analysis(const catalog::Manifest& manifest);

}  // namespace shale::store

// Packs of a view: searches it for candidates, page by page, and lets the selection take them.
//
// First those that match and are pinned, then all that match, by score. Whether a page holds many
// or few changes nothing but the time. Used by snapshot.cpp; what is chosen and why is
// pack/selection.hpp's business.
#pragma once

#include <shale/pack.hpp>

#include "store/active_segments.hpp"
#include "store/view.hpp"

namespace shale::store {

// Segments that cannot be read are faults and are left out.
Result<Pack> make_pack(const View& view, const PackQuery& query, const std::string& project,
                       ActiveSegments& cache);

}  // namespace shale::store

// The terms of a log's index at one cut, in byte order: what a fold reads.
//
// Terms are collected and sorted at the first next(): by the first two bytes (bucket), then the
// first eight (one comparison), then the rest. Terms of which the cut sees no posting do not
// appear.
#pragma once

#include "delta/arena_cut.hpp"
#include "model/index.hpp"

namespace shale::delta {

std::unique_ptr<TermStream> make_term_stream(ArenaCut cut);

}  // namespace shale::delta

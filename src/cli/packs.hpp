// Packs as the program tells of them: the JSON of one, its notes, names of reasons.
//
// The JSON keys are the program's outward contract; README "Packs" lists them. Used by
// verbs_pack.cpp.
#pragma once

#include <string>
#include <string_view>

#include <shale/shale.hpp>

#include "cli/output.hpp"

namespace shale::cli {

// "empty", "identical", "alike", "no room"
std::string_view name_of(SkipReason reason);

Json json_of(const PackedSegment& segment);
Json json_of(const SkippedSegment& skipped);
// All but the body: the segments have its lines.
Json json_of(const Pack& pack);

// "7950 of 8000 tokens, 23 segments, 4 left out, hash 99aa..."
std::string summary_of(const Pack& pack);

}  // namespace shale::cli

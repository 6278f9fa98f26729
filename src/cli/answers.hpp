// Answers of the library as text and JSON: segments, hits, sums.
//
// The JSON keys are the program's outward contract; README "JSON" lists them. No verb logic here.
// Used by verbs_read.cpp and verbs_search.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <shale/shale.hpp>

#include "cli/output.hpp"

namespace shale::cli {

// A hit and the project it lies in.
struct ProjectHit {
  std::string project;
  Hit hit;
  SourceState source = SourceState::unknown;
};

// "path:first-last", or the id where the segment has no file.
std::string place_of(const Hit& hit, const std::string& shown_id);
// "same", "changed", "gone"; empty where nobody knows.
std::string_view name_of(SourceState source);
Json json_of(const ProjectHit& found, const std::string& shown_id);
// The snippet on one line, what matched in colour if asked for.
std::string snippet_text(const Hit& hit, bool colours);

// One segment as the JSON object that `ingest` reads; `text` is left out where it is absent.
std::string segment_json(const Metadata& metadata, std::optional<std::string_view> text,
                         const std::string& project, const std::string& shown_id);
// The same with what is known of its reads: "accesses", and "accessed_at" where there were any.
std::string with_access(std::string segment, const Access& access);
// Columns separated by tabs: id, type, file and lines, time.
std::string listing_line(const Metadata& metadata, const std::string& shown_id);
// {"v":1,"segments":[...]} and further members; the segments are JSON text already.
std::string segments_object(const std::vector<std::string>& segments, const Json& further);

}  // namespace shale::cli

// What of a segment is its user's, as bytes: what two stores compare, order and name it by.
//
// Left out of it: the id; counts of tokens that a store made itself, which are those of the text;
// and what a synced folder is known by where the segment stands (sync/mirror_state.hpp). These are
// stamps of files of one machine: taken along, the next sync of the same prefix here would take the
// segments for those of its own folder, miss their files and erase them. `.hash` of an analysis
// belongs to no folder and is kept, as are `name` and `kind`. Pure. Used by decision.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include <shale/segment.hpp>

#include "base/bytes.hpp"
#include "base/integers.hpp"

namespace shale::unite {

// One version of a segment, as it is stored: with no count that was made for its reader alone.
struct Version {
  Metadata metadata;
  TextHash text;
};

// Whether it is a piece of a folder that is synced where it stands.
bool is_synced(const Metadata& metadata);
// As another store takes it.
Metadata without_folder(Metadata metadata);

// Ordered from the older to the newer one: by time, and where that does not decide by the rest,
// which says nothing of age but makes one order of all contents there are.
struct Content {
  i64 touched = 0;
  TextHash text;
  Buffer rest;  // all metadata that count
  auto operator<=>(const Content&) const = default;
};

Content content_of(const Version& version);
// Without what the file says of a piece of it: when it was written, and in which lines it stands.
Content content_beside_file(const Version& version);

// The id that a version gets which has to stay beside another one of its id: `id~<16 hex>`, the
// same wherever the two meet.
std::string id_beside(std::string_view id, const Content& content);

}  // namespace shale::unite

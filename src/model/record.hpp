// Metadata and updates as bytes: what log frames and the delta's arena hold, and what tells a
// segment that may be stashed from one that may not.
//
// Encoding: varints and length-prefixed text (base/bytes.hpp), optional parts behind a bit set of
// u32 flags, attributes in key order. Decoding trusts nothing: nullopt on any defect (strings that
// are no UTF-8, attributes out of order, unknown flags; limits and repeated tags are not checked).
#pragma once

#include <optional>

#include <shale/segment.hpp>

#include "base/bytes.hpp"

namespace shale {

void encode_metadata(const Metadata& metadata, ByteWriter& out);
std::optional<Metadata> decode_metadata(ByteReader& in);

void encode_update(const Update& update, ByteWriter& out);
std::optional<Update> decode_update(ByteReader& in);

// Changes `metadata` as `update` says (tags keep first-seen order; counters stop at 0 and at their
// maximum). Removals come first, then additions: a tag or attribute both removed and added is
// present afterwards, the tag in last place.
void apply_update(const Update& update, Metadata& metadata);
// One update that does what `first` and then `second` do, for any segment. Differences of counters
// are summed, so that the two ways agree unless a counter meets an end on the way (3 - 5 + 4 is 4
// in two steps, 2 in one).
Update merge_updates(Update first, const Update& second);

// Checks limits and UTF-8 of ids and fields; the message names the field. Ids hold no control
// characters (below 0x20), attribute keys no zero byte; types and tags are not empty, numbers are
// finite, `.expires` is as shale/retention.hpp says. Json values are not parsed here.
Result<void> check_segment(const NewSegment& segment);
Result<void> check_update(std::string_view id, const Update& update);
// The metadata of a segment stashed at `now` (absent times become now, repeated tags go).
Metadata metadata_of(const NewSegment& segment, Time now);

}  // namespace shale

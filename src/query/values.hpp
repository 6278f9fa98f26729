// The fields of one segment as numbers, taken from its metadata: what columns hold for unpatched
// documents, for those that a patch changed. Knows no filter and no group.
// Used by filters, listings and sums.
#pragma once

#include "model/fields.hpp"
#include "model/overlay.hpp"

namespace shale::query {

// The value of a number field, no_number where absent. Text bytes and words are not in metadata.
i64 number_of(Field field, const Metadata& metadata, u64 text_bytes, u64 words);

// Whether an update can change the field.
bool changes(const Update& update, Field field);

// The number field of live documents (ascending), changes applied.
Result<void> current_numbers(const IndexView& view, Field field, std::span<const u32> docs,
                             std::span<i64> out);

}  // namespace shale::query

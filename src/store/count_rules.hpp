// When a count of tokens that a segment has holds, and where one may be taken from.
//
// A count holds for (text, tokenizer). One that came with the segment is trusted whatever it was
// counted by, unless a recount is asked for; one that was made here is made anew where the store
// has another tokenizer since. What was made here names one of our vocabularies and the time; an
// importer who says both is taken for one of us. Used wherever segments are written: stash, bulk,
// planned_metadata, recount.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/overlay.hpp"

namespace shale::store {

// The value of the option that counts nothing.
inline constexpr std::string_view no_tokenizer = "none";

// Whether tokens have to be counted by `tokenizer`, which is not no_tokenizer.
bool is_to_count(const Metadata& metadata, std::string_view tokenizer);

// Whether documents with these tokenizers may have a count that has to be made anew.
bool may_be_recounted(std::span<const std::string> names, std::string_view tokenizer);

// Takes over the count of the version `doc` of the same segment, where that has the same text and
// was counted here by `tokenizer`: it is what counting would come to. Says whether it did; where
// the index is damaged there it has nothing to give.
Result<bool> take_over_count(const IndexView& view, DocNo doc, TextHash text,
                             std::string_view tokenizer, Metadata& metadata);

// Whether a live document of `view` has to be counted; `names`: the tokenizers of its documents.
Result<bool> has_uncounted(const IndexView& view, std::span<const std::string> names,
                           std::string_view tokenizer);

}  // namespace shale::store

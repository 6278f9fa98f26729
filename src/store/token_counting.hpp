// Counts the tokens of many texts at once, on all cores.
//
// The calling thread begins, and is joined by one for every other core when that has taken a
// millisecond and more is left; they end with the call. Each keeps the pieces it has met in its own
// memory (TokenCounter). Used by planned_metadata and counted_log.
#pragma once

#include <functional>
#include <string_view>

#include <shale/result.hpp>

#include "base/integers.hpp"
#include "text/token_counter.hpp"

namespace shale::store {

// The tokens of a text, by the vocabulary asked for.
using CountText = std::function<Result<u32>(std::string_view text)>;
using CountingWork = std::function<Result<void>(u32 item, const CountText& count)>;

// Calls work(item, count) for each item below `items`, in no order, from several threads. The first
// error ends it: items that no thread has begun are left. `tokenizer` as in VocabularyCache::open,
// opened at the first text. Where its image was lost meanwhile all is done once more, with another
// one: `work` may be called twice for an item, and what it did first is void.
Result<void> count_on_all_cores(std::string_view tokenizer, u32 items, const CountingWork& work);

}  // namespace shale::store

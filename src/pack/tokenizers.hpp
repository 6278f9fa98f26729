// The tokenizers a pack can count by, by name: the one place where a pack meets the exact counter
// of src/text.
//
// A program that has a vocabulary of its own hands in PackQuery::count and needs none of these.
// Used by store/packing.cpp.
#pragma once

#include <string_view>

#include <shale/pack.hpp>

namespace shale::pack {

// The calling thread's counter, for that thread alone. ErrorCode::invalid_argument for a name that
// is not known.
Result<CountTokens> token_counter_for(std::string_view tokenizer);
// Whether what that counter has counted can be believed: ErrorCode::io where its vocabulary lost
// pages meanwhile. Asked after the last count.
Result<void> check_counted_by(std::string_view tokenizer);

}  // namespace shale::pack

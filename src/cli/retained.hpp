// What the rules of retention removed, or would, as the program tells it; and the sizes and ages
// that rules are given in.
//
// Used by `gc retain`, and by `merge` where the rules of shale.toml apply by themselves.
#pragma once

#include <shale/retention.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "cli/output.hpp"

namespace shale::cli {

// "10G": bytes, in powers of 1,024 (K M G T, behind which B or iB may stand). Nothing for others.
std::optional<u64> parse_size(std::string_view text);
// "90d" as seconds; 0 for "0".
std::optional<u64> parse_age_seconds(std::string_view text);

// segments, text_bytes, tokens, pinned, shards_dropped, left and rows.
Json json_of(const RetentionPlan& plan);
// One sentence, and a line for each rule that removes anything.
void print(Output& output, const RetentionPlan& plan, bool is_done);

// The rules of shale.toml, where they are automatic; nothing where they are not.
Result<std::optional<RetentionPlan>> retain_automatically(Project& project,
                                                          const RetentionRules& rules);

}  // namespace shale::cli

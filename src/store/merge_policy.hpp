// Which files to merge next: a pure function of the manifest.
//
// Sealed logs are folded first, oldest first and without gaps (PROTOCOL A9). Shards fall into size
// classes: under 16 MB of text, then a factor of four each; four of one class become one of the
// next. So a store of 10 GB has about ten shards, and a text is rewritten once per class. With
// shard_by = "month" only what a fold has written may span months; merges split it, and from then
// on only shards of one month are merged (PROTOCOL C10).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "catalog/manifest.hpp"

namespace shale::store {

struct MergePlan {
  std::vector<FileId> shards;
  std::vector<FileId> logs;   // a prefix of the manifest's
  bool split_months = false;  // one shard for each month
  bool recount = false;       // of every document: the tokens are counted anew
};

inline constexpr u32 merge_fan_in = 4;

// Sealed logs that wait for a fold, each of which every search has to ask. Of a writer that seals
// while more than the first number wait the housekeeper folds them, behind the acknowledgement;
// with the second number waiting, because nobody comes to merge, a writer does it before he writes,
// and where a merger is slow or was stopped he is told that the project is busy (PROTOCOL C5).
inline constexpr usize sealed_logs_aim = 4;
inline constexpr usize sealed_logs_max = 16;
bool is_one_of(std::span<const FileId> ids, FileId id);

std::vector<FileId> sealed_logs(const catalog::Manifest& manifest);  // oldest first

u32 size_class(u64 text_bytes);

// The next merge that is due; nothing if none is. A step that would read more than `text_bytes_max`
// is passed over: the bounded step at the end of a command.
std::optional<MergePlan> next_merge(const catalog::Manifest& manifest, u64 text_bytes_max);

// The next step of a recount: all sealed logs, else one of the shards with a sequence below `limit`
// that are not among `left`, written anew. `limit` is what the manifest would have given to the
// next shard when it began: what it makes is not counted a second time, and logs that are sealed
// meanwhile are folded as ever, so that nobody waits for it to end.
std::optional<MergePlan> next_recount(const catalog::Manifest& manifest, u64 limit,
                                      std::span<const FileId> left);
// One shard written anew as it is, by itself.
MergePlan rewrite_of(const catalog::Manifest& manifest, const catalog::ShardEntry& shard);

// Everything into one shard (for each month): nothing if it is like that already.
std::optional<MergePlan> full_merge(const catalog::Manifest& manifest);

}  // namespace shale::store

#include "store/merge_policy.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace shale::store {

namespace {

constexpr u64 smallest_class_bytes = u64(16) << 20;
constexpr u64 documents_per_merge_max = u64(12) << 20;  // a shard numbers 2^24

bool by_month(const catalog::Manifest& manifest) { return manifest.shard_by == "month"; }

bool has_overlay(const catalog::ShardEntry& shard) {
  return shard.dead.has_value() || shard.patch.has_value();
}

}  // namespace

bool is_one_of(std::span<const FileId> ids, FileId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

std::vector<FileId> sealed_logs(const catalog::Manifest& manifest) {
  std::vector<FileId> logs;
  for (const catalog::LogEntry& log : manifest.logs) {
    if (log.sealed_end != 0) logs.push_back(log.id);
  }
  return logs;
}

u32 size_class(u64 text_bytes) {
  u32 result = 0;
  for (u64 limit = smallest_class_bytes; text_bytes >= limit; limit *= merge_fan_in) ++result;
  return result;
}

std::optional<MergePlan> next_merge(const catalog::Manifest& manifest, u64 text_bytes_max) {
  MergePlan plan;
  plan.logs = sealed_logs(manifest);
  if (!plan.logs.empty()) return plan;
  // Groups of shards that may be merged with each other: month (0: may span), size class.
  std::map<std::pair<u32, u32>, std::vector<const catalog::ShardEntry*>> groups;
  for (const catalog::ShardEntry& shard : manifest.shards) {
    groups[{shard.month, size_class(shard.text_bytes)}].push_back(&shard);
  }
  for (const auto& [key, shards] : groups) {
    if (shards.size() < merge_fan_in) continue;
    u64 text_bytes = 0;
    u64 documents = 0;
    for (u32 i = 0; i < merge_fan_in; ++i) {
      text_bytes += shards[i]->text_bytes;
      documents += shards[i]->documents;
      plan.shards.push_back(shards[i]->id);
    }
    if (text_bytes <= text_bytes_max && documents <= documents_per_merge_max) {
      plan.split_months = by_month(manifest) && key.first == 0;
      return plan;
    }
    plan.shards.clear();
  }
  return std::nullopt;
}

std::optional<MergePlan> next_recount(const catalog::Manifest& manifest, u64 limit,
                                      std::span<const FileId> left) {
  MergePlan plan;
  plan.logs = sealed_logs(manifest);
  plan.recount = !plan.logs.empty() && plan.logs.front().sequence < limit;
  if (!plan.logs.empty()) return plan;
  for (const catalog::ShardEntry& shard : manifest.shards) {
    const bool is_left = is_one_of(left, shard.id);
    if (shard.id.sequence >= limit || is_left) continue;
    plan = rewrite_of(manifest, shard);
    plan.recount = true;
    return plan;
  }
  return std::nullopt;
}

// A shard of one month stays one; what spans months is split by the merges that are due.
MergePlan rewrite_of(const catalog::Manifest& manifest, const catalog::ShardEntry& shard) {
  MergePlan plan;
  plan.shards.push_back(shard.id);
  plan.split_months = by_month(manifest) && shard.month != 0;
  return plan;
}

std::optional<MergePlan> full_merge(const catalog::Manifest& manifest) {
  MergePlan plan;
  plan.logs = sealed_logs(manifest);
  plan.split_months = by_month(manifest);
  u64 documents = 0;
  bool untidy = !plan.logs.empty();
  std::map<u32, u32> per_month;
  for (const catalog::ShardEntry& shard : manifest.shards) {
    documents += shard.documents;
    untidy |= has_overlay(shard) || ++per_month[shard.month] > 1;
    untidy |= plan.split_months && shard.month == 0;
    plan.shards.push_back(shard.id);
  }
  if (!untidy || documents > documents_per_merge_max) return std::nullopt;
  return plan;
}

}  // namespace shale::store

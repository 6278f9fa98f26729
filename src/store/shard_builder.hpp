// Builds one shard out of logs and shards: plan -> terms -> documents, counted -> end -> verified.
//
// The one way a shard comes to be, for the fold of logs, the merge of shards and bulk ingest alike.
// The file is complete, synced, dropped from the page cache, re-read and verified when this returns
// (PROTOCOL B10), under its final name; nothing names it yet, so a crash leaves an orphan.
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

#include <shale/store.hpp>

#include "catalog/file_names.hpp"
#include "catalog/manifest.hpp"
#include "shard/page_budget.hpp"
#include "shard/shard.hpp"
#include "store/document_plan.hpp"
#include "store/planned_metadata.hpp"
#include "store/project_state.hpp"

namespace shale::store {

struct BuildRequest {
  catalog::ProjectPaths paths;
  FileId id;
  std::span<const MergeSource> sources;
  const DocumentPlan* plan = nullptr;
  bool positions = true;
  bool fast_reads = false;
  std::string analysis;
  u32 words_version = 0;
  std::vector<FileId> replaced;
  bool local_lsns = false;  // bulk: documents are numbered 0 here, MANIFEST adds the base
  Buffer newest_dictionary;
  CountingRules counting;
  std::shared_ptr<shard::PageBudget> budget;
  std::stop_token stop;
};

struct BuiltShard {
  catalog::ShardEntry entry;
  std::shared_ptr<const shard::Shard> shard;
  // Held on the file until a manifest names it, so that nobody takes it for an orphan.
  std::shared_ptr<LockFile> guard;
  u64 counted = 0;  // texts whose tokens were counted
};

// A request with everything but sources and plan filled in, under a fresh file id.
BuildRequest build_request(const Project::State& project, const View& view);
// The dictionary of the newest shard that has one; empty without.
Result<Buffer> newest_dictionary(const View& view);

// A failure leaves no file behind. ErrorCode::cancelled where `stop` was asked for.
Result<BuiltShard> build_shard(const BuildRequest& request);

}  // namespace shale::store

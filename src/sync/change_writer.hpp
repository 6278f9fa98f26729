// Commits what is to change in batches, each file whole in one of them.
//
// A batch is about 4,096 changes or 8 MiB of text. Where much is new, files that bring segments
// only go the bulk way, straight to a shard, 64 MiB at a time. What has been committed is durable
// and stays. Call order: add()* flush(). Used by mirror.
#pragma once

#include <shale/store.hpp>

#include "sync/file_changes.hpp"

namespace shale::sync {

class ChangeWriter {
 public:
  // `expected_bytes`: of text that is to come, about.
  ChangeWriter(Project& project, u64 expected_bytes)
      : project_(project), is_large_(expected_bytes > bulk_bytes) {}

  Result<void> add(FileChanges changes);
  Result<void> flush();

 private:
  static constexpr u64 bulk_bytes = 64u << 20;
  static constexpr u64 batch_bytes = 8u << 20;
  static constexpr u64 batch_changes = 4096;
  Result<void> commit();
  Result<void> ingest();

  Project& project_;
  bool is_large_;
  Batch batch_;
  Batch fresh_;  // for the bulk way
};

}  // namespace shale::sync

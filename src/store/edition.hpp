// One edition of a project, opened: its manifest, shards, overlays and logs. Immutable.
//
// A file that cannot be opened or fails its checks becomes a fault of the edition; the others are
// there. Objects of the previous edition are taken over where the files are the same.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "catalog/file_names.hpp"
#include "catalog/manifest.hpp"
#include "delta/log_index.hpp"
#include "model/overlay.hpp"
#include "shard/page_budget.hpp"
#include "shard/shard.hpp"
#include "store/access_counts.hpp"
#include "store/count_rules.hpp"
#include "store/counted_log.hpp"
#include "text/analysis.hpp"

namespace shale::store {

struct OpenLog {
  FileId id;
  std::shared_ptr<const delta::LogReader> reader;
  std::shared_ptr<delta::Arena> arena;
  std::shared_ptr<LogCounts> counts;   // null where no tokens are counted
  std::shared_ptr<AccessSlot> access;  // null where no accesses are
};

struct Edition {
  catalog::Manifest manifest;
  Analysis analysis;                                        // of every text in it
  std::vector<std::shared_ptr<const shard::Shard>> shards;  // as in the manifest; null: a fault
  std::vector<std::shared_ptr<const Overlay>> overlays;     // of the shards, from their files
  std::vector<std::shared_ptr<AccessSlot>> access;          // of the shards; null: not counted
  std::vector<OpenLog> logs;  // as in the manifest; arena null: a fault
  std::vector<Fault> faults;
  // A file could not be opened or read, for a reason that may pass (not: it is damaged). The next
  // view tries again.
  bool try_again = false;
};

// How a log's arena is had: attached from volatile/, or built privately.
using ArenaSource = std::function<Result<std::shared_ptr<delta::Arena>>(const catalog::LogEntry&,
                                                                        const delta::LogReader&)>;

struct EditionRequest {
  catalog::ProjectPaths paths;
  catalog::Manifest manifest;
  std::shared_ptr<const Edition> previous;  // may be null
  std::shared_ptr<shard::PageBudget> budget;
  ArenaSource arenas;
  std::string tokenizer = std::string(no_tokenizer);  // counts what comes without a count
  AccessCounts* accesses = nullptr;                   // null: who reads what is not counted
  // A missing file is an error (not_found) instead of a fault: the caller reads MANIFEST again,
  // because a merge may have replaced it meanwhile (PROTOCOL B6).
  bool missing_is_error = true;
};
Result<std::shared_ptr<const Edition>> open_edition(EditionRequest request);

// An error as a fault of a project.
Fault fault_of(const Error& error, const std::string& project, std::string section);

}  // namespace shale::store

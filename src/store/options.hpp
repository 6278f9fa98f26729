// shale.toml: what a store is set to. Every key has a default; unknown keys are an error that names
// them, because a misspelt option that is silently ignored is worse than none.
//
// Analysis, index and partition are fixed in a project's MANIFEST when the project is made; the
// file only proposes them (PROTOCOL D7). The home of toml++.
#pragma once

#include <filesystem>
#include <string>

#include <shale/retention.hpp>
#include <shale/store.hpp>

#include "base/integers.hpp"
#include "text/text_index.hpp"

namespace shale::store {

struct StoreConfig {
  std::string analysis = "english";
  std::string tokenizer = "o200k_base";
  std::string shard_by = "none";  // or "month"
  TextIndex index = TextIndex::positions;
  bool fast_reads = false;               // text.fast_reads: literals uncompressed
  u64 delta_text_bytes = u64(64) << 20;  // a log is sealed beyond this,
  u64 delta_segments = 100'000;          // or this,
  u64 delta_age_seconds = 600;           // or this
  u64 keep_changes_days = 30;            // changes.keep_days: 0 keeps none
  RetentionRules retention;              // retention.*: no rule but that of expired segments
};

// ErrorCode::invalid_argument names the key that is unknown or has a value of the wrong kind.
Result<StoreConfig> parse_config(std::string_view text, const std::filesystem::path& path);
Result<StoreConfig> read_config(const std::filesystem::path& path);
// As shale.toml has it, with a comment for each key; parse_config reads it back.
std::string format_config(const StoreConfig& config);
// What a new store is made with. ErrorCode::invalid_argument for a name that is not known.
Result<StoreConfig> config_of(const StoreOptions& options);

}  // namespace shale::store

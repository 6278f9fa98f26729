#include "store/options.hpp"

#include <toml++/toml.h>

#include <utility>

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "store/count_rules.hpp"
#include "text/analysis.hpp"
#include "text/vocabulary_cache.hpp"

namespace shale::store {

namespace {

constexpr u64 config_bytes_max = 1 << 20;
constexpr u64 day_seconds = 86'400;

// One value of shale.toml on its way into a StoreConfig.
class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)) {}

  Result<void> read(std::string_view key, const toml::node& node, StoreConfig& config) {
    if (key == "analysis") return text(key, node, config.analysis);
    if (key == "tokenizer") return text(key, node, config.tokenizer);
    if (key == "shard_by") return text(key, node, config.shard_by);
    if (key == "index") return index(key, node, config);
    if (key == "positions") return positions(key, node, config);
    if (key == "text.fast_reads") return flag(key, node, config.fast_reads);
    if (key == "delta.text_bytes") return number(key, node, config.delta_text_bytes);
    if (key == "delta.segments") return number(key, node, config.delta_segments);
    if (key == "delta.age_seconds") return number(key, node, config.delta_age_seconds);
    if (key == "changes.keep_days") return days(key, node, config.keep_changes_days);
    if (key.starts_with("retention.")) return retention(key, node, config.retention);
    return wrong("Unknown option '" + std::string(key) + "'");
  }

 private:
  Result<void> retention(std::string_view key, const toml::node& node,
                         RetentionRules& rules) const {
    if (key == "retention.max_bytes") return limit(key, node, rules.max_bytes);
    if (key == "retention.keep_last") return limit(key, node, rules.keep_last_per_task);
    if (key == "retention.automatic") return flag(key, node, rules.automatic);
    if (key != "retention.max_age_days") return wrong("Unknown option '" + std::string(key) + "'");
    u64 age_days = 0;
    TRY(days(key, node, age_days));
    rules.max_age_seconds = age_days * day_seconds;
    return {};
  }

  Unexpected wrong(std::string message) const {
    return fail_at(ErrorCode::invalid_argument, std::move(message), path_);
  }
  Result<void> text(std::string_view key, const toml::node& node, std::string& out) const {
    const auto value = node.value_exact<std::string>();
    if (!value) return wrong("Option '" + std::string(key) + "' must be a string");
    out = *value;
    return {};
  }
  Result<void> flag(std::string_view key, const toml::node& node, bool& out) const {
    const auto value = node.value_exact<bool>();
    if (!value) return wrong("Option '" + std::string(key) + "' must be true or false");
    out = *value;
    return {};
  }
  Result<void> number(std::string_view key, const toml::node& node, u64& out) const {
    const auto value = node.value_exact<i64>();
    if (!value || *value <= 0) {
      return wrong("Option '" + std::string(key) + "' must be a positive whole number");
    }
    out = u64(*value);
    return {};
  }

  Result<void> limit(std::string_view key, const toml::node& node, u64& out) const {
    const auto value = node.value_exact<i64>();
    if (!value || *value < 0) {
      return wrong("Option '" + std::string(key) + "' must be a whole number, 0 for no limit");
    }
    out = u64(*value);
    return {};
  }
  Result<void> index(std::string_view key, const toml::node& node, StoreConfig& config) {
    std::string name;
    TRY(text(key, node, name));
    return say_index(text_index_of(name), config);
  }
  // What a file of before `index` was there says.
  Result<void> positions(std::string_view key, const toml::node& node, StoreConfig& config) {
    bool kept = true;
    TRY(flag(key, node, kept));
    return say_index(kept ? TextIndex::positions : TextIndex::terms, config);
  }
  Result<void> say_index(std::optional<TextIndex> said, StoreConfig& config) {
    if (!said) return wrong("Option 'index' must be \"positions\", \"terms\" or \"none\"");
    if (std::exchange(says_index_, true)) {
      return wrong("Options 'index' and 'positions' say the same: leave out 'positions'");
    }
    config.index = *said;
    return {};
  }

  // A century at most: what is counted with must not overflow.
  Result<void> days(std::string_view key, const toml::node& node, u64& out) const {
    const auto value = node.value_exact<i64>();
    if (!value || *value < 0 || *value > 36'500) {
      return wrong("Option '" + std::string(key) + "' must be a whole number from 0 to 36500");
    }
    out = u64(*value);
    return {};
  }

  std::string path_;
  bool says_index_ = false;
};

Result<StoreConfig> checked(StoreConfig config) {
  if (!analysis_of(config.analysis)) {
    return fail(ErrorCode::invalid_argument, "Unknown analysis '" + config.analysis +
                                                 "': this version knows 'plain' and 'english'");
  }
  if (config.shard_by != "none" && config.shard_by != "month") {
    return fail(ErrorCode::invalid_argument,
                "shard_by must be 'none' or 'month', not '" + config.shard_by + "'");
  }
  if (config.tokenizer != no_tokenizer && !is_known_vocabulary(config.tokenizer)) {
    return fail(ErrorCode::invalid_argument,
                "Unknown tokenizer '" + config.tokenizer +
                    "': this version knows 'o200k_base', 'cl100k_base' and 'none'");
  }
  return config;
}

std::string format_retention(const RetentionRules& rules) {
  std::string out = "[retention]  # 0: no limit; what is pinned stays\n";
  out += "max_bytes = " + std::to_string(rules.max_bytes) + "      # of text: the oldest go\n";
  out += "max_age_days = " + std::to_string(rules.max_age_seconds / day_seconds) +
         "   # since created\n";
  out += "keep_last = " + std::to_string(rules.keep_last_per_task) + "      # of each task\n";
  out += std::string("automatic = ") + (rules.automatic ? "true" : "false") +
         "  # apply them wherever merges run by themselves, and in `shale merge`\n";
  return out;
}

}  // namespace

Result<StoreConfig> parse_config(std::string_view text, const std::filesystem::path& path) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::source_position at = parsed.error().source().begin;
    return fail_at(
        ErrorCode::invalid_argument,
        "Line " + std::to_string(at.line) + ": " + std::string(parsed.error().description()),
        path.string());
  }
  StoreConfig config;
  Reader reader(path.string());
  for (const auto& [key, node] : parsed.table()) {
    const toml::table* section = node.as_table();
    if (section == nullptr) {
      TRY(reader.read(key.str(), node, config));
      continue;
    }
    for (const auto& [inner, value] : *section) {
      TRY(reader.read(std::string(key.str()) + "." + std::string(inner.str()), value, config));
    }
  }
  Result<StoreConfig> result = checked(std::move(config));
  if (!result) result.error().path = path.string();
  return result;
}

Result<StoreConfig> read_config(const std::filesystem::path& path) {
  const Buffer bytes = TRY(read_file(path, config_bytes_max));
  return parse_config(as_text(bytes), path);
}

std::string format_config(const StoreConfig& config) {
  const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  const auto quoted = [](const std::string& value) { return '"' + value + '"'; };
  std::string out;
  out += "# Options of this shale store. Analysis, index and shard_by are fixed in a project\n";
  out += "# when it is made; the others take effect at the next open.\n";
  out += "analysis = " + quoted(config.analysis) + "    # how text becomes terms: english, plain\n";
  out +=
      "tokenizer = " + quoted(config.tokenizer) + "  # what counts tokens; or cl100k_base, none\n";
  out += "shard_by = " + quoted(config.shard_by) + "       # none, or month\n";
  out += "index = " + quoted(std::string(text_index_name(config.index))) +
         "     # what is kept of words: positions, terms, none\n\n[text]\n";
  out += "fast_reads = " + flag(config.fast_reads) +
         "     # 10 % larger, 30 % faster to read\n\n[delta]\n";
  out += "text_bytes = " + std::to_string(config.delta_text_bytes) + "  # a log is sealed here,\n";
  out += "segments = " + std::to_string(config.delta_segments) + "      # or here,\n";
  out += "age_seconds = " + std::to_string(config.delta_age_seconds) +
         "      # or after this\n\n[changes]\n";
  out += "keep_days = " + std::to_string(config.keep_changes_days) +
         "  # how long `changes` tells of a batch; 0: no longer than its log is there\n\n";
  out += format_retention(config.retention);
  return out;
}

Result<StoreConfig> config_of(const StoreOptions& options) {
  const std::optional<TextIndex> index = text_index_of(options.index);
  if (!index) {
    return fail(ErrorCode::invalid_argument,
                "index must be 'positions', 'terms' or 'none', not '" + options.index + "'");
  }
  StoreConfig config;
  config.analysis = options.analysis;
  config.tokenizer = options.tokenizer;
  config.shard_by = options.shard_by;
  config.index = *index;
  return checked(std::move(config));
}

}  // namespace shale::store

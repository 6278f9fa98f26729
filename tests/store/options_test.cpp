#include "store/options.hpp"

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

Error parse_error(const std::string& text) {
  const auto parsed = parse_config(text, "the/shale.toml");
  REQUIRE(!parsed);
  CHECK(parsed.error().code == ErrorCode::invalid_argument);
  CHECK(parsed.error().path == "the/shale.toml");
  return parsed.error();
}

TEST_CASE("an empty shale.toml means the defaults") {
  const StoreConfig config = parse_config("", "shale.toml").value();
  CHECK(config.analysis == "english");
  CHECK(config.tokenizer == "o200k_base");
  CHECK(config.shard_by == "none");
  CHECK(config.index == TextIndex::positions);
  CHECK(!config.fast_reads);
  CHECK(config.delta_text_bytes == u64(64) << 20);
  CHECK(config.delta_segments == 100'000);
  CHECK(config.delta_age_seconds == 600);
  CHECK(config.keep_changes_days == 30);
}

TEST_CASE("format_config and parse_config are inverses") {
  StoreConfig config;
  config.shard_by = "month";
  config.tokenizer = "cl100k_base";
  config.index = TextIndex::none;
  config.fast_reads = true;
  config.delta_text_bytes = 12345;
  config.delta_segments = 678;
  config.delta_age_seconds = 9;
  config.keep_changes_days = 0;
  config.retention = {10'000, 90 * 86'400, 7, true, true, std::nullopt};
  for (const StoreConfig& one : {StoreConfig{}, config}) {
    const StoreConfig back = parse_config(format_config(one), "shale.toml").value();
    CHECK(back.analysis == one.analysis);
    CHECK(back.tokenizer == one.tokenizer);
    CHECK(back.shard_by == one.shard_by);
    CHECK(back.index == one.index);
    CHECK(back.fast_reads == one.fast_reads);
    CHECK(back.delta_text_bytes == one.delta_text_bytes);
    CHECK(back.delta_segments == one.delta_segments);
    CHECK(back.delta_age_seconds == one.delta_age_seconds);
    CHECK(back.keep_changes_days == one.keep_changes_days);
    CHECK(back.retention == one.retention);
  }
}

TEST_CASE("an unknown option is an error that names it") {
  for (const std::string key : {"analysys", "delta.segmnts", "text.fast", "segments"}) {
    const auto dot = key.find('.');
    const std::string text = dot == std::string::npos ? key + " = 1\n"
                                                      : "[" + key.substr(0, dot) + "]\n" +
                                                            key.substr(dot + 1) + " = 1\n";
    INFO(text);
    CHECK(parse_error(text).message.find("'" + key + "'") != std::string::npos);
  }
}

TEST_CASE("a value of the wrong kind is an error that names the option") {
  const std::pair<const char*, const char*> cases[] = {
      {"analysis = 3", "analysis"},
      {"shard_by = true", "shard_by"},
      {"positions = \"yes\"", "positions"},
      {"positions = 1", "positions"},
      {"index = true", "index"},
      {"index = \"words\"", "index"},
      {"[text]\nfast_reads = 0", "text.fast_reads"},
      {"[delta]\nsegments = \"many\"", "delta.segments"},
      {"[delta]\nsegments = 0", "delta.segments"},
      {"[delta]\ntext_bytes = -1", "delta.text_bytes"},
      {"[delta]\nage_seconds = 1.5", "delta.age_seconds"},
      {"[changes]\nkeep_days = -1", "changes.keep_days"},
      {"[changes]\nkeep_days = 36501", "changes.keep_days"},
      {"[changes]\nkeep_days = \"all\"", "changes.keep_days"},
      {"delta = 7", "delta"},
  };
  for (const auto& [text, key] : cases) {
    INFO(text);
    CHECK(parse_error(text).message.find(key) != std::string::npos);
  }
}

TEST_CASE("unknown analysis, tokenizer and partition are refused") {
  CHECK(parse_error("analysis = \"stemmed\"").message.find("stemmed") != std::string::npos);
  CHECK(parse_error("tokenizer = \"o200k\"").message.find("o200k") != std::string::npos);
  CHECK(parse_error("shard_by = \"week\"").message.find("week") != std::string::npos);
  CHECK(parse_config("shard_by = \"month\"", "shale.toml").value().shard_by == "month");
}

TEST_CASE("a file of before `index` says it by `positions`, and none says both") {
  const auto index_of = [](const char* text) {
    return parse_config(text, "shale.toml").value().index;
  };
  CHECK(index_of("positions = true") == TextIndex::positions);
  CHECK(index_of("positions = false") == TextIndex::terms);
  CHECK(index_of("index = \"none\"") == TextIndex::none);
  CHECK(index_of("index = \"terms\"") == TextIndex::terms);
  CHECK(parse_error("index = \"terms\"\npositions = false").message.find("leave out") !=
        std::string::npos);
}

TEST_CASE("what is no TOML is an error that names the line") {
  CHECK(parse_error("positions = true\nshard_by = \n").message.find("Line 2") == 0);
}

TEST_CASE("a missing shale.toml is not_found, a present one is read") {
  const testing::TemporaryFolder folder;
  const auto missing = read_config(folder / "shale.toml");
  REQUIRE(!missing);
  CHECK(missing.error().code == ErrorCode::not_found);
  testing::write_text(folder / "shale.toml", "[delta]\nsegments = 17\n");
  CHECK(read_config(folder / "shale.toml").value().delta_segments == 17);
}

TEST_CASE("a new store gets what its options say") {
  StoreOptions options;
  options.shard_by = "month";
  options.index = "terms";
  const StoreConfig config = config_of(options).value();
  CHECK(config.shard_by == "month");
  CHECK(config.index == TextIndex::terms);
  options.index = "none";
  CHECK(config_of(options).value().index == TextIndex::none);
  options.index = "words";
  CHECK(config_of(options).error().message.find("'words'") != std::string::npos);
  options.index = "terms";
  options.analysis = "unknown";
  CHECK(config_of(options).error().code == ErrorCode::invalid_argument);
  options.analysis = "plain";
  options.shard_by = "year";
  CHECK(config_of(options).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("rules of retention are whole numbers, and no others are known") {
  const auto rules = [](const std::string& line) {
    return parse_config("[retention]\n" + line, "shale.toml").value().retention;
  };
  CHECK(rules("max_bytes = 10_000_000_000") == RetentionRules{.max_bytes = 10'000'000'000});
  CHECK(rules("max_age_days = 2").max_age_seconds == 2 * 86'400);
  CHECK(rules("keep_last = 0") == RetentionRules{});
  CHECK(rules("automatic = true").automatic);
  for (const char* line : {"max_bytes = -1", "max_bytes = \"10G\"", "max_age_days = 36501",
                           "keep_last = 1.5", "automatic = 1", "now_us = 3"}) {
    INFO(line);
    CHECK(parse_error(std::string("[retention]\n") + line).message.find("retention.") !=
          std::string::npos);
  }
}

}  // namespace
}  // namespace shale::store

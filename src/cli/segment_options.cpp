#include "cli/segment_options.hpp"

#include <shale/retention.hpp>

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/system.hpp"
#include "exchange/times.hpp"
#include "model/fields.hpp"
#include "query/filter_time.hpp"

namespace shale::cli {

namespace {

Unexpected bad_value(std::string_view option, std::string_view wanted, std::string_view got) {
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} takes {}, not \"{}\".", option, wanted, got));
}

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void add_common(CLI::App& verb, SegmentOptions& options) {
  verb.add_option("--type", options.type, "message, code, log, note, decision, summary, ...");
  verb.add_option("--task", options.task, "task it belongs to");
  verb.add_option("--file", options.file, "path of the file it comes from");
  verb.add_option("--topic", options.topic, "topic it is about");
  verb.add_option("--lines", options.lines, "lines of the file, A:B");
  verb.add_option("--touched", options.touched, "time of the last use");
  verb.add_option("--pinned", options.pinned, "true or false");
  verb.add_option("--tier", options.tier, "working, stashed or archive");
  verb.add_option("--generation", options.generation, "young or old");
  verb.add_option("--tokens", options.tokens, "number of tokens, as counted elsewhere");
  verb.add_option("--tokenizer", options.tokenizer, "vocabulary that counted them");
  verb.add_option("--attr", options.attributes, "KEY=TEXT or KEY:=JSON; may be repeated")
      ->allow_extra_args(false);
  verb.add_option("--ttl", options.ttl, "how long it is kept from now on: 12h, 7d, 4w");
}

Result<AttributeValue> json_attribute(std::string_view text) {
  const auto value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) return bad_value("--attr KEY:=JSON", "a JSON value", text);
  if (value.is_string()) return AttributeValue(value.get<std::string>());
  if (value.is_boolean()) return AttributeValue(value.get<bool>());
  if (value.is_number_unsigned() && value.get<u64>() > u64(INT64_MAX)) {
    return AttributeValue(shale::Json{std::string(text)});
  }
  if (value.is_number_integer()) return AttributeValue(value.get<i64>());
  if (value.is_number_float()) return AttributeValue(value.get<double>());
  return AttributeValue(shale::Json{std::string(text)});
}

// The options both verbs share, into a NewSegment or an Update.
template <class Target>
Result<void> fill_common(const SegmentOptions& options, Target& target) {
  if (options.type) target.type = *options.type;
  if (options.task) target.task = options.task;
  if (options.file) target.file = options.file;
  if (options.topic) target.topic = options.topic;
  if (!options.lines.empty()) target.line_range = TRY(parse_lines(options.lines));
  if (!options.touched.empty()) {
    target.touched_at = TRY(parse_time_option("--touched", options.touched));
  }
  if (options.pinned) target.pinned = *options.pinned;
  if (!options.tier.empty()) {
    const auto tier = tier_by_name(options.tier);
    if (!tier) return bad_value("--tier", "working, stashed or archive", options.tier);
    target.tier = *tier;
  }
  if (!options.generation.empty()) {
    const auto generation = generation_by_name(options.generation);
    if (!generation) return bad_value("--generation", "young or old", options.generation);
    target.generation = *generation;
  }
  if (options.tokens) target.tokens = options.tokens;
  if (options.tokenizer) target.tokenizer = *options.tokenizer;
  return {};
}

Result<void> fill_attributes(const SegmentOptions& options, Attributes& target) {
  for (const std::string& text : options.attributes) {
    auto [key, value] = TRY(parse_attribute(text));
    target.insert_or_assign(std::move(key), std::move(value));
  }
  if (options.ttl.empty()) return {};
  const auto age = query::parse_age(options.ttl);
  if (!age) return bad_value("--ttl", "a time such as 12h, 7d or 4w", options.ttl);
  target.insert_or_assign(std::string(expires_attribute), now_microseconds() + *age);
  return {};
}

}  // namespace

void add_stash_options(CLI::App& verb, SegmentOptions& options) {
  add_common(verb, options);
  verb.add_option("--tag", options.tags, "a tag; may be repeated")->allow_extra_args(false);
  verb.add_option("--created", options.created, "time it was made (default now)");
}

void add_update_options(CLI::App& verb, SegmentOptions& options) {
  add_common(verb, options);
  verb.add_option("--add-tag", options.tags_added, "may be repeated")->allow_extra_args(false);
  verb.add_option("--remove-tag", options.tags_removed, "may be repeated")->allow_extra_args(false);
  verb.add_option("--remove-attr", options.attributes_removed, "may be repeated")
      ->allow_extra_args(false);
  verb.add_flag("--no-task", options.no_task, "takes the task away");
  verb.add_flag("--no-file", options.no_file, "takes the file away");
  verb.add_flag("--no-topic", options.no_topic, "takes the topic away");
  verb.add_flag("--no-lines", options.no_lines, "takes the lines away");
  verb.add_flag("--no-ttl", options.no_ttl, "keeps it for good");
}

Result<NewSegment> segment_of(const SegmentOptions& options) {
  NewSegment segment;
  TRY(fill_common(options, segment));
  TRY(fill_attributes(options, segment.attrs));
  segment.tags = options.tags;
  if (!options.created.empty()) {
    segment.created_at = TRY(parse_time_option("--created", options.created));
  }
  return segment;
}

Result<Update> update_of(const SegmentOptions& options) {
  Update update;
  TRY(fill_common(options, update));
  TRY(fill_attributes(options, update.attrs_set));
  update.tags_added = options.tags_added;
  update.tags_removed = options.tags_removed;
  update.attrs_removed = options.attributes_removed;
  if (options.no_ttl) update.attrs_removed.emplace_back(expires_attribute);
  // The outer optional says "change it", the inner absence "to nothing".
  if (options.no_task) update.task.emplace(std::nullopt);
  if (options.no_file) update.file.emplace(std::nullopt);
  if (options.no_topic) update.topic.emplace(std::nullopt);
  if (options.no_lines) update.line_range.emplace(std::nullopt);
  return update;
}

Result<LineRange> parse_lines(std::string_view text) {
  const usize at = text.find_first_of(":-");
  const std::string_view second = at == text.npos ? text : text.substr(at + 1);
  const auto first = whole<u32>(text.substr(0, at));
  const auto last = whole<u32>(second);
  if (!first || !last || *first == 0 || *last < *first) {
    return bad_value("--lines", "A:B with 1 <= A <= B", text);
  }
  return LineRange{*first, *last};
}

std::string_view slice_lines(std::string_view text, LineRange lines) {
  usize begin = 0;
  for (u32 line = 1; line < lines.first; ++line) {
    const usize end = text.find('\n', begin);
    if (end == text.npos) return {};
    begin = end + 1;
  }
  usize end = begin;
  for (u32 line = lines.first; line <= lines.last && end < text.size(); ++line) {
    const usize newline = text.find('\n', end);
    end = newline == text.npos ? text.size() : newline + 1;
  }
  return text.substr(begin, end - begin);
}

Result<Time> parse_time_option(std::string_view option, std::string_view text) {
  if (const auto seconds = whole<i64>(text)) {
    if (const auto time = exchange::time_from_seconds(*seconds)) return *time;
  }
  if (const auto time = exchange::parse_time(text)) return *time;
  return bad_value(option, "an RFC 3339 time or seconds since 1970", text);
}

Result<std::pair<std::string, AttributeValue>> parse_attribute(std::string_view text) {
  const usize at = text.find('=');
  if (at == text.npos || at == 0 || text.substr(0, at) == ":") {
    return bad_value("--attr", "KEY=TEXT or KEY:=JSON", text);
  }
  if (text.starts_with('.')) {
    return bad_value("--attr", "a KEY that does not begin with a dot: those are reserved", text);
  }
  const std::string_view value = text.substr(at + 1);
  if (text[at - 1] != ':') {
    return std::pair(std::string(text.substr(0, at)), AttributeValue(std::string(value)));
  }
  AttributeValue parsed = TRY(json_attribute(value));
  return std::pair(std::string(text.substr(0, at - 1)), std::move(parsed));
}

}  // namespace shale::cli

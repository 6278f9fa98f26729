#include "exchange/ndjson_writer.hpp"

#include <charconv>
#include <cmath>

#include "base/base64.hpp"
#include "base/integers.hpp"
#include "exchange/json_text.hpp"
#include "exchange/sha256_text.hpp"
#include "exchange/times.hpp"
#include "model/fields.hpp"
#include "model/record.hpp"
#include "text/utf8.hpp"

namespace shale::exchange {

namespace {

// Below this a line stays readable whatever its escapes cost.
constexpr usize always_plain_bytes = 4096;

// Writes the members of one object, with commas where they belong.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  void close() { out_ += '}'; }

  void string(std::string_view key, std::string_view value) {
    name(key);
    append_json_string(out_, value);
  }
  void optional_string(std::string_view key, const std::optional<std::string>& value) {
    if (value) string(key, *value);
  }
  void raw(std::string_view key, std::string_view json) {
    name(key);
    out_ += json;
  }
  void number(std::string_view key, u64 value) { raw(key, std::to_string(value)); }
  void boolean(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
  void time(std::string_view key, Time value) { string(key, format_time(value)); }
  void name(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    append_json_string(out_, key);
    out_ += ':';
  }

 private:
  std::string& out_;
  bool first_ = true;
};

std::string double_text(double value) {
  if (!std::isfinite(value)) return "null";
  char digits[32];
  std::string text(digits, std::to_chars(std::begin(digits), std::end(digits), value).ptr);
  // A whole value keeps its point, or it would come back as an integer.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

// One line must stay one line; outside of strings a line end is only white space.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

void write_attribute(ObjectWriter& out, std::string_view key, const AttributeValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return out.string(key, *text);
  if (const auto* whole = std::get_if<i64>(&value)) return out.raw(key, std::to_string(*whole));
  if (const auto* number = std::get_if<double>(&value)) return out.raw(key, double_text(*number));
  if (const auto* boolean = std::get_if<bool>(&value)) return out.boolean(key, *boolean);
  const std::string& json = std::get<Json>(value).text;
  // Whoever made the segment by the library may have put anything here.
  const bool sound = json.find_first_not_of("-0123456789") == std::string::npos || is_json(json);
  if (sound && !json.empty()) return out.raw(key, one_line(json));
  out.string(key, json);
}

void write_tags(ObjectWriter& out, std::string& buffer, const std::vector<std::string>& tags) {
  if (tags.empty()) return;
  out.name("tags");
  char before = '[';
  for (const std::string& tag : tags) {
    buffer += before;
    append_json_string(buffer, tag);
    before = ',';
  }
  buffer += ']';
}

bool travels_as_string(std::string_view text) {
  if (!is_utf8(text)) return false;
  if (text.size() <= always_plain_bytes) return true;
  usize escapes = 0;  // bytes they add: at most 5 for a control character
  for (const char c : text) escapes += u8(c) < 0x20 ? 5 : (c == '"' || c == '\\' ? 1 : 0);
  return escapes <= text.size() / 2;
}

void write_text(ObjectWriter& out, std::string_view text) {
  if (travels_as_string(text)) return out.string("text", text);
  out.string("text_base64", encode_base64(text));
}

void write_counts(ObjectWriter& out, const Metadata& metadata) {
  out.number("gc_survival_count", metadata.gc_survival_count);
  out.number("refcount", metadata.refcount);
  if (metadata.tokens) out.number("tokens", *metadata.tokens);
  if (metadata.tokens || !metadata.tokenizer.empty()) {
    out.string("tokenizer", metadata.tokenizer);
  }
  if (metadata.tokens_computed_at) out.time("tokens_computed_at", *metadata.tokens_computed_at);
}

}  // namespace

void append_attributes(std::string& out, const Attributes& attributes) {
  ObjectWriter object(out);
  for (const auto& [key, value] : attributes) write_attribute(object, key, value);
  object.close();
}

void append_segment(std::string& out, const Metadata& metadata, const LineParts& parts) {
  ObjectWriter object(out);
  object.string("id", metadata.id);
  if (parts.text) write_text(object, *parts.text);
  if (parts.project) object.string("project", *parts.project);
  object.string("type", metadata.type);
  object.optional_string("task", metadata.task);
  object.optional_string("file", metadata.file);
  object.optional_string("topic", metadata.topic);
  if (metadata.line_range) {
    std::string range(1, '[');
    range.append(std::to_string(metadata.line_range->first)).append(1, ',');
    range.append(std::to_string(metadata.line_range->last)).append(1, ']');
    object.raw("line_range", range);
  }
  write_tags(object, out, metadata.tags);
  object.time("created_at", metadata.created_at);
  object.time("touched_at", metadata.touched_at);
  object.boolean("pinned", metadata.pinned);
  object.string("tier", tier_name(metadata.tier));
  object.string("generation", generation_name(metadata.generation));
  write_counts(object, metadata);
  if (metadata.sha256) object.string("sha256", sha256_text(*metadata.sha256));
  if (!metadata.attrs.empty()) {
    object.name("attrs");
    append_attributes(out, metadata.attrs);
  }
  object.close();
}

}  // namespace shale::exchange

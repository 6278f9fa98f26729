// What may be stashed: limits, UTF-8 and numbers of a segment and of an update.
#include <shale/retention.hpp>

#include <cmath>
#include <unordered_set>

#include "model/record.hpp"
#include "text/utf8.hpp"

namespace shale {

namespace {

Unexpected refuse(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

std::string limit_text(usize bytes, usize bytes_max) {
  return std::to_string(bytes) + " bytes long, over the limit of " + std::to_string(bytes_max);
}

Result<void> check_id(std::string_view id) {
  if (id.empty()) return refuse("The id is empty.");
  if (id.size() > id_bytes_max)
    return refuse("The id is " + limit_text(id.size(), id_bytes_max) + ".");
  if (!is_utf8(id)) return refuse("The id is not UTF-8.");
  for (const char c : id) {
    if (u8(c) < 0x20) return refuse("The id holds a control character (a byte below 0x20).");
  }
  return {};
}

Result<void> check_utf8(std::string_view name, std::string_view value) {
  if (!is_utf8(value)) return refuse("Field `" + std::string(name) + "` is not UTF-8.");
  return {};
}

Result<void> check_field(std::string_view name, std::string_view value) {
  if (value.size() > field_bytes_max) {
    return refuse("Field `" + std::string(name) + "` is " +
                  limit_text(value.size(), field_bytes_max) + ".");
  }
  return check_utf8(name, value);
}

Result<void> check_type(std::string_view type) {
  if (type.empty()) return refuse("Field `type` is empty.");
  return check_field("type", type);
}

Result<void> check_tags(std::string_view name, const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) {
    if (tag.empty()) return refuse("Field `" + std::string(name) + "` holds an empty tag.");
    TRY(check_field(name, tag));
  }
  return {};
}

// Seconds or milliseconds, taken for microseconds, would be a moment of 1970 that is long over: the
// segment would go with the next retention.
constexpr i64 expires_least = 100'000'000'000'000;  // 1973-03-03

Result<void> check_expires(const AttributeValue& value) {
  const auto* until = std::get_if<i64>(&value);
  if (until != nullptr && *until >= expires_least) return {};
  return refuse("Field `attrs..expires` is a moment from 1973 on, in microseconds since 1970 UTC.");
}

Result<void> check_value(const std::string& key, const AttributeValue& value) {
  if (key == expires_attribute) return check_expires(value);
  const std::string name = "attrs." + key;
  if (const auto* text = std::get_if<std::string>(&value)) return check_utf8(name, *text);
  if (const auto* json = std::get_if<Json>(&value)) return check_utf8(name, json->text);
  const auto* number = std::get_if<double>(&value);
  if (number != nullptr && !std::isfinite(*number)) {
    return refuse("Field `" + name + "` is not a finite number.");
  }
  return {};
}

// A key ends at a zero byte inside its term (fields.hpp), so it holds none itself.
Result<void> check_key(std::string_view name, const std::string& key) {
  TRY(check_field(name, key));
  if (key.find('\0') != std::string::npos) {
    return refuse("Field `" + std::string(name) + "` has a key that holds a zero byte.");
  }
  return {};
}

Result<void> check_attributes(std::string_view name, const Attributes& attrs) {
  for (const auto& [key, value] : attrs) {
    TRY(check_key(name, key));
    TRY(check_value(key, value));
  }
  return {};
}

Result<void> check_total(usize bytes) {
  if (bytes <= metadata_bytes_max) return {};
  return refuse("The metadata is " + limit_text(bytes, metadata_bytes_max) + ".");
}

// Bytes as they are counted against metadata_bytes_max: of all strings, 8 for any other value.
usize bytes_of_strings(const std::vector<std::string>& strings) {
  usize sum = 0;
  for (const std::string& text : strings) sum += text.size();
  return sum;
}

usize bytes_of_attributes(const Attributes& attrs) {
  usize sum = 0;
  for (const auto& [key, value] : attrs) {
    const auto* text = std::get_if<std::string>(&value);
    const auto* json = std::get_if<Json>(&value);
    sum += key.size() + (text != nullptr ? text->size() : json != nullptr ? json->text.size() : 8);
  }
  return sum;
}

usize bytes_of_text(const std::optional<std::string>& text) { return text ? text->size() : 0; }

Result<void> check_field_if(std::string_view name, const std::optional<std::string>& value) {
  return value ? check_field(name, *value) : Result<void>();
}

Result<void> check_field_if(std::string_view name,
                            const std::optional<std::optional<std::string>>& value) {
  return value ? check_field_if(name, *value) : Result<void>();
}

}  // namespace

Result<void> check_segment(const NewSegment& segment) {
  TRY(check_id(segment.id));
  if (segment.text.size() > text_bytes_max) {
    return refuse("The text is " + limit_text(segment.text.size(), text_bytes_max) + ".");
  }
  TRY(check_type(segment.type));
  TRY(check_field_if("task", segment.task));
  TRY(check_field_if("file", segment.file));
  TRY(check_field_if("topic", segment.topic));
  TRY(check_tags("tags", segment.tags));
  TRY(check_field("tokenizer", segment.tokenizer));
  TRY(check_attributes("attrs", segment.attrs));
  return check_total(segment.id.size() + segment.type.size() + bytes_of_text(segment.task) +
                     bytes_of_text(segment.file) + bytes_of_text(segment.topic) +
                     bytes_of_strings(segment.tags) + segment.tokenizer.size() +
                     bytes_of_attributes(segment.attrs));
}

Result<void> check_update(std::string_view id, const Update& update) {
  TRY(check_id(id));
  if (update.type) TRY(check_type(*update.type));
  TRY(check_field_if("task", update.task));
  TRY(check_field_if("file", update.file));
  TRY(check_field_if("topic", update.topic));
  TRY(check_tags("tags_added", update.tags_added));
  TRY(check_tags("tags_removed", update.tags_removed));
  TRY(check_field_if("tokenizer", update.tokenizer));
  TRY(check_attributes("attrs_set", update.attrs_set));
  for (const std::string& key : update.attrs_removed) TRY(check_key("attrs_removed", key));
  // type, task, file, topic and tokenizer together stay far below the limit.
  return check_total(bytes_of_strings(update.tags_added) + bytes_of_strings(update.tags_removed) +
                     bytes_of_strings(update.attrs_removed) +
                     bytes_of_attributes(update.attrs_set));
}

Metadata metadata_of(const NewSegment& segment, Time now) {
  Metadata m;
  m.id = segment.id;
  m.type = segment.type;
  m.task = segment.task;
  m.file = segment.file;
  m.topic = segment.topic;
  m.line_range = segment.line_range;
  std::unordered_set<std::string_view> seen;
  for (const std::string& tag : segment.tags) {
    if (seen.insert(tag).second) m.tags.push_back(tag);
  }
  m.created_at = segment.created_at.value_or(now);
  m.touched_at = segment.touched_at.value_or(now);
  m.pinned = segment.pinned;
  m.tier = segment.tier;
  m.generation = segment.generation;
  m.gc_survival_count = segment.gc_survival_count;
  m.refcount = segment.refcount;
  m.tokens = segment.tokens;
  m.tokenizer = segment.tokens && segment.tokenizer.empty() ? "unknown" : segment.tokenizer;
  m.tokens_computed_at = segment.tokens_computed_at;
  m.sha256 = segment.sha256;
  m.attrs = segment.attrs;
  return m;
}

}  // namespace shale

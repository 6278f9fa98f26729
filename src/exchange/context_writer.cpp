#include "exchange/context_writer.hpp"

#include <algorithm>
#include <iterator>

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "exchange/context_file.hpp"
#include "exchange/ndjson_writer.hpp"
#include "exchange/sha256_text.hpp"
#include "exchange/times.hpp"
#include "model/fields.hpp"
#include "text/utf8.hpp"

namespace shale::exchange {

namespace {

constexpr std::string_view known_types[] = {"message", "code",     "log",
                                            "note",    "decision", "summary"};
constexpr u32 replacement = 0xFFFD;
constexpr std::string_view object_start = "\n    ";
constexpr std::string_view member_start = "\n      ";
constexpr std::string_view item_start = "\n        ";

void append_unit(std::string& out, u32 unit) {
  out += "\\u";
  append_hex(out, u8(unit >> 8));
  append_hex(out, u8(unit));
}

// A character as \u escapes: two beyond the first plane.
void append_escape(std::string& out, u32 code) {
  if (code < 0x10000) return append_unit(out, code);
  append_unit(out, 0xD800 + ((code - 0x10000) >> 10));
  append_unit(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
}

void append_short_escape(std::string& out, char c) {
  constexpr std::string_view plain = "\"\\\n\r\t\b\f";
  constexpr std::string_view letters = "\"\\nrtbf";
  const usize found = plain.find(c);
  if (found == std::string_view::npos) return append_unit(out, u8(c));
  out += '\\';
  out += letters[found];
}

bool needs_no_escape(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

// The keys of one object, each on its line.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  void close() { out_.append(object_start).append(1, '}'); }

  void string(std::string_view key, std::string_view value) {
    name(key);
    append_ascii_string(out_, value);
  }
  void optional_string(std::string_view key, const std::optional<std::string>& value) {
    if (value) return string(key, *value);
    raw(key, "null");
  }
  void raw(std::string_view key, std::string_view json) {
    name(key);
    out_ += json;
  }
  void number(std::string_view key, u64 value) { raw(key, std::to_string(value)); }
  void list(std::string_view key, const std::vector<std::string>& items) {
    name(key);
    if (items.empty()) return void(out_ += "[]");
    char before = '[';
    for (const std::string& item : items) {
      out_.append(1, before).append(item_start).append(item);
      before = ',';
    }
    out_.append(member_start).append(1, ']');
  }
  void name(std::string_view key) {
    if (!is_first_) out_ += ',';
    is_first_ = false;
    out_.append(member_start);
    append_ascii_string(out_, key);
    out_ += ": ";
  }

 private:
  std::string& out_;
  bool is_first_ = true;
};

std::vector<std::string> quoted(const std::vector<std::string>& tags) {
  std::vector<std::string> items(tags.size());
  for (usize i = 0; i < tags.size(); ++i) append_ascii_string(items[i], tags[i]);
  return items;
}

// JSON text as ASCII: outside of strings it is already.
std::string ascii_json(std::string_view json) {
  std::string out;
  while (!json.empty()) {
    if (u8(json[0]) < 0x80) {
      out += json[0];
      json.remove_prefix(1);
      continue;
    }
    const Character character = decode_utf8(json);
    append_escape(out, character.bytes == 0 ? replacement : character.code);
    json.remove_prefix(std::max<usize>(character.bytes, 1));
  }
  return out;
}

// The keys of the original, in its order.
void write_own(Members& object, const Metadata& metadata, std::string_view text,
               const std::string& project) {
  object.string("segment_id", metadata.id);
  object.string("text", text);
  object.string("type", metadata.type);
  object.string("project_id", project);
  object.optional_string("task_id", metadata.task);
  object.string("created_at", format_time(metadata.created_at));
  object.string("last_touched_at", format_time(metadata.touched_at));
  object.raw("pinned", metadata.pinned ? "true" : "false");
  object.string("generation", generation_name(metadata.generation));
  object.number("gc_survival_count", metadata.gc_survival_count);
  object.number("refcount", metadata.refcount);
  object.optional_string("file_path", metadata.file);
  if (metadata.line_range) {
    object.list("line_range", {std::to_string(metadata.line_range->first),
                               std::to_string(metadata.line_range->last)});
  } else {
    object.raw("line_range", "null");
  }
  object.list("tags", quoted(metadata.tags));
  object.optional_string("topic_id", metadata.topic);
  object.raw("tokens", metadata.tokens ? std::to_string(*metadata.tokens) : "null");
  std::optional<std::string> computed;
  if (metadata.tokens_computed_at) computed = format_time(*metadata.tokens_computed_at);
  object.optional_string("tokens_computed_at", computed);
  std::optional<std::string> hash;
  if (metadata.sha256) hash = sha256_text(*metadata.sha256);
  object.optional_string("text_hash", hash);
  object.string("tier", tier_name(metadata.tier));
}

// What the original has no place for.
void write_further(Members& object, const Metadata& metadata, std::string_view text,
                   ContextLosses& losses) {
  if (!is_utf8(text)) {
    ++losses.texts;
    object.string("text_base64", encode_base64(text));
  }
  const bool says_who_counted =
      metadata.tokens ? metadata.tokenizer != "unknown" : !metadata.tokenizer.empty();
  if (says_who_counted) {
    ++losses.tokenizers;
    object.string("tokenizer", metadata.tokenizer);
  }
  if (!metadata.attrs.empty()) {
    ++losses.attributes;
    std::string attributes;
    append_attributes(attributes, metadata.attrs);
    object.raw("attrs", ascii_json(attributes));
  }
  const bool is_known = std::find(std::begin(known_types), std::end(known_types), metadata.type) !=
                        std::end(known_types);
  if (!is_known) ++losses.types;
}

void add_count(std::string& text, u64 count, std::string_view before,
               std::string_view behind = "") {
  if (count == 0) return;
  if (!text.empty()) text += "; ";
  text.append(before).append(std::to_string(count)).append(behind);
}

}  // namespace

void append_ascii_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto* const found = std::find_if_not(text.begin(), text.end(), needs_no_escape);
    const usize plain = usize(found - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (u8(text[0]) < 0x80) {
      append_short_escape(out, text[0]);
      text.remove_prefix(1);
      continue;
    }
    const Character character = decode_utf8(text);
    append_escape(out, character.bytes == 0 ? replacement : character.code);
    text.remove_prefix(std::max<usize>(character.bytes, 1));
  }
  out += '"';
}

std::string ContextLosses::text() const {
  std::string text;
  add_count(text, attributes, "the attributes of ");
  add_count(text, tokenizers, "the tokenizer's name of ");
  add_count(text, texts, "the text, which is not UTF-8, of ");
  add_count(text, types, "the type of ", " (it shows no such segment)");
  add_count(text, projects, "the names of ", " projects (it does not find them)");
  return text;
}

void ContextWriter::begin() {
  out_ += "{\n  \"segments\": [";
  if (project_file_stem(project_) != project_) ++losses_.projects;
}

void ContextWriter::segment(const Metadata& metadata, std::string_view text) {
  if (!is_first_) out_ += ',';
  is_first_ = false;
  out_ += object_start;
  Members object(out_);
  write_own(object, metadata, text, project_);
  write_further(object, metadata, text, losses_);
  object.close();
}

void ContextWriter::end() { out_ += is_first_ ? "]\n}" : "\n  ]\n}"; }

}  // namespace shale::exchange

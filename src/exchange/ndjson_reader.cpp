#include "exchange/ndjson_reader.hpp"

#include <shale/retention.hpp>

#include <simdjson.h>

#include <cstring>
#include <vector>

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/integers.hpp"
#include "exchange/json_value.hpp"
#include "exchange/sha256_text.hpp"
#include "exchange/times.hpp"
#include "model/fields.hpp"

namespace shale::exchange {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

struct NdjsonReader::State {
  ondemand::parser parser;
  std::vector<char> padded;  // the line and the room simdjson reads beyond it
};

NdjsonReader::NdjsonReader() : state_(std::make_unique<State>()) {}
NdjsonReader::~NdjsonReader() = default;
NdjsonReader::NdjsonReader(NdjsonReader&&) noexcept = default;
NdjsonReader& NdjsonReader::operator=(NdjsonReader&&) noexcept = default;

namespace {

enum class Key : u8 {
  id,
  text,
  text_base64,
  project,
  type,
  task,
  file,
  topic,
  line_range,
  tags,
  created_at,
  touched_at,
  pinned,
  tier,
  generation,
  gc_survival_count,
  refcount,
  tokens,
  tokenizer,
  tokens_computed_at,
  sha256,
  text_hash,
  attrs,
  unknown,
};

struct KeyName {
  std::string_view name;
  Key key;
};
constexpr KeyName key_names[] = {
    {"id", Key::id},
    {"text", Key::text},
    {"text_base64", Key::text_base64},
    {"project", Key::project},
    {"type", Key::type},
    {"task", Key::task},
    {"file", Key::file},
    {"topic", Key::topic},
    {"line_range", Key::line_range},
    {"tags", Key::tags},
    {"created_at", Key::created_at},
    {"touched_at", Key::touched_at},
    {"pinned", Key::pinned},
    {"tier", Key::tier},
    {"generation", Key::generation},
    {"gc_survival_count", Key::gc_survival_count},
    {"refcount", Key::refcount},
    {"tokens", Key::tokens},
    {"tokenizer", Key::tokenizer},
    {"tokens_computed_at", Key::tokens_computed_at},
    {"sha256", Key::sha256},
    {"attrs", Key::attrs},
    {"segment_id", Key::id},
    {"task_id", Key::task},
    {"file_path", Key::file},
    {"topic_id", Key::topic},
    {"project_id", Key::project},
    {"last_touched_at", Key::touched_at},
    {"text_hash", Key::text_hash},
};

Key key_of(std::string_view name) {
  for (const KeyName& known : key_names) {
    if (known.name == name) return known.key;
  }
  return Key::unknown;
}

// Puts the values of one line where they belong.
class LineBuilder {
 public:
  explicit LineBuilder(NdjsonLine& line) : line_(line), segment_(line.segment) {}

  Result<void> set(std::string_view name, JsonValue& value) {
    const Key key = key_of(name);
    if (key == Key::unknown) return set_attribute(name, value);
    if (key == Key::attrs) {
      return value.members([&](std::string_view attribute, JsonValue& member) {
        return set_attribute(attribute, member);
      });
    }
    if (TRY(value.is_null())) return set_null(key, value);
    if (key <= Key::topic) return set_string(key, value);
    return set_other(key, value);
  }

  Result<void> finish() {
    if (!has_text_) return bad_line("The line has neither \"text\" nor \"text_base64\".");
    return {};
  }

 private:
  Result<void> set_attribute(std::string_view name, JsonValue& value) {
    if (name == expires_attribute) return set_expires(value);
    std::string key(name);
    segment_.attrs.insert_or_assign(std::move(key), TRY(value.attribute()));
    return {};
  }

  // A time as people write it, or the number that it is kept as.
  Result<void> set_expires(JsonValue& value) {
    AttributeValue until = TRY(value.attribute());
    if (const auto* text = std::get_if<std::string>(&until)) {
      const std::optional<Time> time = parse_time(*text);
      if (!time) return value.wrong("an RFC 3339 time or microseconds since 1970");
      until = time->microseconds;
    }
    segment_.attrs.insert_or_assign(std::string(expires_attribute), std::move(until));
    return {};
  }

  // null is absence; it takes back what an earlier key of the same line said.
  Result<void> set_null(Key key, JsonValue& value) {
    const NewSegment defaults;
    switch (key) {
      case Key::id:
      case Key::text:
      case Key::text_base64:
        return value.wrong("a string");
      case Key::project:
        return line_.project.reset(), Result<void>();
      case Key::type:
        return segment_.type = defaults.type, Result<void>();
      case Key::task:
        return segment_.task.reset(), Result<void>();
      case Key::file:
        return segment_.file.reset(), Result<void>();
      case Key::topic:
        return segment_.topic.reset(), Result<void>();
      case Key::line_range:
        return segment_.line_range.reset(), Result<void>();
      case Key::tags:
        return segment_.tags.clear(), Result<void>();
      case Key::created_at:
        return segment_.created_at.reset(), Result<void>();
      case Key::touched_at:
        return segment_.touched_at.reset(), Result<void>();
      case Key::tokens:
        return segment_.tokens.reset(), Result<void>();
      case Key::tokens_computed_at:
        return segment_.tokens_computed_at.reset(), Result<void>();
      default:
        return {};
    }
  }

  Result<void> set_string(Key key, JsonValue& value) {
    switch (key) {
      case Key::text:
        has_text_ = true;
        return segment_.text = TRY(value.string()), Result<void>();
      case Key::text_base64:
        return set_base64(value);
      case Key::id:
        line_.has_id = true;
        return segment_.id = TRY(value.name_text()), Result<void>();
      case Key::project:
        return line_.project = TRY(value.name_text()), Result<void>();
      case Key::type:
        return segment_.type = TRY(value.name_text()), Result<void>();
      case Key::task:
        return segment_.task = TRY(value.name_text()), Result<void>();
      case Key::file:
        return segment_.file = TRY(value.name_text()), Result<void>();
      default:
        return segment_.topic = TRY(value.name_text()), Result<void>();
    }
  }

  Result<void> set_other(Key key, JsonValue& value) {
    switch (key) {
      case Key::line_range:
        return segment_.line_range = TRY(value.line_range()), Result<void>();
      case Key::tags:
        return segment_.tags = TRY(value.strings()), Result<void>();
      case Key::created_at:
        return segment_.created_at = TRY(value.time()), Result<void>();
      case Key::touched_at:
        return segment_.touched_at = TRY(value.time()), Result<void>();
      case Key::tokens_computed_at:
        return segment_.tokens_computed_at = TRY(value.time()), Result<void>();
      case Key::pinned:
        return segment_.pinned = TRY(value.boolean()), Result<void>();
      case Key::gc_survival_count:
        return segment_.gc_survival_count = TRY(value.count()), Result<void>();
      case Key::refcount:
        return segment_.refcount = TRY(value.count()), Result<void>();
      case Key::tokens:
        return segment_.tokens = TRY(value.count()), Result<void>();
      case Key::tokenizer:
        return segment_.tokenizer = TRY(value.string()), Result<void>();
      default:
        return set_named(key, value);
    }
  }

  Result<void> set_named(Key key, JsonValue& value) {
    const std::string_view text = TRY(value.string());
    if (key == Key::tier) {
      const auto tier = tier_by_name(text);
      if (!tier) return value.wrong("\"working\", \"stashed\" or \"archive\"");
      return segment_.tier = *tier, Result<void>();
    }
    if (key == Key::generation) {
      const auto generation = generation_by_name(text);
      if (!generation) return value.wrong("\"young\" or \"old\"");
      return segment_.generation = *generation, Result<void>();
    }
    const auto hash = parse_sha256(text);
    if (hash) return segment_.sha256 = hash, Result<void>();
    // Another kind of hash under a general name is somebody's own key: kept as it is.
    if (key == Key::sha256) return value.wrong("64 hexadecimal digits");
    segment_.attrs.insert_or_assign("text_hash", std::string(text));
    return {};
  }

  Result<void> set_base64(JsonValue& value) {
    auto bytes = decode_base64(TRY(value.string()));
    if (!bytes) return value.wrong("base64 text");
    has_text_ = true;
    segment_.text = std::move(*bytes);
    return {};
  }

  NdjsonLine& line_;
  NewSegment& segment_;
  bool has_text_ = false;
};

}  // namespace

Result<NdjsonLine> NdjsonReader::read(std::string_view line) {
  std::vector<char>& padded = state_->padded;
  if (padded.size() < line.size() + simdjson::SIMDJSON_PADDING) {
    padded.resize(line.size() * 2 + simdjson::SIMDJSON_PADDING);
  }
  std::memcpy(padded.data(), line.data(), line.size());
  // Where a line ends too early, simdjson looks at the bytes behind it: a quote that an earlier
  // line left there would begin a string that never ends.
  std::memset(padded.data() + line.size(), 0, simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  ondemand::value root;
  error_code code = state_->parser.iterate(padded.data(), line.size(), padded.size()).get(document);
  if (code != simdjson::SUCCESS && code != simdjson::EMPTY) return bad_json(code);
  if (code == simdjson::EMPTY || document.get_value().get(root)) {
    return bad_line("The line is not a JSON object.");
  }
  NdjsonLine result;
  LineBuilder builder(result);
  JsonValue whole("line", root);
  if (TRY(whole.type()) != ondemand::json_type::object)
    return bad_line("The line is not a JSON object.");
  TRY(whole.members(
      [&](std::string_view key, JsonValue& value) { return builder.set(key, value); }));
  if (!document.current_location().error())
    return bad_line("The line goes on behind its JSON object.");
  TRY(builder.finish());
  return result;
}

}  // namespace shale::exchange

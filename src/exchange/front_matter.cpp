#include "exchange/front_matter.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/integers.hpp"
#include "exchange/json_text.hpp"
#include "exchange/times.hpp"
#include "text/utf8.hpp"

namespace shale::exchange {

namespace {

constexpr int depth_max = 64;

constexpr std::string_view true_words[] = {"true", "True", "TRUE", "yes", "Yes",
                                           "YES",  "on",   "On",   "ON"};
constexpr std::string_view false_words[] = {"false", "False", "FALSE", "no", "No",
                                            "NO",    "off",   "Off",   "OFF"};

template <usize count>
bool is_one_of(const std::string_view (&words)[count], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// A quoted scalar has the tag "!"; one that was written plainly may be of any type.
bool is_plain(const YAML::Node& scalar) { return scalar.Tag() == "?" || scalar.Tag().empty(); }

template <class Number>
std::optional<Number> exact(const std::string& text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || rest != end) return std::nullopt;
  char digits[64];
  const char* const last = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  if (std::string_view(digits, usize(last - digits)) != text) return std::nullopt;
  return number;
}

AttributeValue scalar_value(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (!is_plain(node)) return text;
  if (is_one_of(true_words, text)) return true;
  if (is_one_of(false_words, text)) return false;
  if (const auto whole = exact<i64>(text)) return *whole;
  const bool has_digit = text.find_first_of("0123456789") != std::string::npos;  // not nan, inf
  if (has_digit && text.find('.') != std::string::npos) {
    if (const auto number = exact<double>(text)) return *number;
  }
  return text;
}

// Writes nested values; `false` where they are deeper or longer than anybody means.
class JsonWriter {
 public:
  bool write(const YAML::Node& node, int depth) {
    if (depth > depth_max || out_.size() > metadata_bytes_max) return false;
    if (node.IsScalar()) return write_scalar(node), true;
    if (node.IsSequence()) return write_sequence(node, depth);
    if (node.IsMap()) return write_map(node, depth);
    out_ += "null";
    return true;
  }
  std::string take() { return std::move(out_); }

 private:
  void write_scalar(const YAML::Node& node) {
    const AttributeValue value = scalar_value(node);
    if (const auto* flag = std::get_if<bool>(&value)) {
      out_ += *flag ? "true" : "false";
    } else if (std::holds_alternative<std::string>(value)) {
      append_json_string(out_, node.Scalar());
    } else {
      out_ += node.Scalar();  // digits that came back the same: JSON has that form too
    }
  }

  bool write_sequence(const YAML::Node& node, int depth) {
    out_ += '[';
    bool is_first = true;
    for (const auto& item : node) {
      if (!is_first) out_ += ',';
      is_first = false;
      if (!write(item, depth + 1)) return false;
    }
    out_ += ']';
    return true;
  }

  bool write_map(const YAML::Node& node, int depth) {
    out_ += '{';
    bool is_first = true;
    for (const auto& item : node) {
      if (!is_first) out_ += ',';
      is_first = false;
      if (!item.first.IsScalar()) return false;
      append_json_string(out_, item.first.Scalar());
      out_ += ':';
      if (!write(item.second, depth + 1)) return false;
    }
    out_ += '}';
    return true;
  }

  std::string out_;
};

std::optional<std::vector<std::string>> scalars_of(const YAML::Node& node) {
  if (!node.IsSequence()) return std::nullopt;
  std::vector<std::string> items;
  for (const auto& item : node) {
    if (!item.IsScalar()) return std::nullopt;
    items.push_back(item.Scalar());
  }
  return items;
}

Result<FrontValue> value_of(const std::string& key, const YAML::Node& node) {
  FrontValue value;
  if (node.IsScalar()) {
    value.value = scalar_value(node);
    value.text = node.Scalar();
    return value;
  }
  JsonWriter writer;
  if (!writer.write(node, 0)) {
    return fail(ErrorCode::invalid_argument, "the value of \"" + key + "\" is nested too deeply, " +
                                                 "too long, or has keys that are no text.");
  }
  value.value = Json{writer.take()};
  value.list = scalars_of(node);
  return value;
}

Result<FrontMatter> read_mapping(const YAML::Node& root) {
  FrontMatter front;
  if (root.IsNull()) return front;
  if (!root.IsMap()) {
    return fail(ErrorCode::invalid_argument, "it is no list of `key: value`.");
  }
  for (const auto& item : root) {
    if (!item.first.IsScalar()) {
      return fail(ErrorCode::invalid_argument, "a key is no text.");
    }
    const std::string& key = item.first.Scalar();
    auto value = TRY(value_of(key, item.second));
    front.emplace_back(key, std::move(value));
  }
  return front;
}

bool are_tags(const FrontValue& value) {
  return value.list && std::find(value.list->begin(), value.list->end(), "") == value.list->end();
}

}  // namespace

Result<FrontMatter> parse_front_matter(const std::string& yaml) {
  if (!is_utf8(yaml)) return fail(ErrorCode::invalid_argument, "it is not UTF-8.");
  try {
    return read_mapping(YAML::Load(yaml));
  } catch (const YAML::Exception& problem) {
    return fail(ErrorCode::invalid_argument, std::string(problem.what()) + '.');
  }
}

bool set_field(NewSegment& segment, const std::string& key, const FrontValue& value) {
  const bool has_text = value.text && !value.text->empty();
  if (key == "type" && has_text) {
    segment.type = *value.text;
  } else if (key == "tags" && are_tags(value)) {
    segment.tags = *value.list;
  } else if (key == "created_at" && has_text && parse_time(*value.text)) {
    segment.created_at = parse_time(*value.text);
    segment.touched_at = segment.created_at;
  } else {
    return false;
  }
  return true;
}

}  // namespace shale::exchange

#include "exchange/json_value.hpp"

#include <cstring>

#include "exchange/json_text.hpp"
#include "exchange/times.hpp"

namespace shale::exchange {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

namespace {

std::string_view json_problem(error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR:
      return "it holds bytes that are not UTF-8 (such text travels as \"text_base64\")";
    case simdjson::STRING_ERROR:
      return "a string holds a bad escape";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds a control character that is not escaped";
    case simdjson::UNCLOSED_STRING:
      return "a string does not end";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "an object or array does not end";
    case simdjson::DEPTH_ERROR:
      return "it is nested too deeply";
    case simdjson::NUMBER_ERROR:
    case simdjson::NUMBER_OUT_OF_RANGE:
      return "a number is malformed or too large";
    default:
      return "its punctuation is wrong";
  }
}

std::string_view trim_end(std::string_view text) {
  while (!text.empty() && std::strchr(" \t\r\n", text.back()) != nullptr) text.remove_suffix(1);
  return text;
}

bool is_whole_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Unexpected bad_line(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

Unexpected bad_json(error_code code) {
  return bad_line("The line is not valid JSON: " + std::string(json_problem(code)) + ".");
}

Unexpected JsonValue::wrong(std::string_view wanted) const {
  return bad_line('"' + std::string(name_) + "\" must be " + std::string(wanted) + ".");
}

Result<ondemand::json_type> JsonValue::type() {
  ondemand::json_type found{};
  if (const error_code code = value_.type().get(found)) return bad_json(code);
  return found;
}

Result<bool> JsonValue::is_null() {
  if (TRY(type()) != ondemand::json_type::null) return false;
  bool null = false;
  if (const error_code code = value_.is_null().get(null)) return bad_json(code);
  if (!null) return bad_json(simdjson::N_ATOM_ERROR);
  return true;
}

Result<std::string_view> JsonValue::string(std::string_view wanted) {
  if (TRY(type()) != ondemand::json_type::string) return wrong(wanted);
  std::string_view text;
  if (const error_code code = value_.get_string().get(text)) return bad_json(code);
  return text;
}

// A string, or a whole number as its decimal digits.
Result<std::string> JsonValue::name_text() {
  if (TRY(type()) != ondemand::json_type::number)
    return std::string(TRY(string("a string or a whole number")));
  const std::string_view digits = trim_end(value_.raw_json_token());
  if (!is_whole_number(digits)) return wrong("a string or a whole number");
  return std::string(digits);
}

Result<bool> JsonValue::boolean() {
  if (TRY(type()) != ondemand::json_type::boolean) return wrong("true or false");
  bool result = false;
  if (const error_code code = value_.get_bool().get(result)) return bad_json(code);
  return result;
}

Result<u32> JsonValue::count() {
  constexpr std::string_view wanted = "a whole number from 0 to 4294967295";
  if (TRY(type()) != ondemand::json_type::number) return wrong(wanted);
  u64 number = 0;
  if (value_.get_uint64().get(number) || number > UINT32_MAX) return wrong(wanted);
  return u32(number);
}

Result<Time> JsonValue::time() {
  constexpr std::string_view wanted = "an RFC 3339 time or a number of seconds since 1970";
  std::optional<Time> result;
  if (TRY(type()) == ondemand::json_type::number) {
    i64 whole = 0;
    double number = 0;
    if (!value_.get_int64().get(whole)) {
      result = time_from_seconds(whole);
    } else if (!value_.get_double().get(number)) {
      result = time_from_seconds(number);
    }
  } else {
    result = parse_time(TRY(string(wanted)));
  }
  if (!result) return wrong(wanted);
  return *result;
}

Result<LineRange> JsonValue::line_range() {
  constexpr std::string_view wanted = "an array of two line numbers";
  std::vector<u32> numbers;
  TRY(each(wanted, [&](JsonValue& element) -> Result<void> {
    const auto number = element.count();
    if (!number) return Unexpected{number.error()};
    numbers.push_back(*number);
    return {};
  }));
  if (numbers.size() != 2) return wrong(wanted);
  return LineRange{numbers[0], numbers[1]};
}

Result<std::vector<std::string>> JsonValue::strings() {
  std::vector<std::string> result;
  TRY(each("an array of strings", [&](JsonValue& element) -> Result<void> {
    auto text = element.name_text();
    if (!text) return Unexpected{std::move(text).error()};
    result.push_back(*std::move(text));
    return {};
  }));
  return result;
}

Result<AttributeValue> JsonValue::attribute() {
  switch (TRY(type())) {
    case ondemand::json_type::string:
      return AttributeValue(std::string(TRY(string())));
    case ondemand::json_type::boolean:
      return AttributeValue(TRY(boolean()));
    case ondemand::json_type::number:
      return number_attribute();
    default:
      return AttributeValue(Json{TRY(raw())});
  }
}

template <class Visit>
Result<void> JsonValue::each(std::string_view wanted, Visit visit) {
  ondemand::array array;
  if (TRY(type()) != ondemand::json_type::array) return wrong(wanted);
  if (const error_code code = value_.get_array().get(array)) return bad_json(code);
  for (auto element : array) {
    ondemand::value value;
    if (const error_code code = element.get(value)) return bad_json(code);
    JsonValue field(name_, value);
    TRY(visit(field));
  }
  return {};
}

// Whole numbers beyond 64 bits are kept as the digits they were.
Result<AttributeValue> JsonValue::number_attribute() {
  const std::string_view token = trim_end(value_.raw_json_token());
  i64 whole = 0;
  if (!value_.get_int64().get(whole)) return AttributeValue(whole);
  if (is_whole_number(token)) return AttributeValue(Json{std::string(token)});
  double number = 0;
  if (const error_code code = value_.get_double().get(number)) return bad_json(code);
  return AttributeValue(number);
}

// On-demand parsing steps over nested values without looking at them: they are parsed here.
Result<std::string> JsonValue::raw() {
  if (TRY(is_null())) return std::string("null");
  std::string_view text;
  error_code code = simdjson::SUCCESS;
  if (TRY(type()) == ondemand::json_type::array) {
    ondemand::array array;
    code = value_.get_array().get(array);
    if (code == simdjson::SUCCESS) code = array.raw_json().get(text);
  } else {
    ondemand::object object;
    code = value_.get_object().get(object);
    if (code == simdjson::SUCCESS) code = object.raw_json().get(text);
  }
  if (code != simdjson::SUCCESS) return bad_json(code);
  text = trim_end(text);
  if (!is_json(text)) {
    return bad_line("The line is not valid JSON: the value of \"" + std::string(name_) +
                    "\" is malformed.");
  }
  return std::string(text);
}

}  // namespace shale::exchange

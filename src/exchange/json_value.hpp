// One value of a JSON line, read on demand into the kinds of value a segment has.
//
// Each call either answers the wanted kind or an Error with a sentence that names the key. A value
// is read once, in order: simdjson's on-demand parser walks the line a single time. Nested values
// are handed out as their JSON text, after a look whether it is JSON.
// Knows no field of a segment. Used by ndjson_reader.cpp only.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include <shale/segment.hpp>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale::exchange {

Unexpected bad_line(std::string message);
Unexpected bad_json(simdjson::error_code code);

class JsonValue {
 public:
  // `name` is the key, for messages; both must outlive this.
  JsonValue(std::string_view name, simdjson::ondemand::value& value) : name_(name), value_(value) {}

  // "<name>" must be <wanted>.
  Unexpected wrong(std::string_view wanted) const;

  Result<simdjson::ondemand::json_type> type();
  Result<bool> is_null();
  Result<std::string_view> string(std::string_view wanted = "a string");
  Result<std::string> name_text();  // a string, or a whole number as its decimal digits
  Result<bool> boolean();
  Result<u32> count();
  Result<Time> time();
  Result<LineRange> line_range();
  Result<std::vector<std::string>> strings();
  Result<AttributeValue> attribute();

  // Calls `visit(key, value)` for every member of an object; null has none.
  template <class Visit>
  Result<void> members(Visit visit);

 private:
  template <class Visit>
  Result<void> each(std::string_view wanted, Visit visit);
  Result<AttributeValue> number_attribute();
  Result<std::string> raw();

  std::string_view name_;
  simdjson::ondemand::value& value_;
};

template <class Visit>
Result<void> JsonValue::members(Visit visit) {
  if (TRY(is_null())) return {};
  simdjson::ondemand::object object;
  if (TRY(type()) != simdjson::ondemand::json_type::object) return wrong("an object");
  if (const simdjson::error_code code = value_.get_object().get(object)) return bad_json(code);
  for (auto member : object) {
    std::string_view key;
    simdjson::ondemand::value value;
    if (const simdjson::error_code code = member.unescaped_key().get(key)) return bad_json(code);
    if (const simdjson::error_code code = member.value().get(value)) return bad_json(code);
    JsonValue field(key, value);
    TRY(visit(key, field));
  }
  return {};
}

}  // namespace shale::exchange

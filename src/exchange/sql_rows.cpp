#include "exchange/sql_rows.hpp"

#include <charconv>
#include <cmath>
#include <iterator>

#include "base/base64.hpp"
#include "exchange/database.hpp"
#include "exchange/json_text.hpp"
#include "exchange/ndjson_reader.hpp"
#include "text/utf8.hpp"

namespace shale::exchange {

namespace {

std::string number_text(double value) {
  char digits[32];
  std::string text(digits, std::to_chars(std::begin(digits), std::end(digits), value).ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

// One row as a line of NDJSON.
class RowLine {
 public:
  explicit RowLine(const Rows& rows) : rows_(rows) {
    for (usize column = 0; column < rows.columns(); ++column) {
      names_.push_back(rows.column_name(column));
    }
  }

  const std::string& write() {
    line_ = "{";
    for (usize column = 0; column < names_.size(); ++column) {
      if (rows_.kind(column) != Rows::Kind::null) write_column(column);
    }
    return line_ += '}';
  }

 private:
  void write_column(usize column) {
    const std::string& name = names_[column];
    switch (rows_.kind(column)) {
      case Rows::Kind::integer:
        key(name);
        return write_integer(name, rows_.integer(column));
      case Rows::Kind::real:
        return write_real(name, rows_.real(column));
      default:
        return write_bytes(name, rows_.bytes(column), rows_.kind(column) == Rows::Kind::blob);
    }
  }

  void write_integer(const std::string& name, i64 value) {
    const bool is_flag = name == "pinned" && (value == 0 || value == 1);
    line_ += is_flag ? (value == 1 ? "true" : "false") : std::to_string(value);
  }

  void write_real(const std::string& name, double value) {
    key(name);
    if (std::isfinite(value)) {
      line_ += number_text(value);
    } else {
      append_json_string(line_, value > 0 ? "Infinity" : "-Infinity");  // SQLite has no NaN
    }
  }

  void write_bytes(const std::string& name, std::string_view bytes, bool is_blob) {
    const bool is_text = is_utf8(bytes);
    if (name == "text" && !is_text) {
      key("text_base64");
      return append_json_string(line_, encode_base64(bytes));
    }
    key(name);
    const bool may_be_json = name == "tags" || name == "line_range" || name == "attrs";
    if (may_be_json && is_text && !bytes.empty() && (bytes[0] == '[' || bytes[0] == '{') &&
        is_json(bytes)) {
      line_ += bytes;
    } else if (name == "tags" && is_text) {
      line_ += '[';
      append_json_string(line_, bytes);
      line_ += ']';
    } else if (is_text && (!is_blob || name == "text")) {
      append_json_string(line_, bytes);
    } else {
      append_json_string(line_, encode_base64(bytes));
    }
  }

  void key(std::string_view name) {
    if (line_.size() > 1) line_ += ',';
    append_json_string(line_, name);
    line_ += ':';
  }

  const Rows& rows_;
  std::vector<std::string> names_;
  std::string line_;
};

bool has_any(const Rows& rows, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (rows.column_of(name)) return true;
  }
  return false;
}

}  // namespace

Result<void> import_sql(ImportRun& run, const ImportFile& file, const std::string& statement) {
  const Database database = TRY(Database::open(file.path));
  Rows rows = TRY(database.select(statement));
  if (!has_any(rows, {"id", "segment_id"}) || !has_any(rows, {"text", "text_base64"})) {
    return fail(ErrorCode::invalid_argument,
                "The statement must select the columns `id` and `text` (use `as`).");
  }
  RowLine line(rows);
  NdjsonReader reader;
  u64 number = 0;
  while (TRY(rows.next())) {
    ++number;
    auto parsed = reader.read(line.write());
    if (parsed && !parsed->has_id) {
      parsed = fail(ErrorCode::invalid_argument, "The segment has no id.");
    }
    TRY(run.advance(0));
    if (!parsed) {
      run.refuse({file.path}, "row " + std::to_string(number) + ": " +
                                  about_segment(std::move(parsed).error().message));
      continue;
    }
    const std::string project = run.project_of(parsed->project);
    const std::string where = file.path + ": row " + std::to_string(number);
    TRY(run.take({where}, project, std::move(parsed->segment)));
  }
  return run.advance(file.bytes);
}

}  // namespace shale::exchange

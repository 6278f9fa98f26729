#include "exchange/docdevai.hpp"

#include <charconv>
#include <iterator>

#include "base/base64.hpp"
#include "exchange/json_text.hpp"
#include "exchange/sha256_text.hpp"
#include "exchange/times.hpp"
#include "text/utf8.hpp"

namespace shale::exchange {

namespace {

// A difference to the version before is derived from the two texts; a longer one is left out.
constexpr usize difference_bytes_max = 256u << 10;

std::string text_of(std::string_view bytes) {
  return is_utf8(bytes) ? std::string(bytes) : encode_base64(bytes);
}

std::optional<AttributeValue> attribute_of(const Rows& rows, usize column) {
  switch (rows.kind(column)) {
    case Rows::Kind::null:
      return std::nullopt;
    case Rows::Kind::integer:
      return AttributeValue(rows.integer(column));
    case Rows::Kind::real:
      return AttributeValue(rows.real(column));
    case Rows::Kind::text:
      return AttributeValue(text_of(rows.bytes(column)));
    case Rows::Kind::blob:
      break;
  }
  return AttributeValue(encode_base64(rows.bytes(column)));
}

template <class Number>
std::optional<Number> parsed(const std::string& text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || rest != end) return std::nullopt;
  return number;
}

// A value of the table metadata; one that is not of the type it says stays text.
AttributeValue typed_value(const std::string& text, std::string_view type) {
  if (type == "number") {
    if (const auto whole = parsed<i64>(text)) return *whole;
    if (const auto number = parsed<double>(text)) return *number;
  } else if (type == "boolean") {
    if (text == "true" || text == "True" || text == "1") return true;
    if (text == "false" || text == "False" || text == "0") return false;
  } else if (type == "json" && is_json(text)) {
    return Json{text};
  }
  return text;
}

// Sets what has a field of its own; false for what has none, or does not fit in it.
bool set_field(NewSegment& segment, std::string_view column, const Rows& rows, usize at) {
  const bool is_text = rows.kind(at) == Rows::Kind::text;
  const std::string_view bytes = rows.bytes(at);
  if (column == "uuid" && is_text) return segment.id = bytes, true;
  if (column == "content") return segment.text = bytes, rows.kind(at) != Rows::Kind::null;
  if (column == "type" && is_text && !bytes.empty()) return segment.type = bytes, true;
  if (column == "file_path" && is_text) return segment.file = std::string(bytes), true;
  if (column == "content_hash" && is_text) {
    segment.sha256 = parse_sha256(bytes);
    return segment.sha256.has_value();
  }
  if (column == "created_at" && is_text) {
    segment.created_at = parse_time(bytes);
    return segment.created_at.has_value();
  }
  if (column == "updated_at" && is_text) {
    segment.touched_at = parse_time(bytes);
    return segment.touched_at.has_value();
  }
  return false;
}

class DocumentImport {
 public:
  DocumentImport(ImportRun& run, const ImportFile& file, Rows metadata, Rows versions)
      : run_(run), file_(file), metadata_(std::move(metadata)), versions_(std::move(versions)) {}

  Result<void> document(const Rows& rows) {
    NewSegment segment;
    segment.type = "other";
    i64 key = 0;
    for (usize column = 0; column < rows.columns(); ++column) {
      const std::string name = rows.column_name(column);
      if (name == "id") key = rows.integer(column);
      if (set_field(segment, name, rows, column)) continue;
      if (auto value = attribute_of(rows, column)) {
        segment.attrs.insert_or_assign(name == "id" ? "document_id" : name, *std::move(value));
      } else if (name == "content") {
        segment.attrs.insert_or_assign(name, Json{"null"});  // not the same as an empty one
      }
    }
    const auto status = segment.attrs.find("status");
    const bool is_deleted =
        status != segment.attrs.end() && status->second == AttributeValue(std::string("deleted"));
    if (is_deleted && !run_.options().with_deleted) return run_.skip(), Result<void>();
    TRY(add_metadata(key, segment));
    const std::string uuid = segment.id;
    const std::string type = segment.type;
    const std::string where = file_.path + ": document " + std::to_string(key);
    TRY(run_.take({where}, run_.project_of(std::nullopt), std::move(segment)));
    return add_versions(key, uuid, type);
  }

  void tell_of_the_rest() const {
    if (differences_left_out_ == 0) return;
    run_.warn({file_.path}, std::to_string(differences_left_out_) +
                                " versions have a longer difference to the one before than an "
                                "attribute may be: it is left out, their text is whole.");
  }

 private:
  Result<void> add_metadata(i64 key, NewSegment& segment) {
    TRY(metadata_.restart(key));
    std::string details;
    while (TRY(metadata_.next())) {
      std::string name;
      std::string value;
      std::string type = "string";
      std::string detail;
      bool has_value = false;
      for (usize column = 0; column < metadata_.columns(); ++column) {
        const std::string column_name = metadata_.column_name(column);
        const auto found = attribute_of(metadata_, column);
        if (!found || column_name == "id" || column_name == "document_id") continue;
        if (column_name == "key") {
          name = text_of(metadata_.bytes(column));
        } else if (column_name == "value") {
          value = text_of(metadata_.bytes(column));
          has_value = true;
        } else if (column_name == "value_type") {
          type = text_of(metadata_.bytes(column));
        } else {
          append_detail(detail, column_name, *found);
        }
      }
      const AttributeValue typed =
          has_value ? typed_value(value, type) : AttributeValue(Json{"null"});
      append_entry(details, name, detail);
      const bool is_taken = segment.attrs.contains(name) || name.starts_with('.') || name.empty();
      segment.attrs.insert_or_assign(is_taken ? "metadata." + name : name, typed);
    }
    if (!details.empty()) {
      segment.attrs.insert_or_assign("metadata_details", Json{'{' + details + '}'});
    }
    return {};
  }

  static void append_detail(std::string& out, const std::string& key, const AttributeValue& value) {
    if (!out.empty()) out += ',';
    append_json_string(out, key);
    out += ':';
    if (const auto* whole = std::get_if<i64>(&value)) {
      out += std::to_string(*whole);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      append_json_string(out, *text);
    } else {
      out += "null";  // no column of that table holds anything else
    }
  }

  static void append_entry(std::string& out, const std::string& key, const std::string& detail) {
    if (detail.empty()) return;
    if (!out.empty()) out += ',';
    append_json_string(out, key);
    out += ":{" + detail + '}';
  }

  Result<void> add_versions(i64 key, const std::string& uuid, const std::string& type) {
    TRY(versions_.restart(key));
    while (TRY(versions_.next())) {
      NewSegment segment;
      segment.type = type;
      segment.tier = Tier::archive;
      i64 number = 0;
      for (usize column = 0; column < versions_.columns(); ++column) {
        const std::string name = versions_.column_name(column);
        if (name == "version_number") number = versions_.integer(column);
        if (name == "id" || name == "document_id" || name == "version_number") continue;
        if (set_field(segment, name, versions_, column)) continue;
        set_version_attribute(segment, name, column);
      }
      segment.touched_at = segment.created_at;
      segment.id = uuid + '@' + std::to_string(number);
      segment.attrs.insert_or_assign("version", number);
      segment.attrs.insert_or_assign("document", uuid);
      const std::string where = file_.path + ": version " + segment.id;
      TRY(run_.take({where}, run_.project_of(std::nullopt), std::move(segment)));
    }
    return {};
  }

  void set_version_attribute(NewSegment& segment, const std::string& name, usize column) {
    auto value = attribute_of(versions_, column);
    if (!value) return;
    if (name == "diff_from_previous" && versions_.bytes(column).size() > difference_bytes_max) {
      ++differences_left_out_;
      return;
    }
    if (name == "is_major" && versions_.kind(column) == Rows::Kind::integer) {
      value = versions_.integer(column) != 0;
    }
    segment.attrs.insert_or_assign(name, *std::move(value));
  }

  ImportRun& run_;
  const ImportFile& file_;
  Rows metadata_;
  Rows versions_;
  u64 differences_left_out_ = 0;
};

// Rows of a table by document, or none of any where it is not there.
Result<Rows> rows_by_document(const Database& database, const std::string& table,
                              const std::string& order) {
  if (!TRY(database.has_table(table))) {
    return database.select("select null from (select 1) where 0 and ? is null");
  }
  return database.select("select * from " + table + " where document_id = ? order by " + order);
}

}  // namespace

Result<bool> is_docdevai(const Database& database) {
  if (!TRY(database.has_table("documents"))) return false;
  const Rows rows = TRY(database.select("select * from documents limit 0"));
  if (rows.column_of("encrypted_content")) {
    return fail(ErrorCode::invalid_argument,
                "This is a database of DocDevAI whose content is encrypted: only DocDevAI itself "
                "can read it.");
  }
  return rows.column_of("id") && rows.column_of("uuid") && rows.column_of("content");
}

Result<void> import_docdevai(ImportRun& run, const ImportFile& file) {
  const Database database = TRY(Database::open(file.path));
  if (!TRY(is_docdevai(database))) {
    return fail_at(ErrorCode::invalid_argument,
                   "This database is not one of DocDevAI: say what to take of it with "
                   "--sql 'select id, text, ... from ...'.",
                   file.path);
  }
  Rows metadata = TRY(rows_by_document(database, "metadata", "key"));
  Rows versions = TRY(rows_by_document(database, "document_versions", "version_number"));
  DocumentImport documents(run, file, std::move(metadata), std::move(versions));
  Rows rows = TRY(database.select("select * from documents order by id"));
  while (TRY(rows.next())) {
    TRY(run.advance(0));
    TRY(documents.document(rows));
  }
  documents.tell_of_the_rest();
  return run.advance(file.bytes);
}

}  // namespace shale::exchange

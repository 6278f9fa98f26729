#include "exchange/database.hpp"

#include <sqlite3.h>

#include <filesystem>

#include "base/bytes.hpp"
#include "base/hex.hpp"

namespace shale::exchange {

namespace {

constexpr int busy_ms = 5000;

// Only what a SELECT needs. SQLite asks while it prepares a statement.
int authorize(void*, int action, const char*, const char* name, const char*, const char*) {
  if (action == SQLITE_FUNCTION && sqlite3_stricmp(name, "load_extension") == 0) {
    return SQLITE_DENY;
  }
  const bool reads = action == SQLITE_SELECT || action == SQLITE_READ ||
                     action == SQLITE_FUNCTION || action == SQLITE_RECURSIVE;
  return reads ? SQLITE_OK : SQLITE_DENY;
}

// A path as a URI: everything that means something there is escaped.
std::string uri_of(const std::string& path, bool immutable) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    if (c == '%' || c == '?' || c == '#' || u8(c) < 0x20) {
      uri += '%';
      append_hex(uri, u8(c));
    } else {
      uri += c;
    }
  }
  return uri + (immutable ? "?immutable=1" : "?mode=ro");
}

ErrorCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::busy;
    case SQLITE_INTERRUPT:
      return ErrorCode::cancelled;
    default:
      return ErrorCode::io;
  }
}

Unexpected trouble(sqlite3* database, int code, const std::string& path) {
  const std::string reason = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  return fail_at(code_of(code), "SQLite says: " + reason + '.', path);
}

// Whether a statement goes on behind `rest` with more than blanks, comments and semicolons.
bool has_more(sqlite3* database, const char* rest) {
  while (rest != nullptr && *rest != '\0') {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v2(database, rest, -1, &statement, &rest);
    sqlite3_finalize(statement);
    if (code != SQLITE_OK || statement != nullptr) return true;
  }
  return false;
}

}  // namespace

// --- Rows ---------------------------------------------------------------------------------------

void Rows::Close::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Unexpected Rows::problem(int code) const {
  return trouble(sqlite3_db_handle(statement_.get()), code, path_);
}

Result<bool> Rows::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return problem(code);
}

usize Rows::columns() const { return usize(sqlite3_column_count(statement_.get())); }

std::string Rows::column_name(usize column) const {
  const char* name = sqlite3_column_name(statement_.get(), int(column));
  return name == nullptr ? std::string() : std::string(name);
}

std::optional<usize> Rows::column_of(std::string_view name) const {
  for (usize column = 0; column < columns(); ++column) {
    if (column_name(column) == name) return column;
  }
  return std::nullopt;
}

Rows::Kind Rows::kind(usize column) const {
  switch (sqlite3_column_type(statement_.get(), int(column))) {
    case SQLITE_INTEGER:
      return Kind::integer;
    case SQLITE_FLOAT:
      return Kind::real;
    case SQLITE_TEXT:
      return Kind::text;
    case SQLITE_BLOB:
      return Kind::blob;
    default:
      return Kind::null;
  }
}

i64 Rows::integer(usize column) const {
  return sqlite3_column_int64(statement_.get(), int(column));
}

double Rows::real(usize column) const {
  return sqlite3_column_double(statement_.get(), int(column));
}

std::string_view Rows::bytes(usize column) const {
  // The blob first, its length then: so no conversion comes between the two.
  const void* data = sqlite3_column_blob(statement_.get(), int(column));
  const int length = sqlite3_column_bytes(statement_.get(), int(column));
  if (data == nullptr || length <= 0) return {};
  return {static_cast<const char*>(data), usize(length)};
}

Result<void> Rows::restart(i64 key) {
  sqlite3_reset(statement_.get());
  const int code = sqlite3_bind_int64(statement_.get(), 1, key);
  if (code != SQLITE_OK) return problem(code);
  return {};
}

// --- Database -----------------------------------------------------------------------------------

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Database> Database::open_as(const std::string& path, bool immutable) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(uri_of(path, immutable).c_str(), &handle, flags, nullptr);
  Database database(handle, path, immutable);
  if (code != SQLITE_OK) return trouble(handle, code, path);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, busy_ms);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_set_authorizer(handle, authorize, nullptr);
  // Nothing is read before the first statement; a database that cannot be read says so here.
  sqlite3_stmt* statement = nullptr;
  int read =
      sqlite3_prepare_v2(handle, "select count(*) from sqlite_schema", -1, &statement, nullptr);
  if (read == SQLITE_OK) read = sqlite3_step(statement);
  sqlite3_finalize(statement);
  if (read != SQLITE_ROW) return trouble(handle, read, path);
  return database;
}

Result<Database> Database::open(const std::string& path) {
  auto opened = open_as(path, false);
  if (opened || opened.error().code != ErrorCode::io) return opened;
  auto immutable = open_as(path, true);
  return immutable ? std::move(immutable) : std::move(opened);
}

Result<Rows> Database::select(const std::string& statement) const {
  sqlite3_stmt* prepared = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), statement.c_str(), -1, &prepared, &rest);
  Rows rows(prepared, path_);
  if (code_of(code) == ErrorCode::corrupt) return trouble(database_.get(), code, path_);
  if (code != SQLITE_OK) {
    return fail(ErrorCode::invalid_argument, std::string("The statement cannot be run: ") +
                                                 sqlite3_errmsg(database_.get()) +
                                                 ". Only one SELECT that reads is allowed.");
  }
  const bool reads = prepared != nullptr && sqlite3_stmt_readonly(prepared) != 0 &&
                     sqlite3_column_count(prepared) > 0 && sqlite3_stmt_isexplain(prepared) == 0;
  if (!reads || has_more(database_.get(), rest)) {
    return fail(ErrorCode::invalid_argument, "The statement must be one SELECT, and nothing else.");
  }
  return rows;
}

Result<bool> Database::has_table(const std::string& name) const {
  Rows rows = TRY(select(
      "select 1 from sqlite_schema where type in ('table', 'view') and name = '" + name + "'"));
  return rows.next();
}

}  // namespace shale::exchange

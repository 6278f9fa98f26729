// A SQLite database that is only read, and the rows of one SELECT.
//
// Opened read-only; where that is not possible because its folder may not be written (a database
// with a write-ahead log needs that), as immutable. Only a statement that reads can be prepared:
// nothing is attached, no pragma run, no extension loaded, and what the file's schema calls is not
// trusted. Damage is ErrorCode::corrupt, any other trouble of the file ErrorCode::io, both with its
// path; a statement that cannot be prepared is invalid_argument.
// The one user of sqlite3; used by docdevai.cpp and sql_rows.cpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/integers.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace shale::exchange {

class Rows {
 public:
  enum class Kind : u8 { null, integer, real, text, blob };

  // Goes to the next row; false behind the last one.
  Result<bool> next();
  usize columns() const;
  std::string column_name(usize column) const;
  std::optional<usize> column_of(std::string_view name) const;

  // Of the row that next() went to; views are valid until the next call of next().
  Kind kind(usize column) const;
  i64 integer(usize column) const;
  double real(usize column) const;
  std::string_view bytes(usize column) const;  // of text and blobs

  // Begins anew, with `key` in the place of the statement's first `?`.
  Result<void> restart(i64 key);

 private:
  friend class Database;
  struct Close {
    void operator()(sqlite3_stmt* statement) const;
  };
  Rows(sqlite3_stmt* statement, std::string path) : statement_(statement), path_(std::move(path)) {}
  Unexpected problem(int code) const;

  std::unique_ptr<sqlite3_stmt, Close> statement_;
  std::string path_;
};

class Database {
 public:
  static Result<Database> open(const std::string& path);

  // One SELECT and nothing behind it.
  Result<Rows> select(const std::string& statement) const;
  Result<bool> has_table(const std::string& name) const;
  // What was written behind the database's back and is not seen: it was opened as immutable.
  bool is_immutable() const { return is_immutable_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Database(sqlite3* database, std::string path, bool is_immutable)
      : database_(database), path_(std::move(path)), is_immutable_(is_immutable) {}
  static Result<Database> open_as(const std::string& path, bool immutable);

  std::unique_ptr<sqlite3, Close> database_;
  std::string path_;
  bool is_immutable_;
};

}  // namespace shale::exchange

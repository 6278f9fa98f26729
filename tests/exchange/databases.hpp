// Databases for tests, made by statements.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace shale::exchange::testing {

inline void make_database(const std::filesystem::path& path, const std::string& statements) {
  sqlite3* database = nullptr;
  int code = sqlite3_open(path.c_str(), &database);
  if (code == SQLITE_OK) {
    code = sqlite3_exec(database, statements.c_str(), nullptr, nullptr, nullptr);
  }
  const std::string problem = sqlite3_errmsg(database);
  sqlite3_close(database);
  if (code != SQLITE_OK) throw std::runtime_error(problem);
}

}  // namespace shale::exchange::testing

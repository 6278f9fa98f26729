#include "exchange/database.hpp"

#include <unistd.h>

#include "tests/exchange/databases.hpp"
#include "tests/exchange/imported.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;
using namespace shale::exchange::testing;

TEST_CASE("database: rows of every kind") {
  const TemporaryFolder folder;
  make_database(folder / "d",
                "create table t(a, b); insert into t values (1, 'x'), (1.5, x'00ff'), "
                "(null, ''), (-9223372036854775808, 'a' || char(0) || 'b');");
  const Database database = Database::open(folder / "d").value();
  Rows rows = database.select("select a, b as other from t order by rowid -- all\n;").value();
  CHECK(rows.columns() == 2);
  CHECK(rows.column_name(1) == "other");
  CHECK(rows.column_of("a") == 0u);
  CHECK_FALSE(rows.column_of("b"));
  REQUIRE(rows.next().value());
  CHECK(rows.integer(0) == 1);
  CHECK(rows.kind(1) == Rows::Kind::text);
  CHECK(rows.bytes(1) == "x");
  REQUIRE(rows.next().value());
  CHECK(rows.real(0) == 1.5);
  CHECK(rows.kind(1) == Rows::Kind::blob);
  CHECK(rows.bytes(1) == std::string_view("\0\xff", 2));
  REQUIRE(rows.next().value());
  CHECK(rows.kind(0) == Rows::Kind::null);
  CHECK(rows.bytes(1).empty());
  REQUIRE(rows.next().value());
  CHECK(rows.integer(0) == INT64_MIN);
  CHECK(rows.bytes(1) == std::string_view("a\0b", 3));
  CHECK_FALSE(rows.next().value());
  CHECK(database.has_table("t").value());
  CHECK_FALSE(database.has_table("u").value());
}

TEST_CASE("database: only one SELECT that reads can be prepared") {
  const TemporaryFolder folder;
  make_database(folder / "d", "create table t(a); insert into t values (1);");
  const Database database = Database::open(folder / "d").value();
  for (const char* statement : {"",
                                ";",
                                "-- nothing",
                                "insert into t values (2)",
                                "delete from t",
                                "drop table t",
                                "create table u(a)",
                                "pragma user_version",
                                "pragma journal_mode=wal",
                                "vacuum",
                                "begin",
                                "attach 'x.db' as x",
                                "select 1; select 2",
                                "select 1; drop table t",
                                "explain select 1",
                                "select load_extension('x')",
                                "select * from nowhere",
                                "select",
                                "insert into t values (3) "
                                "returning a",
                                "select 1 where ("}) {
    INFO(statement);
    const auto rows = database.select(statement);
    REQUIRE_FALSE(rows);
    CHECK(rows.error().code == ErrorCode::invalid_argument);
  }
  for (const char* statement :
       {"select 1", "  select 1 ; ;", "with a as (select 1) select * from a", "values (1)",
        "select 1 /* one */"}) {
    INFO(statement);
    CHECK(database.select(statement));
  }
}

TEST_CASE("database: parameters, one statement run again") {
  const TemporaryFolder folder;
  make_database(folder / "d", "create table t(a, b); insert into t values (1, 2), (1, 3), (2, 4);");
  const Database database = Database::open(folder / "d").value();
  Rows rows = database.select("select b from t where a = ? order by b").value();
  for (int round = 0; round < 2; ++round) {
    rows.restart(1).value();
    REQUIRE(rows.next().value());
    CHECK(rows.integer(0) == 2);
    rows.restart(2).value();
    REQUIRE(rows.next().value());
    CHECK(rows.integer(0) == 4);
    CHECK_FALSE(rows.next().value());
  }
}

TEST_CASE("database: what is none, is not there, or is damaged says so with its path") {
  const TemporaryFolder folder;
  const std::string none = folder / "none";
  CHECK(Database::open(none).error().code == ErrorCode::io);
  CHECK_FALSE(std::filesystem::exists(none));
  write_file(folder / "text", std::string(5000, 'x'));
  const auto text = Database::open(folder / "text");
  REQUIRE_FALSE(text);
  CHECK(text.error().code == ErrorCode::corrupt);
  CHECK(text.error().path == folder / "text");

  make_database(folder / "d", "create table t(a); insert into t values (zeroblob(100000));");
  std::filesystem::resize_file(folder / "d", 8192);
  const auto database = Database::open(folder / "d");
  auto rows =
      database ? database->select("select a from t") : Result<Rows>(Unexpected{database.error()});
  const auto first = rows ? rows->next() : Result<bool>(Unexpected{rows.error()});
  REQUIRE_FALSE(first);
  CHECK(first.error().code == ErrorCode::corrupt);
}

TEST_CASE("database: nothing is written, whatever the file's name") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "a?mode=rwc&x#%41.db";
  make_database(folder / "plain", "create table t(a); insert into t values (7);");
  std::filesystem::rename(folder / "plain", path);
  Database database = Database::open(path).value();
  Rows rows = database.select("select a from t").value();
  REQUIRE(rows.next().value());
  CHECK(rows.integer(0) == 7);
  CHECK_FALSE(database.is_immutable());
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

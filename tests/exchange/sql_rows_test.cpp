#include "exchange/sql_rows.hpp"

#include "exchange/times.hpp"
#include "tests/exchange/databases.hpp"
#include "tests/exchange/imported.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;
using namespace shale::exchange::testing;

namespace {

Result<void> run_sql(Imported& got, const std::string& tables, const std::string& statement) {
  const TemporaryFolder folder;
  make_database(folder / "d.db", tables);
  const ImportPlan plan = plan_import(folder / "d.db").value();
  CHECK(plan.files[0].format == ImportFormat::database);
  return import_sql(got.run, plan.files[0], statement);
}

NewSegment one(const std::string& statement) {
  Imported got;
  INFO(statement);
  run_sql(got, "create table t(a);", statement).value();
  INFO((got.warnings.empty() ? "" : got.warnings[0]));
  REQUIRE(got.segments.size() == 1);
  return got.segments.begin()->second;
}

}  // namespace

TEST_CASE("sql rows: columns named like fields are fields") {
  const NewSegment segment =
      one("select 12 as id, 't' as text, 'code' as type, 'k' as task_id, 'f.c' as file, "
          "'[\"x\",\"y\"]' as tags, '[3,4]' as line_range, 1 as pinned, 'archive' as tier, "
          "'2025-12-08 01:02:03.5' as created_at, 1700000000 as touched_at, 5 as tokens, "
          "'{\"n\":null}' as attrs, 'q' as project");
  CHECK(segment.id == "12");
  CHECK(segment.type == "code");
  CHECK(segment.task == "k");
  CHECK(segment.file == "f.c");
  CHECK(segment.tags == std::vector<std::string>{"x", "y"});
  CHECK(segment.line_range == LineRange{3, 4});
  CHECK(segment.pinned);
  CHECK(segment.tier == Tier::archive);
  CHECK(segment.created_at == parse_time("2025-12-08T01:02:03.5"));
  CHECK(segment.touched_at == time_from_seconds(std::int64_t(1700000000)));
  CHECK(segment.tokens == 5u);
  CHECK(segment.attrs == Attributes{{"n", Json{"null"}}});
  CHECK(one("select 'a' as id, '' as text, '[one' as tags").tags ==
        std::vector<std::string>{"[one"});
}

TEST_CASE("sql rows: other columns are attributes of their kind, NULL is absence") {
  const NewSegment segment =
      one("select 'a' as segment_id, 't' as text, 9223372036854775807 as i, -1.0 as r, 'x' as s, "
          "x'fffe' as b, null as n, null as task, 9e999 as inf, cast(x'ff' as text) as latin, "
          "'[1]' as j, 1 as flag");
  CHECK(segment.attrs == Attributes{{"i", whole(INT64_MAX)},
                                    {"r", -1.0},
                                    {"s", text("x")},
                                    {"b", text("//4=")},
                                    {"inf", text("Infinity")},
                                    {"latin", text("/w==")},
                                    {"j", text("[1]")},
                                    {"flag", whole(1)}});
  CHECK_FALSE(segment.task);
}

TEST_CASE("sql rows: text may be any bytes") {
  CHECK(one("select 'a' as id, x'00ff0a' as text").text == std::string("\0\xff\n", 3));
  CHECK(one("select 'a' as id, x'6869' as text").text == "hi");
  CHECK(one("select 'a' as id, cast(x'ff' as text) as text").text == "\xff");
  CHECK(one("select 'a' as id, '//4=' as text_base64").text == "\xff\xfe");
}

TEST_CASE("sql rows: bad rows are told by number, the rest comes") {
  Imported got;
  run_sql(got,
          "create table t(k, v, p); insert into t values ('a','x','p'), (null,'x','p'), "
          "('b',null,'p'), ('c','x',''), (1.5,'x','p'), ('','x','p'), ('d','x',null);",
          "select k as id, v as text, p as task, 2 as refcount, case k when 'c' then -1 end as "
          "gc_survival_count from t")
      .value();
  CHECK(got.order == std::vector<std::string>{"default/a", "default/d"});
  CHECK(got.run.counts().bad == 5);
  for (const char* row : {"row 2: ", "row 3: ", "row 4: ", "row 5: ", "row 6: "}) {
    CHECK(got.says(row));
  }
}

TEST_CASE("sql rows: a statement that cannot do is an error") {
  for (const char* statement : {"select 1", "select 1 as id", "select 1 as text", "delete from t",
                                "select 'a' as id, 'b' as text from nowhere"}) {
    INFO(statement);
    Imported got;
    const auto read = run_sql(got, "create table t(a);", statement);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::invalid_argument);
  }
}

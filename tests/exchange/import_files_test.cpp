#include "exchange/import_files.hpp"

#include "tests/exchange/databases.hpp"
#include "tests/exchange/imported.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;
using namespace shale::exchange::testing;

TEST_CASE("import files: each by its format, in order; trouble of one leaves the others alone") {
  const TemporaryFolder folder;
  write_file(folder / "evicted/a.json", "{\n\"segment_id\": \"a\", \"text\": \"evicted\"}");
  write_file(folder / "stashed/default.json",
             "{\"segments\": [{\"segment_id\": \"a\", \"text\": \"stashed\"}]}");
  write_file(folder / "stashed/bad.json", "{\"segm");
  write_file(folder / "stashed/old.json.corrupt", "x");
  write_file(folder / "contexts/c.mdc", "text");
  ImportPlan plan = plan_import(folder.path()).value();
  write_file(folder / "lines.ndjson", "{\"id\":\"l\",\"text\":\"t\"}\n");
  write_file(folder / "graph.json", "{\"nodes\": [{\"hash\": 1, \"signature\": \"s\"}]}");
  make_database(folder / "d.db",
                "create table documents(id integer, uuid text, content text);"
                "insert into documents values (1, 'u', 't');");
  for (const char* name : {"lines.ndjson", "graph.json", "d.db"}) {
    plan.files.push_back(plan_import(folder / name).value().files.at(0));
  }
  plan.files.push_back({.path = folder / "gone.json", .format = ImportFormat::context});
  Imported got;
  import_files(got.run, plan, "").value();
  CHECK(got.order == std::vector<std::string>{"default/a", "default/a", "default/c", "default/l",
                                              "default/1", "default/u"});
  CHECK(got.segments["default/a"].text == "stashed");
  CHECK(got.run.counts().files == 7);
  CHECK(got.run.counts().damaged == 1);
  CHECK(got.run.counts().unreadable == 1);
  CHECK(got.run.counts().skipped == 1);
  u64 bytes = 0;
  for (const ImportFile& file : plan.files) bytes += file.bytes;
  CHECK(got.bytes_read == bytes);
}

TEST_CASE("import files: a statement takes what it says of a database") {
  const TemporaryFolder folder;
  make_database(folder / "d.db", "create table t(k, v); insert into t values ('a', 'x');");
  const ImportPlan plan = plan_import(folder / "d.db").value();
  Imported got;
  import_files(got.run, plan, "select k as id, v as text from t").value();
  CHECK(got.segments["default/a"].text == "x");
  CHECK(import_files(got.run, plan, "").error().code == ErrorCode::invalid_argument);
}

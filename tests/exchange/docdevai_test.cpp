#include "exchange/docdevai.hpp"

#include "exchange/times.hpp"
#include "tests/exchange/databases.hpp"
#include "tests/exchange/imported.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;
using namespace shale::exchange::testing;

namespace {

constexpr const char* tables = R"(
create table documents(id integer primary key autoincrement, uuid text, title text, type text,
  status text, content text, content_hash text, format text, language text, file_path text,
  source_path text, created_at datetime, updated_at datetime, last_accessed datetime,
  access_count integer, size_bytes integer, quality_score real, completeness_score real);
create table document_versions(id integer primary key, document_id integer, version_number integer,
  content text, content_hash text, diff_from_previous text, created_at datetime, created_by text,
  comment text, is_major boolean);
create table metadata(id integer primary key, document_id integer, key text, value text,
  value_type text, category text, is_searchable boolean, is_public boolean);
)";

constexpr const char* rows = R"(
insert into documents values (1, 'u-1', 'Guide', 'user_guide', 'active', 'text é',
  'abababababababababababababababababababababababababababababababab', 'markdown', 'en', 'docs/g.md',
  null, '2025-09-01 10:11:12', '2025-09-02 10:11:12.000345', null, 3, 7, 0.5, null);
insert into documents values (2, 'u-2', 'Gone', 'other', 'deleted', 'old', null, 'markdown', 'en',
  null, null, '2025-09-01 10:11:12', '2025-09-01 10:11:12', null, 0, 3, null, null);
insert into documents values (3, 'u-3', 'Empty', 'api', 'draft', null, 'short', 'markdown', 'en',
  null, null, 'never', null, null, 0, 0, null, null);
insert into document_versions values (1, 1, 1, 'first', null, null, '2025-09-01 10:11:12', 'me',
  null, 0), (2, 1, 10, 'text é', null, '-a+b', '2025-09-02 10:11:12', 'me', 'tenth', 1);
insert into metadata values (1, 1, 'n', '12', 'number', 'c', 1, 0), (2, 1, 'x', '1.5', 'number',
  null, null, null), (3, 1, 'b', 'true', 'boolean', null, null, null), (4, 1, 'j', '{"k":[1]}',
  'json', null, null, null), (5, 1, 's', 'word', 'string', null, null, null), (6, 1, 'title',
  'other', 'string', null, null, null), (7, 1, 'bad', 'twelve', 'number', null, null, null),
  (8, 1, '.own', 'v', 'string', null, null, null), (9, 1, 'none', null, 'string', null, null, null);
)";

void import_into(Imported& got, const std::string& statements) {
  const TemporaryFolder folder;
  make_database(folder / "docdevai.db", statements);
  const ImportPlan plan = plan_import(folder / "docdevai.db").value();
  got.run.close(plan.files[0].path, import_docdevai(got.run, plan.files[0])).value();
}

}  // namespace

TEST_CASE("docdevai: documents with their metadata") {
  Imported got;
  import_into(got, std::string(tables) + rows);
  const NewSegment& guide = got.segments["default/u-1"];
  CHECK(guide.text == "text \xC3\xA9");
  CHECK(guide.type == "user_guide");
  CHECK(guide.file == "docs/g.md");
  CHECK(guide.created_at == parse_time("2025-09-01T10:11:12"));
  CHECK(guide.touched_at == parse_time("2025-09-02T10:11:12.000345"));
  REQUIRE(guide.sha256);
  CHECK((*guide.sha256)[0] == 0xab);
  CHECK(guide.attrs ==
        Attributes{{"document_id", whole(1)},
                   {"title", text("Guide")},
                   {"status", text("active")},
                   {"format", text("markdown")},
                   {"language", text("en")},
                   {"access_count", whole(3)},
                   {"size_bytes", whole(7)},
                   {"quality_score", 0.5},
                   {"n", whole(12)},
                   {"x", 1.5},
                   {"b", true},
                   {"j", Json{R"({"k":[1]})"}},
                   {"s", text("word")},
                   {"metadata.title", text("other")},
                   {"bad", text("twelve")},
                   {"metadata..own", text("v")},
                   {"none", Json{"null"}},
                   {"metadata_details",
                    Json{R"({"n":{"category":"c","is_searchable":1,"is_public":0}})"}}});
  CHECK(got.warnings.empty());
}

TEST_CASE("docdevai: versions are segments of their own") {
  Imported got;
  import_into(got, std::string(tables) + rows);
  CHECK(got.order ==
        std::vector<std::string>{"default/u-1", "default/u-1@1", "default/u-1@10", "default/u-3"});
  const NewSegment& tenth = got.segments["default/u-1@10"];
  CHECK(tenth.text == "text \xC3\xA9");
  CHECK(tenth.type == "user_guide");
  CHECK(tenth.tier == Tier::archive);
  CHECK(tenth.created_at == parse_time("2025-09-02T10:11:12"));
  CHECK(tenth.attrs == Attributes{{"version", whole(10)},
                                  {"document", text("u-1")},
                                  {"created_by", text("me")},
                                  {"comment", text("tenth")},
                                  {"diff_from_previous", text("-a+b")},
                                  {"is_major", true}});
}

TEST_CASE("docdevai: what is marked as deleted comes only when asked for") {
  Imported got;
  import_into(got, std::string(tables) + rows);
  CHECK_FALSE(got.segments.contains("default/u-2"));
  CHECK(got.run.counts().skipped == 1);
  Imported all({.project = "docs", .with_deleted = true});
  import_into(all, std::string(tables) + rows);
  CHECK(all.segments.at("docs/u-2").attrs.at("status") == text("deleted"));
  CHECK(all.run.counts().skipped == 0);
}

TEST_CASE("docdevai: no content, a time and a hash that are none") {
  Imported got;
  import_into(got, std::string(tables) + rows);
  const NewSegment& empty = got.segments["default/u-3"];
  CHECK(empty.text.empty());
  CHECK_FALSE(empty.created_at);
  CHECK_FALSE(empty.touched_at);
  CHECK_FALSE(empty.sha256);
  CHECK(empty.attrs.at("content") == AttributeValue(Json{"null"}));
  CHECK(empty.attrs.at("created_at") == text("never"));
  CHECK(empty.attrs.at("content_hash") == text("short"));
}

TEST_CASE("docdevai: a long difference is left out and told, a document without a uuid refused") {
  Imported got;
  import_into(got, std::string(tables) +
                       "insert into documents(id, uuid, content) values (1, 'u', 'a'), (2, null, "
                       "'b'); insert into document_versions(document_id, version_number, content, "
                       "diff_from_previous) values (1, 1, 'x', printf('%.*c', 300000, '-'));");
  CHECK(got.order == std::vector<std::string>{"default/u", "default/u@1"});
  CHECK_FALSE(got.segments["default/u@1"].attrs.contains("diff_from_previous"));
  CHECK(got.says("1 versions have a longer difference"));
  CHECK(got.says("document 2: The id is empty."));
  CHECK(got.segments["default/u"].type == "other");
}

TEST_CASE("docdevai: other databases, and one that is encrypted") {
  const TemporaryFolder folder;
  make_database(folder / "other.db", "create table documents(id, body);");
  make_database(folder / "new.db", "create table documents(id text, encrypted_content blob);");
  make_database(folder / "alone.db",
                "create table documents(id integer, uuid text, content text);"
                "insert into documents values (1, 'u', 't');");
  const auto import_one = [&](Imported& got, const std::string& name) {
    const ImportPlan plan = plan_import(folder / name).value();
    return import_docdevai(got.run, plan.files[0]);
  };
  Imported got;
  const auto other = import_one(got, "other.db");
  REQUIRE_FALSE(other);
  CHECK(other.error().code == ErrorCode::invalid_argument);
  CHECK(other.error().message.find("--sql") != std::string::npos);
  CHECK(import_one(got, "new.db").error().message.find("encrypted") != std::string::npos);
  import_one(got, "alone.db").value();
  CHECK(got.order == std::vector<std::string>{"default/u"});
}

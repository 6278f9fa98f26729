#include "exchange/import_format.hpp"

#include "tests/exchange/imported.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;
using exchange::testing::TemporaryFolder;
using exchange::testing::write_file;

namespace {

std::string sniffed(std::string_view head, std::string_view name = "f") {
  const auto format = sniff(head, name);
  return format ? std::string(format_name(*format)) : "nothing";
}

// "format:name:project" of every file.
std::vector<std::string> planned(const std::filesystem::path& path) {
  std::vector<std::string> files;
  const ImportPlan plan = plan_import(path).value();
  for (const ImportFile& file : plan.files) {
    files.push_back(std::string(format_name(file.format)) + ':' +
                    std::filesystem::path(file.path).filename().string() + ':' +
                    file.project.value_or("-"));
  }
  return files;
}

using Files = std::vector<std::string>;

}  // namespace

TEST_CASE("import format: told by the content") {
  CHECK(sniffed("{\"id\":\"a\",\"text\":\"t\"}\n{\"id\"") == "ndjson");
  CHECK(sniffed("{\"project_id\":{},\"segment_id\":\"a\"}") == "ndjson");
  CHECK(sniffed("{\n  \"segment_id\": \"a\"\n}") == "context");
  CHECK(sniffed("{\"segments\":[{\"text\":\"t\"}]}") == "context");
  CHECK(sniffed("\xEF\xBB\xBF {\"version\":\"1.0\",\n\"projects\":{") == "context");
  CHECK(sniffed("[{\"id\":1}]") == "context");
  CHECK(sniffed("{\"metadata\":{\"nodes\":1},\"nodes\":[") == "parseltongue");
  CHECK(sniffed("---\nname: x\n---\n") == "mdc");
  CHECK(sniffed(std::string("SQLite format 3\0more", 20)) == "sqlite");
  for (const char* other : {"", "text", "{", "{}", "{\"a\":1}", "{\"a\":\"segments\"", "{\"a\" 1}",
                            "{a:1}", "----\n", "SQLite format 3", "{\"a\":1,"}) {
    INFO(other);
    CHECK(sniffed(other) == "nothing");
  }
}

TEST_CASE("import format: the name where the content says nothing") {
  CHECK(sniffed("no front matter", "x.mdc") == "mdc");
  CHECK(sniffed("", "x.json") == "context");
  CHECK(sniffed("garbage", "x.ndjson") == "ndjson");
  CHECK(sniffed("{}", "x.jsonl") == "ndjson");
  CHECK(sniffed("{\"nodes\":[]}", "x.json") == "parseltongue");
}

TEST_CASE("import format: shapes of JSON") {
  CHECK(shape_of(" [") == JsonShape::array);
  CHECK(shape_of("{\"segments\":") == JsonShape::container);
  CHECK(shape_of("{\"version\":1,\"projects\":{") == JsonShape::container);
  CHECK(shape_of("{\"type\":\"x\",\"segment_id\":\"a\"") == JsonShape::segment);
  CHECK(shape_of("{\"a\":[1,") == JsonShape::container);
  CHECK(deciding_key("{\"a\":{\"text\":1},\"text\":2}") == "text");
  CHECK(deciding_key("").empty());
}

TEST_CASE("import format: names of formats") {
  for (const char* name : {"ndjson", "context", "mdc", "docdevai", "sqlite", "parseltongue"}) {
    CHECK(format_name(format_by_name(name).value()) == name);
    CHECK(format_names().find(name) != std::string::npos);
  }
  CHECK_FALSE(format_by_name("xml"));
}

TEST_CASE("import format: a folder of the original, what is newer last") {
  const TemporaryFolder folder;
  write_file(folder / "storage.json", "{}");
  write_file(folder / "stashed/b.json", "{}");
  write_file(folder / "stashed/a.json", "{}");
  write_file(folder / "stashed/a.json.tmp", "{}");
  write_file(folder / "stashed/c.json.corrupt", "{}");
  write_file(folder / "stashed/log.ndjson", "{}");
  write_file(folder / "evicted/e.json", "{}");
  write_file(folder / "contexts/x.mdc", "");
  write_file(folder / "contexts/notes.txt", "");
  CHECK(planned(folder.path()) == Files{"context:storage.json:-", "context:e.json:-",
                                        "context:a.json:a", "context:b.json:b",
                                        "ndjson:log.ndjson:log", "mdc:x.mdc:-"});
  const auto left = plan_import(folder.path()).value().left_alone;
  REQUIRE(left.size() == 2);
  CHECK(left[0].second.find("interrupted") != std::string::npos);
  CHECK(left[1].second.find("damaged") != std::string::npos);
  CHECK(planned(folder / "stashed").size() == 3);
  CHECK(planned(folder / "evicted") == Files{"context:e.json:-"});
  CHECK(planned(folder / "contexts") == Files{"mdc:x.mdc:-"});
  CHECK(planned(folder / "stashed/c.json.corrupt") == Files{"context:c.json.corrupt:c"});
}

TEST_CASE("import format: a folder that holds such a folder, one that holds nothing") {
  const TemporaryFolder folder;
  write_file(folder / "p/.out_of_context/stashed/a.json", "{}");
  CHECK(planned(folder / "p") == Files{"context:a.json:a"});
  write_file(folder / "q/other.txt", "x");
  CHECK(plan_import(folder / "q").error().code == ErrorCode::invalid_argument);
  CHECK(plan_import(folder / "none").error().code == ErrorCode::not_found);
  CHECK(plan_import(folder / "q/other.txt").error().code == ErrorCode::invalid_argument);
  CHECK(plan_import(folder / "q", ImportFormat::mdc).value().files.size() == 1);
  CHECK(plan_import(folder / "q/other.txt", ImportFormat::mdc).value().files[0].bytes == 1);
}

TEST_CASE("import format: what could be taken for a store") {
  const TemporaryFolder folder;
  write_file(folder / "storage.json", "{\"projects\":{}}");
  CHECK(foreign_kind(folder / "storage.json") == "a file of Out of Context");
  CHECK(foreign_kind(folder.path()) == "a folder of Out of Context");
  write_file(folder / "s/shale.toml", "");
  CHECK_FALSE(foreign_kind(folder / "s"));
  CHECK_FALSE(foreign_kind(folder / "none"));
  write_file(folder / "text", "text");
  CHECK_FALSE(foreign_kind(folder / "text"));
}

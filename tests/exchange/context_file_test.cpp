#include "exchange/context_file.hpp"

#include "tests/exchange/imported.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;
using namespace shale::exchange::testing;

namespace {

std::string segment(const std::string& id, const std::string& project = "p") {
  return "{\n\"segment_id\": \"" + id +
         "\", \"text\": \"t\", \"type\": \"note\", \"project_id\": \"" + project +
         "\", \"tier\": \"working\"}";
}
std::string file_of(const std::string& segments) { return "{\"segments\": [" + segments + "]}"; }

// Imports `content` as the file `name`.
Result<void> import_into(Imported& got, const std::string& name, const std::string& content) {
  const TemporaryFolder folder;
  write_file(folder / name, content);
  const ImportPlan plan = plan_import(folder / name).value();
  const ImportFile& file = plan.files.front();
  auto read = file.format == ImportFormat::ndjson ? import_ndjson(got.run, file)
                                                  : import_context(got.run, file);
  return got.run.close(file.path, std::move(read));
}

}  // namespace

TEST_CASE("context file: every field of a segment") {
  Imported got;
  import_into(got, "stashed/proj-1.json", file_of(R"({
      "segment_id": "seg-2", "text": "na\u00efve \ud83d\ude00", "type": "code",
      "project_id": "proj-1", "task_id": null, "created_at": "2025-12-08T01:02:03Z",
      "last_touched_at": "2025-12-08T01:02:03.000004", "pinned": true, "generation": "old",
      "gc_survival_count": 1, "refcount": 2, "file_path": "src/f.py", "line_range": [10, 12],
      "tags": ["a", "ref:b"], "topic_id": "t", "tokens": 9, "tokens_computed_at": null,
      "text_hash": "abababababababababababababababababababababababababababababababab",
      "tier": "archive", "strange": {"k": [1]}})"))
      .value();
  REQUIRE(got.segments.contains("proj-1/seg-2"));
  const NewSegment& segment = got.segments["proj-1/seg-2"];
  CHECK(segment.text == "na\xC3\xAFve \xF0\x9F\x98\x80");
  CHECK(segment.type == "code");
  CHECK_FALSE(segment.task);
  CHECK(segment.created_at->zoned);
  CHECK_FALSE(segment.touched_at->zoned);
  CHECK(segment.touched_at->microseconds % 1'000'000 == 4);
  CHECK(segment.pinned);
  CHECK(segment.generation == Generation::old);
  CHECK(segment.gc_survival_count == 1);
  CHECK(segment.refcount == 2);
  CHECK(segment.file == "src/f.py");
  CHECK(segment.line_range == LineRange{10, 12});
  CHECK(segment.tags == std::vector<std::string>{"a", "ref:b"});
  CHECK(segment.topic == "t");
  CHECK(segment.tokens == 9u);
  CHECK(segment.tokenizer.empty());
  CHECK_FALSE(segment.tokens_computed_at);
  REQUIRE(segment.sha256);
  CHECK((*segment.sha256)[31] == 0xab);
  CHECK(segment.tier == Tier::archive);
  CHECK(segment.attrs.at("strange") == AttributeValue(Json{R"({"k": [1]})"}));
  CHECK(got.warnings.empty());
}

TEST_CASE("context file: a single file of several projects; indexes are not looked at") {
  Imported got;
  import_into(got, "storage.json",
              "{\"version\": \"1.0\", \"projects\": {\"p\": {\"indexes\": {\"segments\": [1]}, "
              "\"segments\": [" +
                  segment("a") + "]}, \"q\": {\"segments\": [" + segment("a", "q") + "," +
                  segment("b") + "]}}, \"segments\": []}")
      .value();
  CHECK(got.order == std::vector<std::string>{"p/a", "q/a", "q/b"});
  CHECK(got.segments["q/b"].attrs.at("project_id") == text("p"));
  CHECK(got.segments["q/a"].attrs.empty());
  CHECK(got.says("1 segments name another project"));
  CHECK(got.run.counts().bad == 0);
}

TEST_CASE("context file: the name of a file in `stashed` is its project") {
  Imported got;
  import_into(got, "stashed/q.json", file_of(segment("a"))).value();
  import_into(got, "stashed/a%2fb.json", file_of(segment("c", "a/b"))).value();
  import_into(got, "stashed/50%.json", file_of(segment("d", "50%"))).value();
  CHECK(got.order == std::vector<std::string>{"q/a", "a/b/c", "50%/d"});
  CHECK(got.segments["q/a"].attrs.at("project_id") == text("p"));
  Imported bound({.project = "x"});
  import_into(bound, "stashed/q.json", file_of(segment("a"))).value();
  CHECK(bound.order == std::vector<std::string>{"x/a"});
  CHECK(bound.segments["x/a"].attrs.empty());
}

TEST_CASE("context file: elsewhere the segments say which project they are of") {
  Imported got;
  import_into(got, "backup.json", file_of(segment("a", "../x"))).value();
  import_into(got, "other.json", file_of(R"({"segment_id": "b", "text": "t"})")).value();
  import_into(got, "one.json", segment("c")).value();
  import_into(got, "none.json", "{\n\"segment_id\": 7, \"text\": \"t\"}").value();
  import_into(got, "array.json", "[" + segment("d") + "," + segment("e", "q") + "]").value();
  CHECK(got.order ==
        std::vector<std::string>{"../x/a", "other/b", "p/c", "default/7", "p/d", "q/e"});
  CHECK(got.segments["p/c"].tier == Tier::working);
}

TEST_CASE("context file: a month of a project, or a project with such a name") {
  Imported got;
  import_into(got, "stashed/a_2025-12.json", file_of(segment("x", "a"))).value();
  CHECK(got.order.empty());
  CHECK(got.run.counts().undecidable == 1);
  CHECK(got.says("--project"));
  import_into(got, "stashed/b_2025-12.json", file_of(segment("x", "b_2025-12"))).value();
  CHECK(got.order == std::vector<std::string>{"b_2025-12/x"});
  Imported bound({.project = "a"});
  import_into(bound, "stashed/a_2025-12.json", file_of(segment("x", "a"))).value();
  CHECK(bound.order == std::vector<std::string>{"a/x"});
  CHECK(bound.run.counts().undecidable == 0);
}

TEST_CASE("context file: a bad segment is told with its line, the rest comes") {
  Imported got;
  import_into(
      got, "stashed/p.json",
      file_of(segment("a") + ",\n12,\n{\"segment_id\": \"b\"},\n{\"text\": \"t\"},\n" +
              "{\"segment_id\": \"c\", \"text\": \"t\", \"tier\": \"gold\"},\n" + segment("")))
      .value();
  CHECK(got.order == std::vector<std::string>{"p/a"});
  CHECK(got.run.counts().bad == 5);
  for (const char* place :
       {"p.json:3: The segment is not", "p.json:4: The segment has neither",
        "p.json:5: The segment has no id", "p.json:6: \"tier\"", "p.json:7: The id is empty."}) {
    CHECK(got.says(place));
  }
}

TEST_CASE("context file: what stands before damage is taken") {
  for (const std::string& content : std::initializer_list<std::string>{
           "{\"segments\": [" + segment("a") + ", {\"segm",
           "{\"segments\": [" + segment("a") + " x", "{\"segments\": [" + segment("a") + "]",
           file_of(segment("a")) + "}"}) {
    INFO(content);
    Imported got;
    import_into(got, "stashed/p.json", content).value();
    CHECK(got.order == std::vector<std::string>{"p/a"});
    CHECK(got.run.counts().damaged == 1);
    CHECK(got.says("p.json: damaged, line 2, byte "));
  }
  Imported got;
  import_into(got, "stashed/p.json", "").value();
  CHECK(got.says("the file is empty"));
}

TEST_CASE("context file: lines of NDJSON, and what of them is none") {
  Imported got;
  import_into(got, "a.ndjson",
              "{\"id\":\"a\",\"text\":\"t\",\"project\":\"p\"}\n\nbad\n{\"text\":\"t\"}\n"
              "{\"id\":\"b\",\"text\":\"t\"}")
      .value();
  CHECK(got.order == std::vector<std::string>{"p/a", "default/b"});
  CHECK(got.run.counts().bad == 2);
  CHECK(got.says("a.ndjson:3: "));
  CHECK(got.says("a.ndjson:4: "));
  import_into(got, "stashed/q.ndjson", "{\"id\":\"c\",\"text\":\"t\"}\n").value();
  CHECK(got.order.back() == "q/c");
}

TEST_CASE("context file: names of files are safe, and differ where projects do") {
  CHECK(project_file_stem("proj-1") == "proj-1");
  CHECK(project_file_stem("a b.\xC3\xA9") == "a b.\xC3\xA9");
  CHECK(project_file_stem("../x") == "%2e.%2fx");
  CHECK(project_file_stem(std::string("a/b%\0\n\x7f", 7)) == "a%2fb%25%00%0a%7f");
  CHECK(project_file_stem(".") == "%2e");
  const std::string hashed = project_file_stem(std::string(201, 'a'));
  CHECK(hashed.size() == 34);
  CHECK(hashed != project_file_stem(std::string(202, 'a')));
}

#include "exchange/mdc_file.hpp"

#include "exchange/times.hpp"
#include "tests/exchange/imported.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;
using namespace shale::exchange::testing;

namespace {

Result<void> import_into(Imported& got, const TemporaryFolder& folder) {
  const ImportPlan plan = plan_import(folder / "contexts").value();
  MdcImporter contexts(plan);
  for (const ImportFile& file : plan.files) {
    TRY(got.run.close(file.path, contexts.import(got.run, file)));
  }
  return {};
}

NewSegment imported(const std::string& content, std::string id = "n") {
  const TemporaryFolder folder;
  write_file(folder / "contexts/n.mdc", content);
  Imported got;
  import_into(got, folder).value();
  INFO(content);
  REQUIRE(got.segments.size() == 1);
  REQUIRE(got.segments.contains("default/" + id));
  return got.segments.begin()->second;
}

}  // namespace

TEST_CASE("mdc file: front matter and body") {
  struct Case {
    std::string_view text;
    std::optional<std::string_view> front;
    std::string_view body;
  };
  const Case cases[] = {
      {"---\na: 1\n---\n\nbody\n", "a: 1\n", "body\n"},
      {"---\na: 1\n---\nbody", "a: 1\n", "body"},
      {"---\na: 1\n---\n\n\nbody", "a: 1\n", "\nbody"},
      {"---\r\na: 1\r\n---\r\n\r\nbody\r\n", "a: 1\r\n", "body\r\n"},
      {"---\n---\n", "", ""},
      {"---\n---", "", ""},
      {"---\na: 1\n---", "a: 1\n", ""},
      {"---\na: 1\n", std::nullopt, "---\na: 1\n"},
      {"--- \na: 1\n---\n", std::nullopt, "--- \na: 1\n---\n"},
      {"text\n---\n", std::nullopt, "text\n---\n"},
      {"", std::nullopt, ""},
      {"---", std::nullopt, "---"},
      {"---\na: 1\n---\nb\n---\n", "a: 1\n", "b\n---\n"},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    const MdcParts parts = split_mdc(one.text);
    CHECK(parts.front == one.front);
    CHECK(parts.body == one.body);
  }
}

TEST_CASE("mdc file: keys become fields and attributes") {
  const NewSegment segment = imported(
      "---\ntype: project-info\ntags:\n- overview\n- 2\ncreated_at: '2025-12-16T10:00:00.5'\n"
      "name: over-view\nrank: 3\nversion: 1.10\nnested: {a: [1]}\nid: x\n---\n\nText \xC3\xA9\n",
      "over-view");
  CHECK(segment.type == "project-info");
  CHECK(segment.tags == std::vector<std::string>{"overview", "2"});
  CHECK(segment.created_at == parse_time("2025-12-16T10:00:00.5"));
  CHECK(segment.touched_at == segment.created_at);
  CHECK(segment.text == "Text \xC3\xA9\n");
  CHECK(segment.attrs == Attributes{{"rank", whole(3)},
                                    {"version", text("1.10")},
                                    {"nested", Json{R"({"a":[1]})"}},
                                    {"id", text("x")}});
}

TEST_CASE("mdc file: a date without quotes, and what its field cannot hold") {
  CHECK(imported("---\ncreated_at: 2025-12-16 10:00:00\n---\n").created_at ==
        parse_time("2025-12-16T10:00:00"));
  const NewSegment odd =
      imported("---\ntype: ''\ntags: [[x], '']\ncreated_at: soon\nname:\n---\nt");
  CHECK(odd.type == "note");
  CHECK(odd.tags.empty());
  CHECK_FALSE(odd.created_at);
  CHECK(odd.attrs.size() == 4);
  CHECK(odd.attrs.at("created_at") == text("soon"));
  CHECK(imported("---\ntags: one\n---\nt").attrs.at("tags") == text("one"));
}

TEST_CASE("mdc file: without front matter, and with bad one, the text is the whole file") {
  CHECK(imported("# Only text\n").text == "# Only text\n");
  const TemporaryFolder folder;
  const std::string bad = "---\na: [1\nname: other\n---\n\nbody\n";
  write_file(folder / "contexts/bad.mdc", bad);
  Imported got;
  import_into(got, folder).value();
  CHECK(got.segments["default/bad"].text == bad);
  CHECK(got.segments["default/bad"].attrs.empty());
  CHECK(got.says("bad.mdc: the front matter is no YAML"));
  CHECK(got.run.counts().bad == 0);
}

TEST_CASE("mdc file: two files with one name stay two segments") {
  const TemporaryFolder folder;
  write_file(folder / "contexts/a.mdc", "---\nname: same\n---\nfirst");
  write_file(folder / "contexts/b.mdc", "---\nname: same\n---\nsecond");
  Imported got;
  import_into(got, folder).value();
  CHECK(got.order == std::vector<std::string>{"default/same", "default/b"});
  CHECK(got.segments["default/b"].text == "second");
  CHECK(got.segments["default/b"].attrs.at("name") == text("same"));
  CHECK(got.says("b.mdc: another file has the name"));
  write_file(folder / "contexts/same.mdc", "third");
  Imported more;
  import_into(more, folder).value();
  CHECK(more.order == std::vector<std::string>{"default/a", "default/b", "default/same"});
}

TEST_CASE("mdc file: one that is longer than any text is refused") {
  const TemporaryFolder folder;
  write_file(folder / "contexts/long.mdc",
             std::string(text_bytes_max + metadata_bytes_max + 1, 'x'));
  write_file(folder / "contexts/over.mdc", std::string(text_bytes_max + 1, 'x'));
  write_file(folder / "contexts/z.mdc", "z");
  Imported got;
  import_into(got, folder).value();
  CHECK(got.run.counts().bad == 2);
  CHECK(got.order == std::vector<std::string>{"default/z"});
}

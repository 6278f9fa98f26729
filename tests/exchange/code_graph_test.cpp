#include "exchange/code_graph.hpp"

#include "exchange/times.hpp"
#include "tests/exchange/imported.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;
using namespace shale::exchange::testing;

namespace {

constexpr std::string_view nodes = R"("nodes": [
  { "hash": 1028706682788645131, "kind": "Struct", "name": "Boxed", "signature": "struct Boxed",
    "file_path": "axum/src/boxed.rs", "line": 7 },
  { "hash": 14596918901130489526, "kind": "Trait", "name": "Into\u00e9", "signature": "trait Into",
    "file_path": "axum/src/into.rs", "line": 0, "more": [1] }])";
constexpr std::string_view edges = R"("edges": [
  { "from": 1028706682788645131, "to": 14596918901130489526, "kind": "Implements" },
  { "from": 14596918901130489526, "to": 1, "kind": "Uses" },
  { "from": 1028706682788645131, "to": 2, "kind": "Calls" },
  { "from": 1028706682788645131, "to": 2, "kind": "Calls" }])";
constexpr std::string_view metadata =
    R"("metadata": {"version": 1, "timestamp": 1758431486, "node_count": 2, "edge_count": 4})";

Imported& import_into(Imported& got, const std::string& content) {
  const TemporaryFolder folder;
  write_file(folder / "isg.json", content);
  const ImportPlan plan = plan_import(folder / "isg.json", ImportFormat::parseltongue).value();
  got.run.close(plan.files[0].path, import_code_graph(got.run, plan.files[0])).value();
  return got;
}

std::string object(std::initializer_list<std::string_view> members) {
  std::string text = "{";
  for (const std::string_view member : members) {
    if (text.size() > 1) text += ",\n";
    text += member;
  }
  return text + "}";
}

}  // namespace

TEST_CASE("code graph: nodes with their edges, in whatever order the file has them") {
  for (const std::string& content :
       {object({nodes, edges, metadata}), object({metadata, edges, nodes})}) {
    Imported got;
    import_into(got, content);
    REQUIRE(got.segments.size() == 2);
    const NewSegment& boxed = got.segments["default/1028706682788645131"];
    CHECK(boxed.text == "struct Boxed");
    CHECK(boxed.type == "code");
    CHECK(boxed.file == "axum/src/boxed.rs");
    CHECK(boxed.line_range == LineRange{7, 7});
    CHECK(boxed.created_at == time_from_seconds(std::int64_t(1758431486)));
    CHECK(boxed.tags ==
          std::vector<std::string>{"Implements:14596918901130489526", "Calls:2", "Calls:2"});
    CHECK(boxed.attrs == Attributes{{"hash", whole(1028706682788645131)},
                                    {"kind", text("Struct")},
                                    {"name", text("Boxed")}});
    const NewSegment& into = got.segments["default/14596918901130489526"];
    CHECK(into.attrs.at("hash") == AttributeValue(Json{"14596918901130489526"}));
    CHECK(into.attrs.at("more") == AttributeValue(Json{"[1]"}));
    CHECK(into.attrs.at("name") == text("Into\xC3\xA9"));
    CHECK(into.tags == std::vector<std::string>{"Uses:1"});
    CHECK(got.warnings.empty());
  }
}

TEST_CASE("code graph: edges from nowhere, and counts that do not agree, are told") {
  Imported got;
  import_into(got,
              object({nodes, R"("edges": [{"from": 5, "to": 6, "kind": "Calls"}])", metadata}));
  CHECK(got.says("1 edges begin at a node that is not there"));
  CHECK(got.says("4 edges, and has 1"));
  CHECK(got.run.counts().bad == 1);
}

TEST_CASE("code graph: bad nodes and edges are told with their line") {
  Imported got;
  import_into(got,
              "{\"nodes\": [{\"hash\": -1, \"signature\": \"x\"},\n{\"hash\": 2},\n[3],\n"
              "{\"hash\": 4, \"signature\": \"s\"}],\n\"edges\": [{\"from\": 4}, {\"from\": 4, "
              "\"to\": 1, \"kind\": \"\"}]}");
  CHECK(got.order == std::vector<std::string>{"default/4"});
  CHECK(got.run.counts().bad == 5);
  CHECK(got.says("isg.json:1: A node"));
  CHECK(got.says("isg.json:3: This is no JSON object"));
  CHECK(got.says("isg.json:5: An edge"));
}

TEST_CASE("code graph: a file that is cut off gives what it has") {
  const std::string content = object({nodes, edges, metadata});
  Imported got;
  import_into(got, content.substr(0, content.find("\"Uses\"")));
  CHECK(got.segments.size() == 2);
  CHECK(got.run.counts().damaged == 1);
  CHECK(got.segments["default/1028706682788645131"].tags.size() == 1);
  Imported less;
  import_into(less, content.substr(0, content.find("\"Trait\"")));
  CHECK(less.segments.size() == 1);
  CHECK(less.run.counts().damaged == 1);
}

TEST_CASE("code graph: no nesting breaks the reader") {
  const std::string deep = std::string(50'000, '[') + std::string(50'000, ']');
  Imported got;
  import_into(got, R"({"nodes": [{"hash": 1, "signature": "s", "k": )" + deep + "}]}");
  CHECK(got.run.counts().bad == 1);
}

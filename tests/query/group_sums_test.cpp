#include "query/group_sums.hpp"

#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

using Counts = std::map<std::vector<std::string>, std::pair<u64, u64>>;

Counts counts_of(const GroupSums& sums) {
  Counts counts;
  for (const auto& [key, sum] : sums) counts[key] = {sum.count, sum.sum};
  return counts;
}

Document document(const std::string& id, const std::string& type, std::vector<std::string> tags,
                  u32 tokens) {
  Document made;
  made.metadata.id = id;
  made.metadata.type = type;
  made.metadata.tags = std::move(tags);
  made.metadata.tokens = tokens;
  return made;
}

IndexView sample() {
  Overlay overlay;
  overlay.patches[1].type = "patched";
  return view_of(std::make_shared<MemoryIndex>(std::vector<Document>{
                     document("a", "code", {"x", "y"}, 5), document("b", "code", {}, 7),
                     document("c", "note", {"x"}, 9)}),
                 overlay);
}

TEST_CASE("documents are counted, and a number of theirs added up where one is named") {
  const std::vector<Field> by = {Field::type};
  const Bitmap all = Bitmap::range(0, 3);
  GroupSums sums;
  add_groups(sample(), Field::tokens, by, all, sums).value();
  const Counts expected = {{{"code"}, {1, 5}}, {{"note"}, {1, 9}}, {{"patched"}, {1, 7}}};
  CHECK(counts_of(sums) == expected);
  GroupSums counted;
  add_groups(sample(), std::nullopt, by, all, counted).value();
  for (const auto& [key, pair] : expected) {
    CHECK(counted[key].count == pair.first);
    CHECK(counted[key].sum == 0);
  }
  CHECK(counted.size() == expected.size());
  // What is there already is added to.
  add_groups(sample(), Field::tokens, by, Bitmap::range(0, 1), sums).value();
  CHECK(counts_of(sums).at({"code"}) == std::pair<u64, u64>(2, 10));
}

TEST_CASE("each of several tags counts, and only the documents given") {
  const std::vector<Field> by = {Field::tag, Field::type};
  GroupSums sums;
  add_groups(sample(), Field::tokens, by, Bitmap::range(0, 2), sums).value();
  CHECK(counts_of(sums) ==
        Counts{{{"x", "code"}, {1, 5}}, {{"y", "code"}, {1, 5}}, {{"", "patched"}, {1, 7}}});
  GroupSums none;
  add_groups(sample(), Field::tokens, by, Bitmap(), none).value();
  CHECK(none.empty());
}

TEST_CASE("what can be grouped by is said by name") {
  CHECK(group_field("day").value() == Field::created);
  CHECK(group_field("tag").value() == Field::tag);
  for (const char* name : {"created", "tokens", "attr", "id", "colour", ""}) {
    INFO(name);
    const auto field = group_field(name);
    REQUIRE_FALSE(field);
    CHECK(field.error().code == ErrorCode::invalid_argument);
    CHECK(field.error().message.find("pinned day") != std::string::npos);
  }
}

}  // namespace
}  // namespace shale::query::testing

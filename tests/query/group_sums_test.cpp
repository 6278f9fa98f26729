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

DenseSet below(u32 end) {
  DenseSet set(3);
  for (u32 doc = 0; doc < end; ++doc) set.add(doc);
  return set;
}

// Of documents below `end`, added to what `sums` has.
void add(std::optional<Field> number, std::vector<Field> by, u32 end, GroupSums& sums) {
  Grouping grouping{.by = std::move(by), .sums = std::move(sums)};
  add_groups(sample(), number, below(end), std::span(&grouping, 1)).value();
  sums = std::move(grouping.sums);
}

TEST_CASE("documents are counted, and a number of theirs added up where one is named") {
  GroupSums sums;
  add(Field::tokens, {Field::type}, 3, sums);
  const Counts expected = {{{"code"}, {1, 5}}, {{"note"}, {1, 9}}, {{"patched"}, {1, 7}}};
  CHECK(counts_of(sums) == expected);
  GroupSums counted;
  add(std::nullopt, {Field::type}, 3, counted);
  for (const auto& [key, pair] : expected) {
    CHECK(counted[key].count == pair.first);
    CHECK(counted[key].sum == 0);
  }
  CHECK(counted.size() == expected.size());
  // What is there already is added to.
  add(Field::tokens, {Field::type}, 1, sums);
  CHECK(counts_of(sums).at({"code"}) == std::pair<u64, u64>(2, 10));
}

TEST_CASE("each of several tags counts, and only the documents given") {
  GroupSums sums;
  add(Field::tokens, {Field::tag, Field::type}, 2, sums);
  CHECK(counts_of(sums) ==
        Counts{{{"x", "code"}, {1, 5}}, {{"y", "code"}, {1, 5}}, {{"", "patched"}, {1, 7}}});
  GroupSums none;
  add(Field::tokens, {Field::tag, Field::type}, 0, none);
  CHECK(none.empty());
}

TEST_CASE("without a choice of documents all count, in several groupings at once") {
  Grouping groupings[] = {{.by = {}}, {.by = {Field::type}}, {.by = {Field::tag}}};
  add_groups(sample(), Field::tokens, std::nullopt, groupings).value();
  CHECK(counts_of(groupings[0].sums) == Counts{{{}, {3, 21}}});
  CHECK(counts_of(groupings[1].sums) ==
        Counts{{{"code"}, {1, 5}}, {{"note"}, {1, 9}}, {{"patched"}, {1, 7}}});
  CHECK(counts_of(groupings[2].sums) == Counts{{{""}, {1, 7}}, {{"x"}, {2, 14}}, {{"y"}, {1, 5}}});
}

TEST_CASE("who has no number is told, and times are those of the group alone") {
  std::vector<Document> documents(3);
  documents[0].metadata.tokens = 4;
  for (u32 i = 0; i < 3; ++i) {
    documents[i].metadata.created_at.microseconds = 100 + i;
    documents[i].metadata.touched_at.microseconds = 200 + i;
  }
  documents[2].metadata.type = "log";
  Overlay overlay;
  overlay.patches[0].touched_at = Time{500, true};
  const IndexView view = view_of(std::make_shared<MemoryIndex>(documents), overlay);
  Grouping grouping{.by = {Field::type}, .created = true, .touched = true};
  add_groups(view, Field::tokens, std::nullopt, std::span(&grouping, 1)).value();
  const GroupSum& notes = grouping.sums.at({"note"});
  CHECK(notes.count == 2);
  CHECK(notes.absent == 1);
  CHECK(notes.created == Extent{100, 101});
  CHECK(notes.touched == Extent{201, 500});
  CHECK(grouping.sums.at({"log"}).touched == Extent{202, 202});
  CHECK(grouping.sums.at({"log"}).absent == 1);
}

// Several blocks, of which some are wanted whole, in part, or not at all.
TEST_CASE("blocks are added up as a look at every document does") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  std::vector<Document> documents(3 * 4096 + 100);
  DenseSet wanted(u32(documents.size()));
  for (u32 i = 0; i < documents.size(); ++i) {
    Metadata& metadata = documents[i].metadata;
    metadata.type = CorpusMaker::numbered("t", i < 4096 ? 0 : maker.below(30));
    if (maker.chance(50)) metadata.tokens = maker.below(1000);
    if (maker.chance(5)) metadata.tags = {"x", "y"};
    const u32 block = i / 4096;
    if (block == 0 || (block == 1 && maker.chance(30)) || i == 3 * 4096 + 50) wanted.add(i);
  }
  Counts types, tags;
  for (const u32 doc : wanted.to_vector()) {
    const Metadata& metadata = documents[doc].metadata;
    const auto count = [&](std::pair<u64, u64>& group) {
      ++group.first;
      group.second += metadata.tokens.value_or(0);
    };
    count(types[{metadata.type}]);
    for (const std::string& tag : metadata.tags) count(tags[{tag}]);
    if (metadata.tags.empty()) count(tags[{""}]);
  }
  const IndexView view = view_of(std::make_shared<MemoryIndex>(std::move(documents)));
  Grouping groupings[] = {{.by = {Field::type}}, {.by = {Field::tag}}};
  add_groups(view, Field::tokens, wanted, groupings).value();
  CHECK(counts_of(groupings[0].sums) == types);
  CHECK(counts_of(groupings[1].sums) == tags);
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

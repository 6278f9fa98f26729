#include "store/document_plan.hpp"

#include "tests/store/merge_sources.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

using Key = std::tuple<int, std::string, std::int64_t, u32, u32>;

// The order by definition: files, then tasks, then the rest; by name; by line or time.
std::vector<Key> naive_order(const std::vector<MergeSource>& sources, std::optional<u32> month) {
  std::vector<Key> keys;
  for (u32 s = 0; s < sources.size(); ++s) {
    const IndexView& view = sources[s].view;
    for (u32 doc = 0; doc < view.index->document_count(); ++doc) {
      if (view.overlay->dead.contains(doc)) continue;
      const Metadata m = current_metadata(view, DocNo(doc)).value();
      if (month.has_value() && month_of(m.created_at.microseconds) != *month) continue;
      const std::int64_t created = m.created_at.microseconds;
      if (m.file.has_value()) {
        keys.emplace_back(0, *m.file, m.line_range ? m.line_range->first : created, s, doc);
      } else if (m.task.has_value()) {
        keys.emplace_back(1, *m.task, created, s, doc);
      } else {
        keys.emplace_back(2, "", created, s, doc);
      }
    }
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

void check_plan(const std::vector<MergeSource>& sources, std::optional<u32> month) {
  const DocumentPlan plan = plan_documents(sources, month).value();
  const std::vector<Key> expected = naive_order(sources, month);
  REQUIRE(plan.documents.size() == expected.size());
  REQUIRE(plan.word_counts.size() == expected.size());
  REQUIRE(plan.new_numbers.size() == sources.size());
  u64 text_bytes = 0;
  usize numbered = 0;
  for (u32 n = 0; n < expected.size(); ++n) {
    const auto& [kind, name, position, source, doc] = expected[n];
    INFO("document " << n << " " << name << " " << position);
    REQUIRE(plan.documents[n].source == source);
    REQUIRE(plan.documents[n].doc == doc);
    REQUIRE(plan.new_numbers[source][doc] == n);
    const std::string text = sources[source].view.index->text(DocNo(doc)).value();
    REQUIRE(plan.word_counts[n] == plain_words(text).size());
    text_bytes += text.size();
  }
  CHECK(plan.text_bytes == text_bytes);
  for (usize s = 0; s < sources.size(); ++s) {
    REQUIRE(plan.new_numbers[s].size() == sources[s].view.index->document_count());
    for (const u32 number : plan.new_numbers[s]) numbered += number != no_document ? 1 : 0;
  }
  CHECK(numbered == expected.size());
}

TEST_CASE("plans agree with the order by definition, dead and patched documents included") {
  const unsigned seed = std::random_device{}();
  for (unsigned round = 0; round < 8; ++round) {
    INFO("seed " << seed + round);
    const MergeInputs inputs(seed + round);
    REQUIRE(inputs.sources().size() == 4);
    check_plan(inputs.sources(), std::nullopt);
  }
}

TEST_CASE("plans by month take every document once") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  const MergeInputs inputs(seed);
  const std::vector<u32> months = months_of(inputs.sources()).value();
  CHECK(months.size() > 3);
  CHECK(std::is_sorted(months.begin(), months.end()));
  usize documents = 0;
  for (const u32 month : months) {
    check_plan(inputs.sources(), month);
    const usize size = plan_documents(inputs.sources(), month).value().documents.size();
    CHECK(size > 0);
    documents += size;
  }
  CHECK(documents == plan_documents(inputs.sources()).value().documents.size());
  CHECK(plan_documents(inputs.sources(), 190001).value().documents.empty());
}

TEST_CASE("months are those of UTC") {
  CHECK(month_of(0) == 197001);
  CHECK(month_of(-1) == 196912);
  CHECK(month_of(951'782'400'000'000) == 200002);  // 2000-02-29
  CHECK(month_of(951'868'799'999'999) == 200002);
  CHECK(month_of(951'868'800'000'000) == 200003);
  CHECK(month_of(some_moment) == 202311);
}

TEST_CASE("months of dead documents do not count") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  NewSegment old = segment("old", "text");
  old.created_at = Time{0, true};
  stash(project, old);
  stash(project, "new", "text");
  CHECK(months_of(sources_of(*view_of(state))).value() == std::vector<u32>{197001, 202311});
  erase(project, "old");
  CHECK(months_of(sources_of(*view_of(state))).value() == std::vector<u32>{202311});
}

TEST_CASE("more documents than a block of columns are all planned") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_many(project, "a", 5000);
  erase(project, "a4500");
  check_plan(sources_of(*view_of(state)), std::nullopt);
}

TEST_CASE("no sources make an empty plan") {
  const DocumentPlan plan = plan_documents({}).value();
  CHECK(plan.documents.empty());
  CHECK(plan.text_bytes == 0);
}

TEST_CASE("new segments are put in the order of groups, runs whole and as they came") {
  std::vector<NewSegment> segments;
  const auto add = [&](const char* id, const char* file, const char* task) {
    NewSegment one{.id = id, .text = {}};
    if (*file != 0) one.file = file;
    if (*task != 0) one.task = task;
    segments.push_back(std::move(one));
  };
  const auto ordered = [&] {
    std::vector<const NewSegment*> pointers;
    for (const NewSegment& one : segments) pointers.push_back(&one);
    order_by_plan(pointers);
    std::string ids;
    for (const NewSegment* one : pointers) ids += one->id;
    return ids;
  };
  CHECK(ordered().empty());
  add("a", "", "");
  add("b", "", "work");
  add("c", "y.c", "work");
  add("d", "y.c", "");
  add("e", "x.c", "");
  CHECK(ordered() == "ecdba");
  add("f", "y.c", "");  // a second run of a group stays behind the first
  add("g", "", "");
  add("h", "", "play");
  CHECK(ordered() == "ecdfhbag");
}

}  // namespace
}  // namespace shale::store

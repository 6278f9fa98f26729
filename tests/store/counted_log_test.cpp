#include "store/counted_log.hpp"

#include <atomic>
#include <thread>

#include "store/document_plan.hpp"

#include "tests/store/counting.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

TEST_CASE("what is stashed without a count has one at once, which is not kept yet") {
  const TestStore store(counting_config("cl100k_base"));
  const auto state = store.state();
  const Project project(state);
  stash(project, "a", some_text);
  const Metadata metadata = metadata_of_id(project, "a");
  CHECK(metadata.tokens == tokens_of(some_text, "cl100k_base"));
  CHECK(metadata.tokenizer == "cl100k_base");
  CHECK_FALSE(metadata.tokens_computed_at);
  const Metadata stored = view_of(state)->indexes[0].index->metadata(DocNo(0)).value();
  CHECK_FALSE(stored.tokens);
  CHECK(stored.tokenizer.empty());
}

TEST_CASE("sums, filters, orders and hits see the count") {
  const TestStore store(counting_config());
  Project writer = store.open();
  u64 sum = 0;
  for (int n = 1; n <= 300; ++n) {
    const std::string text = std::string("word ") + std::string(usize(n), 'x');
    stash(writer, "s" + std::to_string(n), text);
    sum += tokens_of(text);
  }
  NewSegment imported = segment("imported", some_text);
  imported.tokens = 1'000'000;
  stash(writer, imported);
  update(writer, "s7", {.tokens = 2'000'000});
  sum += 3'000'000 - tokens_of("word xxxxxxx");
  const Snapshot now = writer.snapshot().value();
  CHECK(now.sum("tokens", {}).value().rows == std::vector<SumRow>{{{}, 301, sum}});
  CHECK(writer.stats().value().tokens == sum);
  CHECK(now.usage().value().tokens == sum);
  CHECK(now.count("tokens:>=1").value().count == 301);
  CHECK(now.count("tokens:1000000").value().count == 1);
  update(writer, "s8", {.pinned = true});
  CHECK(writer.snapshot().value().count("pinned:true tokens:>=1").value().count == 1);
  const Page page = now.list({.sort = "-tokens", .limit = 1}).value();
  CHECK(page.segments.at(0).tokens == tokens_of("word x"));
  CHECK(metadata_of_id(writer, "imported").tokenizer == "unknown");
  const Answer answer = now.search({.text = "argc argv"}).value();
  CHECK(answer.hits.at(0).tokens == 1'000'000u);
}

TEST_CASE("a project that is only read counts too") {
  const TestStore store(counting_config());
  stash(store.open(), "a", some_text);
  const Snapshot now = store.open(reading()).snapshot().value();
  const u64 tokens = tokens_of(some_text);
  CHECK(now.sum("tokens", {}).value().rows == std::vector<SumRow>{{{}, 1, tokens}});
}

TEST_CASE("a store whose tokenizer is none counts nothing") {
  const TestStore store;
  const Project project = store.open();
  stash(project, "a", some_text);
  CHECK_FALSE(metadata_of_id(project, "a").tokens);
  CHECK(project.snapshot().value().count("tokens:>=0").value().count == 0);
}

// Counts how often it is asked for a text.
class AskedLog final : public ForwardingIndex {
 public:
  using ForwardingIndex::ForwardingIndex;
  mutable std::atomic<u32> texts_asked{0};
  u32 damaged = no_document;       // a document whose text is damaged
  u32 out_of_reach = no_document;  // one whose text cannot be had for another reason

  Result<std::string> text(DocNo doc) const override {
    texts_asked.fetch_add(1);
    if (to_index(doc) == damaged) return fail(ErrorCode::corrupt, "damaged");
    if (to_index(doc) == out_of_reach) return fail(ErrorCode::busy, "not now");
    return ForwardingIndex::text(doc);
  }
};

struct Counted {
  TestStore store{counting_config()};
  std::shared_ptr<AskedLog> log;
  std::shared_ptr<Overlay> overlay = std::make_shared<Overlay>();
  std::shared_ptr<LogCounts> counts = std::make_shared<LogCounts>("o200k_base");

  explicit Counted(int documents) {
    const auto state = store.state();
    stash_many(Project(state), "s", documents);
    log = std::make_shared<AskedLog>(view_of(state)->logs[0]);
  }
  CountedLog view() const { return {log, overlay, counts}; }
};

TEST_CASE("a document is counted once, for all views and every way to ask") {
  const Counted counted(200);
  std::vector<i64> all(200);
  counted.view().numbers(Field::tokens, 0, all).value();
  CHECK(counted.log->texts_asked == 200);
  CHECK(all[7] == tokens_of("text s number 7"));
  const u32 some[] = {3, 150};
  std::vector<i64> two(2);
  counted.view().numbers_of(Field::tokens, some, two).value();
  CHECK(two == std::vector<i64>{all[3], all[150]});
  CHECK(counted.view().counted_metadata(DocNo(150)).value().tokens == u32(all[150]));
  CHECK(counted.log->texts_asked == 200);
  counted.view().numbers(Field::words, 0, all).value();
  CHECK(all[7] == 4);
}

TEST_CASE("who asks for what is stored, or by a summary, gets that") {
  const Counted counted(3);
  CHECK_FALSE(counted.view().metadata(DocNo(1)).value().tokens);
  CHECK(counted.log->texts_asked == 0);
  CHECK(counted.view().summary(DocNo(1)).value().tokens == tokens_of("text s number 1"));
  CHECK(counted.log->texts_asked == 1);
}

TEST_CASE("many readers at once count nothing twice") {
  const Counted counted(500);
  std::vector<std::thread> readers;
  std::atomic<u32> wrong{0};
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      std::vector<i64> all(500);
      counted.view().numbers(Field::tokens, 0, all).value();
      wrong += all[499] != tokens_of("text s number 499");
    });
  }
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == 0);
  CHECK(counted.log->texts_asked == 500);
}

TEST_CASE("a time that came without a count is not that of the count made here") {
  const TestStore store(counting_config());
  const Project project = store.open();
  NewSegment one = segment("a", some_text);
  one.tokens_computed_at = Time{5, true};
  stash(project, one);
  CHECK(metadata_of_id(project, "a").tokens == tokens_of(some_text));
  CHECK_FALSE(metadata_of_id(project, "a").tokens_computed_at);
}

TEST_CASE("dead documents are not counted") {
  const Counted counted(10);
  counted.overlay->dead.add(4);
  std::vector<i64> all(10);
  counted.view().numbers(Field::tokens, 0, all).value();
  CHECK(counted.log->texts_asked == 9);
  CHECK(all[4] == no_number);
  CHECK(all[5] == tokens_of("text s number 5"));
}

TEST_CASE("a damaged text has no count and takes none from the others") {
  const Counted counted(10);
  counted.log->damaged = 4;
  std::vector<i64> all(10);
  counted.view().numbers(Field::tokens, 0, all).value();
  CHECK(all[4] == no_number);
  CHECK(all[5] == tokens_of("text s number 5"));
  CHECK_FALSE(counted.view().counted_metadata(DocNo(4)).value().tokens);
  counted.log->damaged = no_document;
  CHECK(counted.view().counted_metadata(DocNo(4)).value().tokens == tokens_of("text s number 4"));
}

TEST_CASE("what keeps a text from being read for now is an error") {
  const Counted counted(10);
  counted.log->out_of_reach = 4;
  std::vector<i64> all(10);
  CHECK(counted.view().numbers(Field::tokens, 0, all).error().code == ErrorCode::busy);
  CHECK(counted.view().counted_metadata(DocNo(4)).error().code == ErrorCode::busy);
  CHECK(counted.view().counted_metadata(DocNo(5)).value().tokens == tokens_of("text s number 5"));
}

}  // namespace
}  // namespace shale::store

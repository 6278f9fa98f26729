#include "query/statistics.hpp"

#include "query/engine.hpp"
#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

TEST_CASE("statistics count live documents only") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 50; ++round) {
    const Corpus corpus = maker.corpus(3, 60, 9);
    u64 words = 0;
    for (const Live& live : corpus.live) {
      words += live.words;
    }
    std::vector<Fault> faults;
    const CorpusStatistics statistics = corpus_statistics(corpus.views, faults).value();
    CHECK(statistics.documents == corpus.live.size());
    CHECK(statistics.words == words);
    CHECK(faults.empty());
  }
}

TEST_CASE("a damaged view is left out and told") {
  CorpusMaker maker(9);
  Corpus corpus = maker.corpus(2, 100, 5);
  Overlay overlay;
  overlay.dead.add(0);
  corpus.views[0] = view_of(corpus.indexes[0], overlay);
  corpus.indexes[0]->failing = Failing::numbers;
  std::vector<Fault> faults;
  const CorpusStatistics rest = corpus_statistics(corpus.views, faults).value();
  REQUIRE(faults.size() == 1);
  std::vector<Fault> none;
  const std::span<const IndexView> sound(&corpus.views[1], 1);
  CHECK(rest.documents == corpus_statistics(sound, none).value().documents);
}

TEST_CASE("dead documents that cannot be are damage") {
  auto index = std::make_shared<MemoryIndex>(std::vector<Document>(2));
  Overlay overlay;
  overlay.dead.add(2);
  CHECK(live_statistics(view_of(index, overlay)).error().code == ErrorCode::corrupt);
}

}  // namespace
}  // namespace shale::query::testing

#include "query/values.hpp"

#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

const std::vector<Field> number_fields = {
    Field::created,           Field::touched,  Field::tokens, Field::line_first, Field::line_last,
    Field::gc_survival_count, Field::refcount, Field::bytes,  Field::words};

TEST_CASE("numbers of patched and unpatched documents are those of their metadata") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 60; ++round) {
    const Corpus corpus = maker.corpus(1, 60, 5);
    std::vector<u32> docs;
    for (const auto& [place, live] : corpus.places) {
      if (maker.chance(60)) docs.push_back(place.second);
    }
    std::vector<i64> numbers(docs.size());
    for (const Field field : number_fields) {
      current_numbers(corpus.views[0], field, docs, numbers).value();
      for (usize i = 0; i < docs.size(); ++i) {
        const Live& live = corpus.at(0, DocNo{docs[i]});
        REQUIRE(numbers[i] == number_of(field, live.metadata, live.text.size(), live.words));
      }
    }
  }
}

TEST_CASE("an update changes what it sets and nothing else") {
  const u32 seed = fresh_seed();
  INFO("seed " << seed);
  CorpusMaker maker(seed);
  for (int round = 0; round < 500; ++round) {
    const Metadata before = maker.metadata("a");
    const Update update = maker.update();
    Metadata after = before;
    apply_update(update, after);
    for (const Field field : number_fields) {
      if (changes(update, field)) continue;
      REQUIRE(number_of(field, before, 1, 2) == number_of(field, after, 1, 2));
    }
    if (!changes(update, Field::type)) REQUIRE(before.type == after.type);
    if (!changes(update, Field::task)) REQUIRE(before.task == after.task);
    if (!changes(update, Field::tag)) REQUIRE(before.tags == after.tags);
    if (!changes(update, Field::tier)) REQUIRE(before.tier == after.tier);
    if (!changes(update, Field::pinned)) REQUIRE(before.pinned == after.pinned);
    if (!changes(update, Field::attribute)) REQUIRE(before.attrs == after.attrs);
  }
  CHECK_FALSE(changes(Update{}, Field::tag));
  CHECK_FALSE(changes(Update{}, Field::refcount));
}

}  // namespace
}  // namespace shale::query::testing

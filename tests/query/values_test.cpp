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

TEST_CASE("each part of an update changes its own field") {
  const auto changed = [](const Update& update) {
    std::vector<Field> fields;
    for (u8 f = 1; f <= u8(Field::words); ++f) {
      const bool exists = f <= u8(Field::attribute) || f >= u8(Field::id);
      if (exists && changes(update, Field(f))) fields.push_back(Field(f));
    }
    return fields;
  };
  using Fields = std::vector<Field>;
  const auto with = [&](auto set) {
    Update update;
    set(update);
    return changed(update);
  };
  CHECK(changed({}).empty());
  CHECK(with([](Update& u) { u.type = "x"; }) == Fields{Field::type});
  CHECK(with([](Update& u) { u.task = std::optional<std::string>(); }) == Fields{Field::task});
  CHECK(with([](Update& u) { u.file = std::optional<std::string>("x"); }) == Fields{Field::file});
  CHECK(with([](Update& u) { u.topic = std::optional<std::string>(); }) == Fields{Field::topic});
  CHECK(with([](Update& u) { u.line_range = std::optional<LineRange>(); }) ==
        Fields{Field::line_first, Field::line_last});
  CHECK(with([](Update& u) { u.tags_added = {"x"}; }) == Fields{Field::tag});
  CHECK(with([](Update& u) { u.tags_removed = {"x"}; }) == Fields{Field::tag});
  CHECK(with([](Update& u) { u.touched_at = Time{}; }) == Fields{Field::touched});
  CHECK(with([](Update& u) { u.pinned = false; }) == Fields{Field::pinned});
  CHECK(with([](Update& u) { u.tier = Tier::stashed; }) == Fields{Field::tier});
  CHECK(with([](Update& u) { u.generation = Generation::old; }) == Fields{Field::generation});
  CHECK(with([](Update& u) { u.gc_survival_added = -1; }) == Fields{Field::gc_survival_count});
  CHECK(with([](Update& u) { u.refcount_added = 1; }) == Fields{Field::refcount});
  CHECK(with([](Update& u) { u.tokens = 0; }) == Fields{Field::tokens});
  CHECK(with([](Update& u) { u.attrs_set["a"] = true; }) == Fields{Field::attribute});
  CHECK(with([](Update& u) { u.attrs_removed = {"a"}; }) == Fields{Field::attribute});
  // Neither filtered, sorted nor summed.
  CHECK(with([](Update& u) { u.tokenizer = "x"; }).empty());
  CHECK(with([](Update& u) { u.tokens_computed_at = Time{}; }).empty());
}

TEST_CASE("a number is absent where the metadata has none, and where the field is none") {
  Metadata m;
  for (const Field field :
       {Field::tokens, Field::line_first, Field::line_last, Field::type, Field::id, Field::tag}) {
    CHECK(number_of(field, m, 5, 6) == no_number);
  }
  m.tokens = 0;
  m.line_range = LineRange{0xffff'ffff, 0};
  m.created_at.microseconds = INT64_MIN + 1;
  CHECK(number_of(Field::tokens, m, 5, 6) == 0);
  CHECK(number_of(Field::line_first, m, 5, 6) == 0xffff'ffff);
  CHECK(number_of(Field::line_last, m, 5, 6) == 0);
  CHECK(number_of(Field::created, m, 5, 6) == INT64_MIN + 1);
  CHECK(number_of(Field::bytes, m, 5, 6) == 5);
  CHECK(number_of(Field::words, m, 5, 6) == 6);
}

TEST_CASE("patches before, between and behind the documents asked for change nothing") {
  std::vector<Document> documents(10);
  Overlay overlay;
  for (const u32 doc : {0u, 3u, 5u, 9u}) overlay.patches[doc].refcount_added = 100 + doc;
  const auto index = std::make_shared<MemoryIndex>(documents);
  const IndexView view = view_of(index, overlay);
  const std::vector<u32> docs{2, 4, 5, 6};
  std::vector<i64> numbers(4);
  current_numbers(view, Field::refcount, docs, numbers).value();
  CHECK(numbers == std::vector<i64>{0, 0, 105, 0});
  CHECK(current_numbers(view, Field::refcount, {}, {}));
  index->failing = Failing::numbers;
  CHECK(current_numbers(view, Field::refcount, {}, {}));
  CHECK_FALSE(current_numbers(view, Field::refcount, docs, numbers));
}

}  // namespace
}  // namespace shale::query::testing

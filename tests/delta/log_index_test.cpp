// A log's index against the model, at every committed LSN, with writers that were killed.
#include "tests/delta/delta_support.hpp"

using namespace shale;
using namespace shale::delta;
using namespace shale::delta::testing;

TEST_CASE("an empty index answers everything with nothing") {
  const auto arena = make_arena();
  IndexWriter writer(arena, true);
  check_index(*open_index(arena, Lsn{~u64(0)}, {}), {});
  REQUIRE(open_index(arena, {}, {})->has_positions());
}

TEST_CASE("an index agrees with the model at each of its committed LSNs, whatever came later") {
  const bool positions = GENERATE(true, false);
  const u64 seed = GENERATE(1, 2);
  Random random = seeded(seed);
  const auto arena = make_arena(16);  // so that tables grow many times
  IndexWriter writer(arena, positions);
  Analyser analyser;
  std::vector<Model> history(1);
  std::vector<std::shared_ptr<const LogIndex>> views;
  for (u32 batch = 1; batch <= 60; ++batch) {
    Model next = history.back();
    add_random_batch(random, writer, analyser, next, Lsn{batch * 100}, 25, positions);
    history.push_back(next);
    if (batch % 20 == 0) views.push_back(open_index(arena, next.last, next));
  }
  REQUIRE(views[0]->has_positions() == positions);
  for (usize i = 0; i < views.size(); ++i)  // opened before the later batches came
    check_index(*views[i], history[(i + 1) * 20], positions);
  for (usize i = 1; i < history.size(); i += 13)  // and after them
    check_index(*open_index(arena, Lsn{i * 100 + 50}, history[i]), history[i], positions);
}

TEST_CASE("documents of killed writers are burnt and appear nowhere") {
  Random random = seeded(3);
  const auto arena = make_arena(16);
  Analyser analyser;
  Model model;
  Model middle;
  for (u32 batch = 1; batch <= 30; ++batch) {
    IndexWriter writer(arena, true);  // another process each time
    if (batch % 3 == 0) {
      abandon_batch(random, writer, analyser);
      continue;
    }
    add_random_batch(random, writer, analyser, model, Lsn{batch * 100}, 6);
    if (batch == 14) middle = model;
  }
  const auto index = open_index(arena, model.last, model);
  REQUIRE(!index->burnt().empty());
  check_index(*index, model);
  check_index(*open_index(arena, middle.last, middle), middle);
}

TEST_CASE("a batch published by a writer that was killed before its LSN was committed is void") {
  Random random = seeded(4);
  const auto arena = make_arena();
  Analyser analyser;
  Model model;
  IndexWriter first(arena, true);
  add_random_batch(random, first, analyser, model, Lsn{1000}, 9);
  Model lost = model;
  const u64 lost_end = GENERATE(1500, 1800, 2500);  // its frame was as long, shorter, longer
  add_random_batch(random, first, analyser, lost, Lsn{lost_end}, 9);
  REQUIRE(first.last() == Lsn{lost_end});

  const auto early = open_index(arena, Lsn{1000}, model);
  IndexWriter second(arena, true);
  second.discard_after(Lsn{1000});
  REQUIRE(second.last() == Lsn{1000});
  add_random_batch(random, second, analyser, model, Lsn{1800}, 9);
  check_index(*open_index(arena, Lsn{1800}, model), model);
  check_index(*open_index(arena, Lsn{1 << 20}, model), model);
  REQUIRE(early->committed() == Lsn{1000});
}

TEST_CASE("an index of one frequent word keeps long chains") {
  const auto arena = make_arena();
  IndexWriter writer(arena, true);
  Analyser analyser;
  Model model;
  for (u32 i = 0; i < 5000; ++i) {
    Metadata metadata;
    metadata.id = "id" + std::to_string(i);
    const std::string text = i % 2 == 0 ? "w1 w2 w1" : "w1";
    const PreparedDocument prepared = IndexWriter::prepare(analyser, metadata, text, true);
    REQUIRE(writer.room_for({1, 0, 0, prepared.arena_bytes}).value());
    writer.begin();
    static_cast<void>(writer.add_document(
        {&metadata, checksum128(as_bytes(text)), 0, u32(text.size())}, prepared));
    writer.publish(Lsn{i + 1});
    model.documents[i] = {metadata, text, Lsn{i + 1}};
    model.limit = i + 1;
    model.last = Lsn{i + 1};
  }
  const auto index = open_index(arena, model.last, model);
  check_terms(*index, model, true);
  const Term term = *index->find_term("w1").value();
  REQUIRE(index->positions(term, DocNo(4998)).value() == std::vector<u32>{0, 2});
  std::vector<u32> tf(1);
  REQUIRE(index->frequencies(*index->find_term("w2").value(), std::vector<u32>{4999}, tf));
  REQUIRE(tf == std::vector<u32>{0});
}

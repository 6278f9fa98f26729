// Adding batches: room, growth, call order, several writers, a reader beside the writer.
#include "delta/index_writer.hpp"

#include <thread>

#include "tests/delta/delta_support.hpp"

using namespace shale;
using namespace shale::delta;
using namespace shale::delta::testing;

TEST_CASE("a full arena says so before anything is added, and stays usable") {
  Random random = seeded(5);
  const auto arena = make_arena(1 << 10, 1 << 20);
  IndexWriter writer(arena, true);
  Analyser analyser;
  Model model;
  u32 batch = 0;
  bool full = false;
  while (!full) {
    REQUIRE(++batch < 10000);
    const Metadata metadata = random_metadata(random, 200);
    const std::string text = random_text(random, 200, 400);
    const PreparedDocument prepared = IndexWriter::prepare(analyser, metadata, text, true);
    full = !writer.room_for({1, 0, 0, prepared.arena_bytes}).value();
    if (full) break;
    writer.begin();
    const DocNo doc = writer.add_document(
        {&metadata, checksum128(as_bytes(text)), 0, u32(text.size())}, prepared);
    writer.publish(Lsn{batch});
    model.documents[to_index(doc)] = {metadata, text, Lsn{batch}};
    model.limit = to_index(doc) + 1;
    model.last = Lsn{batch};
  }
  REQUIRE(batch > 20);
  REQUIRE(arena->end() <= arena->map().capacity());
  check_index(*open_index(arena, model.last, model), model);
}

TEST_CASE("room is refused where the counts run out") {
  const auto arena = make_arena();
  IndexWriter writer(arena, true);
  REQUIRE(!writer.room_for({arena_documents_max + 1, 0, 0, 0}).value());
  REQUIRE(!writer.room_for({0, arena_changes_max + 1, 0, 0}).value());
  REQUIRE(!writer.room_for({0, 0, arena_changes_max + 1, 0}).value());
  REQUIRE(!writer.room_for({1, 0, 0, arena_bytes_max}).value());
  REQUIRE(writer.room_for({1, 1, 1, 1000}).value());
}

TEST_CASE("what a batch is said to take is enough, for large batches into grown chains too") {
  // allocate() asserts it; here the figure is also held against what was really taken.
  Random random = seeded(6);
  const auto arena = make_arena(16);
  IndexWriter writer(arena, true);
  Analyser analyser;
  Model model;
  for (u32 batch = 1; batch <= 12; ++batch) {
    const u64 before = arena->end();
    add_random_batch(random, writer, analyser, model, Lsn{batch}, batch * batch);
    REQUIRE(arena->end() >= before);
    REQUIRE(arena->end() <= arena->map().reserved());
  }
  check_terms(*open_index(arena, model.last, model), model, true);
}

TEST_CASE("an update whose bytes were not counted is taken all the same") {
  const auto arena = make_arena();
  IndexWriter writer(arena, true);
  Update update;
  update.type = std::string(3000, 'x');
  REQUIRE(IndexWriter::arena_bytes_of(update) > 3000);
  REQUIRE(writer.room_for({0, 0, 50, 0}).value());
  writer.begin();
  for (u32 i = 0; i < 50; ++i) writer.add_update({1, 2}, DocNo(i), update);
  writer.publish(Lsn{1});
  u32 seen = 0;
  open_index(arena, Lsn{1}, {})
      ->for_each_update({}, [&](const LogIndex::UpdateEntry& u) { seen += u.update == update; })
      .value();
  REQUIRE(seen == 50);
}

TEST_CASE("two writers take turns on one arena in a file") {
  Random random = seeded(7);
  TemporaryFolder folder;
  const auto path = folder / "log.idx";
  const auto map = [&](File::Mode mode) {
    return SharedMap::open(File::open(path, mode).value(), u64(64) << 20).value();
  };
  const auto a = Arena::create(map(File::Mode::create_new), test_identity, 64).value();
  const auto b = Arena::attach(map(File::Mode::read_write), test_identity).value();
  IndexWriter first(a, true);
  IndexWriter second(b, true);
  Analyser analyser;
  Model model;
  for (u32 batch = 1; batch <= 40; ++batch)
    add_random_batch(random, batch % 2 == 0 ? first : second, analyser, model, Lsn{batch}, 10);
  const auto c = Arena::attach(map(File::Mode::read_write), test_identity).value();
  check_index(*open_index(c, model.last, model), model);
  REQUIRE(first.document_count() == second.document_count());
  REQUIRE(first.text_bytes() == second.text_bytes());
}

TEST_CASE("readers beside a writer see whole batches") {
  Random random = seeded(8);
  const auto arena = make_arena(16);
  IndexWriter writer(arena, true);
  std::atomic<u64> committed = 0;
  std::atomic<bool> done = false;
  std::atomic<u64> failures = 0;
  std::atomic<u64> looks = 0;
  const auto read = [&] {
    while (!done.load()) {
      const u64 lsn = committed.load(std::memory_order_acquire);
      // Each batch is 3 documents that hold "every", the last of them "third" too.
      const auto index =
          LogIndex::make(arena, Lsn{lsn}, [](u64, u32, TextHash) { return std::string(); });
      bool fine = index && (*index)->document_count() == 3 * lsn;
      if (fine && lsn != 0) {
        const auto every = (*index)->find_term("every");
        const auto third = (*index)->find_term("third");
        fine = every && *every && (*every)->df == 3 * lsn && third && *third && (*third)->df == lsn;
        const auto id = (*index)->find_id("id2");
        fine = fine && id && *id && to_index(**id) == 3 * lsn - 1;
        fine = fine &&
               (*index)->positions(**third, DocNo(u32(3 * lsn - 1))).value_or(std::vector<u32>()) ==
                   std::vector<u32>{1};
        fine = fine && (*index)->lsn_of(DocNo(u32(3 * lsn - 1))).value_or(Lsn()) == Lsn{lsn};
      }
      failures += fine ? 0 : 1;
      ++looks;
    }
  };
  std::thread one(read);
  std::thread two(read);
  Analyser analyser;
  for (u64 lsn = 1; lsn <= 1500; ++lsn) {
    std::vector<PreparedDocument> prepared;
    IndexWriter::BatchSize size{3, 0, 0, 0};
    Metadata metadata;
    for (u32 i = 0; i < 3; ++i) {
      metadata.id = "id" + std::to_string(i);
      std::string text = i == 2 ? "every third" : "every";
      text += " new" + std::to_string(random());
      prepared.push_back(IndexWriter::prepare(analyser, metadata, text, true));
      size.arena_bytes += prepared.back().arena_bytes;
    }
    REQUIRE(writer.room_for(size).value());
    writer.begin();
    for (u32 i = 0; i < 3; ++i) {
      metadata.id = "id" + std::to_string(i);
      static_cast<void>(writer.add_document({&metadata, {}, 0, 10}, prepared[i]));
    }
    writer.publish(Lsn{lsn});
    committed.store(lsn, std::memory_order_release);
  }
  while (looks.load() < 10) std::this_thread::yield();
  done = true;
  one.join();
  two.join();
  REQUIRE(failures.load() == 0);
}

// What a writer finds and leaves: call order, numbers, sums, void batches, damaged headers.
#include <atomic>
#include <thread>

#include "delta/arena_cut.hpp"
#include "delta/index_writer.hpp"
#include "tests/delta/delta_support.hpp"
#include "tests/support/asserts.hpp"

using namespace shale;
using namespace shale::delta;
using namespace shale::delta::testing;
using shale::testing::asserts;

namespace {

constexpr IndexWriter::BatchSize small_batch{4, 4, 4, 10'000};

PreparedDocument prepared_of(const Metadata& metadata, const std::string& text,
                             bool positions = true) {
  Analyser analyser;
  return IndexWriter::prepare(analyser, metadata, text, positions);
}

Metadata named(const std::string& id) {
  Metadata metadata;
  metadata.id = id;
  return metadata;
}

// One batch of one document.
DocNo add(IndexWriter& writer, const std::string& id, const std::string& text, Lsn lsn) {
  const Metadata metadata = named(id);
  const auto prepared = prepared_of(metadata, text);
  REQUIRE(writer.room_for({1, 0, 0, prepared.arena_bytes}).value());
  writer.begin();
  const DocNo doc = writer.add_document({&metadata, {}, 0, u32(text.size())}, prepared);
  writer.publish(lsn);
  return doc;
}

u32 batches_of(const std::shared_ptr<Arena>& arena) {
  return ArenaCut::make(arena, Lsn{~u64(0)}).value().batch_count();
}

// Whether an index at `lsn` holds as many batches: n has one document, "id<n>", of the words "n<n>"
// and "all", a tombstone and an update.
bool fits(const std::shared_ptr<Arena>& arena, u64 lsn) {
  const auto made = LogIndex::make(arena, Lsn{lsn}, nullptr);
  if (!made) return false;
  const LogIndex& index = **made;
  u64 tombstones = 0;
  bool fine = true;
  index.for_each_tombstone({}, [&](const Tombstone& t) {
    fine = fine && to_index(t.doc) == tombstones && t.lsn == Lsn{++tombstones};
  });
  u64 updates = 0;
  const auto result = index.for_each_update({}, [&](const LogIndex::UpdateEntry& u) {
    fine = fine && u.update.refcount_added == i64(++updates);
  });
  u64 words = 0;
  const auto stream = index.all_terms();
  TermPostings postings;
  auto more = stream->next(postings);
  for (; more && *more; more = stream->next(postings))
    words += postings.term[0] == 'n' && postings.docs.size() == 1;
  u64 seen = 0;
  const auto count_words = [&](std::string_view, const Term& term) {
    return seen += term.df, true;
  };
  fine = fine && index.for_each_term("n", count_words) && seen == lsn && more && words == lsn;
  return fine && result && tombstones == lsn && updates == lsn;
}

}  // namespace

TEST_CASE("the order of calls is room_for, begin, changes, publish, and is asserted") {
  const auto arena = make_arena(16);
  const Metadata metadata = named("x");
  const auto prepared = prepared_of(metadata, "text");
  const auto misuse = [&](const std::string& calls) {
    return asserts([&] {
      IndexWriter writer(arena, true);
      for (const char call : calls) {
        if (call == 'r') writer.room_for(small_batch).value();
        if (call == 'b') writer.begin();
        if (call == 'd') writer.add_document({&metadata, {}, 0, 4}, prepared);
        if (call == 't') writer.add_tombstone({1, 2}, DocNo(3));
        if (call == 'u') writer.add_update({1, 2}, DocNo(3), {});
        if (call == 'p') writer.publish(Lsn{100});
        if (call == '0') writer.publish(Lsn{});
        if (call == 'v') writer.discard_after(Lsn{});
      }
    });
  };
  for (const char* const right : {"rbp", "rrbdtup", "rbprbp", "rb", "rbpv", "v"}) {
    INFO(right);
    CHECK_FALSE(misuse(right));
  }
  for (const char* const wrong : {"b", "rbb", "rp", "d", "rd", "rt", "ru", "p", "rbpp", "rbpb",
                                  "rbpd", "rbr", "rb0", "rbv"}) {
    INFO(wrong);
    CHECK(misuse(wrong));
  }
}

TEST_CASE("a batch of nothing moves the LSN and no more") {
  const auto arena = make_arena(16);
  IndexWriter writer(arena, true);
  CHECK(writer.last() == Lsn{});
  REQUIRE(writer.room_for({}).value());
  writer.begin();
  writer.publish(Lsn{7});
  CHECK(writer.last() == Lsn{7});
  CHECK(writer.document_count() == 0);
  Model model;
  model.last = Lsn{7};
  check_index(*open_index(arena, Lsn{7}, model), model);
}

TEST_CASE("numbers and sums go on from batch to batch and over burnt documents") {
  const auto arena = make_arena(16);
  IndexWriter writer(arena, true);
  CHECK(to_index(add(writer, "a", "four", Lsn{1})) == 0);
  CHECK(to_index(add(writer, "b", "five5", Lsn{2})) == 1);
  CHECK(writer.text_bytes() == 9);
  const Metadata metadata = named("c");
  const auto prepared = prepared_of(metadata, "sixsix");
  REQUIRE(writer.room_for(small_batch).value());
  writer.begin();
  CHECK(to_index(writer.add_document({&metadata, {}, 0, 6}, prepared)) == 2);
  CHECK(writer.text_bytes() == 15);  // the open batch counts
  CHECK(writer.document_count() == 3);
  IndexWriter next(arena, true);  // the one before is gone
  CHECK(next.text_bytes() == 9);
  CHECK(next.document_count() == 3);
  CHECK(to_index(add(next, "d", "sevens7", Lsn{3})) == 3);
  CHECK(next.text_bytes() == 16);
  const auto index = open_index(arena, Lsn{3}, {});
  CHECK(index->text_bytes() == 16);
  CHECK(index->word_count() == 3);
  CHECK(index->burnt().to_vector() == std::vector<u32>{2});
  CHECK_FALSE(index->find_id("c").value());
}

TEST_CASE("void batches are taken back, by discard_after or by the next publish") {
  const auto arena = make_arena(16);
  IndexWriter writer(arena, true);
  for (const u64 lsn : {100u, 200u, 300u, 400u}) add(writer, "id", "text", Lsn{lsn});
  const auto last_after = [&](u64 committed) {
    writer.discard_after(Lsn{committed});
    return writer.last().value;
  };
  SECTION("discarded") {
    CHECK(last_after(1000) == 400);
    CHECK(last_after(400) == 400);
    CHECK(last_after(399) == 300);
    CHECK(last_after(150) == 100);
    CHECK(last_after(0) == 0);
    CHECK(batches_of(arena) == 0);
    CHECK(writer.text_bytes() == 0);
    CHECK(to_index(add(writer, "id", "text", Lsn{50})) == 4);  // the numbers stay burnt
    CHECK(open_index(arena, Lsn{50}, {})->burnt().count() == 4);
  }
  SECTION("published over") {
    CHECK(to_index(add(writer, "id", "more", Lsn{300})) == 4);
    CHECK(batches_of(arena) == 3);
    CHECK(writer.last() == Lsn{300});
    const auto index = open_index(arena, Lsn{300}, {});
    CHECK(index->find_id("id").value() == DocNo(4));
    CHECK(index->burnt().to_vector() == std::vector<u32>{2, 3});
    CHECK(index->find_term("text").value()->df == 2);
  }
}

TEST_CASE("positions are kept as the first writer of an arena decided") {
  const bool first = GENERATE(true, false);
  const auto arena = make_arena(16);
  IndexWriter writer(arena, first);
  IndexWriter second(arena, !first);
  add(second, "x", "one two one", Lsn{1});
  const auto index = open_index(arena, Lsn{1}, {});
  CHECK(index->has_positions() == first);
  const auto positions = index->positions(*index->find_term("one").value(), DocNo(0)).value();
  CHECK(positions == (first ? std::vector<u32>{0, 2} : std::vector<u32>()));
}

TEST_CASE("room is promised up to the very counts") {
  const auto arena = make_arena(16);
  IndexWriter writer(arena, true);
  CHECK(writer.room_for({arena_documents_max, 0, 0, 0}).value());
  CHECK(writer.room_for({0, arena_changes_max, 0, 0}).value());
  CHECK(writer.room_for({0, 0, arena_changes_max, 0}).value());
  add(writer, "x", "text", Lsn{1});
  CHECK_FALSE(writer.room_for({arena_documents_max, 0, 0, 0}).value());
  CHECK(writer.room_for({arena_documents_max - 1, 0, 0, 0}).value());
}

TEST_CASE("a header that lies is found before a batch begins") {
  const auto arena = make_arena(16);
  IndexWriter writer(arena, true);
  add(writer, "x", "text", Lsn{1});
  ArenaHeader& header = arena->header();
  const ArenaHeader sound = header;
  const auto message = [&] {
    const auto result = writer.room_for(small_batch);
    header = sound;
    REQUIRE(writer.room_for(small_batch).value());
    return result ? std::string() : result.error().message;
  };
  const std::string damaged = "The index's header is damaged.";
  CHECK(message().empty());
  header.heap_end = arena->map().capacity() + 1;
  CHECK(message() == damaged);
  header.term_root = 0;
  CHECK(message() == damaged);
  header.id_root = arena->map().capacity();
  CHECK(message() == damaged);
  header.batch_count = arena_batches_max + 1;
  CHECK(message() == damaged);
  header.reserved_documents = arena_documents_max + 1;
  CHECK(message() == damaged);
  header.batches.chunks[0] = ~u32(0);
  CHECK(message() == damaged);
  header.stale = 1;
  CHECK(message() == "The index was given up by a writer.");
}

TEST_CASE("a batch of an arena that was given up is not published") {
  const auto arena = make_arena(16);
  IndexWriter writer(arena, true);
  REQUIRE(writer.room_for(small_batch).value());
  writer.begin();
  arena->header().stale = 1;
  writer.publish(Lsn{5});
  CHECK(arena->header().batch_count == 0);
  CHECK(writer.last() == Lsn{});
}

TEST_CASE("a writer that is moved goes on in the batch it had begun") {
  const auto arena = make_arena(16);
  const Metadata metadata = named("x");
  const auto prepared = prepared_of(metadata, "text");
  IndexWriter first(arena, true);
  REQUIRE(first.room_for(small_batch).value());
  first.begin();
  static_cast<void>(first.add_document({&metadata, {}, 0, 4}, prepared));
  IndexWriter second = std::move(first);
  static_cast<void>(second.add_document({&metadata, {}, 0, 4}, prepared));
  second.publish(Lsn{9});
  const auto index = open_index(arena, Lsn{9}, {});
  CHECK(index->find_term("text").value()->df == 2);
  CHECK(index->find_id("x").value() == DocNo(1));  // the later one of a batch
}

TEST_CASE("what an update takes is its encoded form in words of eight bytes") {
  Update update;
  const u64 least = IndexWriter::arena_bytes_of(update);
  CHECK(least == 8);
  update.type = std::string(100, 't');
  const u64 more = IndexWriter::arena_bytes_of(update);
  CHECK(more >= 104);
  CHECK(more <= 112);
  CHECK(more % 8 == 0);
}

TEST_CASE("readers beside a writer see changes, terms and ids of whole batches while tables grow") {
  const auto arena = make_arena(16);
  IndexWriter writer(arena, true);
  std::atomic<u64> committed = 0;
  std::atomic<bool> done = false;
  std::atomic<u64> failures = 0;
  std::atomic<u64> looks = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      while (!done.load() || looks.load() < 4) {
        failures += fits(arena, committed.load(std::memory_order_acquire)) ? 0 : 1;
        ++looks;
      }
    });
  for (u64 lsn = 1; lsn <= 1200; ++lsn) {
    const std::string number = std::to_string(lsn);
    const Metadata metadata = named("id" + number);
    const auto prepared = prepared_of(metadata, "all n" + number);
    Update update;
    update.refcount_added = i64(lsn);
    REQUIRE(writer.room_for({1, 1, 1, prepared.arena_bytes + 100}).value());
    writer.begin();
    static_cast<void>(writer.add_document({&metadata, {}, 0, 4}, prepared));
    writer.add_tombstone({1, 2}, DocNo(u32(lsn - 1)));
    writer.add_update({1, 2}, DocNo(1), update);
    writer.publish(Lsn{lsn});
    committed.store(lsn, std::memory_order_release);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(failures.load() == 0);
  CHECK(fits(arena, 1200));
}

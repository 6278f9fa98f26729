// Making and attaching arenas, and what readers make of one whose bytes are damaged.
#include "delta/arena.hpp"

#include "delta/hash_table.hpp"

#include "tests/delta/delta_support.hpp"

using namespace shale;
using namespace shale::delta;
using namespace shale::delta::testing;

namespace {

SharedMap copy_of(const Arena& arena, u64 capacity) {
  SharedMap map = SharedMap::anonymous(capacity).value();
  map.reserve(arena.end()).value();
  std::memcpy(map.data(), arena.data(), arena.end());
  return map;
}

// Asks a view everything; only that it comes back, with whatever answer, is wanted here.
u64 ask_everything(const std::shared_ptr<const Arena>& arena, Lsn committed) {
  const auto made = LogIndex::make(
      arena, committed, [](u64, u32, TextHash) -> Result<std::string> { return std::string(); });
  if (!made) return 1;
  const LogIndex& index = **made;
  u64 failures = 0;
  const auto stream = index.all_terms();
  TermPostings postings;
  while (true) {
    const auto more = stream->next(postings);
    failures += more ? 0 : 1;
    if (!more || !*more) break;
    REQUIRE(postings.docs.size() == postings.tfs.size());
    REQUIRE((postings.docs.empty() || postings.docs.back() < index.document_count()));
  }
  for (u32 i = 0; i < 100; ++i) {
    const auto term = index.find_term("w" + std::to_string(i));
    failures += term ? 0 : 1;
    if (!term || !*term) continue;
    const auto docs = index.documents(**term);
    failures += docs ? 0 : 1;
    if (!docs || docs->empty()) continue;
    const std::vector<u32> list = docs->to_vector();
    std::vector<u32> tfs(list.size());
    failures += index.frequencies(**term, list, tfs) ? 0 : 1;
    failures += index.positions(**term, DocNo(list[0])) ? 0 : 1;
    failures += index.find_id("id" + std::to_string(i)) ? 0 : 1;
  }
  const u32 count = std::min(index.document_count(), 2000u);
  std::vector<i64> numbers(count);
  std::vector<u32> codes(count);
  failures += index.numbers(Field::created, 0, numbers) ? 0 : 1;
  failures += index.codes(Field::file, 0, codes) ? 0 : 1;
  for (const u32 code : codes)
    if (code != Index::no_code) failures += index.code_value(Field::file, code) ? 0 : 1;
  for (u32 d = 0; d < count; ++d) {
    failures += index.id_of(DocNo(d)) ? 0 : 1;
    failures += index.metadata(DocNo(d)) ? 0 : 1;
    failures += index.text(DocNo(d)) ? 0 : 1;
  }
  const auto prefix = index.for_each_term("w", [](std::string_view, const Term&) { return true; });
  failures += prefix ? 0 : 1;
  index.for_each_tombstone({}, [](const Tombstone&) {});
  failures += index.for_each_update({}, [](const LogIndex::UpdateEntry&) {}) ? 0 : 1;
  return failures;
}

}  // namespace

TEST_CASE("an arena is attached to by its identity only") {
  const auto arena = make_arena();
  const auto attach = [&](const ArenaIdentity& identity) {
    return Arena::attach(copy_of(*arena, 1 << 24), identity);
  };
  REQUIRE(attach(test_identity));
  for (u32 i = 0; i < 4; ++i) {
    ArenaIdentity other = test_identity;
    u64* const fields[] = {&other.boot, &other.project_id, &other.log.sequence, &other.log.random};
    ++*fields[i];
    REQUIRE(attach(other).error().code == ErrorCode::corrupt);
  }
}

TEST_CASE("an arena that is not finished, of another version, stale or short is not attached to") {
  const auto arena = make_arena();
  const auto attach_changed = [&](auto&& change) {
    SharedMap map = copy_of(*arena, 1 << 24);
    change(*object_at<ArenaHeader>(map.data(), 0));
    return Arena::attach(std::move(map), test_identity).has_value();
  };
  REQUIRE(attach_changed([](ArenaHeader&) {}));
  REQUIRE(!attach_changed([](ArenaHeader& h) { h.magic = 0; }));
  REQUIRE(!attach_changed([](ArenaHeader& h) { h.version++; }));
  REQUIRE(!attach_changed([](ArenaHeader& h) { h.stale = 1; }));
  REQUIRE(!attach_changed([](ArenaHeader& h) { h.heap_end = 1 << 30; }));
  REQUIRE(!attach_changed([](ArenaHeader& h) { h.heap_end = 8; }));
  REQUIRE(!Arena::attach(SharedMap::anonymous(1 << 20).value(), test_identity));
  REQUIRE(!Arena::create(SharedMap::anonymous(1 << 13).value(), test_identity, 1 << 12));
}

TEST_CASE("a stale arena is used by nobody") {
  const auto arena = make_arena();
  IndexWriter writer(arena, true);
  arena->header().stale = 1;
  REQUIRE(writer.room_for({1, 0, 0, 100}).error().code == ErrorCode::corrupt);
  REQUIRE(!LogIndex::make(arena, {}, nullptr));
}

TEST_CASE("offsets are checked against the part that is used") {
  const auto arena = make_arena();
  const u64 end = arena->end();
  REQUIRE(arena->checked(end - 8, 8) != nullptr);
  REQUIRE(arena->checked(end - 8, 9) == nullptr);
  REQUIRE(arena->checked(end + 8, 0) == nullptr);
  REQUIRE(arena->checked(0, 8) == nullptr);
  REQUIRE(arena->checked(8192, ~u64(0)) == nullptr);
}

TEST_CASE("random damage to an arena gives errors or nonsense, within bounds") {
  Random random = seeded(9);
  const auto arena = make_arena(1 << 10);
  IndexWriter writer(arena, true);
  Analyser analyser;
  Model model;
  for (u32 batch = 1; batch <= 12; ++batch)
    add_random_batch(random, writer, analyser, model, Lsn{batch}, 12);
  REQUIRE(ask_everything(arena, model.last) == 0);
  const u64 end = arena->end();
  u64 failures = 0;
  for (u32 round = 0; round < 150; ++round) {
    // The map ends with the arena, so that reading beyond it is caught.
    SharedMap map = copy_of(*arena, (end + 4095) / 4096 * 4096);
    const u32 flips = round % 3 == 0 ? 1 : 300;
    for (u32 i = 0; i < flips; ++i) {
      const u64 at = round % 2 == 0 ? 64 + random() % (arena_header_bytes - 64) : random() % end;
      if (at >= 56 || round % 2 == 0) map.data()[at] ^= std::byte(1 << random() % 8);
    }
    const auto damaged = Arena::attach(std::move(map), test_identity);
    if (!damaged) continue;
    failures += ask_everything(*damaged, model.last) != 0;
  }
  REQUIRE(failures > 50);
}

TEST_CASE("an index file whose end lies behind the file is refused") {
  TemporaryFolder folder;
  const auto path = folder / "log.idx";
  constexpr u64 capacity = u64(64) << 20;
  {
    File file = File::open(path, File::Mode::create_new).value();
    const auto arena =
        Arena::create(SharedMap::open(std::move(file), capacity).value(), test_identity, 16)
            .value();
    IndexWriter writer(arena, true);
    Analyser analyser;
    Metadata metadata;
    metadata.id = "x";
    const auto prepared = IndexWriter::prepare(analyser, metadata, "one", true);
    REQUIRE(writer.room_for({1, 0, 0, prepared.arena_bytes}).value());
    writer.begin();
    static_cast<void>(writer.add_document({&metadata, {}, 0, 3}, prepared));
    writer.publish(Lsn{1});
    arena->header().heap_end = capacity;
    const HashTable table = HashTable::at(*arena, arena->header().term_root);
    for (u64 i = 0; i <= table.mask; ++i)
      if (table.slots[i] != 0)
        table.slots[i] = table_slot(slot_hash(table.slots[i]), handle_of(capacity - 4096));
  }
  File file = File::open(path, File::Mode::read_write).value();
  const auto attached =
      Arena::attach(SharedMap::open(std::move(file), capacity).value(), test_identity);
  REQUIRE(!attached);
  CHECK(attached.error().code == ErrorCode::corrupt);
}

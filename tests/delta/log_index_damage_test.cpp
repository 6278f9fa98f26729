// An index over an arena whose words lie: errors with their reason, never a crash.
#include "delta/arena_cut.hpp"
#include "tests/delta/delta_support.hpp"

using namespace shale;
using namespace shale::delta;
using namespace shale::delta::testing;

namespace {

// Three documents ("a", "b", "a" again) in two batches, a tombstone and an update.
struct Patient {
  std::shared_ptr<Arena> arena = make_arena(16);
  std::shared_ptr<const LogIndex> index;

  Patient() {
    IndexWriter writer(arena, true);
    add(writer, {"a", "b"}, Lsn{100});
    add(writer, {"a"}, Lsn{200});
    open();
  }
  void open() {
    const auto no_text = [](u64, u32, TextHash) -> Result<std::string> {
      return Unexpected{Error(ErrorCode::io, "no text")};
    };
    index = LogIndex::make(arena, Lsn{200}, no_text).value();
  }
  static void add(IndexWriter& writer, const std::vector<std::string>& ids, Lsn lsn) {
    Analyser analyser;
    Update update;
    update.pinned = true;
    REQUIRE(writer.room_for({u32(ids.size()), 1, 1, 10'000}).value());
    writer.begin();
    for (const std::string& id : ids) {
      Metadata metadata;
      metadata.id = id;
      metadata.task = "task";
      const auto prepared = IndexWriter::prepare(analyser, metadata, "one two one", true);
      static_cast<void>(writer.add_document({&metadata, {5, 6}, 77, 11}, prepared));
    }
    writer.add_tombstone({1, 2}, DocNo(3));
    writer.add_update({1, 2}, DocNo(4), update);
    writer.publish(lsn);
  }
  DocumentEntry& document(u32 number) const {
    return const_cast<DocumentEntry&>(*find_entry(*arena, arena->header().documents, number));
  }
  UpdateSlot& update(u32 number) const {
    return const_cast<UpdateSlot&>(*find_entry(*arena, arena->header().updates, number));
  }
  TermRecord& record(const std::string& term) const {
    const u64 offset = index->find_term(term).value()->handle;
    return *object_at<TermRecord>(arena->data(), offset);
  }
  Result<void> updates() const {
    return index->for_each_update({}, [](const LogIndex::UpdateEntry&) {});
  }
};

template <class T>
void check_damaged(const Result<T>& result, const std::string& part) {
  INFO("expected: " << part);
  REQUIRE(!result);
  CHECK(result.error().code == ErrorCode::corrupt);
  CHECK(result.error().message.find(part) != std::string::npos);
  CHECK(result.error().message.find("in the index of log 33.") != std::string::npos);
}

template <class T>
void check_argument(const Result<T>& result) {
  REQUIRE(!result);
  CHECK(result.error().code == ErrorCode::invalid_argument);
}

}  // namespace

TEST_CASE("records of documents that lie outside or do not decode are damage") {
  Patient p;
  SECTION("a record outside") {
    p.document(1).record = handle_of(p.arena->end());
    check_damaged(p.index->id_of(DocNo(1)), "An id lies outside");
    check_damaged(p.index->metadata(DocNo(1)), "Metadata lies outside");
  }
  SECTION("a record that is longer than the heap") {
    p.document(1).metadata_bytes = ~u32(0);
    check_damaged(p.index->metadata(DocNo(1)), "Metadata lies outside");
    CHECK(p.index->find_id("b").value() == DocNo(1));
  }
  SECTION("metadata cut short") {
    --p.document(1).metadata_bytes;
    check_damaged(p.index->metadata(DocNo(1)), "Metadata is damaged");
    CHECK(p.index->metadata(DocNo(1)).error().offset == 1);
    CHECK(p.index->id_of(DocNo(1)).value() == "b");
  }
  SECTION("a text over 16 MiB") {
    p.document(1).text_bytes = u32(text_bytes_max);
    CHECK(p.index->text(DocNo(1)).error().code == ErrorCode::io);  // the source's own error
    ++p.document(1).text_bytes;
    check_damaged(p.index->text(DocNo(1)), "A text is too long");
  }
  SECTION("no chunk of documents") {
    p.arena->header().documents.chunks[0] = ~u32(0);
    check_damaged(p.index->id_of(DocNo(1)), "A document is missing");
    std::vector<i64> numbers(3);
    check_damaged(p.index->numbers(Field::tokens, 0, numbers), "A document is missing");
    std::vector<u32> codes(3);
    check_damaged(p.index->codes(Field::type, 0, codes), "A document is missing");
  }
}

TEST_CASE("versions of an id lead backwards or are damage") {
  Patient p;
  CHECK(p.index->find_id("a").value() == DocNo(2));
  const auto early = LogIndex::make(p.arena, Lsn{100}, nullptr).value();
  CHECK(early->find_id("a").value() == DocNo(0));
  p.document(2).previous = 3;  // itself
  check_damaged(early->find_id("a"), "The versions of an id are damaged");
  CHECK(p.index->find_id("a").value() == DocNo(2));
  p.document(2).previous = 0;
  CHECK_FALSE(early->find_id("a").value());
}

TEST_CASE("tables whose root lies are damage") {
  Patient p;
  p.arena->header().id_root = GENERATE(u64(0), u64(3), u64(1) << 60);
  check_damaged(p.index->find_id("a"), "The id table is damaged");
  p.arena->header().term_root = p.arena->header().id_root;
  check_damaged(p.index->find_term("one"), "The term table is damaged");
  check_damaged(p.index->for_each_term("", [](std::string_view, const Term&) { return true; }),
                "The term table is damaged");
  DenseSet holders(p.index->document_count());
  check_damaged(p.index->add_holders("", nullptr, holders), "The term table is damaged");
  TermPostings postings;
  check_damaged(p.index->all_terms()->next(postings), "The term table is damaged");
}

TEST_CASE("chains that lie are damage of their term") {
  Patient p;
  const Term term = p.index->find_term("one").value().value();
  const ChainState sound = ChainState::unpack(p.record("one").documents);
  const auto with_end = [&](u32 end) {
    ChainState state = sound;
    state.end = end;
    p.record("one").documents = state.pack();
  };
  TermRecord& record = p.record("one");
  SECTION("an end before the begin") {
    ChainState state = sound;
    state.end = u32(term.handle);
    record.documents = state.pack();
    check_damaged(p.index->documents(term), "A posting list is damaged");
    CHECK(p.index->documents(term).error().offset == term.handle);
    check_damaged(p.index->find_term("one"), "A posting list is damaged");
    const u32 doc = 0;
    u32 tf[1];
    check_damaged(p.index->frequencies(term, std::span(&doc, 1), tf), "A posting list is damaged");
    CHECK(p.index->positions(term, DocNo(0)).value() == std::vector<u32>{0, 2});
  }
  SECTION("positions that end too early") {
    ChainState state = ChainState::unpack(record.positions);
    state.end -= 1;
    record.positions = state.pack();
    check_damaged(p.index->positions(term, DocNo(2)), "A position list is damaged");
    CHECK(p.index->positions(term, DocNo(0)).value() == std::vector<u32>{0, 2});
  }
  SECTION("a posting that is not there") {
    check_damaged(p.index->positions(term, DocNo(3)), "A position list is damaged");
    with_end(sound.end);
    CHECK(p.index->documents(term).value().to_vector() == std::vector<u32>{0, 1, 2});
  }
  SECTION("a handle that leads nowhere") {
    check_damaged(p.index->documents({p.arena->end(), 1}), "A term lies outside");
    check_damaged(p.index->documents({term.handle + 4, 1}), "A term lies outside");
    check_damaged(p.index->positions({~u64(7), 1}, DocNo(0)), "A term lies outside");
  }
}

TEST_CASE("codes are of their field, which has codes") {
  Patient p;
  std::vector<u32> types(3);
  std::vector<u32> tasks(3);
  p.index->codes(Field::type, 0, types).value();
  p.index->codes(Field::task, 0, tasks).value();
  CHECK(types == std::vector<u32>(3, types[0]));
  CHECK(types[0] != tasks[0]);
  CHECK(p.index->code_value(Field::type, types[0]).value() == "note");
  check_damaged(p.index->code_value(Field::type, tasks[0]), "A code is of another field");
  check_damaged(p.index->code_value(Field::type, 0), "A term lies outside");
  check_damaged(p.index->code_value(Field::type, Index::no_code), "A term lies outside");
  for (const Field field : {Field::tag, Field::tier, Field::id, Field::created}) {
    check_argument(p.index->codes(field, 0, types));
    check_argument(p.index->code_value(field, types[0]));
  }
  p.index->codes(Field::topic, 0, types).value();
  CHECK(types == std::vector<u32>(3, Index::no_code));
}

TEST_CASE("ranges of documents end with the last one, and what is burnt is no document") {
  Patient p;
  {
    IndexWriter writer(p.arena, true);
    Random random = seeded(1);
    Analyser analyser;
    abandon_batch(random, writer, analyser);
    IndexWriter second(p.arena, true);
    Patient::add(second, {"c"}, Lsn{300});
  }
  const auto index = LogIndex::make(p.arena, Lsn{300}, nullptr).value();
  const u32 count = index->document_count();
  REQUIRE(index->burnt().contains(3));
  for (const u32 doc : {3u, count, ~u32(0)}) {
    check_argument(index->id_of(DocNo(doc)));
    check_argument(index->lsn_of(DocNo(doc)));
    check_argument(index->metadata(DocNo(doc)));
    check_argument(index->text_hash(DocNo(doc)));
    check_argument(index->text(DocNo(doc)));
  }
  std::vector<i64> two(2);
  std::vector<u32> codes(2);
  CHECK(index->numbers(Field::words, count - 2, two));
  CHECK(two[1] == 3);
  CHECK(index->numbers(Field::words, count, {}));
  check_argument(index->numbers(Field::words, count - 1, two));
  check_argument(index->numbers(Field::words, count + 1, {}));
  check_argument(index->numbers(Field::words, ~u32(0), two));
  check_argument(index->codes(Field::type, count - 1, codes));
  check_argument(index->numbers_of(Field::words, std::vector<u32>{0, count}, two));
  check_argument(index->numbers(Field::id, 0, two));
}

TEST_CASE("updates that lie outside or do not decode are damage, and others are seen") {
  Patient p;
  p.updates().value();
  SECTION("outside") {
    p.update(1).record = handle_of(p.arena->end());
    check_damaged(p.updates(), "An update lies outside");
    CHECK(p.updates().error().offset == 1);
  }
  SECTION("cut short") {
    --p.update(0).bytes;
    check_damaged(p.updates(), "An update is damaged");
    p.index->for_each_update(Lsn{100}, [](const LogIndex::UpdateEntry&) {}).value();
  }
  SECTION("a batch that claims more than the last one has") {
    const auto cut = ArenaCut::make(p.arena, Lsn{200}).value();
    const_cast<BatchEntry*>(cut.batch(0))->update_end = 1000;
    const_cast<BatchEntry*>(cut.batch(0))->tombstone_end = 1000;
    u32 seen = 0;
    p.index->for_each_update({}, [&](const LogIndex::UpdateEntry&) { ++seen; }).value();
    p.index->for_each_tombstone({}, [&](const Tombstone&) { ++seen; });
    CHECK(seen == 3 + 3);  // the second batch's come twice, none from beyond
  }
}

TEST_CASE("texts are asked for where and as they were stashed") {
  const Patient p;
  u64 offset = 0;
  u32 bytes = 0;
  TextHash hash;
  const auto index = LogIndex::make(p.arena, Lsn{200}, [&](u64 at, u32 count, TextHash wanted) {
                       offset = at;
                       bytes = count;
                       hash = wanted;
                       return Result<std::string>("text");
                     }).value();
  CHECK(index->text(DocNo(2)).value() == "text");
  CHECK((offset == 77 && bytes == 11 && hash == TextHash{5, 6}));
  CHECK(p.index->text(DocNo(2)).error().message == "no text");
}

TEST_CASE("an index that a writer gave up cannot be opened any more") {
  Patient p;
  p.arena->header().stale = 1;
  check_damaged(LogIndex::make(p.arena, Lsn{200}, nullptr), "given up by a writer");
}

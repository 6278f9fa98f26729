// Which batches and documents a cut holds, and what it makes of batch entries that lie.
#include "delta/arena_cut.hpp"

#include <set>

#include "tests/delta/delta_support.hpp"

using namespace shale;
using namespace shale::delta;
using namespace shale::delta::testing;

namespace {

// Ten batches of 2 documents at LSN 100, 200, ...; before the 4th and 7th three are burnt.
std::shared_ptr<Arena> arena_with_gaps() {
  const auto arena = make_arena();
  Analyser analyser;
  Metadata metadata;
  metadata.id = "x";
  const PreparedDocument prepared = IndexWriter::prepare(analyser, metadata, "one two", true);
  const auto add = [&](u32 documents, std::optional<Lsn> lsn) {
    IndexWriter writer(arena, true);
    REQUIRE(writer.room_for({documents, 0, 0, documents * prepared.arena_bytes}).value());
    writer.begin();
    for (u32 i = 0; i < documents; ++i)
      static_cast<void>(writer.add_document({&metadata, {}, 0, 7}, prepared));
    if (lsn) writer.publish(*lsn);
  };
  for (u32 batch = 1; batch <= 10; ++batch) {
    if (batch == 4 || batch == 7) add(3, {});
    add(2, Lsn{batch * 100});
  }
  return arena;
}

}  // namespace

TEST_CASE("a cut ends with the last batch that its LSN reaches") {
  const auto arena = arena_with_gaps();
  for (u32 lsn = 0; lsn <= 1200; lsn += 50) {
    const ArenaCut cut = ArenaCut::make(arena, Lsn{lsn}).value();
    const u32 batches = std::min(lsn / 100, 10u);
    REQUIRE(cut.batch_count() == batches);
    REQUIRE(cut.last().lsn == batches * 100);
    REQUIRE(cut.document_limit() == batches * 2 + (batches >= 4 ? 3 : 0) + (batches >= 7 ? 3 : 0));
    REQUIRE(cut.gaps().size() == (batches >= 4 ? 1u : 0u) + (batches >= 7 ? 1u : 0u));
    REQUIRE(cut.last().words_sum == batches * 4);
    REQUIRE(cut.batches_up_to(Lsn{250}) == std::min(batches, 2u));
  }
}

TEST_CASE("documents are visible unless burnt or beyond") {
  const auto arena = arena_with_gaps();
  const ArenaCut cut = ArenaCut::make(arena, Lsn{5000}).value();
  REQUIRE(cut.document_limit() == 26);
  VisibleFilter filter(cut);
  for (u32 d = 0; d < 40; ++d) {
    const bool burnt = (d >= 6 && d < 9) || (d >= 15 && d < 18);
    REQUIRE(cut.is_visible(d) == (d < 26 && !burnt));
    REQUIRE(filter(d) == cut.is_visible(d));
    REQUIRE((cut.document(d) != nullptr) == cut.is_visible(d));
  }
}

TEST_CASE("batch entries that lie give an error") {
  const auto arena = arena_with_gaps();
  const ArenaCut cut = ArenaCut::make(arena, Lsn{5000}).value();
  const auto refused = [&](u32 index, auto&& change) {
    BatchEntry& entry = const_cast<BatchEntry&>(*cut.batch(index));
    const BatchEntry kept = entry;
    change(entry);
    const bool result = !ArenaCut::make(arena, Lsn{5000}).has_value();
    entry = kept;
    return result;
  };
  REQUIRE(!refused(9, [](BatchEntry&) {}));
  REQUIRE(refused(9, [](BatchEntry& e) { e.document_end = arena_documents_max + 1; }));
  REQUIRE(refused(9, [](BatchEntry& e) { e.tombstone_end = ~0u; }));
  REQUIRE(refused(9, [](BatchEntry& e) { e.update_end = ~0u; }));
  REQUIRE(refused(9, [](BatchEntry& e) { e.last_gap = 11; }));
  REQUIRE(refused(9, [](BatchEntry& e) { e.last_gap = 9; }));
  REQUIRE(refused(6, [](BatchEntry& e) { e.document_begin = 100; }));
  REQUIRE(refused(5, [](BatchEntry& e) { e.last_gap = 7; }));
  const Handle chunk = arena->header().batches.chunks[0];
  arena->header().batches.chunks[0] = ~0u;
  const auto without = ArenaCut::make(arena, Lsn{5000});
  REQUIRE((!without || without->batch_count() == 0));
  arena->header().batches.chunks[0] = chunk;
}

TEST_CASE("a term is viewed only where its record fits") {
  const auto arena = arena_with_gaps();
  const ArenaCut cut = ArenaCut::make(arena, Lsn{5000}).value();
  const HashTable table = cut.terms();
  u32 seen = 0;
  for (u64 i = 0; i <= table.mask; ++i) {
    if (table.slots[i] == 0) continue;
    const u64 offset = offset_of(slot_value(table.slots[i]));
    const auto term = cut.term_at(offset);
    REQUIRE(term);
    seen += term->term == "one" || term->term == "two" ? 1 : 0;
    REQUIRE(!cut.term_at(offset + 4));
    TermRecord& record = const_cast<TermRecord&>(*term->record);
    record.chains += 2;
    REQUIRE(!cut.term_at(offset));
    record.chains -= 2;
  }
  REQUIRE(seen == 2);
  REQUIRE(!cut.term_at(arena->end() - 8));
  REQUIRE(!cut.term_at(0));
}

TEST_CASE("all terms are named once, stretch of the map by stretch") {
  const auto arena = make_arena();
  Analyser analyser;
  Metadata metadata;
  std::set<std::string> words;
  for (u32 n = 0; n < 40; ++n) {
    std::string text;
    for (u32 word = 0; word < 500; ++word) {
      words.insert("w" + std::to_string(n * 500 + word));
      text += "w" + std::to_string(n * 500 + word) + " ";
    }
    metadata.id = "document " + std::to_string(n);
    const PreparedDocument prepared = IndexWriter::prepare(analyser, metadata, text, true);
    IndexWriter writer(arena, true);
    REQUIRE(writer.room_for({1, 0, 0, prepared.arena_bytes}).value());
    writer.begin();
    static_cast<void>(writer.add_document({&metadata, {}, 0, 7}, prepared));
    writer.publish(Lsn{n + 1});
  }
  const ArenaCut cut = ArenaCut::make(arena, Lsn{5000}).value();
  const std::vector<Handle> handles = cut.term_handles().value();
  std::set<std::string> found;
  for (usize i = 0; i < handles.size(); ++i) {
    found.emplace(cut.term_at(offset_of(handles[i])).value().term);
    if (i > 0) REQUIRE(offset_of(handles[i - 1]) >> 16 <= offset_of(handles[i]) >> 16);
  }
  REQUIRE(found.size() == handles.size());
  REQUIRE(std::includes(found.begin(), found.end(), words.begin(), words.end()));
  REQUIRE(offset_of(handles.back()) >> 16 > offset_of(handles.front()) >> 16);  // there were some
}

TEST_CASE("a handle that leads outside comes last, and a table that is none is an error") {
  const auto arena = arena_with_gaps();
  const ArenaCut cut = ArenaCut::make(arena, Lsn{5000}).value();
  const HashTable table = cut.terms();
  u64 first = 0;
  while (table.slots[first] == 0) ++first;
  const u64 kept = table.slots[first];
  table.slots[first] |= 0xffffffff;  // the value of a slot, whichever half it is
  const std::vector<Handle> handles = cut.term_handles().value();
  REQUIRE(handles.back() == slot_value(table.slots[first]));
  REQUIRE(!cut.term_at(offset_of(handles.back())));
  table.slots[first] = kept;
  const u64 root = arena->header().term_root;
  arena->header().term_root = arena->end() | 20;
  REQUIRE(cut.term_handles().error().code == ErrorCode::corrupt);
  arena->header().term_root = root;
  REQUIRE(cut.term_handles().value().size() == handles.size());
}

TEST_CASE("batches are counted up to an LSN, on both sides of it") {
  const auto arena = arena_with_gaps();
  const ArenaCut cut = ArenaCut::make(arena, Lsn{700}).value();
  for (u32 batch = 1; batch <= 10; ++batch) {
    const u32 held = std::min(batch, 7u);
    REQUIRE(cut.batches_up_to(Lsn{batch * 100 - 1}) == std::min(batch - 1, 7u));
    REQUIRE(cut.batches_up_to(Lsn{batch * 100}) == held);
    REQUIRE(cut.batches_up_to(Lsn{batch * 100 + 1}) == held);
  }
  REQUIRE(cut.batches_up_to(Lsn{}) == 0);
  REQUIRE(cut.batches_up_to(Lsn{~u64(0)}) == 7);
  REQUIRE(ArenaCut::make(arena, Lsn{~u64(0)}).value().batch_count() == 10);
}

TEST_CASE("documents burnt before the first batch are a gap, those behind the last are beyond") {
  const auto arena = make_arena(16);
  Random random = seeded(21);
  Analyser analyser;
  {
    IndexWriter killed(arena, true);
    abandon_batch(random, killed, analyser);
  }
  const ArenaCut none = ArenaCut::make(arena, Lsn{~u64(0)}).value();
  REQUIRE(none.document_limit() == 0);
  REQUIRE(none.gaps().empty());
  REQUIRE(!none.is_visible(0));
  IndexWriter writer(arena, true);
  const u32 burnt = writer.document_count();
  REQUIRE(burnt > 0);
  Model model;
  while (model.documents.empty())
    add_random_batch(random, writer, analyser, model, Lsn{writer.last().value + 1}, 5);
  abandon_batch(random, writer, analyser);
  const ArenaCut cut = ArenaCut::make(arena, Lsn{~u64(0)}).value();
  REQUIRE(cut.gaps().size() == 1);
  REQUIRE((cut.gaps()[0].begin == 0 && cut.gaps()[0].end == burnt));
  REQUIRE(cut.document_limit() == burnt + model.documents.size());
  REQUIRE(!cut.is_visible(burnt - 1));
  REQUIRE(cut.is_visible(burnt));
  REQUIRE(!cut.is_visible(cut.document_limit()));
}

TEST_CASE("gaps are those of a model, whoever was killed and whatever was taken back") {
  Random random = seeded(std::random_device{}());
  const auto arena = make_arena(16);
  Analyser analyser;
  Metadata metadata;
  metadata.id = "x";
  const PreparedDocument prepared = IndexWriter::prepare(analyser, metadata, "one", true);
  std::vector<std::pair<u64, std::set<u32>>> batches;  // LSN and documents
  for (u64 lsn = 10; lsn < 1200; lsn += 10) {
    IndexWriter writer(arena, true);
    if (!batches.empty() && below(random, 9) == 0) {
      batches.resize(batches.size() - below(random, u32(std::min<usize>(3, batches.size()))));
      writer.discard_after(Lsn{batches.empty() ? 0 : batches.back().first});
    }
    const u32 documents = below(random, 4);
    REQUIRE(writer.room_for({documents, 0, 0, documents * prepared.arena_bytes}).value());
    writer.begin();
    std::set<u32> numbers;
    for (u32 i = 0; i < documents; ++i)
      numbers.insert(to_index(writer.add_document({&metadata, {}, 0, 3}, prepared)));
    if (below(random, 4) == 0) continue;  // killed
    writer.publish(Lsn{lsn});
    batches.emplace_back(lsn, numbers);
  }
  std::set<u32> visible;
  for (usize i = 0; i < batches.size(); ++i) {
    visible.insert(batches[i].second.begin(), batches[i].second.end());
    const ArenaCut cut = ArenaCut::make(arena, Lsn{batches[i].first}).value();
    REQUIRE(cut.batch_count() == i + 1);
    VisibleFilter filter(cut);
    u32 hidden = 0;
    for (u32 d = 0; d < cut.document_limit() + 3; ++d) {
      REQUIRE(cut.is_visible(d) == visible.contains(d));
      REQUIRE(filter(d) == visible.contains(d));
      REQUIRE(filter.is_past_end(d) == (d >= cut.document_limit()));
      hidden += d < cut.document_limit() && !visible.contains(d) ? 1 : 0;
    }
    u32 in_gaps = 0;
    for (const Gap& gap : cut.gaps()) in_gaps += gap.end - gap.begin;
    REQUIRE(in_gaps == hidden);
  }
}

TEST_CASE("an error of a cut names the log and the place") {
  const auto arena = arena_with_gaps();
  const Error error = ArenaCut::make(arena, Lsn{100}).value().damaged("A thing is wrong", 77);
  REQUIRE(error.code == ErrorCode::corrupt);
  REQUIRE(error.message == "A thing is wrong in the index of log 33.");
  REQUIRE(error.offset == 77);
  arena->header().stale = 1;
  REQUIRE(ArenaCut::make(arena, Lsn{100}).error().message.find("given up") != std::string::npos);
}

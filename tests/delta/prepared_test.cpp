// What analysis leaves behind for add_document.
#include "delta/prepared.hpp"

#include "model/fields.hpp"
#include "model/record.hpp"
#include "tests/delta/delta_support.hpp"

using namespace shale;
using namespace shale::delta;
using namespace shale::delta::testing;

TEST_CASE("forms are kept like metadata, under a tag of their own") {
  Analyser analyser(english);
  Metadata metadata;
  metadata.id = "a";
  metadata.type = "note";
  for (const bool positions : {true, false}) {
    const PreparedDocument prepared =
        IndexWriter::prepare(analyser, metadata, "the getNames names the", positions);
    const PreparedView view(prepared);
    CHECK(view.header.word_count == 4);  // three of getNames, one more name
    std::vector<std::string> names;
    for (const PreparedTerm& term : view.terms) {
      names.emplace_back(view.term(term));
      CHECK(term.hash == term_hash(names.back()));
      CHECK((term.is_metadata != 0) == (names.back()[0] < first_text_byte));
      CHECK(view.positions(term).empty() == (term.is_metadata != 0 || !positions));
    }
    CHECK(names == std::vector<std::string>{"\1note", "the", "getnam", "get", "name",
                                            "\x1f"
                                            "getnames",
                                            "\x1f"
                                            "names"});
    CHECK(view.terms[1].tf == 2);
    CHECK(view.terms[4].tf == 2);
    CHECK(view.terms[5].tf == 1);
  }
}

TEST_CASE("a prepared document holds metadata terms, words, positions and the record") {
  Random random = seeded(41);
  Analyser analyser;
  for (u32 round = 0; round < 50; ++round) {
    const bool positions = round % 2 == 0;
    Model model;
    model.documents[0] = {random_metadata(random, 100), random_text(random, 300, 100), {}};
    const ModelDocument& d = model.documents[0];
    const PreparedDocument prepared = IndexWriter::prepare(analyser, d.metadata, d.text, positions);
    REQUIRE(prepared.id_hash == hash_of_id(d.metadata.id));
    const PreparedView view(prepared);
    ModelTerms found;
    for (const PreparedTerm& term : view.terms) {
      const std::string name(view.term(term));
      REQUIRE(term.hash == term_hash(name));
      REQUIRE((term.is_metadata != 0) == (name[0] < first_text_byte));
      REQUIRE(term.code == (term.is_metadata != 0 && name[0] <= 4 ? name[0] : 0));
      ModelPosting posting{0, term.tf, {}};
      ByteReader reader(view.positions(term));
      u32 position = 0;
      while (!reader.at_end()) posting.positions.push_back(position += u32(reader.varint()));
      REQUIRE(found.emplace(name, std::vector{posting}).second);
    }
    REQUIRE(found == terms_of(model, positions));
    const std::string_view record = as_text(view.record());
    REQUIRE(record.starts_with(d.metadata.id));
    ByteReader reader(view.record().subspan(view.header.id_bytes));
    REQUIRE(decode_metadata(reader) == d.metadata);
  }
}

TEST_CASE("a long text leaves no trace in the next one") {
  Analyser analyser;
  Metadata metadata;
  metadata.id = "x";
  std::string text;
  for (u32 i = 0; i < 300000; ++i) text += "word" + std::to_string(i) + " ";
  const PreparedDocument first = IndexWriter::prepare(analyser, metadata, "a b a", true);
  REQUIRE(PreparedView(IndexWriter::prepare(analyser, metadata, text, true)).header.word_count ==
          300000);
  REQUIRE(IndexWriter::prepare(analyser, metadata, "a b a", true).encoded == first.encoded);
}

TEST_CASE("the parts of a prepared document lie end to end, in the order of the text") {
  Analyser analyser;
  Metadata metadata;
  metadata.id = "the id";
  metadata.task = "t";
  metadata.topic = "p";
  const PreparedDocument prepared =
      IndexWriter::prepare(analyser, metadata, "one two one three one", true);
  const PreparedView view(prepared);
  CHECK(view.header.term_count == 6);
  CHECK(view.header.word_count == 5);
  CHECK(view.header.id_bytes == 6);
  const char* const names[] = {"\x01note", "\x02t", "\x04p", "one", "two", "three"};
  const u32 tfs[] = {1, 1, 1, 3, 1, 1};
  const u8 codes[] = {1, 2, 4, 0, 0, 0};
  const std::vector<u8> positions[] = {{}, {}, {}, {0, 2, 2}, {1}, {3}};
  const u32 record_end = u32(sizeof(PreparedHeader) + 6 * sizeof(PreparedTerm)) +
                         view.header.id_bytes + view.header.metadata_bytes;
  u32 end = record_end;
  for (u32 i = 0; i < 6; ++i) {
    const PreparedTerm& term = view.terms[i];
    CHECK(view.term(term) == names[i]);
    CHECK(term.tf == tfs[i]);
    CHECK(term.code == codes[i]);
    CHECK(term.is_metadata == (i < 3));
    CHECK(std::ranges::equal(view.positions(term), positions[i],
                             [](std::byte a, u8 b) { return a == std::byte(b); }));
    CHECK(term.data == end);
    end += term.bytes + term.position_bytes;
  }
  CHECK(end == prepared.encoded.size());
}

TEST_CASE("without positions there are none, and everything else is the same") {
  Random random = seeded(42);
  Analyser analyser;
  const Metadata metadata = random_metadata(random, 10);
  const std::string text = random_text(random, 300, 50);
  const PreparedDocument with = IndexWriter::prepare(analyser, metadata, text, true);
  const PreparedDocument without = IndexWriter::prepare(analyser, metadata, text, false);
  const PreparedView a(with);
  const PreparedView b(without);
  REQUIRE(a.terms.size() == b.terms.size());
  for (usize i = 0; i < a.terms.size(); ++i) {
    CHECK(b.terms[i].position_bytes == 0);
    CHECK(a.term(a.terms[i]) == b.term(b.terms[i]));
    CHECK(a.terms[i].tf == b.terms[i].tf);
    CHECK(a.terms[i].hash == b.terms[i].hash);
  }
  CHECK(std::ranges::equal(a.record(), b.record()));
  CHECK(without.arena_bytes < with.arena_bytes);
  CHECK(without.id_hash == with.id_hash);
}

TEST_CASE("a text without words leaves the metadata terms") {
  Analyser analyser;
  Metadata metadata;
  metadata.id = "x";
  for (const char* const text : {"", " ", "...", "\n\n"}) {
    const PreparedDocument prepared = IndexWriter::prepare(analyser, metadata, text, true);
    const PreparedView view(prepared);
    CHECK(view.header.word_count == 0);
    REQUIRE(view.terms.size() == 1);
    CHECK(view.term(view.terms[0]) == "\x01note");
  }
}

TEST_CASE("a document of new terms takes no more than it said") {
  Random random = seeded(43);
  Analyser analyser;
  const auto arena = make_arena(1 << 16);
  IndexWriter writer(arena, true);
  const auto taken_by = [&](const std::string& text, u32 number) {
    Metadata metadata;
    metadata.id = "id" + std::to_string(number);
    metadata.type = "type" + std::to_string(number);
    const PreparedDocument prepared = IndexWriter::prepare(analyser, metadata, text, true);
    REQUIRE(writer.room_for({1, 0, 0, prepared.arena_bytes}).value());
    writer.begin();
    const u64 before = arena->end();
    static_cast<void>(writer.add_document({&metadata, {}, 0, 1}, prepared));
    CHECK(arena->end() - before <= prepared.arena_bytes);
    CHECK(arena->end() > before);
    writer.publish(Lsn{number + 1});
  };
  const Metadata first;
  const PreparedDocument prepared = IndexWriter::prepare(analyser, first, "", true);
  REQUIRE(writer.room_for({1, 0, 0, prepared.arena_bytes}).value());
  writer.begin();  // makes the chunks of the tables
  static_cast<void>(writer.add_document({&first, {}, 0, 0}, prepared));
  writer.publish(Lsn{1});
  for (u32 number = 1; number < 60; ++number) {
    std::string text;
    for (u32 word = 0; word < number; ++word) {
      const std::string name = "n" + std::to_string(number) + "w" + std::to_string(word) + " ";
      for (u32 n = below(random, 4) == 0 ? below(random, 700) : 0; n > 0; --n) text += name;
      text += name;
    }
    taken_by(text, number);
  }
}

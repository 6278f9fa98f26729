// What analysis leaves behind for add_document.
#include "delta/prepared.hpp"

#include "model/fields.hpp"
#include "model/record.hpp"
#include "tests/delta/delta_support.hpp"

using namespace shale;
using namespace shale::delta;
using namespace shale::delta::testing;

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

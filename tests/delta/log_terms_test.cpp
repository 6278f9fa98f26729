// Order of terms, and terms of which nothing is visible.
#include "delta/log_terms.hpp"

#include "model/fields.hpp"
#include "tests/delta/delta_support.hpp"

using namespace shale;
using namespace shale::delta;
using namespace shale::delta::testing;

namespace {

void add(IndexWriter& writer, const std::string& text, std::optional<Lsn> lsn) {
  Analyser analyser;
  Metadata metadata;
  metadata.id = "x";
  const PreparedDocument prepared = IndexWriter::prepare(analyser, metadata, text, true);
  REQUIRE(writer.room_for({1, 0, 0, prepared.arena_bytes}).value());
  writer.begin();
  static_cast<void>(writer.add_document({&metadata, {}, 0, u32(text.size())}, prepared));
  if (lsn) writer.publish(*lsn);
}

std::vector<std::string> words_of(const std::shared_ptr<Arena>& arena, Lsn committed) {
  const auto stream = make_term_stream(ArenaCut::make(arena, committed).value());
  std::vector<std::string> words;
  TermPostings postings;
  while (stream->next(postings).value())
    if (postings.term[0] >= first_text_byte) words.emplace_back(postings.term);
  REQUIRE(!stream->next(postings).value());
  return words;
}

}  // namespace

TEST_CASE("terms come in byte order, also where they agree in eight bytes and more") {
  Random random = seeded(51);
  const auto arena = make_arena();
  IndexWriter writer(arena, true);
  std::set<std::string> expected;
  std::string text;
  for (u32 i = 0; i < 5000; ++i) {
    std::string word(below(random, 14) + 1, 'a');
    for (char& c : word) c = char('a' + below(random, 2));
    if (i % 5 == 0) word = "commonprefix" + word;
    if (i % 7 == 0) word += "\xc3\xa9";  // bytes over 0x7f sort behind ASCII
    expected.insert(word);
    text += word + " ";
  }
  add(writer, text, Lsn{1});
  REQUIRE(words_of(arena, Lsn{1}) == std::vector(expected.begin(), expected.end()));
}

TEST_CASE("terms with nothing but burnt or later postings do not appear") {
  const auto arena = make_arena();
  IndexWriter first(arena, true);
  add(first, "apple", Lsn{1});
  add(first, "burnt apple", {});
  IndexWriter second(arena, true);
  add(second, "cherry", Lsn{2});
  add(second, "date", Lsn{3});
  REQUIRE(words_of(arena, Lsn{2}) == std::vector<std::string>{"apple", "cherry"});
  REQUIRE(words_of(arena, Lsn{0}).empty());
}

TEST_CASE("a damaged table ends the stream with an error") {
  const auto arena = make_arena();
  IndexWriter writer(arena, true);
  add(writer, "apple", Lsn{1});
  const ArenaCut cut = ArenaCut::make(arena, Lsn{1}).value();
  cut.terms().slots[5] = table_slot(5, ~0u);
  TermPostings postings;
  REQUIRE(make_term_stream(cut)->next(postings).error().code == ErrorCode::corrupt);
  arena->header().term_root = 3;
  REQUIRE(make_term_stream(cut)->next(postings).error().code == ErrorCode::corrupt);
}

TEST_CASE("terms that are zeros to their eighth byte are told apart by their length") {
  const auto arena = make_arena();
  IndexWriter writer(arena, true);
  Analyser analyser;
  Metadata metadata;
  metadata.id = "x";
  std::set<std::string> expected;
  for (usize length = 0; length < 12; ++length) {
    metadata.attrs["k"] = std::string(length, '\0');
    metadata.attrs["kk"] = std::string(length, '\xff');
    for (const std::string& term : metadata_terms(metadata)) expected.insert(term);
    const PreparedDocument prepared = IndexWriter::prepare(analyser, metadata, "", true);
    REQUIRE(writer.room_for({1, 0, 0, prepared.arena_bytes}).value());
    writer.begin();
    static_cast<void>(writer.add_document({&metadata, {}, 0, 0}, prepared));
    writer.publish(Lsn{length + 1});
  }
  const auto stream = make_term_stream(ArenaCut::make(arena, Lsn{100}).value());
  std::vector<std::string> found;
  TermPostings postings;
  while (stream->next(postings).value()) {
    found.emplace_back(postings.term);
    REQUIRE(postings.positions.empty());
  }
  REQUIRE(found == std::vector(expected.begin(), expected.end()));
}

TEST_CASE("the stream agrees with look-ups, of all terms and all documents") {
  Random random = seeded(std::random_device{}());
  const bool positions = GENERATE(true, false);
  const auto arena = make_arena(16);
  Analyser analyser;
  Model model;
  for (u32 batch = 1; batch <= 12; ++batch) {
    IndexWriter writer(arena, positions);
    if (batch % 4 == 0) abandon_batch(random, writer, analyser, positions);
    IndexWriter next(arena, positions);
    add_random_batch(random, next, analyser, model, Lsn{batch}, 12, positions);
  }
  const auto index = open_index(arena, Lsn{9}, model);
  const auto stream = index->all_terms();
  TermPostings postings;
  std::string last;
  u32 terms = 0;
  for (; stream->next(postings).value(); ++terms) {
    REQUIRE((terms == 0 || last < postings.term));
    last = postings.term;
    const Term term = index->find_term(last).value().value();
    REQUIRE(std::ranges::equal(postings.docs, index->documents(term).value().to_vector()));
    std::vector<u32> tfs(postings.docs.size());
    index->frequencies(term, postings.docs, tfs).value();
    REQUIRE(std::ranges::equal(postings.tfs, tfs));
    ByteReader in(postings.positions);
    const bool has_positions = positions && last[0] >= first_text_byte;
    for (usize i = 0; has_positions && i < tfs.size(); ++i) {
      std::vector<u32> expected(tfs[i]);
      u32 position = 0;
      for (u32& each : expected) each = position += u32(in.varint());
      REQUIRE(index->positions(term, DocNo(postings.docs[i])).value() == expected);
    }
    REQUIRE((in.ok() && in.at_end()));
  }
  u32 seen = 0;
  index->for_each_term("", [&](std::string_view, const Term&) { return ++seen != 0; }).value();
  REQUIRE(seen == terms);
}

TEST_CASE("a damaged chain ends the stream at its term, after the terms before it") {
  const auto arena = make_arena();
  IndexWriter writer(arena, true);
  add(writer, "apple banana cherry", Lsn{1});
  const auto index = open_index(arena, Lsn{1}, {});
  const u64 offset = index->find_term("banana").value()->handle;
  TermRecord& record = *object_at<TermRecord>(arena->data(), offset);
  record.positions = ChainState{u32(arena->end() + 8), 0, 0, 8}.pack();
  const auto stream = make_term_stream(ArenaCut::make(arena, Lsn{1}).value());
  TermPostings postings;
  std::vector<std::string> seen;
  Result<bool> more = stream->next(postings);
  for (; more && *more; more = stream->next(postings)) seen.emplace_back(postings.term);
  REQUIRE(!more);
  REQUIRE(more.error().code == ErrorCode::corrupt);
  REQUIRE(more.error().offset == offset);
  REQUIRE(seen == std::vector<std::string>{"\x01note", "apple"});
}

// Order of terms, and terms of which nothing is visible.
#include "delta/log_terms.hpp"

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

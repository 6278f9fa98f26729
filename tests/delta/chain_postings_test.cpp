// Postings as arrays: every kind of damage in a chain, and indexes that are filled for a fold.
#include "delta/chain_postings.hpp"

#include "delta/log_terms.hpp"
#include "tests/delta/delta_support.hpp"

using namespace shale;
using namespace shale::delta;
using namespace shale::delta::testing;

namespace {

// An index with one word, whose chain of positions is given byte by byte.
struct OneWord {
  std::shared_ptr<Arena> arena = make_arena();
  std::optional<TermView> term;
  std::optional<ArenaCut> cut;

  // 200 documents, so that numbers up to 199 are visible.
  explicit OneWord(const std::vector<int>& chain) {
    IndexWriter writer(arena, true);
    Analyser analyser;
    Metadata metadata;
    for (u32 i = 0; i < 200; ++i) {
      metadata.id = std::to_string(i);
      const PreparedDocument prepared =
          IndexWriter::prepare(analyser, metadata, i == 0 ? "word" : "", true);
      REQUIRE(writer.room_for({1, 0, 0, prepared.arena_bytes}).value());
      writer.begin();
      static_cast<void>(writer.add_document({&metadata, {}, 0, 4}, prepared));
      writer.publish(Lsn{i + 1});
    }
    cut = ArenaCut::make(arena, Lsn{200}).value();
    const auto index = open_index(arena, Lsn{200}, {});
    term = cut->term_at(index->find_term("word").value()->handle);
    REQUIRE(chain.size() <= slice_content(0));
    for (usize i = 0; i < chain.size(); ++i)
      arena->data()[term->position_slice() + i] = std::byte(chain[i]);
    TermRecord& record = *object_at<TermRecord>(arena->data(), term->offset);
    record.positions = ChainState{u32(term->position_slice() + chain.size()), 0, 0,
                                  u32(slice_content(0) - chain.size())}
                           .pack();
  }
  bool read(ChainPostings& postings) const { return postings.read(*cut, *term); }
};

// One document's gap and a term frequency of one, as a head byte.
constexpr int once(int gap) { return gap << 1 | 1; }
constexpr int often(int gap) { return gap << 1; }

}  // namespace

TEST_CASE("chain postings: documents, frequencies and positions as they were encoded") {
  ChainPostings postings;
  const OneWord word({once(0), 7, often(3), 2, 4, 0x81, 1});
  REQUIRE(word.read(postings));
  CHECK(std::ranges::equal(postings.docs(), std::vector<u32>{0, 3}));
  CHECK(std::ranges::equal(postings.tfs(), std::vector<u32>{1, 2}));
  CHECK(std::ranges::equal(postings.positions(),
                           Buffer{std::byte(7), std::byte(4), std::byte(0x81), std::byte(1)}));
  const OneWord empty({});
  REQUIRE(empty.read(postings));
  CHECK(postings.docs().empty());
  CHECK(postings.positions().empty());
}

TEST_CASE("chain postings: documents beyond the cut end the list, whatever follows") {
  ChainPostings postings;
  const OneWord word({once(5), 1, 0x81, 0x40, 0, 0, 0});  // 5, then 5 + 4096
  REQUIRE(word.read(postings));
  CHECK(std::ranges::equal(postings.docs(), std::vector<u32>{5}));
}

TEST_CASE("chain postings: what no writer wrote is damage") {
  ChainPostings postings;
  CHECK_FALSE(OneWord({often(1), 0}).read(postings));                   // no occurrence
  CHECK_FALSE(OneWord({once(0), 1, once(0), 1}).read(postings));        // the same twice
  CHECK_FALSE(OneWord({once(1), 1, once(0), 1}).read(postings));        // the same twice
  CHECK_FALSE(OneWord({once(1)}).read(postings));                       // no position
  CHECK_FALSE(OneWord({once(1), 0x80}).read(postings));                 // half a position
  CHECK_FALSE(OneWord({often(1), 3, 1, 1}).read(postings));             // a position too few
  CHECK_FALSE(OneWord({0x80}).read(postings));                          // half a head
  CHECK_FALSE(OneWord({often(1), 0x85}).read(postings));                // half a frequency
  CHECK_FALSE(OneWord({0xff, 0xff, 0xff, 0xff, 0xff}).read(postings));  // no number
  CHECK_FALSE(OneWord({0xff, 0xff, 0xff, 0xff, 0x0f}).read(postings));  // too large a gap
}

TEST_CASE("an index filled for a fold has the terms of one filled for searches") {
  const bool positions = GENERATE(true, false);
  const u64 seed = std::random_device{}();
  INFO("seed " << seed);
  const auto terms_of_index = [&](FilledFor use) {
    Random random(seed);
    const auto arena = make_arena(16);
    IndexWriter writer(arena, positions, use);
    Analyser analyser;
    Model model;
    for (u32 batch = 1; batch <= 10; ++batch)
      add_random_batch(random, writer, analyser, model, Lsn{batch}, 20, positions);
    const auto stream = make_term_stream(ArenaCut::make(arena, Lsn{10}).value());
    std::vector<std::tuple<std::string, std::vector<u32>, std::vector<u32>, Buffer>> all;
    TermPostings next;
    while (stream->next(next).value())
      all.emplace_back(next.term, std::vector(next.docs.begin(), next.docs.end()),
                       std::vector(next.tfs.begin(), next.tfs.end()),
                       Buffer(next.positions.begin(), next.positions.end()));
    return std::pair(all, arena->end());
  };
  const auto [searched, searched_bytes] = terms_of_index(FilledFor::search);
  const auto [folded, folded_bytes] = terms_of_index(FilledFor::fold);
  CHECK(folded.size() > 100);
  CHECK(folded == searched);
  CHECK((folded_bytes < searched_bytes) == positions);
}

#include "tests/support/catch.hpp"

#include "tests/shard/terms_fixture.hpp"

namespace shale::shard {
namespace {

Buffer block_of(std::initializer_list<int> values, std::string_view text = {}) {
  Buffer bytes;
  for (const int value : values) bytes.push_back(std::byte(value));
  for (const char c : text) bytes.push_back(std::byte(c));
  return bytes;
}

TermEntry single(u32 doc, u32 position) {
  TermEntry entry;
  entry.df = entry.tf = 1;
  entry.word = true;
  entry.doc = doc;
  entry.position = position;
  return entry;
}

}  // namespace

TEST_CASE("dictionary: the bytes of a block are those of the layout") {
  testing::SectionFixture files;
  SectionSpool heads = files.spool();
  SectionSpool blocks = files.spool();
  DictionaryWriter writer(heads, blocks, true);
  writer.add("abc", single(3, 200)).value();
  writer.add("abde", single(4, 1)).value();
  TermEntry list = single(0, 0);
  list.df = 5;
  list.list_bytes = 9;
  list.positions_bytes = 130;
  writer.add("abde" + std::string(17, 'q'), list).value();
  writer.finish(0).value();
  Buffer expected = block_of({0, 0, 0, 3}, "abc");
  for (const Buffer& part :
       {block_of({0, 3, 200, 1}), block_of({2 << 4 | 1}, "de"), block_of({0, 4, 1}),
        block_of({0xff, 4, 17}, std::string(17, 'q')), block_of({5, 9, 130, 1})})
    expected.insert(expected.end(), part.begin(), part.end());
  CHECK(blocks.buffer() == expected);
  REQUIRE(heads.size() == sizeof(HeadStretch) + 8 + sizeof(DictionaryTrailer));
  CHECK(load<u64>(heads.buffer().data()) == u64(0x6162630000000000));
  CHECK(load<u32>(heads.buffer().data() + sizeof(HeadStretch) + 8) == 3);
}

TEST_CASE("dictionary: a cursor survives any bytes") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (u32 round = 0; round < 20'000; ++round) {
    Buffer bytes(random() % 60);
    for (std::byte& b : bytes) b = std::byte(random() % 3 == 0 ? random() : random() % 20);
    BlockCursor cursor(bytes, 16, 1000, round % 2 == 0);
    u32 terms = 0;
    usize length = 0;
    while (cursor.next()) {
      ++terms;
      if (cursor.lcp() > length || cursor.entry().df > 1000) FAIL("out of range");
      if (cursor.entry().df == 1 && cursor.entry().doc >= 1000) FAIL("document out of range");
      length = cursor.lcp() + cursor.suffix().size();
    }
    if (terms > 16) FAIL("too many terms");
  }
}

TEST_CASE("dictionary: keys at the borders of the short form") {
  std::mt19937 random(1);
  testing::ModelTerms terms;
  for (const usize lcp : {0u, 1u, 14u, 15u, 16u, 17u, 127u, 128u})
    for (const usize suffix : {1u, 2u, 15u, 16u, 17u, 300u}) {
      const std::string base = std::string(lcp, char('a' + lcp % 20)) + char('0' + lcp % 10);
      terms[base] = {{0, {1}}};
      terms[base.substr(0, lcp) + std::string(suffix, '~')] = {{1, {2}}};
    }
  testing::TermsFixture fixture(terms, 2, true);
  const TermsReader reader = fixture.reader();
  u32 ordinal = 0;
  for (const auto& entry : terms) CHECK(reader.term_at(ordinal++).value() == entry.first);
  reader.verify().value();
}

TEST_CASE("dictionary: a walk begins at any block and numbers its terms") {
  testing::ModelTerms terms;
  for (u32 i = 0; i < 3000; ++i) terms[std::to_string(i)] = {{i % 10, {i}}};
  testing::TermsFixture fixture(terms, 10, true);
  const auto views = fixture.files().views();
  const Dictionary dictionary = Dictionary::make(views[0], views[1], 10, true).value();
  REQUIRE(dictionary.block_count() == (3000 + 15) / 16);
  for (const u32 block : {0u, 1u, 63u, 64u, 187u}) {
    TermWalk walk(dictionary, block);
    auto expected = std::next(terms.begin(), block * block_terms);
    u32 ordinal = block * block_terms;
    while (walk.next().value()) {
      if (walk.term() != expected->first || walk.ordinal() != ordinal) FAIL("at " << ordinal);
      if (walk.entry().position != expected->second[0].positions[0]) FAIL("position " << ordinal);
      CHECK(walk.block() == ordinal / block_terms);
      ++expected;
      ++ordinal;
    }
    CHECK(ordinal == 3000);
    CHECK_FALSE(walk.next().value());
  }
  CHECK(dictionary.locate("2999").value().ordinal ==
        u32(std::distance(terms.begin(), terms.find("2999"))));
  dictionary.verify_heads().value();
}

}  // namespace shale::shard

#include "tests/support/catch.hpp"

#include "tests/shard/dictionary_fixture.hpp"
#include "tests/shard/terms_fixture.hpp"

namespace shale::shard {
namespace {

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
  Buffer expected = testing::buffer_of({0, 0, 0, 3}, "abc");
  for (const Buffer& part :
       {testing::buffer_of({0, 3, 200, 1}), testing::buffer_of({2 << 4 | 1}, "de"),
        testing::buffer_of({0, 4, 1}), testing::buffer_of({0xff, 4, 17}, std::string(17, 'q')),
        testing::buffer_of({5, 9, 130, 1})})
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

TEST_CASE("dictionary: without terms there are no blocks, and a trailer is all there is") {
  const testing::DictionaryFixture fixture({}, 7, true);
  CHECK(fixture.blocks.size() == 0);
  CHECK(fixture.heads == testing::buffer_of({0, 0, 0, 0, 7, 0, 0, 0}));
  const Dictionary dictionary = fixture.open(10).value();
  CHECK(dictionary.term_count() == 0);
  CHECK(dictionary.big_count() == 7);
  CHECK(dictionary.block_count() == 0);
  CHECK(dictionary.locate("").value().ordinal == 0);
  CHECK_FALSE(dictionary.locate("a").value().exact);
  CHECK_FALSE(TermWalk(dictionary).next().value());
  dictionary.verify_heads().value();
}

TEST_CASE("dictionary: heads, places and tops of two stretches are those of the layout") {
  const u32 count = stretch_blocks * block_terms + 1;
  std::vector<testing::NamedEntry> terms;
  for (u32 i = 0; i < count; ++i) terms.emplace_back(std::to_string(100'000 + i), single(1, 1));
  const testing::DictionaryFixture fixture(terms, 0, true);
  REQUIRE(fixture.heads.size() == 2 * (sizeof(HeadStretch) + 8) + sizeof(DictionaryTrailer));
  const auto first = load<HeadStretch>(fixture.heads.data());
  const auto second = load<HeadStretch>(fixture.heads.data() + sizeof(HeadStretch));
  // Each block holds a key of six bytes and its length; the others of one to three bytes.
  CHECK(first.heads[0] == 0x3130'3030'3030'0000);
  CHECK(first.heads[1] == 0x3130'3030'3136'0000);
  CHECK(first.blocks_at == 0);
  CHECK(first.ends[0] == 3 + 7 + 3 + 9 * 5 + 6 + 5 * 5);
  CHECK(first.ends[0] == load<u32>(fixture.heads.data() + 520));
  CHECK(second.heads[0] == 0x3130'3130'3234'0000);
  CHECK(second.blocks_at == first.ends[63]);
  CHECK(second.ends[0] == 3 + 7 + 3);
  CHECK(second.blocks_at + second.ends[0] == fixture.blocks.size());
  for (u32 i = 1; i < stretch_blocks; ++i) {
    CHECK(second.heads[i] == ~u64(0));
    CHECK(second.ends[i] == second.ends[0]);
  }
  const std::byte* const tops = fixture.heads.data() + 2 * sizeof(HeadStretch);
  CHECK(load<u64>(tops) == first.heads[0]);
  CHECK(load<u64>(tops + 8) == second.heads[0]);
  CHECK(load<u32>(tops + 16) == count);
}

TEST_CASE("dictionary: any term is located like in a sorted list") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const u32 count = GENERATE(1u, 15u, 16u, 17u, 1023u, 1024u, 1025u, 2500u);
  const std::vector<std::string> terms = testing::random_terms(random, count);
  const testing::DictionaryFixture fixture(testing::random_entries(random, terms, 5000, true), 0,
                                           true);
  const Dictionary dictionary = fixture.open(5000).value();
  dictionary.verify_heads().value();
  const auto check = [&](const std::string& wanted) {
    const auto at = std::lower_bound(terms.begin(), terms.end(), wanted);
    const auto found = dictionary.locate(wanted).value();
    const bool exact = at != terms.end() && *at == wanted;
    if (found.ordinal != u32(at - terms.begin()) || found.exact != exact) FAIL("at " << wanted);
  };
  check("");
  check(std::string(20, '\xff'));
  for (const std::string& term : terms) {
    check(term);
    check(term + '\0');
    check(term + '\xff');
    if (term.empty()) continue;
    check(term.substr(0, term.size() - 1));
    for (const int step : {-1, 1}) {
      std::string other = term;
      other.back() = char(other.back() + step);
      check(other);
    }
  }
}

TEST_CASE("dictionary: entries come back with their bases, wherever their block begins") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const bool positions = GENERATE(true, false);
  const std::vector<std::string> terms = testing::random_terms(random, 700);
  const auto entries = testing::random_entries(random, terms, 5000, positions);
  const testing::DictionaryFixture fixture(entries, 0, positions);
  const Dictionary dictionary = fixture.open(5000).value();
  TermWalk walk(dictionary);
  for (u32 i = 0; i < entries.size(); ++i) {
    REQUIRE(walk.next().value());
    REQUIRE(walk.term() == entries[i].first);
    if (!testing::same_entry(walk.entry(), entries[i].second)) FAIL("walk at " << i);
    if (!testing::same_entry(dictionary.entry_at(i).value(), entries[i].second)) FAIL("at " << i);
    const auto found = dictionary.locate(entries[i].first).value();
    REQUIRE(found.exact);
    if (!testing::same_entry(found.entry, entries[i].second)) FAIL("located " << i);
  }
  CHECK_FALSE(walk.next().value());
}

TEST_CASE("dictionary: memory or spool files, the sections are the same") {
  std::mt19937 random(5);
  const auto entries =
      testing::random_entries(random, testing::random_terms(random, 2000), 100, true);
  const testing::DictionaryFixture memory(entries, 3, true);
  const testing::DictionaryFixture spooled(entries, 3, true, 100);
  CHECK(memory.heads == spooled.heads);
  CHECK(memory.blocks == spooled.blocks);
}

TEST_CASE("dictionary: words are what begins with a byte of text") {
  CHECK(is_word(""));
  CHECK(is_word(" "));
  CHECK(is_word("a"));
  CHECK(is_word("\xff"));
  CHECK_FALSE(is_word("\x1f"));
  CHECK_FALSE(is_word(std::string(1, '\0')));
}

}  // namespace shale::shard

// Bytes of a dictionary that no writer writes: each is refused, and its neighbour is not.
#include "tests/support/catch.hpp"

#include "shard/dictionary.hpp"
#include "tests/shard/dictionary_fixture.hpp"

namespace shale::shard {
namespace {

constexpr u32 documents = 1000;

// A block written by hand.
class HandBlock {
 public:
  HandBlock& varints(std::initializer_list<u64> values) {
    for (const u64 value : values) out_.varint(value);
    return *this;
  }
  HandBlock& bytes(std::initializer_list<int> values, std::string_view text = {}) {
    out_.raw(testing::buffer_of(values, text));
    return *this;
  }
  // Whether a cursor reads `terms` terms and nothing is left.
  bool reads(u32 terms, bool positions = true) const {
    BlockCursor cursor(out_.bytes(), terms, documents, positions);
    u32 count = 0;
    while (cursor.next()) ++count;
    CHECK((count == terms) == cursor.ok());
    return count == terms && cursor.at_end();
  }

 private:
  ByteWriter out_;
};

HandBlock word() { return HandBlock().varints({0, 0, 0}).bytes({1}, "a"); }
HandBlock two_words() { return word().varints({0, 5, 7}); }

std::vector<testing::NamedEntry> many_terms(u32 count) {
  std::mt19937 random(count);
  return testing::random_entries(random, testing::random_terms(random, count), documents, true);
}

}  // namespace

TEST_CASE("dictionary: an entry is refused just beyond its borders") {
  // Of one document: number and position, or number, frequency and bytes of positions.
  CHECK(word().varints({0, documents - 1, 0xffff'ffff}).reads(1));
  CHECK_FALSE(word().varints({0, documents, 0}).reads(1));
  CHECK_FALSE(word().varints({0, 0, 0x1'0000'0000}).reads(1));
  CHECK(word().varints({1, documents - 1, 0xffff'ffff, 4}).reads(1));
  CHECK_FALSE(word().varints({1, documents, 2, 4}).reads(1));
  CHECK_FALSE(word().varints({1, 0, 0, 4}).reads(1));
  CHECK_FALSE(word().varints({1, 0, 0x1'0000'0000, 4}).reads(1));
  CHECK(word().varints({1, 0, 2, u64(1) << 40}).reads(1));
  CHECK_FALSE(word().varints({1, 0, 2, (u64(1) << 40) + 1}).reads(1));
  // Of a list: its bytes and those of its positions.
  CHECK(word().varints({2, 320, u64(1) << 40}).reads(1));
  CHECK_FALSE(word().varints({2, 321, 4}).reads(1));
  CHECK_FALSE(word().varints({31, 20, (u64(1) << 40) + 1}).reads(1));
  // Of a big term: bytes of positions alone.
  CHECK(word().varints({32, 4}).reads(1));
  CHECK(word().varints({documents, u64(1) << 40}).reads(1));
  CHECK_FALSE(word().varints({documents + 1, 4}).reads(1));
  CHECK_FALSE(word().varints({u64(1) << 32 | 1, 0, 0, 0}).reads(1));
}

TEST_CASE("dictionary: a key is refused just beyond its borders") {
  CHECK(two_words().bytes({1 << 4 | 0}, "b").varints({0, 1, 1}).reads(2));
  CHECK_FALSE(two_words().bytes({2 << 4 | 0}, "b").varints({0, 1, 1}).reads(2));
  CHECK(two_words().bytes({0xff, 1, 1}, "b").varints({0, 1, 1}).reads(2));
  CHECK_FALSE(two_words().bytes({0xff, 2, 1}, "b").varints({0, 1, 1}).reads(2));
  CHECK_FALSE(two_words().bytes({0xff, 1, 0}).varints({0, 1, 1}).reads(2));
  const std::string most(term_bytes_max - 1, 'b');
  const auto with_suffix = [](const std::string& suffix) {
    return two_words()
        .bytes({0xff, 1})
        .varints({suffix.size()})
        .bytes({}, suffix)
        .varints({0, 1, 1});
  };
  CHECK(with_suffix(most).reads(2));
  CHECK_FALSE(with_suffix(most + "b").reads(2));
  const auto first = [](const std::string& term) {
    return HandBlock().varints({0, 0, 0, term.size()}).bytes({}, term).varints({0, 1, 1});
  };
  CHECK(first("").reads(1));
  CHECK(first("a" + most).reads(1));
  CHECK_FALSE(first("aa" + most).reads(1));
  // A word that shares nothing with the metadata term before it has positions, the other has none.
  CHECK(HandBlock()
            .varints({0, 0, 0})
            .bytes({1, 3})
            .varints({0, 5})
            .bytes({0x00}, "w")
            .varints({0, 5, 9})
            .reads(2));
}

TEST_CASE("dictionary: the bases of a block stay far from the end of 64 bits") {
  const u64 most = (u64(1) << 48) - 1;
  const auto block = [](u64 list_at, u64 positions_at) {
    return HandBlock().varints({list_at, 0, positions_at}).bytes({1}, "a").varints({0, 1, 1});
  };
  CHECK(block(most, most).reads(1));
  CHECK_FALSE(block(most + 1, 0).reads(1));
  CHECK_FALSE(block(0, most + 1).reads(1));
  CHECK(HandBlock().varints({0, 0}).bytes({1}, "a").varints({0, 1}).reads(1, false));
}

TEST_CASE("dictionary: a block cut anywhere or followed by a byte is not whole") {
  const testing::DictionaryFixture fixture(many_terms(block_terms), 0, true);
  const auto whole = [](Bytes bytes) {
    BlockCursor cursor(bytes, block_terms, documents, true);
    u32 terms = 0;
    while (cursor.next()) ++terms;
    CHECK((terms == block_terms) == cursor.ok());
    return cursor.at_end();
  };
  CHECK(whole(fixture.blocks));
  for (usize length = 0; length < fixture.blocks.size(); ++length) {
    INFO("cut at " << length);
    CHECK_FALSE(whole(Bytes(fixture.blocks).first(length)));
  }
  Buffer longer = fixture.blocks;
  longer.push_back(std::byte(0));
  CHECK_FALSE(whole(longer));
}

TEST_CASE("dictionary: a count of terms that does not fit the heads is refused") {
  const u32 trailer_at = 2 * (sizeof(HeadStretch) + 8);
  const u32 count = GENERATE(0u, 1024u, 2049u, 0xffff'ffffu, 0xffff'fff1u);
  testing::DictionaryFixture fixture(many_terms(1025), 0, true);
  CHECK(fixture.open(documents));
  fixture.files.overwrite_value(0, trailer_at, u32(2048));
  CHECK(fixture.open(documents));
  fixture.files.overwrite_value(0, trailer_at, count);
  testing::check_damage(fixture.open(documents), fixture.files, 0, trailer_at, "term count");
}

TEST_CASE("dictionary: heads without a trailer, or whose count runs over, are refused") {
  testing::SectionFixture files;
  files.put(tag::term_heads, Buffer(7));
  files.put(tag::term_blocks, Buffer());
  // As 32 bits, so many terms have no blocks at all.
  files.put(tag::term_heads, testing::buffer_of({0xf5, 0xff, 0xff, 0xff, 0, 0, 0, 0}));
  const auto views = files.views();
  testing::check_damage(Dictionary::make(views[0], views[1], 1, true), files, 0, 0, "no trailer");
  testing::check_damage(Dictionary::make(views[2], views[1], 1, true), files, 2, 0, "term count");
  CHECK(Dictionary::make(SectionView(), views[1], 1, true).error().code == ErrorCode::corrupt);
}

TEST_CASE("dictionary: every head, place and end is verified") {
  testing::DictionaryFixture fixture(many_terms(1024 + 5 * 16 + 3), 0, true);
  constexpr u64 second = sizeof(HeadStretch);
  constexpr u64 ends_at = 520;
  const auto check = [&](u64 at, u8 bits, u64 reported, const std::string& part) {
    fixture.files.damage(0, at, bits, true);
    testing::check_damage(fixture.open(documents).value().verify_heads(), fixture.files, 0,
                          reported, part);
    fixture.files.damage(0, at, bits, true);
  };
  fixture.open(documents).value().verify_heads().value();
  check(7, 1, 0, "heads that do not follow");
  check(second + 512, 1, second, "heads that do not follow");
  check(2 * second + 8, 1, second, "heads that do not follow");
  check(3 * 8, 1, 3 * 8, "a head that is not that of its block");
  check(second + 5 * 8 + 2, 1, second + 5 * 8, "a head that is not that of its block");
  check(second + 6 * 8, 1, second + 6 * 8, "heads behind the last block");
  check(second + ends_at + 63 * 4, 1, second + 63 * 8, "heads behind the last block");
}

TEST_CASE("dictionary: blocks that end too early or too late are found") {
  testing::DictionaryFixture fixture(many_terms(40), 0, true);
  const auto place = load<HeadStretch>(fixture.heads.data());
  SECTION("a byte behind the last block") {
    Buffer longer = fixture.blocks;
    longer.push_back(std::byte(0));
    fixture.files.put(tag::term_blocks, longer);
    const auto views = fixture.files.views();
    const auto dictionary = Dictionary::make(views[0], views[2], documents, true).value();
    testing::check_damage(dictionary.verify_heads(), fixture.files, 2, fixture.blocks.size(),
                          "bytes behind the last block");
  }
  SECTION("a first term over the end of its block") {
    fixture.files.overwrite_value(0, 520 + 4, place.ends[0] + 3);
    testing::check_damage(fixture.open(documents).value().verify_heads(), fixture.files, 1,
                          place.ends[0], "first term runs over its end");
  }
  SECTION("a block short of its last entry") {
    fixture.files.overwrite_value(0, 520, place.ends[0] - 1);
    const Dictionary dictionary = fixture.open(documents).value();
    testing::check_damage(dictionary.entry_at(15), fixture.files, 1, 0, "does not decode");
    CHECK(dictionary.entry_at(14));
    TermWalk walk(dictionary);
    for (u32 i = 0; i < 15; ++i) CHECK(walk.next().value());
    testing::check_damage(walk.next(), fixture.files, 1, 0, "does not decode");
  }
  SECTION("an end before that of the block before") {
    fixture.files.overwrite_value(0, 520 + 4, place.ends[0] - 1);
    testing::check_damage(fixture.open(documents).value().verify_heads(), fixture.files, 0, 0,
                          "ends of blocks that do not ascend");
  }
  SECTION("a stretch that begins behind all blocks") {
    fixture.files.overwrite_value(0, 512, u64(fixture.blocks.size() + 1));
    const Dictionary dictionary = fixture.open(documents).value();
    testing::check_damage(dictionary.entry_at(0), fixture.files, 0, 0, "do not ascend");
  }
}

}  // namespace shale::shard

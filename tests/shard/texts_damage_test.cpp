// Texts read through windows, and places and dictionaries that no writer writes.
#include <algorithm>
#include <numeric>
#include <random>

#include "shard/texts.hpp"
#include "tests/shard/texts_model.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using namespace shale::shard::testing;

namespace {

void write(TextsFixture& fixture, const std::vector<std::string>& texts) {
  fixture.write(u32(texts.size()), false, [&](TextsWriter& writer) {
    writer.compress_with(writer.add_dictionary(trained(1)).value()).value();
    for (u32 doc = 0; doc < texts.size(); ++doc) {
      writer.add(texts[doc], hash_of_document(doc)).value();
    }
  });
}

// Offsets in the first group of places, for document `doc` of it.
constexpr u64 stored_at(u32 doc) { return offsetof(PlaceGroup, stored_bytes) + 2 * doc; }
constexpr u64 raw_at(u32 doc) { return offsetof(PlaceGroup, raw_bytes) + 2 * doc; }
constexpr u64 dictionary_at(u32 doc) { return offsetof(PlaceGroup, dictionaries) + doc; }
constexpr u64 long_at = sizeof(PlaceGroup);

// A section of dictionaries by hand: their lengths, then `bytes` zeros.
Buffer dictionaries_of(const std::vector<u32>& lengths, usize bytes) {
  ByteWriter out;
  out.value(DictionariesHeader{u32(lengths.size()), 0});
  for (const u32 length : lengths) out.value(length);
  out.raw(Buffer(bytes));
  return out.buffer();
}

}  // namespace

TEST_CASE("texts read through a window are the same in any order and with any window") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::vector<std::string> texts;
  for (int i = 0; i < 150; ++i) texts.push_back(random_text(random));
  TextsFixture fixture;
  write(fixture, texts);
  const TextsReader reader = fixture.open().value();
  std::vector<u32> order(texts.size());
  std::iota(order.begin(), order.end(), 0u);
  if (GENERATE(false, true)) std::shuffle(order.begin(), order.end(), random);
  ReadAhead ahead;
  ahead.window_bytes = GENERATE(u64(0), u64(1), u64(5000), u64(256 * 1024), ~u64(0));
  for (const u32 doc : order) {
    const u64 hash = hash_of_document(doc);
    if (random() % 2 == 0) {
      REQUIRE(reader.text(DocNo(doc), hash, ahead).value() == texts[doc]);
      continue;
    }
    const StoredText stored = reader.stored(DocNo(doc), hash, ahead).value();
    REQUIRE(check_stored(stored, hash));
    REQUIRE(stored.raw_bytes == texts[doc].size());
    if (random() % 8 == 0) REQUIRE(reader.text(DocNo(doc), hash).value() == texts[doc]);
  }
}

TEST_CASE("a text is read although its neighbours in the window cannot be") {
  const std::vector<std::string> texts{"first text", std::string(1000, 'q'), "third"};
  TextsFixture fixture;
  write(fixture, texts);
  const TextsReader reader = fixture.open().value();
  std::filesystem::resize_file(fixture.file.path(), TextsFixture::begin + fixture.bytes - 1);
  ReadAhead ahead;
  CHECK(reader.text(DocNo(0), hash_of_document(0), ahead).value() == texts[0]);
  CHECK(reader.text(DocNo(1), hash_of_document(1), ahead).value() == texts[1]);
  CHECK_FALSE(reader.text(DocNo(2), hash_of_document(2), ahead));
  CHECK(reader.text(DocNo(0), hash_of_document(0), ahead).value() == texts[0]);
}

TEST_CASE("a place that no writer writes is damage of its group") {
  std::mt19937 random(2);
  TextsFixture fixture;
  write(fixture, {"short", prose(random, 5000), prose(random, 70'000)});
  const auto& sections = fixture.sections;
  const auto refused = [&](u32 doc, const std::string& part) {
    const TextsReader reader = fixture.open().value();
    check_damage(reader.text(DocNo(doc), hash_of_document(doc)), sections, 0, 0, part);
    check_damage(reader.text_range(DocNo(doc), hash_of_document(doc), 0, 1), sections, 0, 0, part);
    ReadAhead ahead;
    check_damage(reader.stored(DocNo(doc), hash_of_document(doc), ahead), sections, 0, 0, part);
  };
  SECTION("texts that begin beyond the end") {
    fixture.sections.overwrite_value(0, 0, fixture.bytes + 1);
    for (const u32 doc : {0u, 1u, 2u}) refused(doc, "beyond the end of the texts");
    fixture.sections.overwrite_value(0, 0, fixture.bytes - 4);  // five bytes of text
    refused(0, "beyond the end of the texts");
  }
  SECTION("a base at the end of 64 bits") {
    fixture.sections.overwrite_value(0, 0, ~u64(0) - 2);
    refused(0, "beyond the end of the texts");
  }
  SECTION("more stored than there was") {
    fixture.sections.overwrite_value(0, stored_at(0), u16(6));
    refused(0, "does not fit its text");
  }
  SECTION("a long text without room for its table") {
    fixture.sections.overwrite_value(0, long_at + 4, u32(3 * sizeof(FrameEntry)));
    refused(2, "does not fit its text");
  }
  SECTION("a text over 16 MiB") {
    fixture.sections.overwrite_value(0, long_at + 8, u32(text_bytes_max + 1));
    refused(2, "over 16 MiB");
  }
  SECTION("a dictionary too many") {
    fixture.sections.overwrite_value(0, dictionary_at(1), u8(2));
    refused(1, "dictionary that does not exist");
  }
  SECTION("a length that is kept elsewhere, and is not") {
    fixture.sections.overwrite_value(0, raw_at(1), length_elsewhere);
    fixture.sections.overwrite_value(0, stored_at(1), length_elsewhere);
    refused(1, "misses the length of a long text");
  }
}

TEST_CASE("a long text's table is checked even where its checksum is right") {
  std::mt19937 random(3);
  const std::string text = prose(random, 3 * text_frame_bytes);
  const u64 hash = hash_of_document(0);
  TextsFixture fixture;
  write(fixture, {text});
  Buffer stored(fixture.bytes);
  fixture.file.read_exactly(TextsFixture::begin, stored).value();
  // Other ends in the table, under a checksum that fits them.
  const auto error_of = [&](u32 entry, u32 end) {
    Buffer copy = stored;
    store_value(&copy[entry * sizeof(FrameEntry)], end);
    fixture.file.write_at(TextsFixture::begin, copy).value();
    const u32 checksum = checksum32(Bytes(copy).first(3 * 8), text_seed(hash, u32(text.size())));
    fixture.sections.overwrite_value(0, offsetof(PlaceGroup, checksums), checksum);
    const auto result = fixture.open().value().text(DocNo(0), hash);
    REQUIRE(!result);
    CHECK(result.error().offset == TextsFixture::begin);
    CHECK(result.error().path == fixture.file.path());
    return result.error().message;
  };
  const u32 last = load<u32>(&stored[2 * sizeof(FrameEntry)]);
  const u32 first = load<u32>(&stored[0]);
  const std::string table = "damaged table of frames";
  CHECK(error_of(2, last + 1).find(table) != std::string::npos);
  CHECK(error_of(2, last - 1).find(table) != std::string::npos);
  CHECK(error_of(1, first).find(table) != std::string::npos);
  CHECK(error_of(0, 0).find(table) != std::string::npos);
  CHECK(error_of(0, first - 1).find("checksum of its frame 0") != std::string::npos);
}

TEST_CASE("stored texts are checked at the borders of their lengths") {
  const auto stored_of = [](const Buffer& bytes, u32 raw_bytes) {
    StoredText stored;
    stored.bytes = bytes;
    stored.raw_bytes = raw_bytes;
    stored.checksum = checksum32(bytes, text_seed(9, raw_bytes));
    return stored;
  };
  const Buffer bytes = buffer_of({}, "abcdef");
  CHECK(check_stored(stored_of(bytes, 6), 9));
  CHECK(check_stored(stored_of(bytes, long_text_bytes), 9));
  CHECK_FALSE(check_stored(stored_of(bytes, 5), 9));
  CHECK_FALSE(check_stored(stored_of(bytes, 6), 8));
  CHECK_FALSE(check_stored(stored_of(bytes, long_text_bytes + 1), 9));
  const Buffer table(3 * sizeof(FrameEntry));  // as long as the table, and no frames
  CHECK_FALSE(check_stored(stored_of(table, long_text_bytes + 1), 9));
  CHECK_FALSE(check_stored(stored_of(bytes, 0xffff'ffff), 9));
  StoredText other = stored_of(bytes, 6);
  other.raw_bytes = 7;
  CHECK_FALSE(check_stored(other, 9));
}

TEST_CASE("dictionaries that no writer writes are refused when the texts are opened") {
  TextsFixture fixture;
  write(fixture, {});
  const auto open = [&](const Buffer& dictionaries) {
    SectionFixture own;
    own.put(tag::dictionaries, dictionaries);
    auto result = TextsReader::make(fixture.file, TextsFixture::begin, 0,
                                    fixture.sections.views()[0], own.views()[0], 0);
    if (!result && dictionaries.size() > 8) check_damage(result, own, 0, 0, "");
    return result;
  };
  CHECK(open({}).value().dictionary_count() == 0);
  CHECK(open(dictionaries_of({}, 0)).value().dictionary_count() == 0);
  CHECK(open(dictionaries_of({3, 4}, 7)).value().dictionary_count() == 2);
  CHECK(open(dictionaries_of({dictionary_bytes_max}, dictionary_bytes_max)));
  CHECK_FALSE(open(dictionaries_of({0}, 0)));
  CHECK_FALSE(open(dictionaries_of({dictionary_bytes_max + 1}, dictionary_bytes_max + 1)));
  CHECK_FALSE(open(dictionaries_of({3}, 2)));
  CHECK_FALSE(open(dictionaries_of({3}, 4)));
  CHECK_FALSE(open(dictionaries_of({~u32(0)}, 3)));
  CHECK(open(dictionaries_of(std::vector<u32>(32, 1), 32)));
  CHECK_FALSE(open(dictionaries_of(std::vector<u32>(33, 1), 33)));
  CHECK_FALSE(open(Buffer(7)));
  CHECK_FALSE(open(buffer_of({1, 0, 0, 0, 0, 0, 0, 0})));
}

TEST_CASE("a dictionary that is none hides the texts that need it") {
  std::mt19937 random(4);
  TextsFixture fixture;
  const std::vector<std::string> texts{"short", prose(random, 5000)};
  write(fixture, texts);
  fixture.sections.damage(1, sizeof(DictionariesHeader) + sizeof(u32) + 1, 0xff, true);
  const TextsReader reader = fixture.open().value();
  const u64 dictionary_begin = sizeof(DictionariesHeader) + sizeof(u32);
  CHECK(reader.text(DocNo(0), hash_of_document(0)).value() == texts[0]);
  for (int twice = 0; twice < 2; ++twice) {
    check_damage(reader.text(DocNo(1), hash_of_document(1)), fixture.sections, 1, dictionary_begin,
                 "a dictionary that is none");
  }
  CHECK(reader.dictionary(1).error().code == ErrorCode::invalid_argument);
}

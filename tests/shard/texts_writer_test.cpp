#include <random>

#include "shard/texts.hpp"
#include "tests/shard/texts_model.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using namespace shale::shard::testing;

TEST_CASE("the form of a text follows from its length") {
  std::mt19937 random(1);
  const std::vector<std::string> texts = {"",
                                          std::string(47, 'a'),
                                          std::string(48, 'a'),
                                          noise(random, 5000),
                                          prose(random, 5000),
                                          prose(random, 65536),
                                          prose(random, 65537),
                                          noise(random, 65537)};
  TextsFixture fixture;
  fixture.write(u32(texts.size()), false, [&](TextsWriter& writer) {
    for (u32 doc = 0; doc < texts.size(); ++doc) {
      writer.add(texts[doc], hash_of_document(doc)).value();
    }
    CHECK(writer.text_bytes() == 47 + 48 + 5000 + 5000 + 65536 + 65537 + 65537);
  });
  const TextsReader reader = fixture.open().value();
  std::vector<usize> stored;
  ReadAhead ahead;
  for (u32 doc = 0; doc < texts.size(); ++doc) {
    const StoredText text = reader.stored(DocNo(doc), hash_of_document(doc), ahead).value();
    CHECK(text.raw_bytes == texts[doc].size());
    CHECK(check_stored(text, hash_of_document(doc)));
    CHECK(!check_stored(text, hash_of_document(doc) + 1));
    stored.push_back(text.bytes.size());
  }
  CHECK(stored[0] == 0);
  CHECK(stored[1] == 47);
  CHECK(stored[2] < 48);
  CHECK(stored[3] == 5000);
  CHECK(stored[4] < 4000);
  CHECK(stored[5] < 40'000);
  CHECK(stored[6] < 40'000);
  CHECK(stored[7] == 65537 + 3 * sizeof(FrameEntry));
}

TEST_CASE("a dictionary makes small texts smaller, and is kept once") {
  const Buffer dictionary = trained(1);
  REQUIRE(!dictionary.empty());
  std::mt19937 random(2);
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) texts.push_back(prose(random, 300));
  u64 bytes[2] = {};
  for (const bool with : {false, true}) {
    TextsFixture fixture;
    fixture.write(200, false, [&](TextsWriter& writer) {
      const u32 number = writer.add_dictionary(dictionary).value();
      CHECK(writer.add_dictionary(dictionary).value() == number);
      CHECK(writer.add_dictionary(trained(9)).value() == number + 1);
      if (with) writer.compress_with(number).value();
      for (u32 doc = 0; doc < 200; ++doc) writer.add(texts[doc], hash_of_document(doc)).value();
    });
    bytes[with] = fixture.bytes;
    const TextsReader reader = fixture.open().value();
    CHECK(reader.dictionary_count() == 2);
    CHECK(reader.dictionary(0).value() == dictionary);
    CHECK(!reader.dictionary(2));
    CHECK(reader.text(DocNo(5), hash_of_document(5)).value() == texts[5]);
  }
  CHECK(bytes[true] * 10 < bytes[false] * 9);
}

TEST_CASE("fast reads cost some bytes") {
  std::mt19937 random(2);
  const std::string text = prose(random, 30'000);
  u64 bytes[2] = {};
  for (const bool fast : {false, true}) {
    TextsFixture fixture;
    fixture.write(1, fast, [&](TextsWriter& writer) { writer.add(text, 1).value(); });
    bytes[fast] = fixture.bytes;
    CHECK(fixture.open().value().text(DocNo(0), 1).value() == text);
  }
  CHECK(bytes[true] > bytes[false]);
}

TEST_CASE("a copy of stored texts reads like the original") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) texts.push_back(random_text(random));
  TextsFixture source;
  source.write(300, false, [&](TextsWriter& writer) {
    for (u32 doc = 0; doc < 300; ++doc) {
      if (doc == 100) writer.compress_with(writer.add_dictionary(trained(1)).value()).value();
      if (doc == 200) writer.compress_with(writer.add_dictionary(trained(2)).value()).value();
      writer.add(texts[doc], hash_of_document(doc)).value();
    }
  });
  const TextsReader from = source.open().value();
  TextsFixture target;
  target.write(300, false, [&](TextsWriter& writer) {
    ReadAhead ahead;
    const u32 second = writer.add_dictionary(from.dictionary(1).value()).value();
    const u32 first = writer.add_dictionary(from.dictionary(0).value()).value();
    CHECK(second == 0);
    for (u32 doc = 300; doc-- > 0;) {
      StoredText stored = from.stored(DocNo(doc), hash_of_document(doc), ahead).value();
      if (stored.dictionary) stored.dictionary = *stored.dictionary == 0 ? first : second;
      CHECK(!writer.add_stored(stored, hash_of_document(doc) ^ 1));  // another id: refused
      writer.add_stored(stored, hash_of_document(doc)).value();
    }
  });
  CHECK(source.bytes == target.bytes);
  const TextsReader to = target.open().value();
  for (u32 doc = 0; doc < 300; ++doc) {
    REQUIRE(to.text(DocNo(299 - doc), hash_of_document(doc)).value() == texts[doc]);
  }
}

TEST_CASE("what cannot be is refused") {
  TextsFixture fixture;
  fixture.write(0, false, [&](TextsWriter& writer) {
    CHECK(!writer.add_dictionary({}));
    CHECK(!writer.add_dictionary(Buffer(dictionary_bytes_max + 1)));
    CHECK(!writer.compress_with(0));
    CHECK(writer.compress_with(std::nullopt));
    CHECK(!writer.add(std::string(text_bytes_max + 1, 'x'), 1));
    StoredText stored;
    stored.checksum = checksum32({}, text_seed(1, 0));
    stored.dictionary = 0;
    CHECK(!writer.add_stored(stored, 1));
    for (u32 i = 0; i < dictionaries_max; ++i) {
      CHECK(writer.add_dictionary(bytes_of(i)).value() == i);
    }
    CHECK(!writer.add_dictionary(bytes_of(dictionaries_max)));
    CHECK(writer.add_dictionary(bytes_of(5u)).value() == 5);
  });
}

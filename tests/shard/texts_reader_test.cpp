#include <atomic>
#include <random>
#include <thread>

#include "shard/texts.hpp"
#include "tests/shard/texts_model.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using namespace shale::shard::testing;

namespace {

std::vector<std::string> random_texts(std::mt19937& random, usize count) {
  std::vector<std::string> texts;
  for (usize i = 0; i < count; ++i) texts.push_back(random_text(random));
  return texts;
}

void write(TextsFixture& fixture, const std::vector<std::string>& texts, bool fast_reads = false) {
  fixture.write(u32(texts.size()), fast_reads, [&](TextsWriter& writer) {
    writer.compress_with(writer.add_dictionary(trained(1)).value()).value();
    for (u32 doc = 0; doc < texts.size(); ++doc) {
      writer.add(texts[doc], hash_of_document(doc)).value();
    }
  });
}

// Inverts bits of a stored byte.
void damage(File& file, u64 at, u8 bits) {
  std::byte byte[1];
  file.read_exactly(at, byte).value();
  byte[0] ^= std::byte(bits);
  file.write_at(at, byte).value();
}

}  // namespace

TEST_CASE("texts come back, whole and in part") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto texts = random_texts(random, GENERATE(usize(0), usize(1), usize(64), usize(321)));
  TextsFixture fixture;
  write(fixture, texts, random() % 2 == 0);
  const TextsReader reader = fixture.open().value();
  reader.verify_places().value();
  for (u32 doc = 0; doc < texts.size(); ++doc) {
    const std::string& text = texts[doc];
    REQUIRE(reader.text(DocNo(doc), hash_of_document(doc)).value() == text);
    for (int i = 0; i < 4; ++i) {
      const u32 begin = u32(random() % (text.size() + 2));
      const u32 end = i == 0 ? 0xffffffff : begin + u32(random() % (text.size() + 2));
      const std::string part =
          reader.text_range(DocNo(doc), hash_of_document(doc), begin, end).value();
      REQUIRE(part == (begin < text.size() ? text.substr(begin, end - begin) : ""));
    }
  }
  CHECK(!reader.text(DocNo(u32(texts.size())), 1));
  std::vector<i64> lengths(texts.size());
  reader.raw_bytes(0, lengths).value();
  for (u32 doc = 0; doc < texts.size(); ++doc) CHECK(lengths[doc] == i64(texts[doc].size()));
  CHECK(!reader.raw_bytes(1, lengths).has_value());
}

TEST_CASE("a range at the borders of frames") {
  std::mt19937 random(3);
  const std::string text = prose(random, 3 * text_frame_bytes + 5);
  TextsFixture fixture;
  write(fixture, {text});
  const TextsReader reader = fixture.open().value();
  for (const u32 begin : {0u, text_frame_bytes - 1, text_frame_bytes, 3 * text_frame_bytes}) {
    for (const u32 count : {1u, 2u, 5u, text_frame_bytes, 2 * text_frame_bytes}) {
      const u32 end = std::min(begin + count, u32(text.size()));
      CHECK(reader.text_range(DocNo(0), hash_of_document(0), begin, end).value() ==
            text.substr(begin, end - begin));
    }
  }
}

TEST_CASE("the text of another id is no text of this one") {
  TextsFixture fixture;
  write(fixture, {"one text", "two text"});
  const TextsReader reader = fixture.open().value();
  CHECK(reader.text(DocNo(0), hash_of_document(0)));
  CHECK(!reader.text(DocNo(0), hash_of_document(1)));
}

TEST_CASE("a range of a long text needs only its own frames to be sound") {
  std::mt19937 random(4);
  const std::string text = noise(random, 4 * text_frame_bytes);
  TextsFixture fixture;
  write(fixture, {text});
  const TextsReader reader = fixture.open().value();
  const u64 third = TextsFixture::begin + 4 * sizeof(FrameEntry) + 2 * text_frame_bytes + 9;
  damage(fixture.file, third, 1);
  const auto range = [&](u32 begin, u32 end) {
    return reader.text_range(DocNo(0), hash_of_document(0), begin, end);
  };
  CHECK(range(0, 2 * text_frame_bytes).value() == text.substr(0, 2 * text_frame_bytes));
  CHECK(range(3 * text_frame_bytes, 4 * text_frame_bytes));
  CHECK(!range(2 * text_frame_bytes, 2 * text_frame_bytes + 1));
  const auto whole = reader.text(DocNo(0), hash_of_document(0));
  REQUIRE(!whole);
  CHECK(whole.error().code == ErrorCode::corrupt);
  CHECK(whole.error().offset == TextsFixture::begin);
  CHECK(whole.error().path == fixture.file.path());
  ReadAhead ahead;
  CHECK(!reader.stored(DocNo(0), hash_of_document(0), ahead));
}

TEST_CASE("every flipped byte of the texts is found, and hides one text only") {
  std::mt19937 random(5);
  auto texts = random_texts(random, 30);
  texts.push_back(prose(random, 70'000));
  TextsFixture fixture;
  write(fixture, texts);
  const TextsReader reader = fixture.open().value();
  for (u64 at = 0; at < fixture.bytes; at += 1 + random() % (fixture.bytes / 150 + 1)) {
    const u8 bits = u8(1u << random() % 8);
    damage(fixture.file, fixture.begin + at, bits);
    int failed = 0;
    for (u32 doc = 0; doc < texts.size(); ++doc) {
      const auto text = reader.text(DocNo(doc), hash_of_document(doc));
      failed += !text;
      if (text) REQUIRE(*text == texts[doc]);
    }
    CHECK(failed == 1);
    damage(fixture.file, fixture.begin + at, bits);
  }
}

// Bytes that pass their checksum and are wrong all the same: errors or correct texts.
TEST_CASE("no wrong byte in places or dictionaries makes a wrong text") {
  std::mt19937 random(6);
  const auto texts = random_texts(random, 70);
  TextsFixture fixture;
  write(fixture, texts);
  const u32 entry = GENERATE(0u, 1u);
  u32 errors = 0;
  const u64 bytes = fixture.sections.sections()[entry].bytes;
  for (u64 at = 0; at < bytes; at += 1 + random() % (bytes / 80)) {
    const u8 bits = u8(1 + random() % 255);
    fixture.sections.damage(entry, at, bits, true);
    const auto reader = fixture.open();
    errors += !reader;
    for (u32 doc = 0; reader && doc < texts.size(); ++doc) {
      const auto text = reader->text(DocNo(doc), hash_of_document(doc));
      errors += !text;
      // The dictionary number has no other witness than the hash of the text.
      if (text && checksum128(as_bytes(*text)) != checksum128(as_bytes(texts[doc]))) {
        CHECK(text->size() == texts[doc].size());
      }
    }
    if (reader) errors += !reader->verify_places();
    fixture.sections.damage(entry, at, bits, true);
  }
  CHECK(errors > 0);
}

TEST_CASE("a file that was cut off is an error") {
  TextsFixture fixture;
  write(fixture, {"one text", std::string(1000, 'q'), "three"});
  const TextsReader reader = fixture.open().value();
  std::filesystem::resize_file(fixture.file.path(), TextsFixture::begin + fixture.bytes - 1);
  CHECK(reader.text(DocNo(0), hash_of_document(0)));
  CHECK(!reader.text(DocNo(2), hash_of_document(2)));
}

TEST_CASE("threads unpack a dictionary once and read at the same time") {
  std::mt19937 random(8);
  const auto texts = random_texts(random, 120);
  TextsFixture fixture;
  write(fixture, texts);
  const TextsReader reader = fixture.open().value();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (u32 t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (u32 i = 0; i < 300; ++i) {
        const u32 doc = (i * 7 + t) % u32(texts.size());
        const auto text = reader.text(DocNo(doc), hash_of_document(doc));
        if (!text || *text != texts[doc]) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

#include "tests/support/catch.hpp"

#include "shard/postings.hpp"

#include "tests/shard/terms_fixture.hpp"

namespace shale::shard {
namespace {

std::vector<int> values_of(const Buffer& buffer) {
  std::vector<int> values;
  for (const std::byte b : buffer) values.push_back(int(b));
  return values;
}

}  // namespace

TEST_CASE("postings: the bytes of small lists are those of the layout") {
  testing::PostingsFixture w;
  CHECK(w.writer.add_list(std::vector<u32>{0, 3, 4}, std::vector<u32>{1, 2, 130}, true).value() ==
        6);
  CHECK(w.writer.lists_end() == 6);
  CHECK(w.writer.add_list(std::vector<u32>{5, 200}, std::vector<u32>{1, 1}, false).value() == 3);
  CHECK(values_of(w.lists.buffer()) ==
        std::vector<int>{0 << 1 | 0, 2 << 1 | 1, 0, 0 << 1 | 1, 128, 1, 5, 194 & 127 | 128, 1});
}

TEST_CASE("postings: image, nibbles and exceptions of a big term") {
  testing::PostingsFixture w;
  std::vector<u32> docs;
  std::vector<u32> tfs;
  for (u32 i = 0; i < 33; ++i) {
    docs.push_back(i < 20 ? i * 5 : 65'536 * 2 + i);
    tfs.push_back(i == 2 ? 14 : i == 3 ? 15 : i == 32 ? 100'000 : 1);
  }
  const BigTerm first = w.writer.add_big(docs, tfs, true).value();
  w.writer.add_record(first).value();
  CHECK(first.df == 33);
  CHECK(first.word());
  CHECK(first.documents_bytes() == w.documents.size());
  CHECK(first.documents_bytes() == 33 * 2 + 2 * 5 + 4);
  const Buffer& nibbles = w.frequencies.buffer();
  REQUIRE(nibbles.size() == 20 + 4 + 2 * 8);
  CHECK(int(nibbles[0]) == 0x11);
  CHECK(int(nibbles[1]) == 0xfe);
  CHECK(int(nibbles[16]) == 0x0f);
  CHECK(load<u32>(nibbles.data() + 20) == 2);
  CHECK(load<u32>(nibbles.data() + 24) == 3);
  CHECK(load<u32>(nibbles.data() + 28) == 15);
  CHECK(load<u32>(nibbles.data() + 32) == 32);
  CHECK(load<u32>(nibbles.data() + 36) == 100'000);

  const BigTerm second = w.writer.add_big(docs, std::vector<u32>(33, 1), false).value();
  w.writer.add_record(second).value();
  CHECK_FALSE(second.word());
  CHECK(second.documents_at == 3);  // 80 bytes, padded to 96
  CHECK(w.frequencies.size() == nibbles.size());
  CHECK(w.writer.big_count() == 2);
  CHECK(w.records.size() == 64);
}

}  // namespace shale::shard

#include "tests/support/catch.hpp"

#include "shard/positions.hpp"

#include <random>

#include "tests/shard/section_fixture.hpp"

namespace shale::shard {
namespace {

struct Sample {
  ByteWriter bytes;
  std::vector<u32> tfs;
  std::vector<usize> ends;  // bytes after each varint
};

Sample random_sample(std::mt19937& random, u32 postings) {
  Sample sample;
  for (u32 i = 0; i < postings; ++i) {
    sample.tfs.push_back(1 + u32(random() % 5));
    for (u32 k = 0; k < sample.tfs.back(); ++k) {
      sample.bytes.varint(random() >> (random() % 32) >> 4);
      sample.ends.push_back(sample.bytes.size());
    }
  }
  return sample;
}

}  // namespace

TEST_CASE("positions: varints are counted as they are read one by one") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const Sample sample = random_sample(random, 300);
  CHECK(varints_bytes(sample.bytes.bytes(), 0) == usize(0));
  for (usize i = 0; i < sample.ends.size(); ++i)
    if (varints_bytes(sample.bytes.bytes(), i + 1) != sample.ends[i]) FAIL("varint " << i);
  CHECK_FALSE(varints_bytes(sample.bytes.bytes(), sample.ends.size() + 1));
  CHECK_FALSE(
      varints_bytes(sample.bytes.bytes().first(sample.bytes.size() - 1), sample.ends.size()));
}

TEST_CASE("positions: sums over 32 bits, short bytes and skips are refused") {
  ByteWriter bytes;
  for (const u64 value : {7ull, 0ull, 0xffff'fff8ull, 1ull}) bytes.varint(value);
  std::vector<u32> found;
  REQUIRE(decode_positions(bytes.bytes(), 0, 3, found));
  CHECK(found == std::vector<u32>{7, 7, 0xffff'ffff});
  CHECK_FALSE(decode_positions(bytes.bytes(), 0, 4, found));
  REQUIRE(decode_positions(bytes.bytes(), 2, 1, found));
  CHECK(found == std::vector<u32>{0xffff'fff8});
  CHECK_FALSE(decode_positions(bytes.bytes(), 2, 3, found));
  CHECK_FALSE(decode_positions(bytes.bytes(), 5, 1, found));
  CHECK_FALSE(decode_positions(bytes.bytes(), 0, 0xffff'ffff, found));
}

TEST_CASE("positions: groups of a big term, and positions that do not match") {
  std::mt19937 random(9);
  testing::SectionFixture files;
  SectionSpool positions = files.spool();
  SectionSpool offsets = files.spool();
  PositionsWriter writer(positions, offsets);
  const Sample small = random_sample(random, 7);
  writer.add(small.bytes.bytes(), small.tfs).value();
  const Sample big = random_sample(random, 64 * 3 + 1);
  CHECK(writer.add_big(big.bytes.bytes(), big.tfs).value() == 0);
  const Sample last = random_sample(random, 64);
  CHECK(writer.add_big(last.bytes.bytes(), last.tfs).value() == 4);

  const Bytes cut = small.bytes.bytes().first(small.bytes.size() - 1);
  CHECK(writer.add(cut, small.tfs).error().code == ErrorCode::corrupt);
  CHECK(writer.add(small.bytes.bytes(), std::vector<u32>{1}).error().code == ErrorCode::corrupt);
  CHECK(writer.add(Bytes{}, std::vector<u32>{1}).error().code == ErrorCode::corrupt);

  files.put(tag::positions, positions);
  files.put(tag::position_offsets, offsets);
  const auto views = files.views();
  const PositionsReader reader(views[0], views[1]);
  const u64 at = small.bytes.size();
  Buffer joined;
  for (u32 group = 0; group < 4; ++group) {
    const Bytes part = reader.group(at, 0, group).value();
    joined.insert(joined.end(), part.begin(), part.end());
  }
  CHECK(std::ranges::equal(joined, big.bytes.bytes()));
  CHECK(std::ranges::equal(reader.group(at + big.bytes.size(), 4, 0).value(), last.bytes.bytes()));
  CHECK_FALSE(reader.group(at, 5, 0));
  reader.verify(0, at, small.tfs).value();
  reader.verify_groups(at, big.bytes.size(), 0, big.tfs).value();
  CHECK_FALSE(reader.verify_groups(at, big.bytes.size(), 1, big.tfs));
  CHECK_FALSE(reader.verify(0, at - 1, small.tfs));
  reader.verify_ends(at + big.bytes.size() + last.bytes.size(), 5).value();
  CHECK_FALSE(reader.verify_ends(at, 5));
  CHECK_FALSE(reader.verify_ends(positions.size(), 4));
}

}  // namespace shale::shard

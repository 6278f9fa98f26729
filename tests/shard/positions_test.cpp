#include "tests/support/catch.hpp"

#include "shard/positions.hpp"

#include <algorithm>
#include <random>

#include "tests/shard/section_fixture.hpp"

namespace shale::shard {
namespace {

// The positions of one group, if they can be had.
Result<Bytes> group_of(const PositionsReader& reader, u64 at, u32 ends_at, u32 group) {
  return reader.group(at, TRY(reader.ends(ends_at, group, group)), group);
}

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
    const Bytes part = group_of(reader, at, 0, group).value();
    joined.insert(joined.end(), part.begin(), part.end());
  }
  CHECK(std::ranges::equal(joined, big.bytes.bytes()));
  CHECK(std::ranges::equal(group_of(reader, at + big.bytes.size(), 4, 0).value(),
                           last.bytes.bytes()));
  CHECK_FALSE(group_of(reader, at, 5, 0));
  reader.verify(0, at, small.tfs).value();
  reader.verify_groups(at, big.bytes.size(), 0, big.tfs).value();
  CHECK_FALSE(reader.verify_groups(at, big.bytes.size(), 1, big.tfs));
  CHECK_FALSE(reader.verify(0, at - 1, small.tfs));
  reader.verify_ends(at + big.bytes.size() + last.bytes.size(), 5).value();
  CHECK_FALSE(reader.verify_ends(at, 5));
  CHECK_FALSE(reader.verify_ends(positions.size(), 4));
}

TEST_CASE("positions: varints are counted on both sides of eight bytes") {
  // Varints of one, two and five bytes so that one ends in, before or behind the eighth byte.
  for (const u64 value : {u64(1), u64(200), u64(0xffff'ffff)}) {
    ByteWriter bytes;
    std::vector<usize> ends{0};
    while (bytes.size() < 40) {
      bytes.varint(value);
      ends.push_back(bytes.size());
    }
    for (u64 count = 0; count < ends.size(); ++count) {
      const Bytes exact = bytes.bytes().first(ends[count]);
      CHECK(varints_bytes(exact, count) == ends[count]);
      CHECK(varints_bytes(bytes.bytes(), count) == ends[count]);
      CHECK_FALSE(varints_bytes(exact, count + 1));
    }
  }
  CHECK(varints_bytes(Bytes(), 0) == usize(0));
  CHECK_FALSE(varints_bytes(Bytes(), 1));
  CHECK_FALSE(varints_bytes(Buffer(20, std::byte(0x80)), 1));
}

TEST_CASE("positions: the bytes of a big term are those of the layout") {
  testing::SectionFixture files;
  SectionSpool positions = files.spool();
  SectionSpool offsets = files.spool();
  PositionsWriter writer(positions, offsets);
  ByteWriter bytes;
  for (u32 i = 0; i < 65; ++i) bytes.varint(i == 3 ? 300 : 1);
  CHECK(writer.add_big(bytes.bytes(), std::vector<u32>(65, 1)).value() == 0);
  CHECK(writer.end() == 66);
  CHECK(positions.buffer() == bytes.buffer());
  CHECK(offsets.buffer() == testing::buffer_of({65, 0, 0, 0, 66, 0, 0, 0}));
  // The next term's ends count from its own begin.
  CHECK(writer.add_big(bytes.bytes(), std::vector<u32>(65, 1)).value() == 2);
  CHECK(load<u32>(offsets.buffer().data() + 8) == 65);
}

TEST_CASE("positions: as many groups as 64 postings ask for") {
  std::mt19937 random(2);
  const u32 df = GENERATE(1u, 63u, 64u, 65u, 127u, 128u, 129u);
  const Sample sample = random_sample(random, df);
  testing::SectionFixture files;
  SectionSpool positions = files.spool();
  SectionSpool offsets = files.spool();
  PositionsWriter writer(positions, offsets);
  writer.add_big(sample.bytes.bytes(), sample.tfs).value();
  CHECK(offsets.size() == 4 * groups_of(df));
  files.put(tag::positions, positions);
  files.put(tag::position_offsets, offsets);
  const auto views = files.views();
  const PositionsReader reader(views[0], views[1]);
  reader.verify_groups(0, sample.bytes.size(), 0, sample.tfs).value();
  usize varint = 0;
  for (u32 posting = 0; posting < df; ++posting) {
    const u32 group = posting / group_postings;
    u64 skip = 0;
    for (u32 p = group * group_postings; p < posting; ++p) skip += sample.tfs[p];
    std::vector<u32> found;
    REQUIRE(
        decode_positions(group_of(reader, 0, 0, group).value(), skip, sample.tfs[posting], found));
    ByteReader in(sample.bytes.bytes().subspan(varint == 0 ? 0 : sample.ends[varint - 1]));
    u32 position = 0;
    for (const u32 each : found) {
      position += u32(in.varint());
      if (each != position) FAIL("posting " << posting);
    }
    varint += sample.tfs[posting];
  }
}

TEST_CASE("positions: what a term does not match is damage, with its place") {
  testing::SectionFixture files;
  std::mt19937 random(4);
  const Sample sample = random_sample(random, 130);
  SectionSpool positions = files.spool();
  SectionSpool offsets = files.spool();
  PositionsWriter(positions, offsets).add_big(sample.bytes.bytes(), sample.tfs).value();
  files.put(tag::positions, positions);
  files.put(tag::position_offsets, offsets);
  const u64 bytes = sample.bytes.size();
  const auto verify = [&](std::vector<u32> tfs) {
    const auto views = files.views();
    return PositionsReader(views[0], views[1]).verify_groups(0, bytes, 0, tfs);
  };
  const auto group = [&](u32 number) {
    const auto views = files.views();
    return group_of(PositionsReader(views[0], views[1]), 0, 0, number);
  };
  verify(sample.tfs).value();
  const u32 first_end = load<u32>(offsets.buffer().data());
  SECTION("frequencies that ask for one more or one less") {
    std::vector<u32> tfs = sample.tfs;
    ++tfs.back();
    testing::check_damage(verify(tfs), files, 0, bytes, "do not match the frequencies");
    tfs.back() -= 2;
    CHECK_FALSE(verify(tfs));
  }
  SECTION("frequencies that move a varint into another group") {
    std::vector<u32> tfs = sample.tfs;
    ++tfs[63];
    --*std::find_if(tfs.begin() + 64, tfs.end(), [](u32 tf) { return tf > 1; });
    testing::check_damage(verify(tfs), files, 1, 0, "wrong end of a group");
  }
  SECTION("an end that is one too small") {
    files.overwrite_value(1, 0, first_end - 1);
    testing::check_damage(verify(sample.tfs), files, 1, 0, "wrong end of a group");
  }
  SECTION("ends that do not ascend") {
    files.overwrite_value(1, 4, first_end - 1);
    testing::check_damage(group(1), files, 1, 0, "ends that do not ascend");
    CHECK(group(0));
  }
  SECTION("an end behind the section") {
    files.overwrite_value(1, 8, u32(bytes + 1));
    testing::check_damage(group(2), files, 0, load<u32>(offsets.buffer().data() + 4),
                          "ends before byte");
  }
  SECTION("gaps whose sum is no position") {
    files.overwrite(0, 0, testing::buffer_of({0xff, 0xff, 0xff, 0xff, 0x1f}));
    CHECK(verify(sample.tfs).error().code == ErrorCode::corrupt);
  }
}

TEST_CASE("positions: a sum of gaps is verified to fit a position") {
  testing::SectionFixture files;
  ByteWriter bytes;
  for (const u64 gap : {7u, 0xffff'fff8u, 8u, 0xffff'fff8u}) bytes.varint(gap);
  files.put(tag::positions, bytes.bytes());
  const PositionsReader reader(files.views()[0], SectionView());
  reader.verify(0, 6, std::vector<u32>{2}).value();
  testing::check_damage(reader.verify(6, 6, std::vector<u32>{2}), files, 0, 12, "do not match");
  reader.verify(6, 6, std::vector<u32>{1, 1}).value();
}

TEST_CASE("positions: whatever bytes pass the checksum, verify accepts what decodes") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const Sample sample = random_sample(random, 40);
  testing::SectionFixture files;
  SectionSpool positions = files.spool();
  SectionSpool offsets = files.spool();
  PositionsWriter(positions, offsets).add(sample.bytes.bytes(), sample.tfs).value();
  files.put(tag::positions, positions);
  u32 refused = 0;
  for (u64 at = 0; at < sample.bytes.size(); at += 1 + random() % 3) {
    const u8 bits = u8(1 + random() % 255);
    files.damage(0, at, bits, true);
    const PositionsReader reader(files.views()[0], SectionView());
    const bool sound = reader.verify(0, sample.bytes.size(), sample.tfs).has_value();
    const Bytes bytes = reader.bytes(0, sample.bytes.size()).value();
    u64 skip = 0;
    bool decodes = varints_bytes(bytes, sample.ends.size()) == bytes.size();
    std::vector<u32> found;
    for (const u32 tf : sample.tfs) {
      decodes = decodes && decode_positions(bytes, skip, tf, found);
      skip += tf;
    }
    CHECK(sound == decodes);
    refused += !sound;
    files.damage(0, at, bits, true);
  }
  CHECK(refused > 0);
}

}  // namespace shale::shard

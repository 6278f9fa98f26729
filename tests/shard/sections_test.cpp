#include "shard/sections.hpp"

#include <random>

#include "tests/shard/section_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using shale::shard::testing::SectionFixture;

namespace {

Buffer random_bytes(std::mt19937& random, usize count) {
  Buffer bytes(count);
  for (std::byte& byte : bytes) byte = std::byte(random());
  return bytes;
}

void append(SectionSpool& spool, Bytes bytes) {
  spool.buffer().insert(spool.buffer().end(), bytes.begin(), bytes.end());
}

bool same(Bytes a, Bytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

}  // namespace

TEST_CASE("a spool gives back what was put in, spilled or not") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const usize memory_max = GENERATE(usize(1) << 30, usize(64) << 10, usize(1000));
  SectionFixture fixture;
  SectionSpool spool = fixture.spool(memory_max);
  Buffer expected;
  for (int i = 0; i < 300; ++i) {
    const Buffer piece = random_bytes(random, random() % 5000);
    append(spool, piece);
    expected.insert(expected.end(), piece.begin(), piece.end());
    spool.settle().value();
    REQUIRE(spool.size() == expected.size());
  }
  CHECK(spool.spilled() == (memory_max < expected.size()));
  CHECK(spool.buffer().size() <= std::max(memory_max, usize(extent_bytes)) + extent_bytes);
  for (int i = 0; i < 100; ++i) {
    const usize at = random() % expected.size();
    Buffer out(random() % (expected.size() - at));
    spool.read_at(at, out).value();
    CHECK(same(out, Bytes(expected).subspan(at, out.size())));
  }
  File file = File::open(fixture.folder() / "out", File::Mode::create_new).value();
  Buffer seen;
  bool ended = false;
  spool
      .write_to(file, 777,
                [&](Bytes bytes) {
                  CHECK(!ended);  // only the last piece may end inside an extent
                  ended = bytes.size() % extent_bytes != 0;
                  seen.insert(seen.end(), bytes.begin(), bytes.end());
                })
      .value();
  CHECK(same(seen, expected));
  Buffer written(expected.size());
  file.read_exactly(777, written).value();
  CHECK(same(written, expected));
  CHECK(file.size().value() == 777 + expected.size());
}

TEST_CASE("padding counts from the start of the section") {
  SectionFixture fixture;
  SectionSpool spool = fixture.spool(100);
  append(spool, Buffer(extent_bytes + 5));
  spool.settle().value();
  REQUIRE(spool.spilled());
  spool.pad_to(32);
  CHECK(spool.size() == extent_bytes + 32);
  spool.pad_to(32);
  CHECK(spool.size() == extent_bytes + 32);
  spool.pad_to(64);
  CHECK(spool.size() == extent_bytes + 64);
}

TEST_CASE("no folder to spill into is an error") {
  SectionSpool spool("/nonexistent/folder", 10);
  append(spool, Buffer(2 * extent_bytes));
  CHECK(!spool.settle());
}

TEST_CASE("a view has the bytes of its section and no others") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  SectionFixture fixture;
  const Buffer first = random_bytes(random, 100'000);
  const Buffer second = random_bytes(random, 17);
  fixture.put(tag_of("AAAA"), first);
  fixture.put(tag_of("BBBB"), second);
  fixture.put(tag_of("CCCC"), Buffer());
  const auto views = fixture.views();
  CHECK(views[0].size() == first.size());
  CHECK(same(views[0].view(0, first.size()).value(), first));
  CHECK(same(views[1].view(0, 17).value(), second));
  CHECK(views[2].view(0, 0).value().empty());
  for (int i = 0; i < 200; ++i) {
    const usize at = random() % first.size();
    const usize count = random() % (first.size() - at + 1);
    CHECK(same(views[0].view(at, count).value(), Bytes(first).subspan(at, count)));
  }
}

TEST_CASE("a view out of bounds is an error with the place") {
  SectionFixture fixture;
  fixture.put(tag_of("AAAA"), Buffer(1000));
  fixture.put(tag_of("BBBB"), Buffer(1000));
  const auto views = fixture.views();
  CHECK(views[1].view(1000, 0));
  const std::pair<u64, u64> wrong[] = {{1001, 0},    {999, 2},     {0, 1001},
                                       {~u64(0), 1}, {1, ~u64(0)}, {~u64(0), ~u64(0)}};
  for (const auto& [offset, count] : wrong) {
    const auto view = views[1].view(offset, count);
    REQUIRE(!view);
    CHECK(view.error().code == ErrorCode::corrupt);
    CHECK(view.error().path == fixture.path());
    CHECK(view.error().message.find("BBBB") != std::string::npos);
  }
  const Error error = views[1].damaged(5, "is odd").error;
  CHECK(error.offset == fixture.sections()[1].offset + 5);
}

TEST_CASE("an absent section is empty") {
  const SectionView none;
  CHECK(none.size() == 0);
  CHECK(none.view(0, 0).value().empty());
  CHECK(!none.view(0, 1));
}

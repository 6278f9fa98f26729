#include "shard/known_headers.hpp"

#include <thread>

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;

namespace {

ChunkHeader header(u8 width, u8 flags, i64 base, u64 offset) {
  ChunkHeader result;
  result.width = width;
  result.flags = flags;
  result.base = base;
  result.offset = offset;
  return result;
}

}  // namespace

TEST_CASE("what was remembered is found, whatever its fields") {
  KnownHeaders known(3);
  CHECK_FALSE(known.find(0));
  for (const ChunkHeader& one :
       {header(0, 0, 0, 0), header(8, ChunkHeader::plain_bits, 0, 1), header(3, 0, INT64_MIN, 77),
        header(0, ChunkHeader::all_absent, 0, 5), header(7, 0, -1, (u64(1) << 56) - 1)}) {
    known.remember(1, one);
    const auto found = known.find(1);
    REQUIRE(found);
    CHECK(found->width == one.width);
    CHECK(found->flags == one.flags);
    CHECK(found->base == one.base);
    CHECK(found->offset == one.offset);
  }
  CHECK_FALSE(known.find(0));
  CHECK_FALSE(known.find(2));
}

TEST_CASE("a place too far away is not remembered") {
  KnownHeaders known(1);
  known.remember(0, header(1, 0, 0, u64(1) << 56));
  CHECK_FALSE(known.find(0));
}

TEST_CASE("a header that two threads remember at once is found whole") {
  for (int round = 0; round < 200; ++round) {
    KnownHeaders known(1);
    std::atomic<bool> wrong{false};
    const auto look = [&] {
      const auto found = known.find(0);
      if (found && (found->base != 12345 || found->offset != 99)) wrong = true;
      known.remember(0, header(2, 0, 12345, 99));
      if (!known.find(0)) wrong = true;
    };
    std::thread other(look);
    look();
    other.join();
    REQUIRE_FALSE(wrong);
  }
}

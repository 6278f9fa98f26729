#include "base/checksum.hpp"

#include <set>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

// Values of the reference implementation for its own test input would be longer to write down than
// these: XXH3 of the empty input is published, the rest is pinned so that no format ever moves.
TEST_CASE("checksums are the XXH3 of every other implementation") {
  CHECK(checksum64({}) == 0x2d06800538d394c2);
  CHECK(checksum128({}) == TextHash{.low = 0x6001c324468d497f, .high = 0x99aa06d3014798d8});
  CHECK(checksum64(as_bytes("a")) == 0xe6c632b61e964e1f);
  CHECK(checksum64(as_bytes("abc")) == 0x78af5f94892f3950);
  CHECK(checksum128(as_bytes("abc")) ==
        TextHash{.low = 0x78af5f94892f3950, .high = 0x06b05ab6733a6185});
}

TEST_CASE("the 32-bit checksum is the low half") {
  const Bytes bytes = as_bytes("some bytes");
  CHECK(checksum32(bytes, 5) == u32(checksum64(bytes, 5)));
}

TEST_CASE("seed, length and every bit change the checksum") {
  for (const usize length : {1, 3, 8, 16, 17, 128, 129, 240, 241, 1000, 5000}) {
    Buffer bytes(length);
    for (usize i = 0; i < length; ++i) bytes[i] = std::byte(i * 7);
    std::set<u64> seen = {checksum64(bytes), checksum64(bytes, 1), checksum64(bytes, 2),
                          checksum64(Bytes(bytes).first(length - 1))};
    usize expected = 4;
    CHECK(seen.size() == expected);
    const usize step = length < 300 ? 1 : 97;
    for (usize bit = 0; bit < length * 8; bit += step) {
      bytes[bit / 8] ^= std::byte(1 << bit % 8);
      seen.insert(checksum64(bytes));
      bytes[bit / 8] ^= std::byte(1 << bit % 8);
      ++expected;
    }
    CHECK(seen.size() == expected);
  }
}

TEST_CASE("the checksum does not depend on the address") {
  const std::string text(700, 'x');
  for (usize skew = 0; skew < 9; ++skew) {
    const std::string moved = std::string(skew, 'y') + text;
    CHECK(checksum64(as_bytes(moved).subspan(skew), 3) == checksum64(as_bytes(text), 3));
    CHECK(checksum128(as_bytes(moved).subspan(skew)) == checksum128(as_bytes(text)));
  }
}

}  // namespace
}  // namespace shale

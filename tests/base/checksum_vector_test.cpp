// Both twins of the checksum give the same, of all lengths and from any address.
#include "base/checksum_vector.hpp"

#include "base/checksum.hpp"
#include "base/kernel.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

Buffer bytes_of(usize length) {
  Buffer bytes(length);
  for (usize i = 0; i < length; ++i) bytes[i] = std::byte(i * 7 + i / 256);
  return bytes;
}

TEST_CASE("checksum: the vector twin is the plain one") {
  if (!has_vector_kernel()) return;
  const Buffer bytes = bytes_of(300'000);
  for (const usize length : {0, 1, 16, 240, 241, 1023, 1024, 1025, 4096, 65'537, 299'900}) {
    for (const usize skew : {0, 1, 31}) {
      const Bytes part = Bytes(bytes).subspan(skew, length);
      force_kernel(Kernel::scalar);
      const u64 plain = checksum64(part, length + skew);
      force_kernel(Kernel::automatic);
      CHECK(checksum64_vector(part.data(), part.size(), length + skew) == plain);
      CHECK(checksum64(part, length + skew) == plain);
    }
  }
}

TEST_CASE("checksum: long inputs have the value that formats are pinned to, in both twins") {
  const Buffer bytes = bytes_of(100'000);
  for (const Kernel kernel : {Kernel::automatic, Kernel::scalar}) {
    force_kernel(kernel);
    CHECK(checksum64(bytes) == 0xb25cea78018497ff);
    CHECK(checksum64(bytes, 1) == 0x322115e497f3129d);
  }
  force_kernel(Kernel::automatic);
}

}  // namespace
}  // namespace shale

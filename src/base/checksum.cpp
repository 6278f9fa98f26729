#include "base/checksum.hpp"

#include "base/checksum_vector.hpp"
#include "base/kernel.hpp"

// Inlined: a call of XXH3 on 16 bytes costs less than the jump through the shared library.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace shale {
namespace {

constexpr usize vector_bytes_min = 1024;  // below, a call costs as much as it saves

}  // namespace

u64 checksum64(Bytes bytes, u64 seed) {
  if (bytes.size() >= vector_bytes_min && vector_kernel_chosen()) {
    return checksum64_vector(bytes.data(), bytes.size(), seed);
  }
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

TextHash checksum128(Bytes bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {.low = hash.low64, .high = hash.high64};
}

}  // namespace shale

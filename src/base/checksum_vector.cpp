#include "base/checksum_vector.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace shale {

u64 checksum64_vector(const void* bytes, usize count, u64 seed) {
  return XXH3_64bits_withSeed(bytes, count, seed);
}

}  // namespace shale

// Random sets of u32 in every shape a bitmap keeps differently: sparse, dense, full, at the edge
// between array and bitset. For the tests of frozen images and bitmaps.
#pragma once

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "base/integers.hpp"

namespace shale::testing {

using Random = std::mt19937_64;

inline u32 below(Random& random, u64 end) { return u32(random() % end); }

// `count` members of the container `key`, ascending, none twice; count <= 65,536.
inline std::vector<u32> container_values(Random& random, u32 key, u32 count) {
  std::vector<u32> all(65536);
  for (u32 i = 0; i < 65536; ++i) all[i] = key << 16 | i;
  std::vector<u32> picked;
  std::sample(all.begin(), all.end(), std::back_inserter(picked), count, random);
  return picked;
}

// A stretch of consecutive values within the container `key`.
inline std::vector<u32> stretch_values(Random& random, u32 key) {
  const u32 begin = below(random, 60000);
  const u32 count = 1 + below(random, 65536 - begin);
  std::vector<u32> values(count);
  for (u32 i = 0; i < count; ++i) values[i] = key << 16 | (begin + i);
  return values;
}

// Up to `containers` containers of random shapes, keys ascending (seldom far apart).
inline std::vector<u32> random_set(Random& random, u32 containers) {
  std::vector<u32> values;
  u32 key = below(random, 2);
  const u32 wanted = below(random, containers + 1);
  for (u32 i = 0; i < wanted && key < 65536; ++i, key += 1 + below(random, 3)) {
    std::vector<u32> part;
    switch (below(random, 5)) {
      case 0:
        part = container_values(random, key, 1 + below(random, 40));
        break;
      case 1:
        part = container_values(random, key, 4090 + below(random, 12));
        break;
      case 2:
        part = container_values(random, key, 5000 + below(random, 60000));
        break;
      case 3:
        part = stretch_values(random, key);
        break;
      default:
        part = container_values(random, key, 1 + below(random, 4000));
        break;
    }
    values.insert(values.end(), part.begin(), part.end());
  }
  return values;
}

}  // namespace shale::testing

#include "base/shared_map_use.hpp"

#include "base/mapped_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale {
namespace {

constexpr u64 mebibyte = u64(1) << 20;

// The highest of what is resident while every page of the map is read, window by window.
u64 highest_while_read(u64 bound) {
  const testing::TemporaryFolder folder;
  SharedMap map =
      SharedMap::open(File::open(folder / "idx", File::Mode::create).value(), 64 * mebibyte)
          .value();
  map.reserve(40 * mebibyte).value();
  release_shared_maps();
  SharedMapUse::bound(bound);
  u64 highest = 0, sum = 0;
  for (u64 at = 0; at < 40 * mebibyte; at += 4096) {
    SharedMapUse::note(map.data() + at);
    sum += u64(map.data()[at]);
    if (at % (2 * mebibyte) != 0) continue;
    measure_shared_maps();
    highest = std::max(highest, shared_map_bytes());
  }
  SharedMapUse::bound(0);
  CHECK(sum == 0);
  return highest;
}

TEST_CASE("shared maps: what is read of them stays within the bound, where there is one") {
  CHECK(highest_while_read(8 * mebibyte) <= 12 * mebibyte);
  CHECK(highest_while_read(0) >= 36 * mebibyte);
}

}  // namespace
}  // namespace shale

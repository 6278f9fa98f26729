#include "delta/log_window.hpp"

#include <random>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::delta;

TEST_CASE("a window gives what the file holds, wherever it is asked") {
  const shale::testing::TemporaryFolder folder;
  const u64 seed = 61;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Buffer content((5u << 20) + 123);
  for (std::byte& b : content) b = std::byte(random());
  File file = File::open(folder / "f", File::Mode::create_new).value();
  file.write_at(0, content).value();
  LogWindow window(file);
  for (u32 i = 0; i < 300; ++i) {
    const u64 offset = random() % (content.size() + 1000);
    const u64 bytes = random() % (i % 10 == 0 ? 3u << 20 : 5000u);
    const Bytes found = window.at(offset, bytes).value();
    const u64 begin = std::min<u64>(offset, content.size());
    const Bytes expected =
        Bytes(content).subspan(begin, std::min<u64>(bytes, content.size() - begin));
    REQUIRE(found.size() == expected.size());
    REQUIRE(std::equal(found.begin(), found.end(), expected.begin()));
  }
}

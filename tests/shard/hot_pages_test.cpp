#include "shard/hot_pages.hpp"

#include <thread>

#include "tests/support/catch.hpp"

namespace shale::shard {
namespace {

using Runs = std::vector<PageRun>;

Runs runs_of(const TextUse& use, u64 file_offset = 0) {
  Runs runs;
  use.add_runs(file_offset, runs);
  return runs;
}

u64 pages_of(const Runs& runs) {
  u64 pages = 0;
  for (const PageRun& run : runs) pages += run.count;
  return pages;
}

TEST_CASE("hot pages: stretches become whole pages, and neighbours one run") {
  Runs runs;
  add_pages(runs, 100, 200, 1);
  CHECK(runs == Runs{{0, 1, 1}});
  add_pages(runs, 4000, 4097, 1);  // the same page, and the next
  CHECK(runs == Runs{{0, 2, 1}});
  add_pages(runs, 8192, 12288, 1);  // touches
  CHECK(runs == Runs{{0, 3, 1}});
  add_pages(runs, 20'000, 20'001, 1);  // does not
  CHECK(runs == Runs{{0, 3, 1}, {4, 1, 1}});
  add_pages(runs, 20'100, 30'000, 9);  // other heat: the page that both hold is in already
  CHECK(runs == Runs{{0, 3, 1}, {4, 1, 1}, {5, 3, 9}});
  add_pages(runs, 30'000, 30'001, 1);  // and is not told again
  CHECK(runs.size() == 3);
}

TEST_CASE("hot pages: the texts that were read, and no others") {
  TextUse use(100 * text_use_bytes + 5);
  CHECK(runs_of(use).empty());
  use.note(3 * text_use_bytes + 10, 20);
  use.note(5 * text_use_bytes - 1, 2);  // two stretches
  use.note(100 * text_use_bytes, 5);    // the last bytes
  const Runs runs = runs_of(use);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0] == PageRun{12, 12, 255});  // stretches 3 to 5
  CHECK(runs[1] == PageRun{400, 1, 255});
  // A section in the middle of a page.
  CHECK(runs_of(use, 1000)[0] == PageRun{12, 13, 255});
}

TEST_CASE("hot pages: what was read last is hotter, and what was long ago is forgotten") {
  TextUse use(64 * (u64(1) << 20));  // turns at 16 MiB
  const u64 turn = (u64(16) << 20) / text_use_bytes;
  for (u64 at = 0; at < turn; ++at) use.note(at * text_use_bytes, 1);
  CHECK(runs_of(use) == Runs{{0, turn * 4, 64}});
  use.note(2 * turn * text_use_bytes, 1);
  CHECK(runs_of(use) == Runs{{0, turn * 4, 64}, {2 * turn * 4, 4, 255}});
  use.note(0, 1);  // read again
  CHECK(runs_of(use)[0] == PageRun{0, 4, 255});
  for (u64 at = 2 * turn; at < 3 * turn; ++at) use.note(at * text_use_bytes, 1);
  CHECK(pages_of(runs_of(use)) <= turn * 4 + 4);
}

TEST_CASE("hot pages: many threads read texts") {
  TextUse use(u64(256) << 20);
  std::vector<std::thread> threads;
  for (u64 t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (u64 i = 0; i < 20'000; ++i) {
        use.note((i * 7 + t * 1000) % ((u64(256) << 20) / text_use_bytes) * text_use_bytes, 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const u64 bytes = pages_of(runs_of(use)) * page_bytes;
  CHECK(bytes > 0);
  CHECK(bytes <= u64(80) << 20);  // two sets of 32 MiB, and what raced
}

TEST_CASE("hot pages: of a shard without texts there are none") {
  TextUse use(0);
  CHECK(runs_of(use).empty());
}

}  // namespace
}  // namespace shale::shard

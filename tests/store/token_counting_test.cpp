#include "store/token_counting.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <shale/tokens.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/guarded_child.hpp"
#include "tests/support/need.hpp"
#include "tests/support/ranks.hpp"
#include "tests/support/temporary_folder.hpp"
#include "text/vocabulary_cache.hpp"

namespace shale::store {
namespace {

TEST_CASE("every item is counted once, by any number of threads") {
  const u32 items = GENERATE(0u, 1u, 63u, 5000u);
  std::vector<std::string> texts(items);
  for (u32 i = 0; i < items; ++i) texts[i] = "text number " + std::to_string(i * i);
  std::vector<std::atomic<u32>> calls(items);
  std::vector<u64> counts(items);
  const auto done = count_on_all_cores("o200k_base", items, [&](u32 item, const CountText& count) {
    calls[item].fetch_add(1);
    counts[item] = count(texts[item]).value();
    return Result<void>();
  });
  REQUIRE(done);
  for (u32 i = 0; i < items; ++i) {
    REQUIRE(calls[i].load() == 1);
    REQUIRE(counts[i] == count_tokens(texts[i]).value());
  }
}

TEST_CASE("the first error ends the counting") {
  std::atomic<u32> calls{0};
  const auto done = count_on_all_cores("cl100k_base", 100'000, [&](u32 item, const CountText&) {
    calls.fetch_add(1);
    return item == 70 ? Result<void>(fail(ErrorCode::io, "the seventieth")) : Result<void>();
  });
  REQUIRE(!done);
  CHECK(done.error().code == ErrorCode::io);
  CHECK(done.error().message == "the seventieth");
  CHECK(calls.load() >= 71);
  CHECK(calls.load() < 100'000);
}

TEST_CASE("a tokenizer nobody knows is refused at the first text, not before") {
  const auto count = [](std::string_view tokenizer, bool asks) {
    return count_on_all_cores(tokenizer, 10, [&](u32, const CountText& count_text) -> Result<void> {
      if (asks) TRY(count_text("a"));
      return {};
    });
  };
  CHECK(count("o300k", false));
  const auto refused = count("o300k", true);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::invalid_argument);
  CHECK(refused.error().message.find("o300k") != std::string::npos);
}

std::vector<std::filesystem::path> images() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(cache_folder())) {
    if (entry.path().filename().string().starts_with("ranks-")) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST_CASE("where the image of the vocabulary is lost, all is counted again with another one") {
  count_tokens("a").value();  // there is a folder
  const testing::TemporaryFolder folder;
  const std::string ranks =
      testing::write_ranks(folder / "own.tiktoken", {"qz", "qzqz"}).string();  // nobody else's
  const std::vector<std::filesystem::path> before = images();
  CHECK(testing::end_of_guarded([&] {
          std::vector<u32> counts(500);
          const CountingWork work = [&](u32 item, const CountText& count) -> Result<void> {
            counts[item] = TRY(count("qzqz qz"));
            return {};
          };
          count_on_all_cores(ranks, 1, work).value();
          testing::need(counts[0] == 3, "by the ranks");
          std::vector<std::filesystem::path> made = images();
          std::erase_if(made, [&](const auto& path) {
            return std::find(before.begin(), before.end(), path) != before.end();
          });
          testing::need(made.size() == 1, "one image");
          std::filesystem::resize_file(made[0], 64);
          count_on_all_cores(ranks, 500, work).value();
          testing::need(counts == std::vector<u32>(500, 3), "all of them right");
          std::filesystem::remove(made[0]);
        }) == 0);
}

TEST_CASE("long work is shared, short work is not") {
  const auto threads_of = [](int milliseconds) {
    std::mutex mutex;
    std::set<std::thread::id> threads;
    count_on_all_cores("o200k_base", 60, [&](u32, const CountText&) -> Result<void> {
      std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
      const std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
      return {};
    }).value();
    return threads;
  };
  CHECK(threads_of(0) == std::set{std::this_thread::get_id()});
  CHECK(threads_of(2).size() == std::thread::hardware_concurrency());
}

TEST_CASE("what another thread throws comes out of the calling one") {
  const std::thread::id caller = std::this_thread::get_id();
  const auto work = [&](u32, const CountText&) -> Result<void> {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (std::this_thread::get_id() != caller) throw std::bad_alloc();
    return {};
  };
  if (std::thread::hardware_concurrency() < 2) return;
  CHECK_THROWS_AS(count_on_all_cores("o200k_base", 60, work), std::bad_alloc);
}

}  // namespace
}  // namespace shale::store

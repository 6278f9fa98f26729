#include "text/vocabulary_cache.hpp"

#include <cstdlib>
#include <fstream>

#include "base/file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/guarded_child.hpp"
#include "tests/support/need.hpp"
#include "tests/support/ranks.hpp"
#include "tests/support/temporary_folder.hpp"
#include "text/token_counter.hpp"

namespace shale {
namespace {

namespace fs = std::filesystem;
using testing::end_of_guarded;
using testing::need;
using testing::TemporaryFolder;
using testing::write_ranks;

u64 counted(const Vocabulary& vocabulary, std::string_view text) {
  TokenCounter counter(vocabulary);
  return counter.count(text);
}

std::vector<fs::path> images(const fs::path& folder) {
  std::vector<fs::path> paths;
  if (!fs::exists(folder)) return paths;
  for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
  return paths;
}

TEST_CASE("cache: an image is made once and found by others") {
  const TemporaryFolder folder;
  const fs::path ranks = write_ranks(folder.path() / "mine.tiktoken", {"th", "the"});
  const fs::path cache = folder.path() / "deep" / "cache";
  VocabularyCache first(cache);
  const Vocabulary* const opened = first.open(ranks.string()).value();
  CHECK(counted(*opened, "the the") == 3);
  CHECK(first.open(ranks.string()).value() == opened);
  REQUIRE(images(cache).size() == 1);
  const auto written = fs::last_write_time(images(cache)[0]);
  VocabularyCache second(cache);
  CHECK(counted(*second.open(ranks.string()).value(), "the the") == 3);
  CHECK(fs::last_write_time(images(cache)[0]) == written);
}

TEST_CASE("cache: a damaged image, or a cut one, is made anew") {
  const TemporaryFolder folder;
  const fs::path ranks = write_ranks(folder.path() / "mine.tiktoken", {"th", "the"});
  const fs::path cache = folder.path() / "cache";
  VocabularyCache(cache).open(ranks.string()).value();
  const fs::path image = images(cache).at(0);
  const Buffer sound = read_file(image, u64(1) << 30).value();
  for (const usize at : {usize(0), usize(40), sound.size() / 2, sound.size() - 1}) {
    Buffer damaged = sound;
    damaged[at] ^= std::byte(4);
    REQUIRE(replace_file(image, damaged));
    VocabularyCache again(cache);
    CHECK(counted(*again.open(ranks.string()).value(), "the the") == 3);
    CHECK(read_file(image, u64(1) << 30).value() == sound);
  }
  fs::resize_file(image, sound.size() / 2);
  VocabularyCache again(cache);
  CHECK(counted(*again.open(ranks.string()).value(), "the the") == 3);
}

TEST_CASE("cache: an image that is cut while it is open is told, and opened anew") {
  const TemporaryFolder folder;
  const fs::path ranks = write_ranks(folder.path() / "mine.tiktoken", {"th", "the"});
  const fs::path cache = folder.path() / "cache";
  CHECK(end_of_guarded([&] {
          VocabularyCache vocabularies(cache);
          const Vocabulary* const first = vocabularies.open(ranks.string()).value();
          need(vocabularies.check(*first).has_value(), "sound at first");
          need(vocabularies.open(ranks.string()).value() == first, "opened once");
          fs::resize_file(images(cache).at(0), 4096);
          counted(*first, "the the");
          need(vocabularies.check(*first).error().code == ErrorCode::io, "told");
          const Vocabulary* const second = vocabularies.open(ranks.string()).value();
          need(second != first, "another one");
          need(counted(*second, "the the") == 3, "a sound one");
          need(vocabularies.check(*second).has_value(), "which is not lost");
          need(!vocabularies.check(*first), "as the first still is");
        }) == 0);
}

TEST_CASE("cache: other ranks and other rules have another image") {
  const TemporaryFolder folder;
  const fs::path ranks = write_ranks(folder.path() / "mine.tiktoken", {"th", "the"});
  const fs::path cache = folder.path() / "cache";
  VocabularyCache vocabularies(cache);
  const std::string text = "\n// the";
  const u64 plain = counted(*vocabularies.open(ranks.string()).value(), "fooBar");
  CHECK(plain == 6);
  const Vocabulary* const other = vocabularies.open(ranks.string(), TokenRules::o200k).value();
  CHECK(other->rules() == TokenRules::o200k);
  CHECK(images(cache).size() == 2);
  write_ranks(ranks, {"th", "the", "oo"});
  VocabularyCache later(cache);
  CHECK(counted(*later.open(ranks.string()).value(), "foo") == 2);
  CHECK(images(cache).size() == 3);
}

TEST_CASE("cache: without a folder to write, images stay in memory") {
  const TemporaryFolder folder;
  const fs::path ranks = write_ranks(folder.path() / "mine.tiktoken", {"th", "the"});
  std::ofstream(folder.path() / "file") << "no folder";
  for (const fs::path& cache : {fs::path(), folder.path() / "file" / "cache"}) {
    VocabularyCache vocabularies(cache);
    CHECK(counted(*vocabularies.open(ranks.string()).value(), "the the") == 3);
  }
}

TEST_CASE("cache: names there are not, files that are none") {
  const TemporaryFolder folder;
  VocabularyCache vocabularies(folder.path());
  const auto unknown = vocabularies.open("p50k_base");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::invalid_argument);
  CHECK(unknown.error().message.find("o200k_base") != std::string::npos);
  CHECK_FALSE(vocabularies.open(""));
  CHECK_FALSE(vocabularies.open((folder.path() / "absent.tiktoken").string()));
  std::ofstream(folder.path() / "bad.tiktoken") << "AA==\n";
  const auto bad = vocabularies.open((folder.path() / "bad.tiktoken").string());
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message == "Line 1 of the ranks has no rank.");
  CHECK(is_known_vocabulary("cl100k_base"));
  CHECK_FALSE(is_known_vocabulary("cl100k"));
}

TEST_CASE("cache: its folder is that of the environment") {
  const char* const before = std::getenv("XDG_CACHE_HOME");
  const std::string kept = before == nullptr ? "" : before;
  setenv("XDG_CACHE_HOME", "/somewhere/cache", 1);
  CHECK(cache_folder() == "/somewhere/cache/shale");
  setenv("XDG_CACHE_HOME", "not/absolute", 1);
  const char* const home = std::getenv("HOME");
  if (home != nullptr) CHECK(cache_folder() == fs::path(home) / ".cache" / "shale");
  if (before == nullptr) {
    unsetenv("XDG_CACHE_HOME");
  } else {
    setenv("XDG_CACHE_HOME", kept.c_str(), 1);
  }
}

}  // namespace
}  // namespace shale

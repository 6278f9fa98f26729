#include "sync/folder_follower.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/sync/mirror_fixture.hpp"

namespace shale::testing {
namespace {

namespace fs = std::filesystem;

using Texts = std::map<std::string, std::string>;
using Clock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::seconds(20);

// Follows the folder of a Mirrored on a thread of its own while it lives.
class Follower {
 public:
  explicit Follower(Mirrored& mirrored, SyncOptions options = {}) : mirrored_(mirrored) {
    thread_ = std::jthread([this, options = std::move(options)](const std::stop_token& stop) {
      const auto ended = watch_folder(
          mirrored_.project(), mirrored_.root(), options,
          [&](const Synced&) {
            has_begun_.store(true);
            return true;
          },
          stop);
      if (!ended) failure_ = ended.error().message;
    });
    while (!has_begun_.load()) std::this_thread::yield();
  }

  // Whether the project comes to hold that.
  bool shows(const Texts& texts) const {
    const auto end = Clock::now() + patience;
    while (mirrored_.texts() != texts) {
      if (Clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  std::string end() {
    thread_.request_stop();
    thread_.join();
    return failure_;
  }

 private:
  Mirrored& mirrored_;
  std::atomic<bool> has_begun_{false};
  std::string failure_;
  std::jthread thread_;
};

}  // namespace

TEST_CASE("folder follower: what is saved, removed and renamed is followed") {
  Mirrored mirrored;
  mirrored.old_file("a.txt", "one");
  mirrored.old_file("sub/b.txt", "two");
  Follower follower(mirrored);
  CHECK(follower.shows({{"a.txt", "one"}, {"sub/b.txt", "two"}}));
  mirrored.file("a.txt", "changed");
  CHECK(follower.shows({{"a.txt", "changed"}, {"sub/b.txt", "two"}}));
  mirrored.file("sub/c.txt", "three");
  CHECK(follower.shows({{"a.txt", "changed"}, {"sub/b.txt", "two"}, {"sub/c.txt", "three"}}));
  fs::remove(mirrored.root() / "a.txt");
  fs::rename(mirrored.root() / "sub/b.txt", mirrored.root() / "d.txt");
  CHECK(follower.shows({{"d.txt", "two"}, {"sub/c.txt", "three"}}));
  CHECK(mirrored.ids() == std::vector<std::string>{"sub/b.txt#1", "sub/c.txt#1"});
  CHECK(follower.end().empty());
}

TEST_CASE("folder follower: folders that appear, move and go") {
  Mirrored mirrored;
  Follower follower(mirrored);
  mirrored.file("x/y/z/a.txt", "one");
  mirrored.file("x/b.txt", "two");
  CHECK(follower.shows({{"x/b.txt", "two"}, {"x/y/z/a.txt", "one"}}));
  fs::rename(mirrored.root() / "x", mirrored.root() / "w");
  CHECK(follower.shows({{"w/b.txt", "two"}, {"w/y/z/a.txt", "one"}}));
  mirrored.file("w/y/z/a.txt", "changed");
  CHECK(follower.shows({{"w/b.txt", "two"}, {"w/y/z/a.txt", "changed"}}));
  fs::remove_all(mirrored.root() / "w/y");
  CHECK(follower.shows({{"w/b.txt", "two"}}));
  CHECK(follower.end().empty());
}

TEST_CASE("folder follower: ignore files rule as they change") {
  Mirrored mirrored;
  mirrored.old_file("a.log", "log");
  mirrored.old_file("sub/b.log", "log");
  Follower follower(mirrored);
  mirrored.file(".gitignore", ".gitignore\n*.log\n");
  CHECK(follower.shows({}));
  mirrored.file("sub/new.log", "log");
  mirrored.file(".gitignore", ".gitignore\nsub/\n");
  CHECK(follower.shows({{"a.log", "log"}}));
  mirrored.file("sub/other.txt", "in an ignored folder");
  mirrored.file("c.txt", "c");
  CHECK(follower.shows({{"a.log", "log"}, {"c.txt", "c"}}));
  CHECK(follower.end().empty());
}

TEST_CASE("folder follower: a burst of files is there whole, none twice") {
  Mirrored mirrored;
  Follower follower(mirrored);
  Texts expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string name = "d" + std::to_string(i % 17) + "/f" + std::to_string(i) + ".txt";
    mirrored.file(name, "text " + std::to_string(i));
    expected[name] = "text " + std::to_string(i);
  }
  CHECK(follower.shows(expected));
  CHECK(mirrored.ids().size() == expected.size());
  CHECK(follower.end().empty());
}

TEST_CASE("folder follower: it ends when told to, or when the folder goes") {
  Mirrored mirrored;
  mirrored.old_file("a.txt", "one");
  CHECK(watch_folder(mirrored.project(), mirrored.root(), {}, [](const Synced&) { return false; }));
  CHECK_FALSE(watch_folder(mirrored.project(), mirrored.root(), {.dry_run = true},
                           [](const Synced&) { return true; }));
  CHECK_FALSE(watch_folder(mirrored.project(), mirrored.root() / "absent", {},
                           [](const Synced&) { return true; }));
  Follower follower(mirrored);
  fs::rename(mirrored.root(), mirrored.root().string() + "-away");
  fs::create_directories(mirrored.root() / "sub");
  fs::remove_all(mirrored.root());
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(mirrored.texts() == Texts{{"a.txt", "one"}});
}

}  // namespace shale::testing

#include "cli/store_locator.hpp"

#include <cstdlib>

#include "tests/cli/run_program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::cli;
namespace fs = std::filesystem;

TEST_CASE("store locator: the option, the variable, the nearest folder, the user's own") {
  const testing::TemporaryFolder folder;
  const fs::path deep = folder / "a/b/c";
  fs::create_directories(deep);
  Environment around{.store = "/variable", .data_home = "/data", .home = "/home/x", .folder = deep};

  CHECK(locate_store("given", around).value().path == "given");
  CHECK(locate_store("", around).value().path == "/variable");
  around.store.clear();

  const Location own = locate_store("", around).value();
  CHECK(own.path == "/data/shale");
  around.data_home = "relative is to be ignored";
  CHECK(locate_store("", around).value().path == "/home/x/.local/share/shale");

  fs::create_directory(folder / "a/.shale");
  const Location nearest = locate_store("", around).value();
  CHECK(nearest.path == folder / "a/.shale");
  fs::create_directory(deep / ".shale");
  CHECK(locate_store("", around).value().path == deep / ".shale");
}

TEST_CASE("store locator: a file of that name is no store") {
  const testing::TemporaryFolder folder;
  fs::create_directories(folder / "a/b");
  fs::create_directory(folder / ".shale");
  fs::copy_file("/proc/self/comm", folder / "a/.shale");
  const Environment around{.store = "", .data_home = "/d", .home = "", .folder = folder / "a/b"};
  CHECK(locate_store("", around).value().path == folder / ".shale");
}

TEST_CASE("store locator: without a home there is no place") {
  const auto location = locate_store("", {.store = "", .data_home = "", .home = "", .folder = "/"});
  REQUIRE_FALSE(location);
  CHECK(location.error().code == ErrorCode::invalid_argument);
}

TEST_CASE("store locator: the option and the variable are taken as they stand") {
  const testing::TemporaryFolder folder;
  fs::create_directories(folder / ".shale");
  const Environment around{
      .store = "rel/a", .data_home = "/d", .home = "/h", .folder = folder / ""};
  for (const char* given : {".", "a/../b", "/", "with blank ", ".shale", "~/x"}) {
    const Location location = locate_store(given, around).value();
    CHECK(location.path == given);
  }
  CHECK(locate_store("", around).value().path == "rel/a");
}

TEST_CASE("store locator: the folder itself comes before those above, up to the root") {
  const testing::TemporaryFolder folder;
  fs::create_directories(folder / "a/.shale");
  Environment around{.store = "", .data_home = "/d", .home = "", .folder = folder / "a"};
  CHECK(locate_store("", around).value().path == folder / "a/.shale");
  around.folder = folder / "";  // beside it, not above it
  CHECK(locate_store("", around).value().path == "/d/shale");
  around.folder = "/";
  const Location at_root = locate_store("", around).value();
  CHECK(at_root.path == (fs::is_directory("/.shale") ? "/.shale" : "/d/shale"));
  around.folder.clear();  // the working directory is gone
  CHECK(locate_store("", around).value().path == "/d/shale");
}

TEST_CASE("store locator: a link to a folder is a folder, a broken one is nothing") {
  const testing::TemporaryFolder folder;
  fs::create_directories(folder / "real");
  fs::create_directories(folder / "a/b");
  fs::create_directory_symlink(folder / "real", folder / ".shale");
  fs::create_directory_symlink(folder / "gone", folder / "a/.shale");
  const Environment around{.store = "", .data_home = "/d", .home = "", .folder = folder / "a/b"};
  CHECK(locate_store("", around).value().path == folder / ".shale");
}

TEST_CASE("store locator: what the process says of itself") {
  const testing::TemporaryFolder folder;
  const testing::Ran ran = testing::run_captured([&] {
    setenv("SHALE_STORE", "one", 1);
    setenv("XDG_DATA_HOME", "", 1);
    unsetenv("HOME");
    fs::current_path(folder / "");
    const Environment found = Environment::of_process();
    const bool as_set = found.store == "one" && found.data_home.empty() && found.home.empty();
    return int(as_set && fs::equivalent(found.folder, folder / ""));
  });
  CHECK(ran.exit == 1);
}

#include "cli/store_locator.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::cli;
namespace fs = std::filesystem;

TEST_CASE("store locator: the option, the variable, the nearest folder, the user's own") {
  const testing::TemporaryFolder folder;
  const fs::path deep = folder / "a/b/c";
  fs::create_directories(deep);
  Surroundings around{
      .store = "/variable", .data_home = "/data", .home = "/home/x", .folder = deep};

  CHECK(locate_store("given", around).value().path == "given");
  CHECK(locate_store("", around).value().path == "/variable");
  around.store.clear();

  const Location own = locate_store("", around).value();
  CHECK(own.path == "/data/shale");
  CHECK(own.is_user_default);
  around.data_home = "relative is to be ignored";
  CHECK(locate_store("", around).value().path == "/home/x/.local/share/shale");

  fs::create_directory(folder / "a/.shale");
  const Location nearest = locate_store("", around).value();
  CHECK(nearest.path == folder / "a/.shale");
  CHECK_FALSE(nearest.is_user_default);
  fs::create_directory(deep / ".shale");
  CHECK(locate_store("", around).value().path == deep / ".shale");
}

TEST_CASE("store locator: a file of that name is no store") {
  const testing::TemporaryFolder folder;
  fs::create_directories(folder / "a/b");
  fs::create_directory(folder / ".shale");
  fs::copy_file("/proc/self/comm", folder / "a/.shale");
  const Surroundings around{.store = "", .data_home = "/d", .home = "", .folder = folder / "a/b"};
  CHECK(locate_store("", around).value().path == folder / ".shale");
}

TEST_CASE("store locator: without a home there is no place") {
  const auto location = locate_store("", {.store = "", .data_home = "", .home = "", .folder = "/"});
  REQUIRE_FALSE(location);
  CHECK(location.error().code == ErrorCode::invalid_argument);
}

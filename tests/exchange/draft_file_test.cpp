#include "exchange/draft_file.hpp"

#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::exchange;

namespace {

std::string content(const std::filesystem::path& path) {
  const Buffer bytes = read_file(path, 1000).value();
  return std::string(as_text(bytes));
}

}  // namespace

TEST_CASE("draft file: takes its name when it is whole") {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "f") << "old";
  auto draft = DraftFile::open(folder / "f").value();
  draft.append("new ").value();
  draft.append("content").value();
  CHECK(draft.bytes() == 11);
  CHECK(content(folder / "f") == "old");
  draft.publish().value();
  CHECK(content(folder / "f") == "new content");
  CHECK(list_folder(folder.path()).value() == std::vector<std::string>{"f"});
}

TEST_CASE("draft file: one that is given up leaves nothing, and the old file") {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "f") << "old";
  {
    auto draft = DraftFile::open(folder / "f").value();
    draft.append("half").value();
    const DraftFile moved = std::move(draft);
    CHECK(path_exists(folder / "f.tmp").value());
  }
  CHECK(content(folder / "f") == "old");
  CHECK(list_folder(folder.path()).value() == std::vector<std::string>{"f"});
}

TEST_CASE("draft file: what a killed writer left is replaced") {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "f.tmp") << "a longer draft than the next";
  auto draft = DraftFile::open(folder / "f").value();
  draft.append("x").value();
  draft.publish().value();
  CHECK(content(folder / "f") == "x");
}

TEST_CASE("draft file: a folder that is not there is an error") {
  const testing::TemporaryFolder folder;
  CHECK(DraftFile::open(folder / "no/f").error().code == ErrorCode::not_found);
}

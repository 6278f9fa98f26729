#include "backup/draft.hpp"

#include "base/file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::backup {
namespace {

namespace fs = std::filesystem;
using shale::testing::TemporaryFolder;
using Names = std::vector<std::string>;

Names names_in(const fs::path& folder) { return list_folder(folder).value(); }

void write(const fs::path& file, std::string_view text) {
  replace_file(file, as_bytes(text)).value();
}

ErrorCode refusal(const fs::path& target) {
  const auto draft = Draft::begin(target);
  REQUIRE(!draft);
  return draft.error().code;
}

TEST_CASE("a draft becomes its target, whole") {
  const TemporaryFolder folder;
  {
    Draft draft = Draft::begin(folder / "new" / "target").value();
    CHECK(draft.folder().string() == draft.target().string() + ".tmp");
    make_folder(draft.folder() / "sub").value();
    write(draft.folder() / "sub" / "file", "bytes");
    CHECK(!fs::exists(folder / "new" / "target"));
    draft.publish().value();
  }
  CHECK(names_in(folder / "new") == Names{"target"});
  CHECK(names_in(folder / "new" / "target") == Names{"sub"});
  CHECK(as_text(read_file(folder / "new" / "target" / "sub" / "file", 100).value()) == "bytes");
}

TEST_CASE("of a draft that is given up nothing is left") {
  const TemporaryFolder folder;
  {
    const Draft draft = Draft::begin(folder / "target").value();
    write(draft.folder() / "file", "bytes");
  }
  CHECK(names_in(folder.path()).empty());
}

TEST_CASE("an empty folder may be the target, in whatever spelling") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "target");
  fs::create_directory_symlink(folder / "target", folder / "link");
  for (const fs::path& spelling :
       {folder / "target", folder / "target/", folder / "x/../target/.", folder / "link"}) {
    Draft draft = Draft::begin(spelling).value();
    CHECK(draft.target() == fs::canonical(folder.path()) / "target");
    draft.publish().value();
  }
  CHECK(names_in(folder.path()) == Names{"link", "target"});
}

TEST_CASE("a target that holds something is refused, before and at the end") {
  const TemporaryFolder folder;
  write(folder / "file", "bytes");
  CHECK(refusal(folder / "file") == ErrorCode::invalid_argument);
  fs::create_directory(folder / "full");
  write(folder / "full" / "file", "bytes");
  CHECK(refusal(folder / "full") == ErrorCode::invalid_argument);
  CHECK(names_in(folder.path()) == Names{"file", "full"});
  {
    Draft draft = Draft::begin(folder / "late").value();
    fs::create_directory(folder / "late");
    write(folder / "late" / "file", "bytes");
    const auto published = draft.publish();
    REQUIRE(!published);
    CHECK(published.error().code == ErrorCode::invalid_argument);
  }
  CHECK(names_in(folder / "late") == Names{"file"});
  CHECK(names_in(folder.path()) == Names{"file", "full", "late"});
}

TEST_CASE("one makes a target at a time") {
  const TemporaryFolder folder;
  {
    Draft first = Draft::begin(folder / "target").value();
    write(first.folder() / "file", "bytes");
    CHECK(refusal(folder / "target") == ErrorCode::busy);
    CHECK(fs::exists(first.folder() / "file"));
    const Draft other = Draft::begin(folder / "other").value();
  }
  CHECK(Draft::begin(folder / "target"));
}

TEST_CASE("what a killed call left is cleared away, and nothing else ever is") {
  const TemporaryFolder folder;
  std::string lock;
  {
    const Draft draft = Draft::begin(folder / "target").value();
    lock = names_in(draft.folder()).at(0);
  }
  fs::create_directories(folder / "target.tmp" / "sub");
  write(folder / "target.tmp" / "sub" / "file", "a user's own");
  CHECK(refusal(folder / "target") == ErrorCode::invalid_argument);
  CHECK(fs::exists(folder / "target.tmp" / "sub" / "file"));
  write(folder / "target.tmp" / lock, "");
  Draft draft = Draft::begin(folder / "target").value();
  CHECK(names_in(draft.folder()) == Names{lock});
  draft.publish().value();
  CHECK(names_in(folder / "target").empty());
}

TEST_CASE("a draft that was moved is given up once") {
  const TemporaryFolder folder;
  Draft first = Draft::begin(folder / "target").value();
  const fs::path path = first.folder();
  {
    const Draft second = std::move(first);
    CHECK(fs::exists(path));
  }
  CHECK(!fs::exists(path));
}

}  // namespace
}  // namespace shale::backup

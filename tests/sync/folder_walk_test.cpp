#include "sync/folder_walk.hpp"

#include <unistd.h>

#include <fstream>
#include <map>
#include <random>
#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::sync;
namespace fs = std::filesystem;

namespace {

class Tree {
 public:
  void file(const fs::path& name, std::string_view text = "x") const {
    fs::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name, std::ios::binary) << text;
  }
  fs::path path() const { return folder_.path(); }

 private:
  testing::TemporaryFolder folder_;
};

using Paths = std::vector<std::string>;

Paths paths(const Walked& walked) {
  Paths result;
  for (const WalkedFile& file : walked.files) result.push_back(file.path);
  return result;
}

}  // namespace

TEST_CASE("folder walk: files with their stamps, the entries of each folder by name") {
  const Tree tree;
  tree.file("b.c", "four");
  tree.file("a/z.c");
  tree.file("a.c");
  tree.file("a/y/x.c");
  const Walked walked = walk_folder(tree.path()).value();
  CHECK(paths(walked) == Paths{"a/y/x.c", "a/z.c", "a.c", "b.c"});
  CHECK(walked.files[3].stamp.bytes == 4);
  CHECK(walked.problems.empty());
  CHECK(paths(walk_folder(tree.path() / "").value()) == paths(walked));
}

TEST_CASE("folder walk: ignored files, .git, stores and links are left out") {
  const Tree tree;
  tree.file("work/.git/config");
  tree.file("work/.gitignore", "*.o\n/sub/top.c\n");
  tree.file("work/sub/.ignore", "!keep.o\ninner.c\n");
  for (const char* name : {"a.o", "keep.o", "top.c", "inner.c", "deep/top.c", "deep/b.o"})
    tree.file(fs::path("work/sub") / name);
  tree.file("work/sub/.shale/shale.toml");
  tree.file("work/sub/.shale/projects/p/MANIFEST");
  fs::create_symlink("keep.o", tree.path() / "work/sub/link.c");
  fs::create_directory_symlink("..", tree.path() / "work/sub/up");
  // The same whether the walk begins at the top of the work tree or below.
  CHECK(paths(walk_folder(tree.path() / "work/sub").value()) ==
        Paths{".ignore", "deep/top.c", "keep.o"});
  CHECK(paths(walk_folder(tree.path() / "work").value()) ==
        Paths{".gitignore", "sub/.ignore", "sub/deep/top.c", "sub/keep.o"});
  CHECK(paths(walk_folder(tree.path() / "work/sub", {.follow_links = true}).value()) ==
        Paths{".ignore", "deep/top.c", "keep.o", "link.c"});
}

TEST_CASE("folder walk: what cannot be read is told, a missing root is an error") {
  const Tree tree;
  CHECK(walk_folder(tree.path() / "absent").error().code == ErrorCode::not_found);
  tree.file("a/.gitignore", "*.c\n" + std::string(1u << 20, '\n'));
  tree.file("a/b.c");
  const Walked walked = walk_folder(tree.path()).value();
  CHECK(paths(walked) == Paths{"a/.gitignore", "a/b.c"});
  REQUIRE(walked.problems.size() == 1);
  CHECK(walked.problems[0].path == "a/.gitignore");
  CHECK_FALSE(walked.problems[0].is_folder);
  if (geteuid() == 0) return;  // root reads everything
  fs::permissions(tree.path() / "a", fs::perms::none);
  const Walked closed = walk_folder(tree.path()).value();
  fs::permissions(tree.path() / "a", fs::perms::owner_all);
  REQUIRE(closed.problems.size() == 1);
  CHECK(closed.problems[0].path == "a");
  CHECK(closed.problems[0].is_folder);
}

TEST_CASE("folder walk: a random tree comes whole, however many threads read it") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const char* names[] = {"a", "a.b", "A", "b c", "z#1", "\xC3\xA9", ".hidden", "\xff"};
  const Tree tree;
  std::map<std::string, usize> expected;
  for (int i = 0; i < 300; ++i) {
    std::string path;
    for (auto depth = random() % 5; depth > 0; --depth)
      (path += std::string("d") + names[random() % 8]) += '/';
    path += names[random() % 8];
    expected[path] = path.size();
    tree.file(path, path);
  }
  for (const unsigned threads : {1u, 2u, 8u}) {
    const Walked walked = walk_folder(tree.path(), {.threads = threads}).value();
    CHECK(walked.problems.empty());
    std::map<std::string, usize> found;
    for (const WalkedFile& file : walked.files) found[file.path] = file.stamp.bytes;
    CHECK(found == expected);
    CHECK(std::is_sorted(walked.files.begin(), walked.files.end(),
                         [](const auto& a, const auto& b) { return path_before(a.path, b.path); }));
  }
}

TEST_CASE("folder walk: the order of paths") {
  const Paths sorted = {"a", "a/b", "a/b/c", "a.c", "a0", "b", "b\xff"};
  for (usize i = 0; i < sorted.size(); ++i)
    for (usize j = 0; j < sorted.size(); ++j) CHECK(path_before(sorted[i], sorted[j]) == (i < j));
}

TEST_CASE("folder walk: parts of a tree, by the rules of the folders above them") {
  const Tree tree;
  tree.file(".ignore", "out/\n*.o\n");
  for (const char* name : {"a.c", "sub/b.c", "sub/b.o", "sub/deep/c.c", "sub/out/d.c", "out/e/f.c"})
    tree.file(name);
  const auto part = [&](const std::string& folder, bool is_deep) {
    const WalkPart parts[] = {{folder, is_deep}};
    return paths(walk_parts(tree.path(), parts).value());
  };
  CHECK(part("", false) == Paths{".ignore", "a.c"});
  CHECK(part("", true) == paths(walk_folder(tree.path()).value()));
  CHECK(part("sub", false) == Paths{"sub/b.c"});
  CHECK(part("sub", true) == Paths{"sub/b.c", "sub/deep/c.c"});
  CHECK(part("out/e", true).empty());
  CHECK(part("sub/out", false).empty());
  CHECK(part("absent", true).empty());
  CHECK(part("a.c", true).empty());
  const WalkPart both[] = {{"sub", false}, {"sub/deep", true}};
  const Walked walked = walk_parts(tree.path(), both).value();
  CHECK(paths(walked) == Paths{"sub/b.c", "sub/deep/c.c"});
  CHECK(std::set<std::string>(walked.folders.begin(), walked.folders.end()) ==
        std::set<std::string>{"sub", "sub/deep"});
  CHECK(walk_parts(tree.path() / "absent", both).error().code == ErrorCode::not_found);
}

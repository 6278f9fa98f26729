#include "exchange/folder_scanner.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "model/record.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::exchange;
namespace fs = std::filesystem;

namespace {

// A folder with files, the working directory while it lives.
class Tree {
 public:
  Tree() : before_(fs::current_path()) { fs::current_path(folder_.path()); }
  ~Tree() { fs::current_path(before_); }

  void file(const fs::path& name, std::string_view text) const {
    if (name.has_parent_path()) fs::create_directories(folder_.path() / name.parent_path());
    std::ofstream(folder_.path() / name, std::ios::binary) << text;
  }
  fs::path path() const { return folder_.path(); }

 private:
  testing::TemporaryFolder folder_;
  fs::path before_;
};

struct Found {
  std::vector<NewSegment> segments;
  ScanReport report;
  std::vector<std::string> ids() const {
    std::vector<std::string> result;
    for (const NewSegment& segment : segments) result.push_back(segment.id);
    return result;
  }
};

Found scan(const std::vector<fs::path>& paths, const ScanOptions& options = {}) {
  Found found;
  found.report = scan_paths(paths, options, [&](NewSegment segment) -> Result<void> {
                   found.segments.push_back(std::move(segment));
                   return {};
                 }).value();
  return found;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("folder scanner: files in order, as segments") {
  const Tree tree;
  tree.file("b.cpp", "int b;\nint c;\n");
  tree.file("a/z.md", "text");
  tree.file("a/empty.md", "");
  tree.file("a.log", "line");
  const Found found = scan({"."});
  CHECK(found.ids() == Ids{"a/z.md#1", "a.log#1", "b.cpp#1"});
  CHECK(found.report.files == 4);
  CHECK(found.report.problems.empty());
  const NewSegment& source = found.segments[2];
  CHECK(source.text == "int b;\nint c;\n");
  CHECK(source.type == "code");
  CHECK(source.file == "b.cpp");
  CHECK(source.line_range == LineRange{1, 2});
  REQUIRE(source.created_at);
  CHECK(source.created_at->zoned);
  struct stat status {};
  REQUIRE(stat("b.cpp", &status) == 0);
  CHECK(source.created_at->microseconds / 1'000'000 == status.st_mtim.tv_sec);
  CHECK(found.segments[0].type == "note");
  CHECK(found.segments[1].type == "log");
}

TEST_CASE("folder scanner: paths are relative inside the working directory") {
  const Tree tree;
  tree.file("sub/a.c", "a");
  CHECK(scan({tree.path() / "sub"}).ids() == Ids{"sub/a.c#1"});
  CHECK(scan({"sub/../sub/./a.c"}).ids() == Ids{"sub/a.c#1"});
  fs::create_directory("other");
  fs::current_path("other");
  CHECK(scan({tree.path() / "sub"}).ids() == Ids{(tree.path() / "sub/a.c").string() + "#1"});
  CHECK(scan({"../sub"}).ids() == Ids{"../sub/a.c#1"});
}

TEST_CASE("folder scanner: long files are cut at line ends") {
  const Tree tree;
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "a line of some twenty bytes\n";
  tree.file("long.txt", text);
  const Found found = scan({"long.txt"});
  REQUIRE(found.segments.size() == 3);
  std::string whole;
  for (const NewSegment& segment : found.segments) {
    CHECK(segment.text.size() <= 64u << 10);
    CHECK(segment.text.ends_with('\n'));
    CHECK(segment.id == "long.txt#" + std::to_string(segment.line_range->first));
    whole += segment.text;
  }
  CHECK(whole == text);
  CHECK(scan({"long.txt"}, {.lines = 30}).segments.size() == 167);
  CHECK(scan({"long.txt"}, {.lines = 30}).segments[1].id == "long.txt#31");
}

TEST_CASE("folder scanner: pieces of one long line have ids of their own") {
  const Tree tree;
  tree.file("min.js", std::string(150u << 10, 'x'));
  CHECK(scan({"min.js"}).ids() == Ids{"min.js#1", "min.js#1.2", "min.js#1.3"});
}

TEST_CASE("folder scanner: ignore files, .git, stores, links, binaries") {
  const Tree tree;
  tree.file(".gitignore", "*.o\n/top.c\nbuild/\n");
  tree.file(".ignore", "!keep.o\n");
  tree.file("a.o", "x");
  tree.file("keep.o", "x");
  tree.file("top.c", "x");
  tree.file("sub/top.c", "x");
  tree.file("sub/.gitignore", "inner.c\n");
  tree.file("sub/inner.c", "x");
  tree.file("inner.c", "x");
  tree.file("build/x.c", "x");
  tree.file(".git/config", "x");
  tree.file(".shale/shale.toml", "x");
  tree.file(".shale/projects/default/MANIFEST", "x");
  tree.file("picture", std::string("PNG\0", 4));
  fs::create_symlink("inner.c", "link.c");
  fs::create_directory_symlink("sub", "linked");
  const Found found = scan({"."});
  CHECK(found.ids() == Ids{".gitignore#1", ".ignore#1", "inner.c#1", "keep.o#1", "sub/.gitignore#1",
                           "sub/top.c#1"});
  CHECK(found.report.binaries == 1);
  // What is named outright is taken whatever the rules say.
  CHECK(scan({"a.o"}).ids() == Ids{"a.o#1"});
}

TEST_CASE("folder scanner: rules of the work tree above apply, others do not") {
  const Tree tree;
  tree.file("tree/.gitignore", "*.o\n");
  tree.file("tree/sub/a.o", "x");
  tree.file("tree/sub/a.c", "x");
  tree.file(".gitignore", "*.c\n");
  CHECK(scan({"tree/sub"}).ids() == Ids{"tree/sub/a.c#1", "tree/sub/a.o#1"});
  fs::create_directory("tree/.git");
  CHECK(scan({"tree/sub"}).ids() == Ids{"tree/sub/a.c#1"});
}

TEST_CASE("folder scanner: what cannot be stashed is reported, the rest goes on") {
  const Tree tree;
  tree.file("good.c", "x");
  tree.file("bad\xff.c", "x");
  const std::string deep = std::string(120, 'd') + "/" + std::string(120, 'e') + "/";
  tree.file(deep + "f" + std::string(30, 'f'), "x");
  const Found found = scan({".", "absent"});
  CHECK(found.ids() == Ids{"good.c#1"});
  REQUIRE(found.report.problems.size() == 3);
  CHECK(found.report.problems[0].reason.find("UTF-8") != std::string::npos);
  CHECK(found.report.problems[2].path == "absent");
  if (geteuid() == 0) return;  // root reads everything
  fs::permissions("good.c", fs::perms::none);
  CHECK(scan({"good.c"}).report.problems.size() == 1);
}

TEST_CASE("folder scanner: an error of the sink ends the scan") {
  const Tree tree;
  tree.file("a", "x");
  tree.file("b", "x");
  int calls = 0;
  const auto report = scan_paths({"."}, {}, [&](const NewSegment&) -> Result<void> {
    ++calls;
    return fail(ErrorCode::no_space, "full");
  });
  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::no_space);
  CHECK(calls == 1);
}

TEST_CASE("folder scanner: types by name") {
  CHECK(type_of_file("a/b.CPP") == "code");
  CHECK(type_of_file("x.zig") == "code");
  CHECK(type_of_file("Makefile") == "code");
  CHECK(type_of_file("server.log") == "log");
  CHECK(type_of_file("README.md") == "note");
  CHECK(type_of_file("README") == "note");
  CHECK(type_of_file(".cpp") == "note");
}

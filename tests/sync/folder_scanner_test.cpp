#include "sync/folder_scanner.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <random>

#include "model/record.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::sync;
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

TEST_CASE("folder scanner: a random tree comes whole and in order") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const char* names[] = {"a", "a.b", "A", "b c", "z#1", "\xC3\xA9", ".hidden"};
  const Tree tree;
  std::map<std::string, std::string> expected;
  for (int i = 0; i < 40; ++i) {
    fs::path path;
    for (auto depth = random() % 4; depth > 0; --depth)
      path /= std::string("d") += names[random() % 7];
    path /= names[random() % 7];
    tree.file(path, path.string() + "\n");
    expected[path.string()] = path.string() + "\n";
  }
  const Found found = scan({"."});
  CHECK(found.report.files == expected.size());
  CHECK(found.report.problems.empty());
  std::map<std::string, std::string> texts;
  for (const NewSegment& segment : found.segments) texts[*segment.file] = segment.text;
  CHECK(texts == expected);
  CHECK(scan({"."}).ids() == found.ids());  // in the same order every time
}

TEST_CASE("folder scanner: a NUL in the first 8 KiB makes a file binary, a later one does not") {
  const Tree tree;
  const std::string before(8191, 'x');
  tree.file("last", before + std::string(1, '\0'));
  tree.file("later", before + "x" + std::string(1, '\0'));
  const Found found = scan({"."});
  CHECK(found.ids() == Ids{"later#1"});
  CHECK(found.segments[0].text.back() == '\0');
  CHECK(found.report.binaries == 1);
}

TEST_CASE("folder scanner: links in a tree are passed over, loops end nowhere") {
  const Tree tree;
  tree.file("d/a.c", "x");
  fs::create_directory_symlink("..", "d/up");
  fs::create_symlink("self", "self");
  fs::create_symlink("gone", "d/dangling");
  CHECK(scan({"."}).ids() == Ids{"d/a.c#1"});
  CHECK(scan({"."}).report.problems.empty());
  // Named outright they are followed, and what leads nowhere is told.
  CHECK(scan({"d/up/d"}).ids() == Ids{"d/up/d/a.c#1"});
  const Found found = scan({"self", "d/dangling"});
  REQUIRE(found.report.problems.size() == 2);
  CHECK(found.report.problems[0].path == "self");
  CHECK(found.report.problems[1].path == "d/dangling");
}

TEST_CASE("folder scanner: what is neither file nor folder") {
  const Tree tree;
  REQUIRE(mkfifo("pipe", 0600) == 0);
  tree.file("a", "x");
  CHECK(scan({"."}).ids() == Ids{"a#1"});  // and it does not wait for a writer
  const Found found = scan({"pipe"});
  REQUIRE(found.report.problems.size() == 1);
  CHECK(found.report.problems[0].reason.find("neither") != std::string::npos);
}

TEST_CASE("folder scanner: ignored folders are not entered, whatever rules they hold") {
  const Tree tree;
  tree.file(".gitignore", "out/\n*.tmp\n!sub/keep.tmp\n");
  tree.file("out/.gitignore", "!*\n");
  tree.file("out/a", "x");
  tree.file("sub/out/b", "x");
  tree.file("sub/keep.tmp", "x");
  tree.file("sub/lose.tmp", "x");
  tree.file("sub/out.c", "x");
  CHECK(scan({"sub"}).ids().size() == 4);  // no work tree: rules from above do not count
  CHECK(scan({"."}).ids() == Ids{".gitignore#1", "sub/keep.tmp#1", "sub/out.c#1"});
}

TEST_CASE("folder scanner: an ignore file too large to be one is told and passed over") {
  const Tree tree;
  tree.file(".gitignore", "*.c\n" + std::string(1u << 20, '\n'));
  tree.file("a.c", "x");
  const Found found = scan({"."});
  REQUIRE(found.report.problems.size() == 1);
  CHECK(found.report.problems[0].path == "./.gitignore");
  CHECK(found.ids().front() == ".gitignore#1");
  CHECK(found.ids().back() == "a.c#1");
}

TEST_CASE("folder scanner: several paths, one of them twice") {
  const Tree tree;
  tree.file("a/x", "1\n2\n3\n");
  tree.file("b", "y");
  CHECK(scan({"b", "a", "b"}).ids() == Ids{"b#1", "a/x#1", "b#1"});
  CHECK(scan({"a"}, {.lines = 2}).ids() == Ids{"a/x#1", "a/x#3"});
  CHECK(scan({"a"}, {.piece_bytes_max = 2}).ids() == Ids{"a/x#1", "a/x#2", "a/x#3"});
  CHECK(scan({}).ids().empty());
}

#include "sync/mirror.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "tests/support/catch.hpp"
#include "tests/sync/mirror_fixture.hpp"

namespace shale::testing {
namespace {

namespace fs = std::filesystem;

using Ids = std::vector<std::string>;
using Texts = std::map<std::string, std::string>;

constexpr std::string_view two_functions =
    "#include <a>\n\nint f() {\n  return 1;\n}\n\nint g() {\n  return 2;\n}\n";

std::string with(std::string text, std::string_view what, std::string_view by) {
  return text.replace(text.find(what), what.size(), by);
}

}  // namespace

TEST_CASE("mirror: files become segments, an unchanged folder is not read again") {
  Mirrored mirrored;
  mirrored.old_file("a.txt", "one\n");
  mirrored.old_file("b/c.txt", "two\n");
  mirrored.old_file("picture", std::string("PNG\0", 4));
  mirrored.old_file("empty", "");
  const Synced first = mirrored.sync();
  CHECK(first.scanned == 2);
  CHECK(first.added == 2);
  CHECK(first.passed_over == 2);
  CHECK(first.stashed == 2);
  CHECK(mirrored.texts() == Texts{{"a.txt", "one\n"}, {"b/c.txt", "two\n"}});
  const Synced second = mirrored.sync();
  CHECK(second.scanned == 2);
  CHECK(second.unchanged == 2);
  CHECK(second.passed_over == 2);
  CHECK(second.bytes_read == 0);
  CHECK(second.files_read == 0);
  CHECK(second.files.empty());
}

TEST_CASE("mirror: changed, added and removed files are told and followed") {
  Mirrored mirrored;
  for (const char* name : {"a.txt", "b.txt", "c.txt"}) mirrored.old_file(name, name);
  mirrored.sync();
  mirrored.file("a.txt", "other");
  mirrored.file("d.txt", "new");
  fs::remove(mirrored.root() / "b.txt");
  const Synced done = mirrored.sync();
  CHECK(done.files == std::vector<SyncedFile>{{"a.txt", FileChange::changed},
                                              {"b.txt", FileChange::removed},
                                              {"d.txt", FileChange::added}});
  CHECK(done.unchanged == 1);
  CHECK(done.bytes_read == 8);
  CHECK(mirrored.texts() == Texts{{"a.txt", "other"}, {"c.txt", "c.txt"}, {"d.txt", "new"}});
}

TEST_CASE("mirror: a file touched and left as it was costs a reading, once") {
  Mirrored mirrored;
  mirrored.old_file("a.txt", "text");
  mirrored.sync();
  mirrored.age("a.txt");
  const Synced touched = mirrored.sync();
  CHECK(touched.unchanged == 1);
  CHECK(touched.files_read == 1);
  CHECK(touched.stashed == 0);
  CHECK(touched.updated == 1);
  CHECK(mirrored.sync().files_read == 0);
}

TEST_CASE("mirror: edits of the same size within one tick of the clock are seen") {
  Mirrored mirrored;
  for (int i = 0; i < 50; ++i) {
    const std::string text = "text " + std::to_string(100 + i);
    mirrored.file("a.txt", text);
    mirrored.sync();
    REQUIRE(mirrored.texts() == Texts{{"a.txt", text}});
  }
  // Until the time has come that its stamp tells it.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  mirrored.sync();
  CHECK(mirrored.sync().files_read == 0);
  // One of the future may be changed again without another stamp, however late it is read.
  fs::last_write_time(mirrored.root() / "a.txt",
                      fs::file_time_type::clock::now() + std::chrono::hours(1));
  CHECK(mirrored.sync().files_read == 1);
  CHECK(mirrored.sync().files_read == 1);
}

TEST_CASE("mirror: ids stay, and with them what was said of the segments") {
  Mirrored mirrored;
  mirrored.old_file("a.cpp", two_functions);
  mirrored.sync();
  Batch batch;
  batch.update("a.cpp#f", {.tags_added = {"mine"}, .pinned = true, .attrs_set = {{"x", i64(1)}}});
  batch.update("a.cpp#g", {.task = "perf", .pinned = true, .tier = Tier::working});
  REQUIRE(mirrored.project().commit(batch));
  const Ids before = mirrored.ids();
  const Metadata g = mirrored.metadata("a.cpp#g");
  mirrored.file("a.cpp", "// a line\n" + with(std::string(two_functions), "return 1", "return 3"));
  const Synced done = mirrored.sync();
  CHECK(done.changed == 1);
  CHECK(mirrored.ids() == before);
  const Metadata f = mirrored.metadata("a.cpp#f");
  CHECK(f.pinned);
  CHECK(f.tags == Ids{"mine"});
  CHECK(f.attrs.at("x") == AttributeValue(i64(1)));
  // What lies behind an insertion has other lines, and is not written again.
  CHECK(done.updated == 1);
  Metadata moved = mirrored.metadata("a.cpp#g");
  CHECK(moved.line_range->first == g.line_range->first + 1);
  moved.line_range = g.line_range;
  CHECK(moved == g);
  CHECK(mirrored.texts()["a.cpp"].starts_with("// a line\n"));
}

TEST_CASE("mirror: a renamed file keeps its segments, and its old path is free") {
  Mirrored mirrored;
  mirrored.old_file("a.cpp", two_functions);
  mirrored.sync();
  Batch batch;
  batch.update("a.cpp#f", {.pinned = true});
  REQUIRE(mirrored.project().commit(batch));
  const Ids before = mirrored.ids();
  fs::create_directories(mirrored.root() / "sub");
  fs::rename(mirrored.root() / "a.cpp", mirrored.root() / "sub/b.cpp");
  const Synced done = mirrored.sync();
  CHECK(done.files == std::vector<SyncedFile>{{"sub/b.cpp", FileChange::renamed, "a.cpp"}});
  CHECK(done.stashed == 0);
  CHECK(done.removed == 0);
  CHECK(mirrored.ids() == before);
  CHECK(mirrored.metadata("a.cpp#f").pinned);
  CHECK(mirrored.metadata("a.cpp#f").file == "sub/b.cpp");
  mirrored.file("a.cpp", two_functions);
  CHECK(mirrored.sync().added == 1);
  CHECK(mirrored.ids().size() == before.size() * 2);
  CHECK(mirrored.texts() ==
        Texts{{"a.cpp", std::string(two_functions)}, {"sub/b.cpp", std::string(two_functions)}});
  CHECK(mirrored.metadata("a.cpp#f").file == "sub/b.cpp");
  CHECK(mirrored.metadata("a.cpp#f~2").file == "a.cpp");
}

TEST_CASE("mirror: what others keep in the project stays, of the same files too") {
  Mirrored mirrored;
  mirrored.old_file("a.txt", "text");
  Batch batch;
  batch.stash({.id = "note", .text = "a note"});
  batch.stash({.id = "analysis", .text = "of a", .type = "analysis", .file = "a.txt"});
  REQUIRE(mirrored.project().commit(batch));
  mirrored.sync();
  CHECK(mirrored.ids() == Ids{"a.txt#1", "analysis", "note"});
  fs::remove(mirrored.root() / "a.txt");
  CHECK(mirrored.sync().removed == 1);
  CHECK(mirrored.ids() == Ids{"analysis", "note"});
}

TEST_CASE("mirror: several folders in one project, told apart by their prefix") {
  Mirrored mirrored;
  Mirrored other;
  mirrored.old_file("a.txt", "one");
  other.old_file("a.txt", "two");
  mirrored.sync({.prefix = "x/"});
  CHECK(sync_with(mirrored.project(), other.root(), {.prefix = "y/"}).value().added == 1);
  CHECK(mirrored.texts() == Texts{{"x/a.txt", "one"}, {"y/a.txt", "two"}});
  fs::remove(mirrored.root() / "a.txt");
  CHECK(mirrored.sync({.prefix = "x/"}).removed == 1);
  CHECK(mirrored.texts() == Texts{{"y/a.txt", "two"}});
  // A path that another prefix has already is no one else's.
  fs::create_directories(mirrored.root() / "y");
  mirrored.old_file("y/a.txt", "three");
  const Synced done = mirrored.sync();
  REQUIRE(done.problems.size() == 1);
  CHECK(done.problems[0].path == "y/a.txt");
  CHECK(mirrored.texts() == Texts{{"y/a.txt", "two"}});
}

TEST_CASE("mirror: a dry run tells the same and does nothing") {
  Mirrored mirrored;
  mirrored.old_file("a.txt", "one");
  mirrored.old_file("b.txt", "two");
  mirrored.sync();
  mirrored.file("a.txt", "other");
  fs::rename(mirrored.root() / "b.txt", mirrored.root() / "c.txt");
  const Synced dry = mirrored.sync({.dry_run = true});
  CHECK(mirrored.texts() == Texts{{"a.txt", "one"}, {"b.txt", "two"}});
  const Synced wet = mirrored.sync();
  CHECK(dry.files == wet.files);
  CHECK(dry.stashed == wet.stashed);
  CHECK(dry.updated == wet.updated);
}

TEST_CASE("mirror: files are taken by pattern, by size, and as ignore files say") {
  Mirrored mirrored;
  mirrored.old_file(".ignore", "lost.c\n");
  for (const char* name : {"a.c", "a.h", "lost.c", "tests/b.c", "sub/tests/c.c"})
    mirrored.old_file(name, name);
  mirrored.old_file("long.c", std::string(2000, 'x'));
  mirrored.sync({.file_bytes_max = 1000, .only = {"*.c"}, .without = {"tests/"}});
  CHECK(mirrored.texts() == Texts{{"a.c", "a.c"}});
  // What is not taken any more goes.
  mirrored.sync({.file_bytes_max = 1000, .only = {"*.h"}});
  CHECK(mirrored.texts() == Texts{{"a.h", "a.h"}});
  mirrored.sync({.only = {"lost.c", "tests"}, .obeys_ignore_files = false});
  CHECK(mirrored.texts() == Texts{{"lost.c", "lost.c"},
                                  {"sub/tests/c.c", "sub/tests/c.c"},
                                  {"tests/b.c", "tests/b.c"}});
}

TEST_CASE("mirror: a missing folder removes nothing, what cannot be read stays as it is") {
  Mirrored mirrored;
  mirrored.old_file("a/b.txt", "text");
  mirrored.old_file("c.txt", "text");
  mirrored.sync();
  const auto gone = sync_with(mirrored.project(), mirrored.root() / "absent");
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == ErrorCode::not_found);
  CHECK(mirrored.texts().size() == 2);
  if (geteuid() == 0) return;  // root reads everything
  fs::permissions(mirrored.root() / "a", fs::perms::none);
  mirrored.file("c.txt", "other");
  fs::permissions(mirrored.root() / "c.txt", fs::perms::none);
  const Synced done = mirrored.sync();
  fs::permissions(mirrored.root() / "a", fs::perms::owner_all);
  CHECK(done.problems.size() == 2);
  CHECK(done.removed == 0);
  CHECK(mirrored.texts() == Texts{{"a/b.txt", "text"}, {"c.txt", "text"}});
}

TEST_CASE("mirror: a file that no segment can be made of is told, the others are taken") {
  Mirrored mirrored;
  mirrored.file("good.txt", "x");
  mirrored.file("bad\xff.txt", "x");
  const Synced done = mirrored.sync();
  REQUIRE(done.problems.size() == 1);
  CHECK(mirrored.texts() == Texts{{"good.txt", "x"}});
}

TEST_CASE("mirror: who describes segments says what they are") {
  Mirrored mirrored;
  mirrored.old_file("a.md", "# One\ntext\n# Two\nmore\n");
  SyncOptions options;
  options.describe = [](std::string_view text, NewSegment& segment) {
    segment.topic = std::string(text.substr(2, 3));
    segment.tags = {"docs"};
  };
  mirrored.sync(options);
  CHECK(mirrored.ids() == Ids{"a.md#One", "a.md#Two"});
  CHECK(mirrored.metadata("a.md#Two").topic == "One");
  // Of an unchanged part of a changed file too.
  mirrored.file("a.md", "# Six\ntext\n# Two\nmore\n");
  mirrored.sync(options);
  CHECK(mirrored.metadata("a.md#Two").topic == "Six");
  CHECK(mirrored.metadata("a.md#Two").tags == Ids{"docs"});
}

TEST_CASE("mirror: reading all cuts files anew, and is nothing new where nothing is") {
  Mirrored mirrored;
  mirrored.old_file("a.cpp", two_functions);
  mirrored.sync({.chunking = Chunking::whole});
  CHECK(mirrored.ids() == Ids{"a.cpp#1"});
  CHECK(mirrored.sync().files_read == 0);
  CHECK(mirrored.sync({.read_all = true}).changed == 1);
  CHECK(mirrored.ids().size() > 1);
  const Synced again = mirrored.sync({.read_all = true});
  CHECK(again.files_read == 1);
  CHECK(again.unchanged == 1);
  CHECK(again.stashed + again.updated + again.erased == 0);
  CHECK(mirrored.texts() == Texts{{"a.cpp", std::string(two_functions)}});
}

TEST_CASE("mirror: one process at a time makes a prefix equal to a folder") {
  Mirrored mirrored;
  mirrored.old_file("a.txt", "text");
  SyncOptions options;
  Result<Synced> inner = fail(ErrorCode::io, "not tried");
  options.describe = [&](std::string_view, NewSegment&) {
    inner = sync_with(mirrored.project(), mirrored.root());
  };
  mirrored.sync(options);
  REQUIRE_FALSE(inner);
  CHECK(inner.error().code == ErrorCode::busy);
}

TEST_CASE("mirror: it can be ended between blocks of files, and goes on the next time") {
  Mirrored mirrored;
  for (int i = 0; i < 1100; ++i) mirrored.old_file("f" + std::to_string(i), std::to_string(i));
  int calls = 0;
  const auto ended = sync_with(mirrored.project(), mirrored.root(), {},
                               [&](const Progress&) { return ++calls < 2; });
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == ErrorCode::cancelled);
  mirrored.sync();
  CHECK(mirrored.texts().size() == 1100);
  CHECK(mirrored.sync().files_read == 0);
}

}  // namespace shale::testing

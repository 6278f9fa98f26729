#include "sync/file_changes.hpp"

#include "base/checksum.hpp"
#include "tests/support/catch.hpp"

namespace shale::sync {
namespace {

using Ids = std::vector<std::string>;

constexpr std::string_view text = "one\ntwo\n";

// Two lines, a chunk each.
FileContent content_of(std::string_view whole, bool is_settled = true) {
  FileContent content;
  content.path = "p/a.c";
  content.prefix = "p/";
  content.stamp = {whole.size(), 2'000'000, 7};
  content.hash = 99;
  content.is_settled = is_settled;
  content.chunks = {{whole.substr(0, 4), 1, 1, "f", "function"}, {whole.substr(4), 2, 2, "", ""}};
  for (const Chunk& chunk : content.chunks)
    content.hashes.push_back(checksum128(as_bytes(chunk.text)));
  return content;
}

FileChanges changes(const FileContent& content, const std::vector<KnownPiece>& known,
                    const DescribeSegment& describe = {}) {
  return changes_of(content, text, {"x", "y"}, known, describe).value();
}

// What the project holds once the changes of a new file are in it.
std::vector<KnownPiece> stored(const FileChanges& fresh) {
  std::vector<KnownPiece> pieces;
  for (const NewSegment& segment : fresh.stashed) {
    KnownPiece piece;
    piece.metadata.id = segment.id;
    piece.metadata.type = segment.type;
    piece.metadata.file = segment.file;
    piece.metadata.line_range = segment.line_range;
    piece.metadata.created_at = *segment.created_at;
    piece.metadata.touched_at = *segment.touched_at;
    piece.metadata.attrs = segment.attrs;
    piece.text = checksum128(as_bytes(segment.text));
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace

TEST_CASE("file changes: a new file is stashed with its stamp in the first piece") {
  const FileChanges fresh = changes(content_of(text), {});
  REQUIRE(fresh.stashed.size() == 2);
  CHECK(fresh.text_bytes == text.size());
  CHECK(fresh.stashed[0].id == "x");
  CHECK(fresh.stashed[0].type == "code");
  CHECK(fresh.stashed[0].file == "p/a.c");
  CHECK(fresh.stashed[0].line_range == LineRange{1, 1});
  CHECK(fresh.stashed[0].created_at == Time{2000, true});
  const Attributes first = {{".hash", i64(99)},
                            {".inode", i64(7)},
                            {".mirror", std::string("p/")},
                            {".mtime_ns", i64(2'000'000)},
                            {".size", i64(8)},
                            {"kind", std::string("function")},
                            {"name", std::string("f")}};
  CHECK(fresh.stashed[0].attrs == first);
  CHECK(fresh.stashed[1].attrs == Attributes{{".mirror", std::string("p/")}});
  CHECK_FALSE(changes(content_of(text, false), {}).stashed[0].attrs.contains(".mtime_ns"));
}

TEST_CASE("file changes: what is as it was needs none") {
  const auto known = stored(changes(content_of(text), {}));
  const FileChanges same = changes(content_of(text), known);
  CHECK(same.stashed.empty());
  CHECK(same.updated.empty());
  CHECK(same.erased.empty());
}

TEST_CASE("file changes: a text alone makes a new version, which keeps what others said") {
  auto known = stored(changes(content_of(text), {}));
  Metadata& before = known[0].metadata;
  before.pinned = true;
  before.tier = Tier::working;
  before.generation = Generation::old;
  before.gc_survival_count = 2;
  before.refcount = 3;
  before.task = "t";
  before.topic = "u";
  before.tags = {"b", "a"};
  before.created_at = Time{5, false};
  before.attrs.emplace("mine", i64(1));
  FileContent content = content_of("ONE\ntwo\n");
  const FileChanges changed = changes(content, known);
  REQUIRE(changed.stashed.size() == 1);
  const NewSegment& after = changed.stashed[0];
  CHECK(after.pinned);
  CHECK(after.tier == Tier::working);
  CHECK(after.generation == Generation::old);
  CHECK(after.gc_survival_count == 2);
  CHECK(after.refcount == 3);
  CHECK(after.task == "t");
  CHECK(after.topic == "u");
  CHECK(after.tags == Ids{"b", "a"});
  CHECK(after.created_at == Time{5, false});
  CHECK(after.attrs == before.attrs);
  CHECK(changed.updated.empty());
}

TEST_CASE("file changes: other lines, path, name or stamp are updates") {
  auto known = stored(changes(content_of(text), {}));
  known[1].metadata.attrs.emplace(".size", i64(3));  // it was a first piece once
  FileContent content = content_of(text);
  content.path = "p/b.txt";
  content.stamp.inode = 8;
  content.chunks[0].name = "g";
  content.chunks[1].last_line = 3;
  const FileChanges changed = changes(
      content, known, [](std::string_view, NewSegment& segment) { segment.tags = {"new"}; });
  CHECK(changed.stashed.empty());
  REQUIRE(changed.updated.size() == 2);
  Update first;
  first.type = "note";
  first.file = "p/b.txt";
  first.tags_added = {"new"};
  first.attrs_set = {{".inode", i64(8)}, {"name", std::string("g")}};
  CHECK(changed.updated[0].id == "x");
  CHECK(changed.updated[0].update == first);
  Update second;
  second.type = "note";
  second.file = "p/b.txt";
  second.line_range = LineRange{2, 3};
  second.tags_added = {"new"};
  second.attrs_removed = {".size"};
  CHECK(changed.updated[1].update == second);
}

TEST_CASE("file changes: pieces without a chunk are erased, and parts of one line are numbered") {
  auto known = stored(changes(content_of(text), {}));
  known.push_back(known[1]);
  known.back().metadata.id = "old";
  FileContent content = content_of(text);
  content.chunks[1].first_line = 1;
  const FileChanges changed = changes(content, known);
  CHECK(changed.erased == Ids{"old"});
  REQUIRE(changed.updated.size() == 1);
  CHECK(changed.updated[0].update.attrs_set == Attributes{{".part", i64(1)}});
}

TEST_CASE("file changes: a segment beyond the limits is the file's error") {
  FileContent content = content_of(text);
  content.path = "bad\xff";
  const auto done = changes_of(content, text, {"x", "y"}, {}, {});
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ErrorCode::invalid_argument);
}

TEST_CASE("file changes: a stamp alone") {
  const auto known = stored(changes(content_of(text), {}));
  FileContent content = content_of(text);
  CHECK_FALSE(restamp(known[0].metadata, content));
  content.stamp.modified_ns = 3;
  CHECK(restamp(known[0].metadata, content)->update.attrs_set == Attributes{{".mtime_ns", i64(3)}});
  content.is_settled = false;
  CHECK(restamp(known[0].metadata, content)->update.attrs_removed == Ids{".mtime_ns"});
}

}  // namespace shale::sync

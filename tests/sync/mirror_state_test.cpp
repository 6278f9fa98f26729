#include "sync/mirror_state.hpp"

#include "store/project_state.hpp"
#include "tests/support/catch.hpp"
#include "tests/sync/mirror_fixture.hpp"

namespace shale::sync {
namespace {

using testing::Mirrored;

using Ids = std::vector<std::string>;

std::shared_ptr<const store::View> view_of(Mirrored& mirrored) {
  return mirrored.project().snapshot().value().state().view;
}

Ids paths(Mirrored& mirrored, std::string_view prefix = "") {
  Ids result;
  const auto files = known_files(*view_of(mirrored), prefix).value();
  for (const KnownFile& file : files) result.push_back(file.path);
  return result;
}

Ids piece_ids(Mirrored& mirrored, std::string_view path) {
  Ids result;
  const auto pieces = KnownPieces(view_of(mirrored)).of(path).value();
  for (const KnownPiece& piece : pieces) result.push_back(piece.metadata.id);
  return result;
}

NewSegment piece(std::string id, std::string file, u32 line, Attributes attrs = {}) {
  NewSegment segment;
  segment.text = "text of " + id;
  segment.id = std::move(id);
  segment.file = std::move(file);
  segment.line_range = LineRange{line, line};
  segment.attrs = std::move(attrs);
  segment.attrs.emplace(".mirror", std::string());
  return segment;
}

NewSegment first_piece(std::string id, std::string file) {
  return piece(std::move(id), std::move(file), 1,
               {{".size", i64(3)}, {".mtime_ns", i64(4)}, {".inode", i64(5)}, {".hash", i64(-6)}});
}

void commit(Mirrored& mirrored, const std::function<void(Batch&)>& fill) {
  Batch batch;
  fill(batch);
  REQUIRE(mirrored.project().commit(batch));
}

}  // namespace

TEST_CASE("mirror state: files as their first pieces tell them, in logs, shards and updates") {
  Mirrored mirrored;
  commit(mirrored, [](Batch& batch) {
    batch.stash(first_piece("1", "b"));
    batch.stash(piece("2", "b", 2));
    batch.stash(first_piece("3", "a/x"));
    batch.stash(first_piece("4", "gone"));
    NewSegment other = first_piece("5", "c");
    other.attrs[".mirror"] = std::string("c");
    batch.stash(std::move(other));
    batch.stash({.id = "6", .text = "x", .file = "b"});
  });
  const bool is_merged = GENERATE(false, true);
  if (is_merged) REQUIRE(mirrored.project().merge(true));
  commit(mirrored, [](Batch& batch) {
    batch.erase("4");
    batch.update("1", {.attrs_set = {{".size", i64(9)}}, .attrs_removed = {".mtime_ns"}});
    batch.update("3", {.file = "d"});
    batch.update("2", {.attrs_set = {{".size", i64(1)}}, .attrs_removed = {".mirror"}});
  });
  CHECK(paths(mirrored) == Ids{"b", "d"});
  CHECK(paths(mirrored, "c") == Ids{"c"});
  const std::vector<KnownFile> files = known_files(*view_of(mirrored), "").value();
  CHECK(files[0].stamp == FileStamp{9, 0, 5});
  CHECK(files[0].hash == u64(-6));
  CHECK_FALSE(files[0].is_settled);
  CHECK(files[1].stamp == FileStamp{3, 4, 5});
  CHECK(files[1].is_settled);
}

TEST_CASE("mirror state: the pieces of a file, in order, wherever they were moved from") {
  Mirrored mirrored;
  commit(mirrored, [](Batch& batch) {
    batch.stash(piece("c", "f", 10));
    batch.stash(piece("b", "f", 2, {{".part", i64(1)}}));
    batch.stash(piece("a", "f", 2, {{".part", i64(2)}}));
    batch.stash(piece("d", "f", 2));
    batch.stash(piece("e", "g", 1));
    batch.stash(piece("gone", "f", 1));
    batch.stash({.id = "note", .text = "x", .file = "f"});
  });
  if (GENERATE(false, true)) REQUIRE(mirrored.project().merge(true));
  commit(mirrored, [](Batch& batch) {
    batch.erase("gone");
    batch.update("e", {.file = "f"});
    batch.update("c", {.file = "g"});
  });
  CHECK(piece_ids(mirrored, "f") == Ids{"e", "d", "b", "a"});
  CHECK(piece_ids(mirrored, "g") == Ids{"c"});
  CHECK(piece_ids(mirrored, "absent").empty());
  CHECK(KnownPieces(view_of(mirrored)).has_id("note").value());
  CHECK_FALSE(KnownPieces(view_of(mirrored)).has_id("gone").value());
}

TEST_CASE("mirror state: attributes of another kind are none") {
  Metadata metadata;
  metadata.attrs = {{"n", i64(1)}, {"t", std::string("x")}};
  CHECK(number_attribute(metadata, "n") == 1);
  CHECK(text_attribute(metadata, "t") == "x");
  CHECK_FALSE(number_attribute(metadata, "t"));
  CHECK_FALSE(text_attribute(metadata, "n"));
  CHECK_FALSE(text_attribute(metadata, "absent"));
}

}  // namespace shale::sync

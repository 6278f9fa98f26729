#include "sync/piece_ids.hpp"

#include "base/checksum.hpp"
#include "store/project_state.hpp"
#include "tests/support/catch.hpp"
#include "tests/sync/mirror_fixture.hpp"

namespace shale::sync {
namespace {

using testing::Mirrored;

using Ids = std::vector<std::string>;

Ids ids(Mirrored& mirrored, const std::string& path, std::initializer_list<const char*> names) {
  FileContent content;
  content.path = path;
  u32 line = 0;
  for (const char* name : names) {
    content.chunks.push_back({name, ++line, line, name, "function"});
    content.hashes.push_back(checksum128(as_bytes(content.chunks.back().text)));
  }
  const KnownPieces pieces(mirrored.project().snapshot().value().state().view);
  return ids_of(content, pieces.of(path).value(), pieces).value();
}

}  // namespace

TEST_CASE("piece ids: new ones are nobody else's") {
  Mirrored mirrored;
  Batch batch;
  for (const char* id : {"a#f", "a#f~2"}) batch.stash({.id = id, .text = "x", .file = "b"});
  REQUIRE(mirrored.project().commit(batch));
  CHECK(ids(mirrored, "a", {"f", "g"}) == Ids{"a#f~3", "a#g"});
  // Those of the file itself are its own.
  Batch own;
  own.stash({.id = "a#f~2",
             .text = "y",
             .file = "a",
             .attrs = {{".mirror", std::string()}, {"name", std::string("f")}}});
  REQUIRE(mirrored.project().commit(own));
  CHECK(ids(mirrored, "a", {"f", "g"}) == Ids{"a#f~2", "a#g"});
}

TEST_CASE("piece ids: a number sign in a path is not the one before a name") {
  Mirrored mirrored;
  CHECK(ids(mirrored, "a#b", {"c"}) == Ids{"a%23b#c"});
  CHECK(ids(mirrored, "a", {"b#c"}) == Ids{"a#b#c"});
}

}  // namespace shale::sync

#include "store/inspect.hpp"

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

void fill(const TestStore& store) {
  Project project = store.open();
  stash_many(project, "a", 3);
  project.merge(false).value();
  erase(project, "a0");
  update(project, "a1", {.pinned = true});
  project.merge(false).value();
  stash_many(project, "b", 2);
  update(project, "b0", {.pinned = true});
  erase(project, "b1");
}

TEST_CASE("a manifest is shown as it stands") {
  const TestStore store;
  fill(store);
  CHECK(inspect_file(store.paths().manifest()).value() == read_text(store.paths().manifest()));
}

TEST_CASE("a log tells its frames and changes") {
  const TestStore store;
  fill(store);
  const std::string text = inspect_file(store.active_log()).value();
  INFO(text);
  CHECK(has_line(text, "log: " + catalog::file_id_text(store.manifest().logs[0].id)));
  CHECK(has_line(text, "frames: 3"));
  CHECK(has_line(text, "stashes: 2"));
  CHECK(has_line(text, "updates: 1"));
  CHECK(has_line(text, "erases: 1"));
  CHECK(text.find("damaged") == std::string::npos);
}

TEST_CASE("a shard tells its documents and sections") {
  const TestStore store;
  fill(store);
  const FileId id = store.manifest().shards[0].id;
  const std::string text = inspect_file(store.paths().shard(id)).value();
  INFO(text);
  CHECK(has_line(text, "shard: " + catalog::file_id_text(id)));
  CHECK(has_line(text, "documents: 3"));
  CHECK(has_line(text, "text bytes: 45"));
  CHECK(has_line(text, "words: 12"));
  CHECK(has_line(text, "analysis: plain"));
  CHECK(has_line(text, "positions: yes"));
  CHECK(text.find("replaces: ") != std::string::npos);
  CHECK(text.find("section ") != std::string::npos);
}

TEST_CASE("overlays tell whose they are") {
  const TestStore store;
  fill(store);
  const catalog::ShardEntry shard = store.manifest().shards[0];
  const std::string owner = catalog::file_id_text(shard.id);
  const std::string dead = inspect_file(store.paths().dead(shard.id, 1)).value();
  CHECK(has_line(dead, "dead documents of: " + owner));
  CHECK(has_line(dead, "number: 1"));
  CHECK(has_line(dead, "as of: " + std::to_string(shard.dead->as_of.value)));
  CHECK(has_line(inspect_file(store.paths().patch(shard.id, 1)).value(), "patches of: " + owner));
}

TEST_CASE("a changes file tells what it speaks for") {
  const TestStore store;
  fill(store);
  const catalog::ChangesEntry changes = store.manifest().changes[0];
  const std::string text = inspect_file(store.paths().changes(changes.id)).value();
  INFO(text);
  CHECK(has_line(text, "changes: " + catalog::file_id_text(changes.id)));
  CHECK(has_line(text, "after: 0"));
  CHECK(has_line(text, "last: " + std::to_string(changes.last.value)));
  CHECK(has_line(text, "batches: 3"));
  CHECK(has_line(text, "changes in them: 5"));
}

TEST_CASE("figures tell what was done how often") {
  const TestStore store;
  fill(store);
  const path file = store.paths().stats();
  const std::string text = inspect_file(file).value();
  INFO(text);
  CHECK(has_line(text, "figures of project: " + std::to_string(store.manifest().project_id)));
  CHECK(text.find("\ncommit_relaxed: 6, p99 ns ") != text.npos);
  CHECK(text.find("search:") == text.npos);
  std::filesystem::resize_file(file, catalog::stats_bytes / 2);
  CHECK_FALSE(inspect_file(file).has_value());
}

TEST_CASE("damage is told, not hidden") {
  const TestStore store;
  {
    Project project = store.open();
    for (int n = 0; n < 4; ++n) {
      stash(project, "a" + std::to_string(n), "text", Durability::full);
    }
  }
  const path log = store.active_log();
  flip_byte(log, delta::log_header_bytes + 60);
  const std::string text = inspect_file(log).value();
  CHECK(has_line(text, "frames: 0"));
  CHECK(has_line(text, "damaged at: " + std::to_string(delta::log_header_bytes)));
  const std::string manifest = read_text(store.paths().manifest());
  write_text(store.paths().manifest(), manifest.substr(0, manifest.size() - 30));
  CHECK(inspect_file(store.paths().manifest()).error().code == ErrorCode::corrupt);
}

TEST_CASE("files cut anywhere are errors, never crashes") {
  const TestStore store;
  fill(store);
  const catalog::Manifest manifest = store.manifest();
  const path shard = store.paths().shard(manifest.shards[0].id);
  const path files[] = {shard, store.active_log(), store.paths().dead(manifest.shards[0].id, 1),
                        store.paths().manifest()};
  for (const path& file : files) {
    const std::string whole = read_text(file);
    for (const usize bytes : {0, 3, 8, 14, 40, 63, 64, 100, 200}) {
      if (bytes >= whole.size()) continue;
      write_text(store.path() / "cut", whole.substr(0, bytes));
      (void)inspect_file(store.path() / "cut");
    }
  }
  write_text(store.path() / "cut", read_text(shard).substr(0, 200));
  CHECK(inspect_file(store.path() / "cut").error().code == ErrorCode::corrupt);
}

TEST_CASE("what is no file of a store is refused") {
  const TestStore store;
  write_text(store.path() / "letter", "dear reader, ...");
  CHECK(inspect_file(store.path() / "letter").error().code == ErrorCode::invalid_argument);
  CHECK(inspect_file(store.path() / "shale.toml").error().code == ErrorCode::invalid_argument);
  CHECK(inspect_file(store.path() / "missing").error().code == ErrorCode::not_found);
}

}  // namespace
}  // namespace shale::store

#include "sync/file_writer.hpp"

#include <shale/stats.hpp>

#include <atomic>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/sync/mirror_fixture.hpp"

namespace shale::sync {
namespace {

using testing::Mirrored;

std::string function(int number, int version) {
  const std::string name = std::to_string(number);
  return "int f" + name + "() {\n  return " + std::to_string(version) + ";\n}\n\n";
}

std::string source(int functions, int version) {
  std::string text;
  for (int n = 0; n < functions; ++n) text += function(n, version);
  return text;
}

TEST_CASE("file writer: batches are bounded, and no file is parted") {
  Mirrored mirrored;
  for (int n = 0; n < 60; ++n) mirrored.old_file("f" + std::to_string(n) + ".c", source(200, 0));
  mirrored.sync();
  const Changes changes = mirrored.project().snapshot().value().changes().value();
  REQUIRE(changes.batches.size() == 3);  // 12,000 functions
  for (const ChangedBatch& batch : changes.batches) {
    CHECK(batch.changes.size() <= 4096 + 200);
    CHECK(batch.changes.size() % 200 == 0);
  }
}

TEST_CASE("file writer: where much is new, new files go straight to a shard, others do not") {
  Mirrored mirrored;
  mirrored.old_file("old.txt", "old\n");
  mirrored.sync();
  mirrored.old_file("old.txt", "changed\n");
  const std::string line(1023, 'x');
  std::string long_text;
  for (int n = 0; n < 15 * 1024; ++n) long_text += line + "\n";
  for (int n = 0; n < 5; ++n) mirrored.old_file("n" + std::to_string(n) + ".txt", long_text);
  const Synced done = mirrored.sync();
  CHECK(done.added == 5);
  CHECK(done.changed == 1);
  CHECK(mirrored.texts()["old.txt"] == "changed\n");
  CHECK(mirrored.texts()["n4.txt"] == long_text);
  const ProjectStats stats = mirrored.project().stats().value();
  CHECK(stats.shards > 0);
  CHECK(mirrored.sync().unchanged == 6);
}

TEST_CASE("file writer: what is to be erased or renamed is told when it is done") {
  Mirrored mirrored;
  mirrored.old_file("a.c", source(3, 0));
  mirrored.old_file("b.c", source(4, 0));
  mirrored.sync();
  std::filesystem::rename(mirrored.root() / "a.c", mirrored.root() / "c.c");
  std::filesystem::remove(mirrored.root() / "b.c");
  const Synced plan = mirrored.sync({.dry_run = true});
  const Synced done = mirrored.sync();
  CHECK(done.files == plan.files);
  CHECK(done.files ==
        std::vector<SyncedFile>{{"b.c", FileChange::removed}, {"c.c", FileChange::renamed, "a.c"}});
  CHECK(done.erased == 4);
  CHECK(mirrored.ids().size() == 3);
}

// Another agent tags functions while the folder changes under them: each of his tags stays.
TEST_CASE("file writer: nothing that others say meanwhile is lost with the version replaced") {
  Mirrored mirrored;
  constexpr int functions = 60, versions = 40;
  mirrored.old_file("a.c", source(functions, 0));
  mirrored.sync();
  std::vector<std::string> ids = mirrored.ids();
  std::atomic<bool> stop = false;
  std::vector<std::pair<std::string, std::string>> said;
  std::jthread other([&] {
    Project project = mirrored.project();
    for (int n = 0; !stop; ++n) {
      const std::string& id = ids[usize(n) % ids.size()];
      const std::string tag = "t" + std::to_string(n);
      Batch batch;
      batch.update(id, {.tags_added = {tag}});
      if (project.commit(batch, Durability::relaxed).value().updated == 1)
        said.push_back({id, tag});
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  });
  for (int version = 1; version <= versions; ++version) {
    mirrored.file("a.c", source(functions, version));
    CHECK(mirrored.sync().changed == 1);
  }
  stop = true;
  other.join();
  CHECK(mirrored.texts()["a.c"] == source(functions, versions));
  CHECK(mirrored.ids() == ids);
  CHECK(said.size() > 50);
  for (const auto& [id, tag] : said) {
    const std::vector<std::string> tags = mirrored.metadata(id).tags;
    INFO(id << " " << tag);
    REQUIRE(std::find(tags.begin(), tags.end(), tag) != tags.end());
  }
}

TEST_CASE("file writer: an id that others take meanwhile is theirs") {
  Mirrored mirrored;
  std::atomic<bool> stop = false;
  std::jthread other([&] {
    Project project = mirrored.project();
    for (int n = 0; !stop && n < 2000; ++n) {
      const std::string id = "n" + std::to_string(n % 50) + ".txt#1";
      if (project.snapshot().value().get(id).value().has_value()) continue;
      Batch batch;
      batch.require_unchanged_since(project.snapshot().value().lsn());
      batch.stash({.id = id, .text = "theirs", .type = "theirs"});
      static_cast<void>(project.commit(batch, Durability::relaxed));
    }
  });
  for (int n = 0; n < 50; ++n) {
    mirrored.file("n" + std::to_string(n) + ".txt", "ours\n");
    mirrored.sync();
  }
  stop = true;
  other.join();
  for (const auto& [file, text] : mirrored.texts()) {
    if (!file.empty()) CHECK(text == "ours\n");
  }
  CHECK(mirrored.texts().size() >= 50);
}

}  // namespace
}  // namespace shale::sync

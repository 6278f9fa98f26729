#include "cli/batch_writer.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::cli;

namespace {

struct Place {
  testing::TemporaryFolder folder;
  Store store = Store::open(folder / "s", {.create = true}).value();

  u64 count(const std::string& project) const {
    return store.project(project).value().snapshot().value().count().value().count;
  }
};

NewSegment segment(usize number, usize bytes = 10) {
  return {.id = "s" + std::to_string(number), .text = std::string(bytes, 'x')};
}

}  // namespace

TEST_CASE("batch writer: a batch is committed when it is full") {
  const Place place;
  BatchWriter writer(place.store, BatchWriter::Mode::automatic);
  for (usize i = 0; i + 1 < BatchWriter::batch_segments; ++i) {
    REQUIRE(writer.add("default", segment(i)));
  }
  CHECK(writer.stashed() == 0);
  REQUIRE(writer.add("default", segment(4095)));
  CHECK(writer.stashed() == 4096);
  CHECK(writer.text_bytes() == 40'960);
  CHECK(place.count("default") == 4096);
  REQUIRE(writer.add("default", segment(1)));
  REQUIRE(writer.flush());
  CHECK(writer.stashed() == 4097);
  CHECK(writer.replaced() == 1);
  CHECK(place.count("default") == 4096);
}

TEST_CASE("batch writer: a batch is committed when its text is long") {
  const Place place;
  BatchWriter writer(place.store, BatchWriter::Mode::automatic);
  for (usize i = 0; i < 8; ++i) {
    CHECK(writer.stashed() == 0);
    REQUIRE(writer.add("default", segment(i, 1u << 20)));
  }
  CHECK(writer.stashed() == 8);
}

TEST_CASE("batch writer: projects have batches of their own") {
  const Place place;
  BatchWriter writer(place.store, BatchWriter::Mode::manual);
  REQUIRE(writer.add("a", segment(1)));
  REQUIRE(writer.add("b", segment(1)));
  REQUIRE(writer.add("b", segment(2)));
  for (usize i = 0; i <= BatchWriter::batch_segments; ++i) REQUIRE(writer.add("b", segment(i)));
  CHECK(writer.stashed() == 0);  // only flush() commits
  REQUIRE(writer.flush());
  CHECK(place.count("a") == 1);
  CHECK(place.count("b") == BatchWriter::batch_segments + 1);
  std::vector<std::string> names;
  writer.for_each_project([&](Project& project) { names.push_back(project.name()); });
  CHECK(names == std::vector<std::string>{"a", "b"});
}

TEST_CASE("batch writer: a segment nobody can stash leaves the batch as it was") {
  const Place place;
  BatchWriter writer(place.store, BatchWriter::Mode::automatic);
  REQUIRE(writer.add("default", segment(1)));
  for (const NewSegment& bad :
       {NewSegment{.id = "", .text = ""}, NewSegment{.id = std::string(256, 'x'), .text = ""},
        NewSegment{.id = "\xff", .text = ""},
        NewSegment{.id = "a", .text = std::string(text_bytes_max + 1, 'x')}}) {
    const auto added = writer.add("default", bad);
    REQUIRE_FALSE(added);
    CHECK(added.error().code == ErrorCode::invalid_argument);
  }
  REQUIRE(writer.flush());
  CHECK(writer.stashed() == 1);
}

TEST_CASE("batch writer: far into the input the bulk way is taken") {
  const Place place;
  BatchWriter writer(place.store, BatchWriter::Mode::automatic);
  // 64 MiB in batches of 8, then nothing until 64 MiB wait or the input ends.
  for (usize i = 0; i < 80; ++i) REQUIRE(writer.add("default", segment(i, 1u << 20)));
  CHECK(writer.stashed() == 64);
  REQUIRE(writer.flush());
  CHECK(writer.stashed() == 80);
  CHECK(place.count("default") == 80);
  CHECK(place.store.project("default").value().stats().value().shards >= 1);
}

TEST_CASE("batch writer: an input known to be large goes the bulk way from its first byte") {
  const Place place;
  BatchWriter writer(place.store, BatchWriter::Mode::automatic);
  writer.expect(BatchWriter::bulk_bytes / 2);
  writer.expect(BatchWriter::bulk_bytes / 2 + 1);
  for (usize i = 0; i < 70; ++i) REQUIRE(writer.add("default", segment(i, 1u << 20)));
  CHECK(writer.stashed() == 64);
  const ProjectStats stats = place.store.project("default").value().stats().value();
  CHECK(stats.shards >= 1);
  CHECK(stats.delta_segments == 0);
  REQUIRE(writer.flush());  // 6 MiB are left: not worth a shard
  CHECK(writer.stashed() == 70);
  CHECK(place.store.project("default").value().stats().value().delta_segments == 6);
}

#include "exchange/batch_writer.hpp"

#include <shale/stats.hpp>

#include <map>
#include <random>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::exchange;

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

TEST_CASE("batch writer: a bulk batch is whole by its segments, too") {
  const Place place;
  BatchWriter writer(place.store, BatchWriter::Mode::automatic);
  writer.expect(BatchWriter::bulk_bytes + 1);
  for (usize i = 0; i + 1 < BatchWriter::bulk_segments; ++i) {
    REQUIRE(writer.add("default", segment(i, 1)));
  }
  CHECK(writer.stashed() == 0);
  REQUIRE(writer.add("default", segment(BatchWriter::bulk_segments, 1)));
  CHECK(writer.stashed() == BatchWriter::bulk_segments);
  const auto stats = place.store.project("default").value().stats().value();
  CHECK(stats.shards == 1);
  CHECK(stats.delta_segments == 0);
}

TEST_CASE("batch writer: whatever the order, the last of an id wins and the counts add up") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (const auto mode : {BatchWriter::Mode::automatic, BatchWriter::Mode::manual}) {
    const Place place;
    BatchWriter writer(place.store, mode);
    std::map<std::pair<std::string, std::string>, std::string> expected;  // project and id
    u64 bytes = 0;
    for (usize i = 0; i < 6000; ++i) {
      NewSegment one = segment(random() % 900, random() % 40);
      one.text += std::to_string(i);
      const std::string project(1, char('a' + random() % 3));
      expected[{project, one.id}] = one.text;
      bytes += one.text.size();
      REQUIRE(writer.add(project, one));
      if (random() % 1500 == 0) REQUIRE(writer.flush());
    }
    REQUIRE(writer.flush());
    REQUIRE(writer.flush());  // of nothing: nothing
    CHECK(writer.stashed() - writer.replaced() == expected.size());
    CHECK(writer.text_bytes() == bytes);
    for (const char* project : {"a", "b", "c"}) {
      const Snapshot now = place.store.project(project).value().snapshot().value();
      const Page page = now.list({.limit = 10'000}).value();
      for (const Metadata& metadata : page.segments) {
        const auto got = now.get(metadata.id).value();
        const auto wanted = expected.extract({project, metadata.id});
        REQUIRE(!wanted.empty());
        REQUIRE(got->text() == wanted.mapped());
      }
    }
    CHECK(expected.empty());
  }
}

TEST_CASE("batch writer: a project nobody can have is the segment's own trouble") {
  const Place place;
  BatchWriter writer(place.store, BatchWriter::Mode::automatic);
  REQUIRE(writer.add("good", segment(1)));
  for (const std::string& name : {std::string(), std::string(256, 'x')}) {
    const auto added = writer.add(name, segment(2));
    REQUIRE_FALSE(added);
    CHECK(added.error().code == ErrorCode::invalid_argument);
  }
  REQUIRE(writer.add("good", segment(3)));
  REQUIRE(writer.flush());
  CHECK(writer.stashed() == 2);
  CHECK(place.count("good") == 2);
  CHECK(place.store.projects().value() == std::vector<std::string>{"good"});
}

TEST_CASE("batch writer: nothing is made before something is committed") {
  const Place place;
  {
    BatchWriter writer(place.store, BatchWriter::Mode::manual);
    REQUIRE(writer.flush());
    REQUIRE_FALSE(writer.add("a", segment(1, text_bytes_max + 1)));
    REQUIRE(writer.flush());
    usize visited = 0;
    writer.for_each_project([&](Project&) { ++visited; });
    CHECK(visited == 0);
  }
  CHECK(place.store.projects().value().empty());
  {
    BatchWriter writer(place.store, BatchWriter::Mode::manual);
    REQUIRE(writer.add("a", segment(1)));  // and never flushed
  }
  CHECK(place.count("a") == 0);
}

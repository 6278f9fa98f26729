#include "exchange/rehearsal.hpp"

#include <random>

#include "exchange/batch_writer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace shale::exchange;
using shale::testing::TemporaryFolder;

TEST_CASE("rehearsal: counts as the writer would, and writes nothing") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const TemporaryFolder folder;
  const Store store = Store::open(folder / "s", {.create = true, .tokenizer = "none"}).value();
  for (int round = 0; round < 3; ++round) {
    const u64 lsn = store.project("a").value().snapshot().value().lsn();
    Rehearsal rehearsal(&store);
    BatchWriter writer(store, BatchWriter::Mode::automatic);
    std::vector<NewSegment> input;
    for (int n = 0; n < 6000; ++n) {
      input.push_back({.id = std::to_string(random() % 5000), .text = std::string(n % 90, 'x')});
    }
    for (const NewSegment& one : input) REQUIRE(rehearsal.add("a", one));
    CHECK(store.project("a").value().snapshot().value().lsn() == lsn);
    for (const NewSegment& one : input) REQUIRE(writer.add("a", one));
    REQUIRE(writer.flush());
    CHECK(rehearsal.stashed() == writer.stashed());
    CHECK(rehearsal.replaced() == writer.replaced());
    CHECK(rehearsal.text_bytes() == writer.text_bytes());
  }
}

TEST_CASE("rehearsal: without a store everything is new; what cannot be stashed is refused") {
  Rehearsal rehearsal(nullptr);
  REQUIRE(rehearsal.add("a", {.id = "1", .text = "text"}));
  REQUIRE(rehearsal.add("b", {.id = "1", .text = "text"}));
  CHECK(rehearsal.add("a", {.id = "", .text = "text"}).error().code == ErrorCode::invalid_argument);
  CHECK(rehearsal.add("", {.id = "2", .text = "text"}).error().code == ErrorCode::invalid_argument);
  CHECK(rehearsal.stashed() == 2);
  CHECK(rehearsal.replaced() == 0);
}

TEST_CASE("rehearsal: an input known to be long has longer batches") {
  Rehearsal shorter(nullptr);
  Rehearsal longer(nullptr);
  longer.expect(BatchWriter::bulk_bytes + 1);
  for (Rehearsal* one : {&shorter, &longer}) {
    for (usize n = 0; n < BatchWriter::batch_segments; ++n) {
      REQUIRE(one->add("a", {.id = std::to_string(n), .text = ""}));
    }
    REQUIRE(one->add("a", {.id = "0", .text = ""}));
  }
  CHECK(shorter.replaced() == 1);  // the batch with the first one is over
  CHECK(longer.replaced() == 0);
}

#include <random>

#include "shard/shard.hpp"
#include "shard/shard_file.hpp"
#include "tests/shard/shard_model.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using namespace shale::shard::testing;
using shale::testing::TemporaryFolder;

namespace {

void flip(const std::filesystem::path& path, u64 at, u8 bits) {
  File file = File::open(path, File::Mode::read_write).value();
  std::byte byte[1];
  file.read_exactly(at, byte).value();
  byte[0] ^= std::byte(bits);
  file.write_at(at, byte).value();
}

std::vector<Fault> faults_of(const Shard& shard, Texts texts = Texts::all) {
  std::vector<Fault> faults;
  shard.verify(faults, texts, nullptr).value();
  return faults;
}

// Whatever a damaged shard answers is right or an error.
void check_answers(const Shard& shard, const ShardModel& model) {
  for (u32 doc = 0; doc < model.documents.size(); ++doc) {
    const ModelDocument& expected = model.documents[doc];
    const auto id = shard.id_of(DocNo(doc));
    const auto found = shard.find_id(expected.metadata.id);
    const auto metadata = shard.metadata(DocNo(doc));
    const auto text = shard.text(DocNo(doc));
    if (id) REQUIRE(*id == expected.metadata.id);
    if (found) REQUIRE(*found == DocNo(doc));
    if (metadata) REQUIRE(*metadata == expected.metadata);
    if (text) REQUIRE(*text == expected.text);
  }
  for (const auto& [text, postings] : model.terms) {
    const auto term = shard.find_term(text);
    if (!term) continue;
    REQUIRE(*term);
    const auto docs = shard.documents(**term);
    if (docs) REQUIRE(docs->count() == postings.size());
  }
}

}  // namespace

TEST_CASE("a sound shard has no faults, and every byte was read") {
  std::mt19937 random(1);
  TemporaryFolder folder;
  const auto finished = write_shard(folder / "s", random_model(random, GENERATE(0u, 1u, 900u)));
  const auto shard = Shard::open(unfinished_path(folder / "s"), nullptr).value();
  std::vector<Fault> faults;
  u64 last = 0;
  const u64 checked = shard
                          ->verify(faults, GENERATE(Texts::all, Texts::some),
                                   [&](u64 bytes) {
                                     CHECK(bytes >= last);
                                     last = bytes;
                                     return true;
                                   })
                          .value();
  for (const Fault& fault : faults) UNSCOPED_INFO(fault.section << ": " << fault.message);
  CHECK(faults.empty());
  CHECK(checked == finished.file_bytes);
  CHECK(last == checked);
}

TEST_CASE("a check can be cancelled") {
  std::mt19937 random(1);
  TemporaryFolder folder;
  write_shard(folder / "s", random_model(random, 100));
  const auto shard = Shard::open(unfinished_path(folder / "s"), nullptr).value();
  std::vector<Fault> faults;
  const auto result = shard->verify(faults, Texts::all, [](u64 bytes) { return bytes < 5000; });
  REQUIRE(!result);
  CHECK(result.error().code == ErrorCode::cancelled);
}

TEST_CASE("no flipped byte stays unseen or makes a wrong answer") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  TemporaryFolder folder;
  ShardModel model = random_model(random, 40);
  for (ModelDocument& document : model.documents) document.text.resize(random() % 400);
  model.index();
  const auto finished = write_shard(folder / "s", model);
  const auto path = unfinished_path(folder / "s");
  const u64 stride = finished.file_bytes / 250 + 1;
  for (u64 at = 0; at < finished.file_bytes; at += 1 + random() % (2 * stride)) {
    const u8 bits = u8(1u << random() % 8);
    flip(path, at, bits);
    INFO("byte " << at << " of " << finished.file_bytes << ", bits " << int(bits));
    const auto shard = Shard::open(path, nullptr);
    if (shard) {
      check_answers(**shard, model);
      CHECK(!faults_of(**shard).empty());
      CHECK(!faults_of(**shard, Texts::some).empty());
    } else {
      CHECK(shard.error().path == path);
    }
    flip(path, at, bits);
  }
  const auto sound = Shard::open(path, nullptr).value();
  CHECK(faults_of(*sound).empty());
}

TEST_CASE("a fault names section, place and the ids it hides") {
  std::mt19937 random(4);
  TemporaryFolder folder;
  ShardModel model = random_model(random, 50);
  for (ModelDocument& document : model.documents) document.text = prose(random, 300);
  model.index();
  write_shard(folder / "s", model);
  const auto path = unfinished_path(folder / "s");
  const ShardFrame frame = read_frame(File::open(path, File::Mode::read).value()).value();
  SECTION("a text") {
    flip(path, frame.find(tag::texts)->offset, 1);
    const auto faults =
        faults_of(*Shard::open(path, nullptr).value(), GENERATE(Texts::all, Texts::some));
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].section == "TEXT");
    CHECK(faults[0].offset == frame.find(tag::texts)->offset);
    CHECK(faults[0].file == path);
    CHECK(faults[0].ids == std::vector<std::string>{model.documents[0].metadata.id});
  }
  SECTION("a column") {
    const u64 at = frame.find(tag::columns)->offset + frame.find(tag::columns)->bytes - 9;
    const auto shard = Shard::open(path, nullptr).value();
    flip(path, at, 1);
    const auto faults = faults_of(*shard);
    REQUIRE(!faults.empty());
    CHECK(faults[0].section == "COLS");
  }
  SECTION("padding") {
    for (usize i = 1; i < frame.contents.size(); ++i) {
      const u64 end = frame.contents[i - 1].offset + frame.contents[i - 1].bytes;
      if (end == frame.contents[i].offset) continue;
      flip(path, end, 1);
      const auto faults = faults_of(*Shard::open(path, nullptr).value());
      REQUIRE(faults.size() == 1);
      CHECK(faults[0].section == "padding");
      CHECK(faults[0].offset == end);
      flip(path, end, 1);
    }
  }
  SECTION("the footer, after the shard was opened") {
    const auto shard = Shard::open(path, nullptr).value();
    flip(path, shard->info().file_bytes - 5, 1);
    const auto faults = faults_of(*shard);
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].section == "frame");
  }
}

TEST_CASE("a text that is not the one hashed is found") {
  TemporaryFolder folder;
  std::mt19937 random(5);
  ShardModel model = random_model(random, 3);
  const std::vector<u32> counts = model.word_counts();
  ShardOptions options;
  options.id = {1, 2};
  options.document_count = 3;
  options.word_counts = counts;
  auto writer = ShardWriter::make(folder / "s", options).value();
  add_terms(writer, model, true);
  for (usize i = 0; i < 3; ++i) {
    DocumentToWrite document = to_write(model.documents[i]);
    if (i == 1) document.text_hash.low ^= 1;
    writer.add_document(document).value();
  }
  writer.finish().value();
  const auto faults = faults_of(*Shard::open(unfinished_path(folder / "s"), nullptr).value());
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].ids == std::vector<std::string>{model.documents[1].metadata.id});
}

TEST_CASE("columns and postings that disagree are found") {
  TemporaryFolder folder;
  std::mt19937 random(6);
  ShardModel model = random_model(random, 20);
  const auto old_task = model.documents[4].metadata.task;
  model.documents[4].metadata.task = old_task == "task1" ? "task2" : "task1";
  model.documents[5].metadata.task = "task1";
  model.documents[6].metadata.task = "task2";
  model.index();
  model.documents[4].metadata.task = old_task == "task1" ? "task1" : "task2";
  write_shard(folder / "s", model);
  const auto faults = faults_of(*Shard::open(unfinished_path(folder / "s"), nullptr).value());
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].section == "COLS");
}

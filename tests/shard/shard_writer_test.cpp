#include "shard/shard_writer.hpp"

#include "tests/shard/shard_model.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using namespace shale::shard::testing;
using shale::testing::TemporaryFolder;

namespace {

Buffer whole_file(const std::filesystem::path& path) {
  return read_file(path, u64(1) << 30).value();
}

ShardOptions options_for(std::span<const u32> counts) {
  ShardOptions options;
  options.id = {1, 2};
  options.document_count = u32(counts.size());
  options.word_counts = counts;
  return options;
}

}  // namespace

TEST_CASE("memory or spool files, the shard is the same") {
  std::mt19937 random(1);
  const ShardModel model = random_model(random, 800);
  TemporaryFolder folder;
  ShardOptions options;
  write_shard(folder / "memory", model, options);
  options.spool_bytes = 1000;
  write_shard(folder / "spooled", model, options);
  CHECK(whole_file(unfinished_path(folder / "memory")) ==
        whole_file(unfinished_path(folder / "spooled")));
  CHECK(list_folder(folder.path()).value().size() == 2);
}

TEST_CASE("a shard is never written over, and an unfinished one goes away") {
  TemporaryFolder folder;
  const u32 counts[] = {0};
  {
    auto first = ShardWriter::make(folder / "s", options_for(counts)).value();
    CHECK(path_exists(unfinished_path(folder / "s")).value());
    CHECK(!ShardWriter::make(folder / "s", options_for(counts)));
    ShardWriter moved = std::move(first);
  }
  CHECK(list_folder(folder.path()).value().empty());
}

TEST_CASE("documents that do not fit what was announced are refused") {
  TemporaryFolder folder;
  const u32 counts[] = {2};
  CHECK(!ShardWriter::make(folder / "s", [&] {
    ShardOptions options = options_for(counts);
    options.document_count = 2;
    return options;
  }()));
  auto writer = ShardWriter::make(folder / "s", options_for(counts)).value();
  Metadata metadata;
  metadata.id = "a";
  metadata.type = "note";
  DocumentToWrite document;
  document.metadata = &metadata;
  document.text = "two words";
  document.word_count = 2;
  CHECK(!writer.finish());
  const auto unknown_type = writer.add_document(document);
  REQUIRE(!unknown_type);
  CHECK(unknown_type.error().message.find("note") != std::string::npos);
  document.word_count = 3;
  CHECK(!writer.add_document(document));
}

TEST_CASE("one document too many, or the same id twice") {
  TemporaryFolder folder;
  const u32 counts[] = {0, 0};
  auto writer = ShardWriter::make(folder / "s", options_for(counts)).value();
  const u32 docs[] = {0, 1};
  const u32 tfs[] = {1, 1};
  writer.add_term({"\x01note", docs, tfs, {}}).value();
  Metadata metadata;
  metadata.id = "a";
  DocumentToWrite document;
  document.metadata = &metadata;
  document.text = "";
  writer.add_document(document).value();
  SECTION("too many") {
    metadata.id = "b";
    writer.add_document(document).value();
    metadata.id = "c";
    CHECK(!writer.add_document(document));
    CHECK(writer.finish());
  }
  SECTION("twice") {
    writer.add_document(document).value();
    const auto finished = writer.finish();
    REQUIRE(!finished);
    CHECK(finished.error().code == ErrorCode::invalid_argument);
  }
}

TEST_CASE("texts of an older shard are copied into a new one") {
  std::mt19937 random(3);
  const ShardModel model = random_model(random, 400);
  TemporaryFolder folder;
  write_shard(folder / "old", model);
  const auto old = Shard::open(unfinished_path(folder / "old"), nullptr).value();
  const std::vector<u32> counts = model.word_counts();
  auto writer = ShardWriter::make(folder / "new", options_for(counts)).value();
  add_terms(writer, model, true);
  REQUIRE(old->dictionary_count() == 1);
  const u32 other = writer.add_dictionary(trained(77)).value();
  const u32 number = writer.add_dictionary(old->dictionary(0).value()).value();
  CHECK(number != other);
  ReadAhead ahead;
  for (u32 doc = 0; doc < 400; ++doc) {
    DocumentToWrite document = to_write(model.documents[doc]);
    document.text.reset();
    document.stored = old->stored_text(DocNo(doc), ahead).value();
    if (document.stored->dictionary) document.stored->dictionary = number;
    writer.add_document(document).value();
  }
  writer.finish().value();
  const auto shard = Shard::open(unfinished_path(folder / "new"), nullptr).value();
  for (u32 doc = 0; doc < 400; ++doc) {
    REQUIRE(shard->text(DocNo(doc)).value() == model.documents[doc].text);
  }
  std::vector<Fault> faults;
  CHECK(shard->verify(faults, nullptr).value() == shard->info().file_bytes);
  CHECK(faults.empty());
}

#include "shard/shard_writer.hpp"

#include "shard/shard_file.hpp"
#include "shard/shard_map.hpp"
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
  CHECK(shard->verify(faults, Texts::all, nullptr).value() == shard->info().file_bytes);
  CHECK(faults.empty());
}

TEST_CASE("sections stand in their order, aligned, with zeros between and their checksums") {
  std::mt19937 random(5);
  const ShardModel model = random_model(random, 70);
  TemporaryFolder folder;
  const auto finished = write_shard(folder / "s", model);
  const Buffer bytes = whole_file(unfinished_path(folder / "s"));
  const File file = File::open(unfinished_path(folder / "s"), File::Mode::read).value();
  const ShardFrame frame = read_frame(file).value();
  const char* const names[] = {"TEXT", "TPLC", "ZDIC", "IDSF", "IDSH", "COLS",
                               "XTRA", "TDIH", "TDIB", "SMAL", "BIGT", "DOCS",
                               "TFRQ", "RDIR", "POSI", "POSO", "EXTS"};
  REQUIRE(frame.contents.size() == std::size(names));
  u64 end = sizeof(ShardHeader);
  usize next = 0;
  for (usize i = 0; i < std::size(names); ++i) {
    const ContentsEntry& entry = frame.contents[i];
    CHECK(section_name(entry.tag) == names[i]);
    CHECK(entry.offset == (end + 63) / 64 * 64);
    for (u64 at = end; at < entry.offset; ++at) CHECK(bytes[at] == std::byte(0));
    end = entry.offset + entry.bytes;
    const Bytes section = Bytes(bytes).subspan(entry.offset, entry.bytes);
    for (u64 at = 0; has_extents(entry.tag) && at < section.size(); at += extent_bytes, ++next) {
      const Bytes extent = section.subspan(at, std::min(extent_bytes, section.size() - at));
      CHECK(frame.extent_checksums[next] ==
            checksum32(extent, u64(entry.tag) << 32 | at / extent_bytes));
    }
  }
  CHECK(next == frame.extent_checksums.size());
  CHECK(frame.footer.contents_offset == (end + 63) / 64 * 64);
  CHECK(finished.file_bytes == bytes.size());
  CHECK(finished.checksum == load<u64>(&bytes[bytes.size() - 8]));
}

TEST_CASE("sums of texts and words are those of the documents") {
  std::mt19937 random(6);
  const ShardModel model = random_model(random, 90);
  TemporaryFolder folder;
  const auto finished = write_shard(folder / "s", model);
  u64 text_bytes = 0;
  u64 words = 0;
  for (const ModelDocument& document : model.documents) {
    text_bytes += document.text.size();
    words += document.words.size();
  }
  CHECK(finished.text_bytes == text_bytes);
  CHECK(finished.word_count == words);
}

TEST_CASE("each coded field must be among the terms, and a refused document can be replaced") {
  TemporaryFolder folder;
  const u32 counts[] = {0};
  auto writer = ShardWriter::make(folder / "s", options_for(counts)).value();
  const u32 doc = 0;
  const u32 tf = 1;
  for (const char* const term : {"\x01note", "\x02known", "\x05known"}) {
    writer.add_term({term, {&doc, 1}, {&tf, 1}, {}}).value();
  }
  Metadata sound;
  sound.id = "a";
  sound.task = "known";
  sound.tags = {"known"};
  DocumentToWrite document;
  document.text = "text";
  document.text_hash = checksum128(as_bytes(*document.text));
  const auto refused = [&](const std::string& field, auto change) {
    Metadata metadata = sound;
    change(metadata);
    document.metadata = &metadata;
    const auto result = writer.add_document(document);
    REQUIRE(!result);
    CHECK(result.error().code == ErrorCode::invalid_argument);
    CHECK(result.error().message.find(field + " \"new\"") != std::string::npos);
  };
  refused("type", [](Metadata& m) { m.type = "new"; });
  refused("task", [](Metadata& m) { m.task = "new"; });
  refused("file", [](Metadata& m) { m.file = "new"; });
  refused("topic", [](Metadata& m) { m.topic = "new"; });
  refused("tag", [](Metadata& m) { m.tags.push_back("new"); });
  document.metadata = &sound;
  document.word_count = 1;
  CHECK(writer.add_document(document).error().code == ErrorCode::invalid_argument);
  document.word_count = 0;
  writer.add_document(document).value();
  writer.finish().value();
  const auto shard = Shard::open(unfinished_path(folder / "s"), nullptr).value();
  CHECK(shard->metadata(DocNo(0)).value() == sound);
  std::vector<Fault> faults;
  shard->verify(faults, Texts::all, nullptr).value();
  CHECK(faults.empty());
}

TEST_CASE("no file is made for a shard that cannot be") {
  TemporaryFolder folder;
  ShardOptions options;
  options.document_count = documents_max + 1;
  const auto too_many = ShardWriter::make(folder / "s", options);
  REQUIRE(!too_many);
  CHECK(too_many.error().code == ErrorCode::invalid_argument);
  CHECK(too_many.error().message.find("2^24") != std::string::npos);
  CHECK(list_folder(folder.path()).value().empty());
  const u32 one[] = {0};
  const auto nowhere = ShardWriter::make(folder / "none" / "s", options_for(one));
  REQUIRE(!nowhere);
  CHECK(nowhere.error().code == ErrorCode::not_found);
}

TEST_CASE("a writer that failed, or that another one replaces, leaves no file") {
  TemporaryFolder folder;
  const u32 counts[] = {0};
  auto writer = ShardWriter::make(folder / "first", options_for(counts)).value();
  CHECK(!writer.finish());
  writer = ShardWriter::make(folder / "second", options_for(counts)).value();
  CHECK(list_folder(folder.path()).value() == std::vector<std::string>{"second.tmp"});
}

TEST_CASE("three small documents are these bytes") {
  TemporaryFolder folder;
  const u32 counts[] = {2, 0, 1};
  auto writer = ShardWriter::make(folder / "s", options_for(counts)).value();
  const u32 docs[] = {0, 1, 2};
  const u32 ones[] = {1, 1, 1};
  writer.add_term({"\x01note", docs, ones, {}}).value();
  writer.add_term({"one", std::span(docs).first(1), std::span(ones).first(1), buffer_of({0})})
      .value();
  const u32 ends[] = {0, 2};
  writer.add_term({"two", ends, std::span(ones).first(2), buffer_of({1, 0})}).value();
  const std::string texts[] = {"one two", "", "two"};
  for (u32 doc = 0; doc < 3; ++doc) {
    Metadata metadata;
    metadata.id = "id" + std::to_string(doc);
    metadata.created_at = {1'700'000'000'000'000 + doc, true};
    metadata.touched_at = metadata.created_at;
    if (doc == 1) metadata.attrs["key"] = std::int64_t(7);
    DocumentToWrite document;
    document.metadata = &metadata;
    document.text = texts[doc];
    document.text_hash = checksum128(as_bytes(texts[doc]));
    document.word_count = counts[doc];
    document.lsn = Lsn{100 + doc};
    writer.add_document(document).value();
  }
  writer.finish().value();
  const Buffer bytes = whole_file(unfinished_path(folder / "s"));
  // Another format needs a new shard_version, a line in its history, and then new figures here.
  CHECK(bytes.size() == 3056);
  CHECK(checksum64(bytes) == 0x39d9'31e4'1bbd'a646);
  std::vector<Fault> faults;
  const auto shard = Shard::open(unfinished_path(folder / "s"), nullptr).value();
  shard->verify(faults, Texts::all, nullptr).value();
  CHECK(faults.empty());
}

// An opened shard over damaged bytes, missing files and many threads.
#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "shard/columns.hpp"
#include "shard/shard.hpp"
#include "shard/shard_file.hpp"
#include "shard/shard_map.hpp"
#include "tests/shard/shard_model.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using namespace shale::shard::testing;
using shale::testing::TemporaryFolder;

namespace {

// A shard of ten notes, whose sections can be changed so that every checksum is right.
struct Patient {
  TemporaryFolder folder;
  std::filesystem::path path = unfinished_path(folder / "s");
  ShardModel model;

  Patient() {
    std::mt19937 random(4);
    model = random_model(random, 10);
    for (ModelDocument& document : model.documents) {
      document.metadata.type = "note";
      document.metadata.topic = "topic";
      document.metadata.tags = {"tag"};
      document.metadata.tokenizer = "counter";
      document.metadata.line_range = LineRange{5, 9};
      document.metadata.pinned = false;
      document.metadata.tier = Tier::stashed;
    }
    model.index();
    write_shard(folder / "s", model);
  }
  ShardFrame frame() const {
    return read_frame(File::open(path, File::Mode::read).value()).value();
  }
  void patch(u32 tag, u64 offset, Bytes bytes) const {
    ShardFrame frame = this->frame();
    File file = File::open(path, File::Mode::read_write).value();
    file.write_at(frame.find(tag)->offset + offset, bytes).value();
    usize next = 0;
    for (const ContentsEntry& entry : frame.contents) {
      if (!has_extents(entry.tag)) continue;
      for (u64 at = 0; at < entry.bytes; at += extent_bytes) {
        Buffer extent(usize(std::min(extent_bytes, entry.bytes - at)));
        file.read_exactly(entry.offset + at, extent).value();
        frame.extent_checksums[next++] =
            checksum32(extent, extent_seed(entry.tag, at / extent_bytes));
      }
    }
    const Bytes extents = bytes_of_span(std::span<const u32>(frame.extent_checksums));
    file.write_at(frame.find(tag::extents)->offset, extents).value();
    frame.footer.extents_checksum = checksum64(extents);
    frame.footer.checksum = footer_checksum(frame.footer, frame.header.random);
    file.write_at(frame.info.file_bytes - sizeof(ShardFooter), bytes_of(frame.footer)).value();
  }
  // Another base in a column's only chunk header.
  void patch_base(Column column, i64 base) const {
    patch(tag::columns, header_at(column) + offsetof(ChunkHeader, base), bytes_of(base));
  }
  static u64 header_at(Column column) {
    return sizeof(ColumnsHeader) + u64(column) * sizeof(ChunkHeader);
  }
  void check_metadata_error(Column column, const std::string& part) const {
    const auto shard = Shard::open(path, nullptr).value();
    const auto metadata = shard->metadata(DocNo(3));
    REQUIRE(!metadata);
    CHECK(metadata.error().code == ErrorCode::corrupt);
    CHECK(metadata.error().path == path);
    CHECK(metadata.error().offset == frame().find(tag::columns)->offset + header_at(column));
    CHECK(metadata.error().message.find(part) != std::string::npos);
    CHECK(shard->text(DocNo(3)).value() == model.documents[3].text);
    std::vector<Fault> faults;
    shard->verify(faults, Texts::all, nullptr).value();
    CHECK_FALSE(faults.empty());
  }
};

}  // namespace

TEST_CASE("what is no shard cannot be opened, and the error says which file") {
  TemporaryFolder folder;
  const auto missing = Shard::open(folder / "none", nullptr);
  REQUIRE(!missing);
  CHECK(missing.error().code == ErrorCode::not_found);
  CHECK(missing.error().path == folder / "none");
  CHECK_FALSE(Shard::open(folder.path(), nullptr));
  File::open(folder / "empty", File::Mode::create_new).value();
  const auto empty = Shard::open(folder / "empty", nullptr);
  REQUIRE(!empty);
  CHECK(empty.error().code == ErrorCode::corrupt);
  CHECK(empty.error().path == folder / "empty");
}

TEST_CASE("a code that names no value is damage of its column") {
  const Patient patient;
  SECTION("beyond the values of the field") {
    patient.patch_base(Column::topic, 1);
    patient.check_metadata_error(Column::topic, "none of that number");
  }
  SECTION("beyond the tokenizers of the shard") {
    patient.patch_base(Column::tokenizer, GENERATE(i64(1), i64(-1)));
    patient.check_metadata_error(Column::tokenizer, "a tokenizer the shard has not");
  }
  SECTION("no type at all") {
    patient.patch(tag::columns, Patient::header_at(Column::type) + 2, buffer_of({1}));
    patient.check_metadata_error(Column::type, "without a type");
  }
  SECTION("a term of another field") {
    // Block: three bases of one byte, the length of the first term, its tag byte.
    patient.patch(tag::term_blocks, 4, buffer_of({0}));
    patient.check_metadata_error(Column::type, "disagrees with the terms");
  }
}

TEST_CASE("flags that do not exist are damage") {
  const Patient patient;
  const auto header = [&] {
    const auto frame = patient.frame();
    std::byte bytes[sizeof(ChunkHeader)];
    File::open(patient.path, File::Mode::read)
        .value()
        .read_exactly(frame.find(tag::columns)->offset + Patient::header_at(Column::flags), bytes)
        .value();
    return load<ChunkHeader>(bytes);
  }();
  patient.patch_base(Column::flags, GENERATE(i64(128), i64(-1), i64(1) << 40));
  CHECK(header.base < 128);
  patient.check_metadata_error(Column::flags, "flags that do not exist");
}

TEST_CASE("metadata at the ends of its ranges comes back") {
  ShardModel model;
  model.documents.resize(3);
  const i64 most = INT64_MAX;
  const i64 least = INT64_MIN + 1;
  const i64 times[3][2] = {{most, least}, {least, most}, {0, -1}};
  for (u32 i = 0; i < 3; ++i) {
    Metadata& m = model.documents[i].metadata;
    m.id = std::string(i == 0 ? 255 : i, 'x') + std::to_string(i);
    m.id.resize(std::min<usize>(m.id.size(), id_bytes_max));
    m.task = i == 0 ? std::optional<std::string>() : std::string(i == 1 ? 0 : field_bytes_max, 't');
    m.line_range = LineRange{i == 0 ? ~0u : 0, i == 1 ? ~0u : 0};
    m.created_at = {times[i][0], i == 0};
    m.touched_at = {times[i][1], i == 1};
    m.tokens_computed_at = Time{times[i][1], i == 2};
    m.gc_survival_count = m.refcount = i == 0 ? ~0u : 0;
    if (i != 2) m.tokens = i == 0 ? ~0u : 0;
    m.tier = Tier(i);
    m.generation = Generation(i % 2);
    m.pinned = i == 1;
    model.documents[i].lsn = u64(INT64_MAX) - i;
  }
  model.index();
  TemporaryFolder folder;
  write_shard(folder / "s", model);
  const auto shard = Shard::open(unfinished_path(folder / "s"), nullptr, 0).value();
  for (u32 i = 0; i < 3; ++i) {
    CHECK(shard->metadata(DocNo(i)).value() == model.documents[i].metadata);
    CHECK(shard->lsn_of(DocNo(i)).value().value == model.documents[i].lsn);
    CHECK(shard->find_id(model.documents[i].metadata.id).value() == DocNo(i));
  }
}

TEST_CASE("whatever byte of extras, ids or terms is wrong, metadata is an error or well formed") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const Patient patient;
  const u32 tag = GENERATE(tag::extras, tag::ids, tag::term_blocks);
  const Buffer sound = read_file(patient.path, u64(1) << 30).value();
  const ContentsEntry entry = *patient.frame().find(tag);
  u32 errors = 0;
  for (u32 round = 0; round < 100; ++round) {
    const u64 at = random() % std::min<u64>(entry.bytes, 300);  // metadata terms come first
    const std::byte wrong[1] = {sound[entry.offset + at] ^ std::byte(1 + random() % 255)};
    patient.patch(tag, at, wrong);
    const auto shard = Shard::open(patient.path, nullptr);
    errors += !shard;
    for (u32 doc = 0; shard && doc < 10; ++doc) {
      const auto metadata = (*shard)->metadata(DocNo(doc));
      errors += !metadata;
      if (metadata) CHECK(metadata->id.size() <= id_bytes_max);
    }
    patient.patch(tag, at, Bytes(sound).subspan(entry.offset + at, 1));
  }
  CHECK(errors > 0);
  CHECK(read_file(patient.path, u64(1) << 30).value() == sound);
}

TEST_CASE("a visitor's error ends the walk over ids and comes out") {
  const Patient patient;
  const auto shard = Shard::open(patient.path, nullptr).value();
  u32 seen = 0;
  const auto result = shard->for_each_id([&](std::string_view) -> Result<void> {
    if (++seen < 4) return {};
    return Unexpected{Error(ErrorCode::cancelled, "enough")};
  });
  REQUIRE(!result);
  CHECK(result.error().code == ErrorCode::cancelled);
  CHECK(seen == 4);
}

TEST_CASE("terms of a prefix are those of the model, until the visitor stops") {
  const Patient patient;
  const auto shard = Shard::open(patient.path, nullptr).value();
  for (const std::string prefix : {"", "\x02", "\x02task", "m", "merge", "1", "none", "\xff"}) {
    std::vector<std::string> expected;
    for (const auto& [term, postings] : patient.model.terms) {
      if (term.starts_with(prefix)) expected.push_back(term);
    }
    std::vector<std::string> found;
    shard
        ->for_each_term(prefix,
                        [&](std::string_view term, const Term& handle) {
                          found.emplace_back(term);
                          CHECK(handle.df == patient.model.terms.at(found.back()).size());
                          return true;
                        })
        .value();
    CHECK(found == expected);
    u32 seen = 0;
    shard->for_each_term(prefix, [&](std::string_view, const Term&) { return ++seen < 3; }).value();
    CHECK(seen == std::min<usize>(3, expected.size()));
  }
}

TEST_CASE("threads look up the terms of a cold shard together") {
  std::mt19937 random(14);
  TemporaryFolder folder;
  const ShardModel model = random_model(random, 150);
  write_shard(folder / "s", model);
  const auto shard = Shard::open(unfinished_path(folder / "s"), nullptr).value();
  std::vector<std::string> terms;
  for (const auto& entry : model.terms) terms.push_back(entry.first);
  std::atomic<int> wrong = 0;
  const auto look_up = [&](const std::string& text) {
    const auto& postings = model.terms.at(text);
    const auto term = shard->find_term(text);
    if (!term || !*term) return false;
    const auto docs = shard->documents(**term);
    if (!docs || docs->count() != postings.size()) return false;
    const u32 doc[1] = {postings.rbegin()->first};
    u32 tf[1];
    if (!shard->frequencies(**term, doc, tf)) return false;
    if (tf[0] != postings.rbegin()->second.size()) return false;
    const auto positions = shard->positions(**term, DocNo(doc[0]));
    return positions && (u8(text[0]) < 0x20 || *positions == postings.rbegin()->second);
  };
  std::vector<std::thread> threads;
  for (u32 t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (usize i = 0; i < 120; ++i) {
        if (!look_up(terms[(i * 37 + t * 11) % terms.size()])) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

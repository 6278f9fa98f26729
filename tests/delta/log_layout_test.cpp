// The bytes of a log: header, frames and payloads written by hand, and what is refused of them.
#include "base/checksum.hpp"
#include "delta/log_format.hpp"
#include "delta/log_header.hpp"
#include "model/record.hpp"
#include "tests/delta/delta_support.hpp"

using namespace shale;
using namespace shale::delta;
using namespace shale::delta::testing;

namespace {

// Whether these bytes are a payload; what is not is corrupt and says that a change is damaged.
bool decodes(const ByteWriter& payload) {
  const auto changes = decode_payload(payload.bytes());
  if (changes) return true;
  CHECK(changes.error().code == ErrorCode::corrupt);
  CHECK(changes.error().message.find("log frame") != std::string::npos);
  return false;
}

ByteWriter stash_payload(u32 text_bytes, std::string_view text) {
  Metadata metadata;
  metadata.id = "a";
  ByteWriter out;
  out.varint(1);
  out.value(u8(1));
  encode_metadata(metadata, out);
  out.value(u64(0x1122334455667788));
  out.value(u64(0x99));
  out.value(text_bytes);
  out.raw(as_bytes(text));
  return out;
}

ByteWriter id_payload(u8 kind, const std::string& id) {
  ByteWriter out;
  out.varint(1);
  out.value(kind);
  out.text(id);
  if (kind != 3) encode_update({}, out);
  return out;
}

}  // namespace

TEST_CASE("the bytes of a log's first block are those of the layout") {
  const Buffer block = log_header_block(7, {8, 9});
  ByteWriter expected;
  expected.raw(as_bytes("SHALLOG1"));
  expected.value(u32(1));
  expected.value(u32(1));
  for (const u64 value : {u64(7), u64(8), u64(9)}) expected.value(value);
  expected.value(checksum64(expected.bytes()));
  expected.buffer().resize(4096);
  CHECK(block == expected.buffer());
}

TEST_CASE("the bytes of a frame's header are those of the layout, and the checksum its own") {
  FrameHeader header;
  header.lsn = 0x0102030405060708;
  header.durable_lsn = 2;
  header.previous = 3;
  header.written_at = -1;
  header.writer_pid = 0x0a0b0c0d;
  header.kind = u8(FrameKind::advance);
  seal_frame(header, as_bytes("four"));
  ByteWriter fields;
  fields.raw(as_bytes("FRAM"));
  fields.value(u32(4));
  for (const u64 value : {u64(0x0102030405060708), u64(2), u64(3), ~u64(0)}) fields.value(value);
  fields.value(u32(0x0a0b0c0d));
  fields.value(u32(2));
  const u64 checksum = checksum64(as_bytes("four"), checksum64(fields.bytes()));
  fields.value(checksum);
  CHECK(std::ranges::equal(bytes_of(header), fields.bytes()));
  CHECK(frame_is_valid(header, as_bytes("four")));
}

TEST_CASE("the bytes of a payload are those of the layout") {
  StashChange stash;
  stash.metadata.id = "a";
  stash.text_hash = {0x1122334455667788, 0x99};
  stash.text = "text";
  UpdateChange update{"bc", {}};
  update.update.refcount_added = 2;
  std::vector<Change> changes{stash, update, EraseChange{"d"}};
  ByteWriter expected = stash_payload(4, "text");
  expected.buffer()[0] = std::byte(3);
  const usize text_at = expected.size() - 4;
  expected.value(u8(2));
  expected.text("bc");
  encode_update(update.update, expected);
  expected.value(u8(3));
  expected.text("d");
  CHECK(encode_payload(changes) == expected.buffer());
  CHECK(std::get<StashChange>(changes[0]).text_offset == text_at);
}

TEST_CASE("a change has a kind that exists and an id of 1 to 255 bytes") {
  CHECK(decodes(id_payload(2, "x")));
  CHECK(decodes(id_payload(3, "x")));
  for (const u8 kind : {u8(0), u8(4), u8(255)}) CHECK_FALSE(decodes(id_payload(kind, "x")));
  for (const u8 kind : {u8(2), u8(3)}) {
    CHECK(decodes(id_payload(kind, std::string(id_bytes_max, 'i'))));
    CHECK_FALSE(decodes(id_payload(kind, std::string(id_bytes_max + 1, 'i'))));
    CHECK_FALSE(decodes(id_payload(kind, "")));
  }
}

TEST_CASE("a text has as many bytes as were announced, and no more") {
  CHECK(decodes(stash_payload(4, "text")));
  CHECK(decodes(stash_payload(0, "")));
  CHECK_FALSE(decodes(stash_payload(5, "text")));
  CHECK_FALSE(decodes(stash_payload(3, "text")));
  CHECK_FALSE(decodes(stash_payload(~u32(0), "text")));
}

TEST_CASE("a count of changes beyond those that are there is refused at once") {
  for (const u64 count : {u64(2), u64(1) << 32, ~u64(0)}) {
    ByteWriter out;
    out.varint(count);
    out.raw(id_payload(3, "x").bytes().subspan(1));
    CHECK_FALSE(decodes(out));
  }
  ByteWriter fewer;
  fewer.varint(0);
  fewer.raw(id_payload(3, "x").bytes().subspan(1));
  CHECK_FALSE(decodes(fewer));
  CHECK_FALSE(decodes(ByteWriter()));
}

TEST_CASE("batches of random changes come back, each text where it is said to be") {
  Random random = seeded(GENERATE(61, 62, 63));
  std::vector<std::string> texts(200);
  std::vector<Change> changes;
  for (std::string& text : texts) {
    text = random_text(random, 60, 300);
    StashChange stash;
    stash.metadata = random_metadata(random, 1000);
    stash.text = text;
    stash.text_hash = checksum128(as_bytes(text));
    UpdateChange update{stash.metadata.id, {}};
    if (below(random, 2) == 0) update.update.task = std::optional<std::string>("task");
    if (below(random, 2) == 0) update.update.file = std::optional<std::string>();
    if (below(random, 2) == 0) update.update.gc_survival_added = -i64(below(random, 1000));
    const u32 die = below(random, 3);
    if (die == 0) changes.emplace_back(EraseChange{stash.metadata.id});
    if (die == 1) changes.emplace_back(update);
    if (die == 2) changes.emplace_back(stash);
  }
  const Buffer payload = encode_payload(changes);
  const std::vector<Change> found = decode_payload(payload).value();
  REQUIRE(found.size() == changes.size());
  for (usize i = 0; i < found.size(); ++i) {
    REQUIRE(found[i].index() == changes[i].index());
    REQUIRE(change_id(found[i]) == change_id(changes[i]));
    if (const auto* update = std::get_if<UpdateChange>(&found[i]))
      REQUIRE(update->update == std::get<UpdateChange>(changes[i]).update);
    const auto* stash = std::get_if<StashChange>(&found[i]);
    if (stash == nullptr) continue;
    const auto& expected = std::get<StashChange>(changes[i]);
    REQUIRE(stash->metadata == expected.metadata);
    REQUIRE(stash->text_offset == expected.text_offset);
    REQUIRE(as_text(Bytes(payload).subspan(stash->text_offset, stash->text.size())) ==
            expected.text);
  }
}

// Payloads and frames: round trips, and bytes that nobody vouches for.
#include "delta/log_format.hpp"

#include <random>

#include "base/checksum.hpp"
#include "model/record.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::delta;

namespace {

std::vector<Change> some_changes() {
  StashChange stash;
  stash.metadata.id = "a/b";
  stash.metadata.type = "code";
  stash.metadata.file = "x.cpp";
  stash.metadata.tags = {"t1", "t2"};
  stash.metadata.attrs["k"] = 2.5;
  stash.text = "int main() {}";
  stash.text_hash = checksum128(as_bytes(stash.text));
  StashChange empty;
  empty.metadata.id = "empty";
  UpdateChange update{"a/b", {}};
  update.update.pinned = true;
  update.update.refcount_added = -3;
  return {stash, update, EraseChange{"gone"}, empty};
}

}  // namespace

TEST_CASE("changes come back as they were, with the place of each text") {
  std::vector<Change> changes = some_changes();
  const Buffer payload = encode_payload(changes);
  const std::vector<Change> found = decode_payload(payload).value();
  REQUIRE(found.size() == changes.size());
  const auto& stash = std::get<StashChange>(found[0]);
  const auto& original = std::get<StashChange>(changes[0]);
  REQUIRE(stash.metadata == original.metadata);
  REQUIRE(stash.text == original.text);
  REQUIRE(stash.text_hash == original.text_hash);
  REQUIRE(stash.text_offset == original.text_offset);
  REQUIRE(as_text(Bytes(payload).subspan(stash.text_offset, stash.text.size())) == original.text);
  REQUIRE(std::get<UpdateChange>(found[1]).update == std::get<UpdateChange>(changes[1]).update);
  REQUIRE(std::get<StashChange>(found[3]).text.empty());
  for (usize i = 0; i < found.size(); ++i) REQUIRE(change_id(found[i]) == change_id(changes[i]));
  REQUIRE(change_id(found[2]) == "gone");
}

TEST_CASE("what a stash supersedes is said in a payload that stands already") {
  std::vector<Change> changes = some_changes();
  Buffer payload = encode_payload(changes);
  const usize bytes = payload.size();
  mark_superseding(std::get<StashChange>(changes[3]), payload);
  CHECK(payload.size() == bytes);
  const std::vector<Change> found = decode_payload(payload).value();
  CHECK_FALSE(std::get<StashChange>(found[0]).supersedes);
  CHECK(std::get<StashChange>(found[3]).supersedes);
  CHECK(std::get<StashChange>(found[3]).metadata.id == "empty");
  CHECK(std::get<StashChange>(changes[3]).supersedes);
  CHECK(encode_payload(changes) == payload);  // written anew, it says the same
}

TEST_CASE("no changes are a payload too") {
  std::vector<Change> none;
  REQUIRE(decode_payload(encode_payload(none)).value().empty());
}

TEST_CASE("a payload cut short or with more behind it is refused") {
  std::vector<Change> changes = some_changes();
  Buffer payload = encode_payload(changes);
  for (usize cut = 0; cut < payload.size(); ++cut)
    REQUIRE(!decode_payload(Bytes(payload).first(cut)));
  payload.push_back(std::byte{0});
  REQUIRE(!decode_payload(payload));
}

TEST_CASE("random damage to a payload never does harm") {
  const u64 seed = 17;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::vector<Change> changes = some_changes();
  const Buffer payload = encode_payload(changes);
  u32 refused = 0;
  for (u32 round = 0; round < 5000; ++round) {
    Buffer damaged = payload;
    for (u64 i = 0; i <= random() % 4; ++i)
      damaged[random() % damaged.size()] = std::byte(random());
    refused += decode_payload(damaged) ? 0 : 1;
  }
  REQUIRE(refused > 1000);
}

TEST_CASE("the checksum of a frame covers every field and the payload") {
  const std::string payload = "payload";
  FrameHeader header;
  header.lsn = 5;
  seal_frame(header, as_bytes(payload));
  REQUIRE(header.payload_bytes == 7);
  REQUIRE(frame_is_valid(header, as_bytes(payload)));
  REQUIRE(!frame_is_valid(header, as_bytes("payloaD")));
  REQUIRE(!frame_is_valid(header, as_bytes("payloads")));
  for (usize i = 0; i < sizeof header; ++i) {
    Buffer bytes(sizeof header);
    store_value(bytes.data(), header);
    bytes[i] ^= std::byte{16};
    CAPTURE(i);
    REQUIRE(!frame_is_valid(load<FrameHeader>(bytes.data()), as_bytes(payload)));
  }
}

TEST_CASE("frames are padded to eight bytes") {
  REQUIRE(frame_total_bytes(0) == 56);
  REQUIRE(frame_total_bytes(1) == 64);
  REQUIRE(frame_total_bytes(8) == 64);
  REQUIRE(frame_total_bytes(9) == 72);
}

#include "delta/log_format.hpp"

#include <cstddef>
#include <optional>

#include "base/checksum.hpp"
#include "model/record.hpp"

namespace shale::delta {
namespace {

enum class ChangeKind : u8 { stash = 1, update = 2, erase = 3, supersede = 4 };

void encode_change(StashChange& change, ByteWriter& out) {
  change.kind_offset = out.size();
  out.value(change.supersedes ? ChangeKind::supersede : ChangeKind::stash);
  encode_metadata(change.metadata, out);
  out.value(change.text_hash.low);
  out.value(change.text_hash.high);
  out.value(u32(change.text.size()));
  change.text_offset = out.size();
  out.raw(as_bytes(change.text));
}

void encode_change(UpdateChange& change, ByteWriter& out) {
  out.value(ChangeKind::update);
  out.text(change.id);
  encode_update(change.update, out);
}

void encode_change(EraseChange& change, ByteWriter& out) {
  out.value(ChangeKind::erase);
  out.text(change.id);
}

std::optional<Change> decode_stash(ByteReader& in, bool supersedes) {
  StashChange change;
  change.supersedes = supersedes;
  std::optional<Metadata> metadata = decode_metadata(in);
  if (!metadata) return {};
  change.metadata = *std::move(metadata);
  change.text_hash.low = in.value<u64>();
  change.text_hash.high = in.value<u64>();
  const u32 bytes = in.value<u32>();
  change.text_offset = in.position();
  change.text = as_text(in.raw(bytes));
  if (!in.ok()) return {};
  return change;
}

std::optional<Change> decode_change(ByteReader& in) {
  const auto kind = ChangeKind(in.value<u8>());
  const bool supersedes = kind == ChangeKind::supersede;
  if (supersedes || kind == ChangeKind::stash) return decode_stash(in, supersedes);
  std::string id;
  if (kind == ChangeKind::update || kind == ChangeKind::erase) id = std::string(in.text());
  if (id.empty() || id.size() > id_bytes_max || !in.ok()) return {};
  if (kind == ChangeKind::erase) return EraseChange{std::move(id)};
  std::optional<Update> update = decode_update(in);
  if (!update || !in.ok()) return {};
  return UpdateChange{std::move(id), *std::move(update)};
}

u64 frame_checksum(const FrameHeader& header, Bytes payload) {
  const Bytes fields = bytes_of(header).first(offsetof(FrameHeader, checksum));
  return checksum64(payload, checksum64(fields));
}

}  // namespace

const std::string& change_id(const Change& change) {
  if (const auto* stash = std::get_if<StashChange>(&change)) return stash->metadata.id;
  if (const auto* update = std::get_if<UpdateChange>(&change)) return update->id;
  return std::get<EraseChange>(change).id;
}

Buffer encode_payload(std::vector<Change>& changes) {
  ByteWriter out;
  usize text_bytes = 0;
  for (const Change& change : changes)
    if (const auto* stash = std::get_if<StashChange>(&change)) text_bytes += stash->text.size();
  out.buffer().reserve(text_bytes + changes.size() * 128);
  out.varint(changes.size());
  for (Change& change : changes) std::visit([&](auto& c) { encode_change(c, out); }, change);
  return std::move(out.buffer());
}

void mark_superseding(StashChange& change, Buffer& payload) {
  change.supersedes = true;
  payload[usize(change.kind_offset)] = std::byte(ChangeKind::supersede);
}

Result<std::vector<Change>> decode_payload(Bytes payload) {
  ByteReader in(payload);
  const u64 count = in.varint();
  std::vector<Change> changes;
  for (u64 i = 0; i < count; ++i) {
    std::optional<Change> change = decode_change(in);
    if (!change) return fail(ErrorCode::corrupt, "A change in a log frame is damaged.");
    changes.push_back(*std::move(change));
  }
  if (!in.ok() || !in.at_end())
    return fail(ErrorCode::corrupt, "A log frame does not end with its last change.");
  return changes;
}

void seal_frame(FrameHeader& header, Bytes payload) {
  header.payload_bytes = u32(payload.size());
  header.checksum = frame_checksum(header, payload);
}

bool frame_is_valid(const FrameHeader& header, Bytes payload) {
  return header.magic == frame_magic && header.payload_bytes == payload.size() &&
         header.checksum == frame_checksum(header, payload);
}

}  // namespace shale::delta

#include "catalog/overlay_file.hpp"

#include <cstddef>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "base/frozen.hpp"
#include "model/record.hpp"

namespace shale::catalog {

namespace {

enum class Kind : u32 { dead = 1, patch = 2 };

constexpr u64 payload_bytes_max = u64(1) << 32;

// A frozen image must lie 32-byte aligned; a vector of bytes promises 16 only.
struct alignas(frozen_alignment) Chunk {
  std::byte bytes[frozen_alignment];
};

struct Payload {
  std::vector<Chunk> chunks;
  u64 size = 0;
  Bytes bytes() const { return bytes_of_span(std::span<const Chunk>(chunks)).first(size); }
};

u64 payload_checksum(const OverlayHeader& header, Bytes payload) {
  const Bytes above = bytes_of(header).first(offsetof(OverlayHeader, checksum));
  return checksum64(payload, checksum64(above));
}

Unexpected damaged(const std::filesystem::path& path, std::string what, u64 offset = 0) {
  return fail_at(ErrorCode::corrupt, "Overlay file: " + std::move(what), path.string(), offset);
}

Result<void> check_header(const OverlayHeader& header, Kind kind, FileId owner,
                          const OverlayEntry& entry, const std::filesystem::path& path) {
  if (header.magic != overlay_magic) return damaged(path, "not an overlay file.");
  if (header.version > overlay_version) {
    return fail_at(ErrorCode::too_new, "An overlay file of a newer version.", path.string());
  }
  if (header.version != overlay_version || header.kind != u32(kind)) {
    return damaged(path, "of another kind.");
  }
  if (FileId{header.sequence, header.random} != owner || header.number != entry.number ||
      header.as_of != entry.as_of.value || header.checksum != entry.checksum) {
    return damaged(path, "not the one that MANIFEST names.");
  }
  return {};
}

// The payload of the very file that `entry` names, checked.
Result<Payload> read_payload(const std::filesystem::path& path, Kind kind, FileId owner,
                             const OverlayEntry& entry) {
  const File file = TRY(File::open(path, File::Mode::read));
  OverlayHeader header;
  std::byte raw[sizeof header];
  TRY(file.read_exactly(0, raw));
  header = load<OverlayHeader>(raw);
  TRY(check_header(header, kind, owner, entry, path));
  const u64 size = TRY(file.size());
  if (header.payload_bytes > payload_bytes_max || size != sizeof header + header.payload_bytes) {
    return damaged(path, "its length is not the one it states.",
                   offsetof(OverlayHeader, payload_bytes));
  }
  Payload payload;
  payload.size = header.payload_bytes;
  payload.chunks.resize((payload.size + sizeof(Chunk) - 1) / sizeof(Chunk));
  TRY(file.read_exactly(sizeof header,
                        std::as_writable_bytes(std::span(payload.chunks)).first(payload.size)));
  if (payload_checksum(header, payload.bytes()) != header.checksum) {
    return damaged(path, "the checksum does not match.", sizeof header);
  }
  return payload;
}

Result<void> fill(File& file, const OverlayHeader& header, Bytes payload, FileId owner,
                  const OverlayEntry& entry) {
  const Bytes pieces[] = {bytes_of(header), payload};
  TRY(file.write_pieces(0, pieces));
  TRY(file.sync_data());
  // Read back from the disk, not from the cache: after a failed write-back the cache may hold
  // bytes that the disk does not (PROTOCOL B10).
  TRY(file.drop_cached());
  TRY(read_payload(file.path(), Kind(header.kind), owner, entry));
  return sync_folder(file.path().parent_path());
}

Result<OverlayEntry> write_overlay(const std::filesystem::path& path, Kind kind, FileId owner,
                                   u64 number, Lsn as_of, Bytes payload) {
  OverlayHeader header;
  header.kind = u32(kind);
  header.sequence = owner.sequence;
  header.random = owner.random;
  header.number = number;
  header.as_of = as_of.value;
  header.payload_bytes = payload.size();
  header.checksum = payload_checksum(header, payload);

  File file = TRY(File::open(path, File::Mode::create_new));
  const OverlayEntry entry{number, header.checksum, as_of};
  const Result<void> written = fill(file, header, payload, owner, entry);
  if (written) return entry;
  (void)remove_file(path);  // no manifest names it
  return Unexpected{written.error()};
}

Unexpected nothing_to_write() {
  return fail(ErrorCode::invalid_argument, "An overlay of no document has no file.");
}

}  // namespace

Result<OverlayEntry> write_dead(const std::filesystem::path& path, FileId owner, u64 number,
                                Lsn as_of, const Bitmap& dead) {
  if (dead.empty()) return nothing_to_write();
  Buffer image;
  append_frozen(dead.to_vector(), image);
  return write_overlay(path, Kind::dead, owner, number, as_of, image);
}

Result<OverlayEntry> write_patch(const std::filesystem::path& path, FileId owner, u64 number,
                                 Lsn as_of, const Patches& patches) {
  if (patches.empty()) return nothing_to_write();
  ByteWriter out;
  out.varint(patches.size());
  u32 previous = 0;
  for (const auto& [doc, update] : patches) {
    out.varint(doc - previous);
    encode_update(update, out);
    previous = doc;
  }
  return write_overlay(path, Kind::patch, owner, number, as_of, out.bytes());
}

Result<Bitmap> read_dead(const std::filesystem::path& path, FileId owner, const OverlayEntry& entry,
                         u32 documents) {
  const Payload payload = TRY(read_payload(path, Kind::dead, owner, entry));
  const std::optional<FrozenView> view = FrozenView::make(payload.bytes());
  if (!view) return damaged(path, "not a frozen bitmap.", sizeof(OverlayHeader));
  u64 count = 0;
  FrozenContainer container;
  for (FrozenView::Walk walk(*view); walk.next(container);) count += container.count;
  if (count > documents || !check_frozen(payload.bytes(), u32(count), documents)) {
    return damaged(path, "a bitmap that cannot be.", sizeof(OverlayHeader));
  }
  return Bitmap::from_frozen(payload.bytes());
}

Result<std::map<u32, Update>> read_patch(const std::filesystem::path& path, FileId owner,
                                         const OverlayEntry& entry, u32 documents) {
  const Payload payload = TRY(read_payload(path, Kind::patch, owner, entry));
  ByteReader in(payload.bytes());
  std::map<u32, Update> patches;
  const u64 count = in.varint();
  u64 doc = 0;
  for (u64 i = 0; i < count && in.ok(); ++i) {
    const u64 gap = in.varint();
    const bool in_order = i == 0 || gap > 0;
    doc = gap < documents ? doc + gap : documents;
    std::optional<Update> update = decode_update(in);
    if (!update || !in_order || doc >= documents) {
      return damaged(path, "a change that cannot be.", sizeof(OverlayHeader) + in.position());
    }
    patches.emplace_hint(patches.end(), u32(doc), std::move(*update));
  }
  if (!in.ok() || !in.at_end()) {
    return damaged(path, "it does not end where it should.", sizeof(OverlayHeader));
  }
  return patches;
}

}  // namespace shale::catalog

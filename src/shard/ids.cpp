#include "shard/ids.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/checksum.hpp"

namespace shale::shard {

namespace {

u8 mark_of(u64 hash) { return u8(1 + (hash >> 56) % 255); }
u64 home_of(u64 hash, u64 slots) { return u64(u32(hash)) * slots >> 32; }

// Takes the next id of a block on top of the one before it, which `id` holds; false on a defect.
bool next_id(ByteReader& in, bool first, std::string& id) {
  const usize shared = first ? 0 : in.value<u8>();
  const usize rest = in.value<u8>();
  const std::string_view bytes = as_text(in.raw(rest));
  if (!in.ok() || shared > id.size() || shared + rest > id_bytes_max || shared + rest == 0) {
    return false;
  }
  id.resize(shared);
  id.append(bytes);
  return true;
}

// Where an id's own bytes stand in its block, behind those it shares with the one before.
struct IdPart {
  usize shared;
  const std::byte* rest;
};

// Goes over the heads of the ids before, and takes of each what is still there in the end: nothing
// is put together and cut again. To read an id takes 960 instructions so, 1,290 the other way.
bool nth_id(Bytes block, u32 index, std::string& id) {
  std::array<IdPart, ids_per_block> parts;
  const std::byte* at = block.data();
  const std::byte* const end = at + block.size();
  usize bytes = 0;
  for (u32 i = 0; i <= index; ++i) {
    const usize head_bytes = i == 0 ? 1 : 2;
    if (usize(end - at) < head_bytes) return false;
    const usize shared = i == 0 ? 0 : usize(at[0]);
    const usize rest = usize(at[head_bytes - 1]);
    at += head_bytes;
    const bool fits = rest <= usize(end - at) && shared <= bytes && shared + rest <= id_bytes_max;
    if (!fits || shared + rest == 0) return false;
    parts[i] = {shared, at};
    at += rest;
    bytes = shared + rest;
  }
  id.resize(bytes);
  for (u32 i = index; bytes > 0; --i) {
    const IdPart& part = parts[i];
    if (part.shared >= bytes) continue;
    std::memcpy(id.data() + part.shared, part.rest, bytes - part.shared);
    bytes = part.shared;
  }
  return true;
}

}  // namespace

// ---- write half ----

Result<void> IdsWriter::add(std::string_view id, u64 hash) {
  if (id.empty() || id.size() > id_bytes_max) {
    return fail(ErrorCode::invalid_argument, "An id must have 1 to 255 bytes");
  }
  if (ids_.size() > 0xffffffff - 2 - id_bytes_max) {
    return fail(ErrorCode::invalid_argument, "The ids of one shard exceed 4 GiB");
  }
  TRY(ids_.settle());
  Buffer& out = ids_.buffer();
  usize shared = 0;
  if (hashes_.size() % ids_per_block == 0) {
    blocks_.push_back(u32(ids_.size()));
  } else {
    const auto end = std::mismatch(id.begin(), id.end(), last_.begin(), last_.end()).first;
    shared = usize(end - id.begin());
    out.push_back(std::byte(shared));
  }
  out.push_back(std::byte(id.size() - shared));
  const Bytes rest = as_bytes(id.substr(shared));
  out.insert(out.end(), rest.begin(), rest.end());
  last_ = id;
  hashes_.push_back(hash);
  return {};
}

Result<std::string> IdsWriter::id_of(u32 doc) const {
  const u32 number = doc / ids_per_block;
  Buffer block(blocks_[number + 1] - blocks_[number]);
  TRY(ids_.read_at(blocks_[number], block));
  std::string id;
  nth_id(block, doc % ids_per_block, id);
  return id;
}

Result<void> IdsWriter::refuse_twin(u32 doc, u32 other) const {
  const std::string id = TRY(id_of(doc));
  if (id != TRY(id_of(other))) return {};  // two ids with one hash: rare, and no harm
  return fail(ErrorCode::invalid_argument, "The id \"" + id + "\" occurs twice in one shard");
}

Result<void> IdsWriter::finish() {
  blocks_.push_back(u32(ids_.size()));
  const u64 slots = slot_count(count());
  Buffer table(usize(slots * id_slot_bytes));
  for (u32 doc = 0; doc < hashes_.size(); ++doc) {
    const u64 hash = hashes_[doc];
    u64 slot = home_of(hash, slots);
    std::byte* at = table.data() + slot * id_slot_bytes;
    while (*at != std::byte(0)) {
      const u32 other = load<u32>(at + 1);
      if (hashes_[other] == hash) TRY(refuse_twin(doc, other));
      slot = slot + 1 == slots ? 0 : slot + 1;
      at = table.data() + slot * id_slot_bytes;
    }
    *at = std::byte(mark_of(hash));
    store_value(at + 1, doc);
  }
  table_.buffer() = std::move(table);
  ids_.pad_to(4);
  const Bytes offsets = bytes_of_span(std::span<const u32>(blocks_));
  ids_.buffer().insert(ids_.buffer().end(), offsets.begin(), offsets.end());
  TRY(table_.settle());
  return ids_.settle();
}

// ---- read half ----

namespace {

Unexpected no_such_document() {
  return fail(ErrorCode::invalid_argument, "There is no document of that number");
}

}  // namespace

Result<IdsReader> IdsReader::make(SectionView ids, SectionView table, u32 document_count) {
  IdsReader reader;
  const u64 blocks = (u64(document_count) + ids_per_block - 1) / ids_per_block;
  const u64 offsets_bytes = (blocks + 1) * sizeof(u32);
  if (ids.size() < offsets_bytes || ids.size() % 4 != 0) {
    return ids.damaged(0, "has a length that does not fit the number of documents");
  }
  reader.slots_ = slot_count(document_count);
  if (table.size() != reader.slots_ * id_slot_bytes) {
    return table.damaged(0, "has a length that does not fit the number of documents");
  }
  reader.offsets_at_ = ids.size() - offsets_bytes;
  reader.document_count_ = document_count;
  reader.ids_ = std::move(ids);
  reader.table_ = std::move(table);
  return reader;
}

Unexpected IdsReader::damaged_block(u32 number) const {
  return ids_.damaged(offsets_at_ + u64(number) * sizeof(u32), "has a damaged block");
}

Result<Bytes> IdsReader::block_bytes(u32 number) const {
  const u64 at = offsets_at_ + u64(number) * sizeof(u32);
  const Bytes offsets = TRY(ids_.view(at, 2 * sizeof(u32)));
  const u32 begin = load<u32>(offsets.data());
  const u32 end = load<u32>(offsets.data() + sizeof(u32));
  if (begin > end || end > offsets_at_) return ids_.damaged(at, "has block offsets out of order");
  return ids_.view(begin, end - begin);
}

Result<void> IdsReader::id_of(DocNo doc, std::string& out) const {
  if (to_index(doc) >= document_count_) return no_such_document();
  const u32 number = to_index(doc) / ids_per_block;
  const Bytes bytes = TRY(block_bytes(number));
  out.clear();
  if (nth_id(bytes, to_index(doc) % ids_per_block, out)) return {};
  return damaged_block(number);
}

Result<std::string> IdsReader::id_of(DocNo doc) const {
  std::string id;
  TRY(id_of(doc, id));
  return id;
}

Result<void> IdsReader::ids_of(
    std::span<const u32> docs,
    const std::function<Result<void>(usize, std::string_view)>& visit) const {
  if (!docs.empty() && docs.back() >= document_count_) return no_such_document();
  std::string id;
  for (usize i = 0; i < docs.size();) {
    const u32 number = docs[i] / ids_per_block;
    ByteReader in(TRY(block_bytes(number)));
    for (u32 doc = number * ids_per_block; i < docs.size() && docs[i] / ids_per_block == number;
         ++doc) {
      if (!next_id(in, doc % ids_per_block == 0, id)) return damaged_block(number);
      if (doc == docs[i]) TRY(visit(i++, id));
    }
  }
  return {};
}

Result<std::optional<DocNo>> IdsReader::find(std::string_view id) const {
  constexpr u64 slots_at_once = 64;
  const u64 hash = checksum64(as_bytes(id));
  thread_local std::string candidate;
  u64 slot = slots_ == 0 ? 0 : home_of(hash, slots_);
  for (u64 left = slots_; left > 0;) {
    const u64 count = std::min({slots_at_once, slots_ - slot, left});
    const Bytes slots = TRY(table_.view(slot * id_slot_bytes, count * id_slot_bytes));
    for (const std::byte* at = slots.data(); at < slots.data() + slots.size();
         at += id_slot_bytes) {
      if (*at == std::byte(0)) return std::nullopt;
      if (*at != std::byte(mark_of(hash))) continue;
      const u32 doc = load<u32>(at + 1);
      if (doc >= document_count_) return table_.damaged(slot * id_slot_bytes, "names no document");
      TRY(id_of(DocNo(doc), candidate));
      if (candidate == id) return DocNo(doc);
    }
    left -= count;
    slot = slot + count == slots_ ? 0 : slot + count;
  }
  return std::nullopt;
}

Result<void> IdsReader::block(u32 number, std::vector<std::string>& ids) const {
  const u32 first = number * ids_per_block;
  ids.resize(std::min(ids_per_block, document_count_ - first));
  ByteReader in(TRY(block_bytes(number)));
  for (usize i = 0; i < ids.size(); ++i) {
    if (i > 0) ids[i] = ids[i - 1];
    if (!next_id(in, i == 0, ids[i])) return damaged_block(number);
  }
  return {};
}

Result<void> IdsReader::for_each(
    const std::function<Result<void>(DocNo, std::string_view)>& visit) const {
  std::vector<std::string> ids;
  for (u32 first = 0; first < document_count_; first += ids_per_block) {
    TRY(block(first / ids_per_block, ids));
    for (u32 i = 0; i < ids.size(); ++i) TRY(visit(DocNo(first + i), ids[i]));
  }
  return {};
}

Result<void> IdsReader::verify() const {
  return for_each([&](DocNo doc, std::string_view id) { return verify_slot(doc, id); });
}

// Goes the way of find(), but compares an id only where another document stands in its way.
Result<void> IdsReader::verify_slot(DocNo doc, std::string_view id) const {
  const u64 hash = checksum64(as_bytes(id));
  std::string other;
  u64 slot = home_of(hash, slots_);
  for (u64 left = slots_; left > 0; --left, slot = slot + 1 == slots_ ? 0 : slot + 1) {
    const Bytes bytes = TRY(table_.view(slot * id_slot_bytes, id_slot_bytes));
    if (bytes[0] == std::byte(0)) break;
    const u32 found = load<u32>(bytes.data() + 1);
    if (found == to_index(doc) && bytes[0] == std::byte(mark_of(hash))) return {};
    if (bytes[0] != std::byte(mark_of(hash))) continue;
    if (found >= document_count_) return table_.damaged(slot * id_slot_bytes, "names no document");
    TRY(id_of(DocNo(found), other));
    if (other == id) return table_.damaged(slot * id_slot_bytes, "holds an id twice");
  }
  return table_.damaged(0, "does not lead to an id");
}

}  // namespace shale::shard

// Ids of a shard: document -> id and id -> document.
//
// IDSF, ids in document order, front-coded in blocks of 16:
//   blocks      each: {u8 length, bytes} of its first id, then for each further one
//               {u8 shared, u8 rest, bytes}: `shared` bytes of the id before it, then `rest` more
//   padding     to 4 bytes
//   u32[b + 1]  where each of the b blocks begins, and the end of the last
//
// IDSH, the table: slot_count(n) slots of 5 bytes, open addressing with linear probing:
//   u8 mark     0 = empty, else 1 + (top byte of checksum64(id)) % 255
//   u32         document
// The home slot is (low half of checksum64(id)) * slots >> 32. Load is at most 0.8: a look-up reads
// one cache line of slots, mostly, and verifies the id itself. Slots hold mark and document side by
// side, so that a cold look-up reads one extent of the table, not two.
//
// In one shard each id is unique: the writer refuses a second one. Used by shard_writer and shard.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/numbers.hpp"
#include "shard/sections.hpp"

namespace shale::shard {

inline constexpr u32 ids_per_block = 16;
inline constexpr usize id_slot_bytes = 5;
constexpr u64 slot_count(u32 documents) {
  return documents == 0 ? 0 : documents + documents / 4 + 1;
}

class IdsWriter {
 public:
  IdsWriter(SectionSpool& ids, SectionSpool& table) : ids_(ids), table_(table) {}
  // Ids in document order. Their hash, checksum64(id), is the caller's to compute: it has other
  // uses.
  Result<void> add(std::string_view id, u64 hash);
  Result<void> finish();
  u32 count() const { return u32(hashes_.size()); }

 private:
  Result<std::string> id_of(u32 doc) const;
  Result<void> refuse_twin(u32 doc, u32 other) const;

  SectionSpool& ids_;
  SectionSpool& table_;
  std::vector<u32> blocks_;  // begin of each, in ids_
  std::vector<u64> hashes_;
  std::string last_;
};

class IdsReader {
 public:
  static Result<IdsReader> make(SectionView ids, SectionView table, u32 document_count);

  Result<std::string> id_of(DocNo doc) const;
  // The same into a string that is used again.
  Result<void> id_of(DocNo doc, std::string& out) const;
  // visit(i, id of docs[i]); documents ascend.
  Result<void> ids_of(std::span<const u32> docs,
                      const std::function<Result<void>(usize, std::string_view)>& visit) const;
  Result<std::optional<DocNo>> find(std::string_view id) const;
  // The ids of documents [16 * number, ...) of a block, decoded once.
  Result<void> block(u32 number, std::vector<std::string>& ids) const;
  // Every id in document order.
  Result<void> for_each(const std::function<Result<void>(DocNo, std::string_view)>& visit) const;
  // The table leads from each id to its document, and no id occurs twice.
  Result<void> verify() const;

 private:
  Result<Bytes> block_bytes(u32 number) const;
  Unexpected damaged_block(u32 number) const;
  Result<void> verify_slot(DocNo doc, std::string_view id) const;

  SectionView ids_;
  SectionView table_;
  u32 document_count_ = 0;
  u64 slots_ = 0;
  u64 offsets_at_ = 0;  // of the block offsets, in ids_
};

}  // namespace shale::shard

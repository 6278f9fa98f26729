// A document analysed in private memory, as IndexWriter::prepare leaves it and add_document reads
// it: PreparedHeader, PreparedTerm[], then the bytes they point to. Never stored, never shared.
//
// Metadata terms come first, then the terms of the text and then its forms, both in order of first
// occurrence. Of each term: its bytes, then its positions as varints (first, then gaps).
#pragma once

#include "delta/index_writer.hpp"

namespace shale::delta {

struct PreparedHeader {
  u32 term_count = 0;
  u32 word_count = 0;
  u32 id_bytes = 0;  // id and metadata stand behind the PreparedTerms
  u32 metadata_bytes = 0;
};
static_assert(sizeof(PreparedHeader) == 16);

struct PreparedTerm {
  u64 hash = 0;
  u32 data = 0;  // offset in `encoded`: term, then positions
  u32 tf = 0;
  u32 position_bytes = 0;
  u16 bytes = 0;
  u8 code = 0;         // 1..4: the value of type, task, file, topic; else 0
  u8 is_metadata = 0;  // or a form: has no position chain
};
static_assert(sizeof(PreparedTerm) == 24);

// The parts of a PreparedDocument, viewed.
struct PreparedView {
  PreparedHeader header;
  std::span<const PreparedTerm> terms;
  const std::byte* base = nullptr;

  explicit PreparedView(const PreparedDocument& document);
  Bytes record() const {
    return {base + sizeof(PreparedHeader) + terms.size_bytes(),
            usize(header.id_bytes) + header.metadata_bytes};
  }
  std::string_view term(const PreparedTerm& t) const { return as_text({base + t.data, t.bytes}); }
  Bytes positions(const PreparedTerm& t) const {
    return {base + t.data + t.bytes, t.position_bytes};
  }
};

u64 hash_of_id(std::string_view id);

}  // namespace shale::delta

#include <algorithm>
#include <cassert>

#include "shard/postings.hpp"

namespace shale::shard {
namespace {

void append(SectionSpool& spool, Bytes bytes) {
  spool.buffer().insert(spool.buffer().end(), bytes.begin(), bytes.end());
}

}  // namespace

Result<u32> PostingsWriter::add_list(std::span<const u32> docs, std::span<const u32> tfs,
                                     bool word) {
  assert(docs.size() >= 2 && docs.size() <= small_df_max);
  std::byte bytes[small_df_max * 10];
  std::byte* end = bytes;
  u32 next = 0;  // the smallest document that may follow
  for (usize i = 0; i < docs.size(); ++i) {
    const u64 gap = docs[i] - next;
    next = docs[i] + 1;
    if (!word) {
      end = store_varint(end, gap);
      continue;
    }
    end = store_varint(end, gap << 1 | u64(tfs[i] > 1));
    if (tfs[i] > 1) end = store_varint(end, tfs[i] - 2);
  }
  append(spools_.small_lists, {bytes, usize(end - bytes)});
  TRY(spools_.small_lists.settle());
  return u32(end - bytes);
}

Result<BigTerm> PostingsWriter::add_big(std::span<const u32> docs, std::span<const u32> tfs,
                                        bool word) {
  assert(docs.size() > small_df_max);
  BigTerm record;
  record.df = u32(docs.size());
  record.position_ends_at = record.range_number = record.frequencies_at = no_place;
  spools_.documents.pad_to(frozen_alignment);
  const u64 documents_at = spools_.documents.size();
  const u64 bytes = append_frozen(docs, spools_.documents.buffer());
  record.documents_at = u32(documents_at / frozen_alignment);
  record.places = bytes << 40;
  const u64 frequencies_at = spools_.frequencies.size() / 4;
  if (documents_at / frozen_alignment >= no_place || frequencies_at >= no_place)
    return fail(ErrorCode::invalid_argument, "postings are too many for one shard");
  TRY(spools_.documents.settle());
  if (!word) return record;
  record.frequencies_at = u32(frequencies_at);
  TRY(add_frequencies(tfs));
  return record;
}

Result<void> PostingsWriter::add_frequencies(std::span<const u32> tfs) {
  Buffer& buffer = spools_.frequencies.buffer();
  const usize begin = buffer.size();
  buffer.resize(begin + nibble_bytes(u32(tfs.size())));
  std::byte* const nibbles = buffer.data() + begin;
  std::vector<TfException> exceptions;
  for (usize rank = 0; rank < tfs.size(); ++rank) {
    const u32 nibble = std::min(tfs[rank], nibble_escape);
    nibbles[rank / 2] |= std::byte(nibble << (rank % 2 * 4));
    if (nibble == nibble_escape) exceptions.push_back({u32(rank), tfs[rank]});
  }
  append(spools_.frequencies, bytes_of(u32(exceptions.size())));
  append(spools_.frequencies, bytes_of_span<TfException>(exceptions));
  return spools_.frequencies.settle();
}

Result<void> PostingsWriter::add_record(const BigTerm& record) {
  append(spools_.big_terms, bytes_of(record));
  ++big_count_;
  return spools_.big_terms.settle();
}

}  // namespace shale::shard

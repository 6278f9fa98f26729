// Postings: which documents hold a term and how often.
//
// small_lists (SMAL), df 2..31, one list behind the other in term order, per posting:
//   word:           varint (document - previous - 1) << 1 | (tf > 1), then varint tf - 2 if tf > 1
//   metadata term:  varint document - previous - 1                       (previous starts at -1)
// big_terms (BIGT): one BigTerm per term of df >= 32, in term order
// documents (DOCS): a frozen image (base/frozen.hpp) per big term, each 32-byte aligned
// frequencies (TFRQ), per big word, 4-byte aligned, nothing for metadata terms:
//   u8[(df + 1) / 2], padded to 4     tf of posting r in bits 4 * (r & 1) of byte r / 2; 15 =
//   escape u32 n                             escapes TfException[n]                    rank
//   ascending, tf >= 15
//
// Dictionary and positions are none of its business. PostingsWriter fills the sections,
// PostingsReader decodes whole lists; single ranks and frequencies are in frequencies.hpp. Used by
// terms_writer and terms_reader.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "base/dense_set.hpp"
#include "base/frozen.hpp"
#include "shard/dictionary.hpp"
#include "shard/sections.hpp"

namespace shale::shard {

inline constexpr u32 no_place = ~u32(0);
inline constexpr u32 nibble_escape = 15;
inline constexpr u32 containers_max = documents_max >> 16;

struct BigTerm {
  u32 df = 0;
  u32 documents_at = 0;      // DOCS offset / 32
  u32 frequencies_at = 0;    // TFRQ offset / 4; no_place for metadata terms
  u32 position_ends_at = 0;  // POSO index; no_place without positions
  u32 range_number = 0;      // RDIR record; no_place where there is none
  u32 reserved = 0;
  u64 places = 0;  // POSI offset, and bytes of the image << 40

  bool word() const { return frequencies_at != no_place; }
  u64 positions_at() const { return places & ((u64(1) << 40) - 1); }
  u32 documents_bytes() const { return u32(places >> 40); }
};
static_assert(sizeof(BigTerm) == 32);
// The largest image, 256 bitsets, fits 24 bits.
static_assert(containers_max * (8192 + 5) + 4 < (1u << 24));

struct TfException {
  u32 rank = 0;
  u32 tf = 0;
};
static_assert(sizeof(TfException) == 8);

inline u64 nibble_bytes(u32 df) { return (u64(df) + 7) / 8 * 4; }  // with padding

struct PostingSpools {
  SectionSpool& small_lists;
  SectionSpool& big_terms;
  SectionSpool& documents;
  SectionSpool& frequencies;
};

// Any number of lists in term order; nothing to finish. A metadata term passes word = false.
class PostingsWriter {
 public:
  explicit PostingsWriter(PostingSpools spools) : spools_(spools) {}
  u64 lists_end() const { return spools_.small_lists.size(); }
  u32 big_count() const { return big_count_; }

  // df 2..31. Returns the list's bytes.
  Result<u32> add_list(std::span<const u32> docs, std::span<const u32> tfs, bool word);
  // df >= 32: image and frequencies. The caller completes the record and passes it to
  // add_record.
  Result<BigTerm> add_big(std::span<const u32> docs, std::span<const u32> tfs, bool word);
  Result<void> add_record(const BigTerm& record);

 private:
  Result<void> add_frequencies(std::span<const u32> tfs);

  PostingSpools spools_;
  u32 big_count_ = 0;
};

// A list of df 2..31 as the dictionary has it: no longer than list_bytes_max, and of a word or not.
struct ListShape {
  u16 df = 0;
  u16 bytes = 0;
  bool word = false;
};

// Appends the members of a container, ascending.
void append_members(const FrozenContainer& container, std::vector<u32>& docs);

class PostingsReader {
 public:
  struct Views {
    SectionView small_lists;
    SectionView big_terms;
    SectionView documents;
    SectionView frequencies;
  };
  static Result<PostingsReader> make(Views views, u32 document_count, u32 big_count);

  // `docs` and `tfs` are overwritten. df 1..31.
  Result<void> list(const TermEntry& entry, std::vector<u32>& docs, std::vector<u32>& tfs) const;

  // Adds the documents of either kind of list.
  Result<void> add_list(const TermEntry& entry, DenseSet& holders) const;
  Result<void> add_big(u32 number, DenseSet& holders) const;
  // The same of lists of df 2..31 that lie one behind the other from `at` on.
  Result<void> add_lists(u64 at, std::span<const ListShape> lists, DenseSet& holders) const;

  Result<BigTerm> big_term(u32 number) const;
  // The image of record `number`, 32-byte aligned, checked in every value the first time.
  Result<Bytes> image(u32 number, const BigTerm& term) const;
  Result<void> big_documents(u32 number, const BigTerm& term, std::vector<u32>& docs) const;
  // tf of the postings ranked [first, first + tfs.size()); all 1 for metadata terms.
  Result<void> frequencies(const BigTerm& term, u32 first, std::span<u32> tfs) const;
  Result<Bytes> nibbles(const BigTerm& term, u32 first, u32 count) const;  // from byte first / 2
  // Those of the postings ranked [first, end), and maybe others: by rank. Of all postings: all that
  // there are, those of none as well.
  Result<std::span<const TfException>> exceptions(const BigTerm& term, u32 first, u32 end) const;
  Unexpected damaged_record(u32 number, std::string what) const;
  const Views& views() const { return views_; }
  u32 document_count() const { return document_count_; }

  // Image, nibbles and exceptions of one record against each other; `next` are the places where
  // it must begin, moved to its end.
  struct Ends {
    u64 documents = 0;
    u64 frequencies = 0;
  };
  Result<void> verify(u32 number, const BigTerm& term, Ends& next) const;
  Result<void> verify_ends(u64 lists, const Ends& ends) const;

 private:
  PostingsReader() = default;
  Result<u32> first_exception(u64 at, u32 begin, u32 end, u32 rank) const;
  Result<void> verify_frequencies(u32 number, const BigTerm& term, Ends& next) const;

  Views views_;
  u32 document_count_ = 0;
  u32 big_count_ = 0;
  // One bit per record: its image has passed check_frozen, which is O(bytes).
  std::unique_ptr<std::atomic<u64>[]> checked_;
};

// The tf of an escaped posting, or 0 where there is none.
u32 exception_of(std::span<const TfException> exceptions, u32 rank);

}  // namespace shale::shard

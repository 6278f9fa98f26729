// An arena as seen at one committed LSN: which documents there are, and checked access to terms,
// chains and entries. What log_index.cpp (documents) and log_terms.cpp (terms) stand on.
//
// Cheap to copy; immutable. Everything that comes out of it has been checked against the map:
// nothing where a word of the arena leads outside or a record does not fit.
#pragma once

#include <optional>
#include <vector>

#include "base/bitmap.hpp"
#include "delta/arena_chain.hpp"
#include "delta/hash_table.hpp"

namespace shale::delta {

// A term's record where it lies.
struct TermView {
  const TermRecord* record = nullptr;
  u64 offset = 0;
  std::string_view term;
  u32 chains = 0;

  u64 document_slice() const { return offset + sizeof(TermRecord) + term.size(); }
  u64 position_slice() const { return document_slice() + inline_slice_bytes; }
};

// Documents [begin, end) that no published batch claims.
struct Gap {
  u32 begin = 0;
  u32 end = 0;
};

class ArenaCut {
 public:
  static Result<ArenaCut> make(std::shared_ptr<const Arena> arena, Lsn committed);

  const Arena& arena() const { return *arena_; }
  const ArenaHeader& header() const { return arena_->header(); }
  u32 document_limit() const { return last_.document_end; }
  u32 batch_count() const { return batch_count_; }
  // The last batch, all zero where there is none.
  const BatchEntry& last() const { return last_; }
  const std::vector<Gap>& gaps() const { return gaps_; }  // ascending
  bool keeps_positions() const { return keeps_positions_; }

  const BatchEntry* batch(u32 index) const;
  u32 batches_up_to(Lsn lsn) const;                   // how many of this cut have an LSN <= lsn
  const DocumentEntry* document(u32 document) const;  // nothing if it is not visible
  bool is_visible(u32 document) const;

  HashTable terms() const { return HashTable::at(*arena_, header().term_root); }
  HashTable ids() const { return HashTable::at(*arena_, header().id_root); }
  std::optional<TermView> term_at(u64 offset) const;
  // Of all terms, nearly in the order in which they lie: in that of the table, each record would
  // come from another end of the map, which where memory is bounded is given back in between.
  Result<std::vector<Handle>> term_handles() const;
  ChainCursor documents_of(const TermView& term) const {
    return ChainCursor(*arena_, term.record->documents, term.document_slice());
  }
  ChainCursor positions_of(const TermView& term) const {
    return ChainCursor(*arena_, term.record->positions, term.position_slice());
  }

  Error damaged(std::string_view what, u64 offset) const;

 private:
  std::shared_ptr<const Arena> arena_;
  BatchEntry last_;
  u32 batch_count_ = 0;
  bool keeps_positions_ = false;
  std::vector<Gap> gaps_;

  Result<void> find_gaps();
  bool is_up_to(u32 index, Lsn lsn) const;
};

// Passes the visible ones of ascending document numbers, in amortised O(1).
class VisibleFilter {
 public:
  explicit VisibleFilter(const ArenaCut& cut)
      : limit_(cut.document_limit()),
        next_(cut.gaps().data()),
        end_(cut.gaps().data() + cut.gaps().size()) {}
  bool operator()(u32 document) {
    while (next_ != end_ && next_->end <= document) ++next_;
    return document < limit_ && (next_ == end_ || document < next_->begin);
  }
  bool is_past_end(u32 document) const { return document >= limit_; }

 private:
  u32 limit_;
  const Gap* next_;
  const Gap* end_;
};

}  // namespace shale::delta

// What an index answers, shard and delta alike: the whole of what the query engine, listings and
// sums know of storage.
//
// An Index is one immutable view: a shard, or a log's delta index cut at a committed LSN. Documents
// are numbered [0, document_count()); dead documents are still in it (overlay.hpp hides them).
// All members are const and safe from many threads. Damaged bytes are ErrorCode::corrupt with the
// place; the caller turns them into faults and goes on with the other indexes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <shale/query.hpp>
#include <shale/segment.hpp>

#include "base/document_set.hpp"
#include "model/fields.hpp"
#include "model/numbers.hpp"
#include "model/position_cursor.hpp"
#include "model/range_postings.hpp"

namespace shale {

// A term found in one index. `handle` means something to that index only.
struct Term {
  u64 handle = 0;
  u32 df = 0;  // documents that hold it, dead ones included
};

// One term with all its postings, for folding and merging. Views are valid until the next call.
struct TermPostings {
  std::string_view term;
  std::span<const u32> docs;  // ascending
  std::span<const u32> tfs;   // one each, >= 1
  Bytes positions;            // for each posting tf varints: first position, then gaps; empty
                              // where the index keeps no positions, and for metadata terms
};

// All terms of an index in byte order. next() answers false at the end.
class TermStream {
 public:
  virtual ~TermStream() = default;
  virtual Result<bool> next(TermPostings& out) = 0;
};

inline constexpr usize piece_bytes_min = 3;
// So long a word may be one that was cut (text/words.hpp): what its text has behind is in no index.
inline constexpr usize long_word_bytes = 250;

// What an answer tells of a segment beside its id: a part of its metadata.
struct Summary {
  std::string type;
  std::optional<std::string> file;
  std::optional<LineRange> line_range;
  std::optional<u32> tokens;
  Time created_at;
  bool operator==(const Summary&) const = default;
};

inline Summary summary_of(Metadata metadata) {
  return {std::move(metadata.type), std::move(metadata.file), metadata.line_range, metadata.tokens,
          metadata.created_at};
}

// Which of the terms that an index goes through are wanted. One thread at a time.
class TermFilter {
 public:
  virtual ~TermFilter() = default;
  // Whether `word` is: a term without the prefix that was asked for. May set `next`, which is empty
  // before, to say that no word between this one and `next` is wanted: an index that goes in byte
  // order leaves them out, one that does not asks for every word.
  virtual bool wants(std::string_view word, std::string& next) = 0;
};

// The lengths of all documents, and those that are shorter than `listed_below`, shortest first.
struct KeptLengths {
  std::span<const u32> all;
  std::span<const u32> shortest;
  u32 listed_below = 0;
};

class Index {
 public:
  virtual ~Index() = default;

  // Why nothing that came out of this index since it was opened may be relied on, if so: a page of
  // its file was lost (base/map_guard.hpp), and what was read there was zeros. Asked after reading;
  // costs a load where nothing was lost.
  virtual std::optional<Error> loss() const { return std::nullopt; }

  virtual FileId file_id() const = 0;
  virtual u32 document_count() const = 0;
  virtual bool has_positions() const = 0;
  // Sum of Field::words over all documents, dead ones included.
  virtual u64 word_count() const = 0;

  // -- terms (words and metadata terms) --
  virtual Result<std::optional<Term>> find_term(std::string_view term) const = 0;
  // Every term that begins with `prefix`, in any order; stops when `visit` answers false.
  using TermVisitor = std::function<bool(std::string_view term, const Term&)>;
  virtual Result<void> for_each_term(std::string_view prefix, const TermVisitor& visit) const = 0;
  // Documents that hold the term; valid as long as the index is.
  virtual Result<DocumentSet> documents(const Term& term) const = 0;
  // Adds the documents of every term that begins with `prefix` and that `filter` wants (null: of
  // each): what searches by prefix, likeness and pattern are made of. The set's limit is
  // document_count().
  virtual Result<void> add_holders(std::string_view prefix, TermFilter* filter,
                                   DenseSet& holders) const = 0;
  // Terms lie in groups of neighbours; all are one group where an index knows no better. add_groups
  // adds those that may hold a word with `piece` in it: ASCII word characters, piece_bytes_min at
  // least; or, where it is empty, a long word. A word is a term of text or a form, without its tag,
  // decomposed.
  virtual u32 term_group_count() const { return 1; }
  virtual Result<void> add_groups(std::string_view /*piece*/, DenseSet& groups) const {
    groups.add_all();
    return {};
  }
  // add_holders of the terms of some groups, whatever they begin with.
  virtual Result<void> add_holders_in(const DenseSet& groups, TermFilter& filter,
                                      DenseSet& holders) const {
    return groups.contains(0) ? add_holders("", &filter, holders) : Result<void>();
  }
  // How often the term occurs in each of `docs` (ascending); 0 where it does not.
  virtual Result<void> frequencies(const Term& term, std::span<const u32> docs,
                                   std::span<u32> tfs) const = 0;
  // Both at once, for all documents that hold it: cheaper than asking for each.
  virtual Result<void> postings(const Term& term, std::vector<u32>& docs,
                                std::vector<u32>& tfs) const = 0;
  // The same by ranges with score bounds; null where the index keeps none for this term.
  virtual Result<std::unique_ptr<RangePostings>> range_postings(const Term& term) const = 0;
  // Where the term stands, document by document; null where the index keeps no positions.
  virtual Result<std::unique_ptr<PositionCursor>> position_cursor(const Term& term) const = 0;
  // Where the term stands in `doc`, which holds it: word numbers, ascending.
  virtual Result<std::vector<u32>> positions(const Term& term, DocNo doc) const = 0;
  virtual std::unique_ptr<TermStream> all_terms() const = 0;

  // -- columns --
  // The numeric field of documents [first, first + out.size()); no_number where absent.
  virtual Result<void> numbers(Field field, u32 first, std::span<i64> out) const = 0;
  // The same of single documents, `docs` ascending.
  virtual Result<void> numbers_of(Field field, std::span<const u32> docs,
                                  std::span<i64> out) const = 0;
  // Field::words of documents [first, first + out.size()), 0 where absent: what scoring reads.
  virtual Result<void> lengths(u32 first, std::span<u32> out) const = 0;
  // The same of single documents, `docs` ascending.
  virtual Result<void> lengths_of(std::span<const u32> docs, std::span<u32> out) const = 0;
  // The same of a range of documents (range_postings.hpp), where the index keeps them in memory;
  // empty where it does not.
  virtual Result<std::span<const u32>> range_lengths([[maybe_unused]] u32 range) const {
    return std::span<const u32>();
  }
  // Those of all documents, where the index keeps them in memory; nothing where it does not.
  virtual Result<KeptLengths> kept_lengths() const { return KeptLengths(); }
  // The value of a single-valued string field (type, task, file, topic), as a code of this index.
  static constexpr u32 no_code = 0xffffffff;
  virtual Result<void> codes(Field field, u32 first, std::span<u32> out) const = 0;
  virtual Result<std::string> code_value(Field field, u32 code) const = 0;

  // -- documents --
  virtual Result<std::optional<DocNo>> find_id(std::string_view id) const = 0;  // newest version
  virtual Result<std::string> id_of(DocNo doc) const = 0;
  // The ids of ascending `docs` in their order: visit(i, id of docs[i]). Costs less than each by
  // itself where an index keeps neighbours together.
  using IdVisitor = std::function<Result<void>(usize, std::string_view)>;
  virtual Result<void> ids_of(std::span<const u32> docs, const IdVisitor& visit) const {
    for (usize i = 0; i < docs.size(); ++i) {
      const std::string id = TRY(id_of(DocNo{docs[i]}));
      TRY(visit(i, id));
    }
    return {};
  }
  virtual Result<Lsn> lsn_of(DocNo doc) const = 0;
  virtual Result<Metadata> metadata(DocNo doc) const = 0;  // as stashed: updates not applied
  // The same for whoever shows it: with a count of the tokens where an index makes one (logs do).
  virtual Result<Metadata> counted_metadata(DocNo doc) const { return metadata(doc); }
  // The same of counted_metadata() where an index has it for less.
  virtual Result<Summary> summary(DocNo doc) const {
    return summary_of(TRY(counted_metadata(doc)));
  }
  virtual Result<TextHash> text_hash(DocNo doc) const = 0;
  virtual Result<std::string> text(DocNo doc) const = 0;
};

}  // namespace shale

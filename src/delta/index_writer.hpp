// Adds batches to a log's arena. The caller holds the project's lease (or owns the arena alone).
//
// Call order (asserted): room_for -> begin -> { add_document | add_tombstone | add_update }* ->
// publish. Between begin and publish no reader sees anything of the batch; a writer that stops
// there leaves burnt document numbers and nothing else.
//
// The arena is trusted here beyond what room_for checks (ends, roots, counts): it is memory of this
// boot that processes of this version wrote. Readers (log_index.hpp) trust nothing.
#pragma once

#include <memory>

#include "delta/arena.hpp"
#include "delta/log_format.hpp"
#include "text/analysis.hpp"

namespace shale::delta {

// A document with its terms, prepared without any lock: what analysis of a stash leaves behind.
struct PreparedDocument {
  Buffer encoded;  // terms, positions, metadata terms, metadata: index_writer.cpp knows the form
  u64 arena_bytes = 0;  // upper bound of what it takes in the arena
  u64 id_hash = 0;
};

struct DocumentToAdd {
  const Metadata* metadata = nullptr;
  TextHash text_hash;
  u64 text_offset = 0;  // in the log file (or in the bulk build's text buffer)
  u32 text_bytes = 0;
};

// Hides document `doc` of another index, or of this very log.
struct Tombstone {
  FileId index;
  DocNo doc{};
  Lsn lsn;
};

// What an arena is filled for. A search wants documents without reading past positions; a fold
// reads each word's positions alone, which say both.
enum class FilledFor : u8 { search, fold };

class IndexWriter {
 public:
  explicit IndexWriter(std::shared_ptr<Arena> arena, bool positions,
                       FilledFor use = FilledFor::search);
  ~IndexWriter();
  IndexWriter(IndexWriter&&) noexcept;

  // Analyses a text and its metadata: pure, no arena involved. One Analyser per thread.
  static PreparedDocument prepare(Analyser& analyser, const Metadata& metadata,
                                  std::string_view text, bool positions);

  // Makes sure that a batch of this size fits and its memory is there (no_space where the disk is
  // full). false: the arena is full, the caller seals this log and goes on in a new one.
  struct BatchSize {
    u32 documents = 0;
    u32 tombstones = 0;
    u32 updates = 0;
    u64 arena_bytes = 0;
  };
  Result<bool> room_for(const BatchSize& size);
  // What an update takes in the arena: to be added to BatchSize::arena_bytes.
  static u64 arena_bytes_of(const Update& update);
  // Takes back batches beyond `committed`: a writer was killed after publish and before it raised
  // the committed LSN, and its frame is about to be overwritten. To be called under the lease,
  // before begin, whenever last() > the committed LSN; its document numbers stay burnt.
  void discard_after(Lsn committed);
  Lsn last() const;  // LSN of the last batch in the arena, {} if none
  void begin();
  // Returns the document's number. An older version of the id in this log gets no tombstone by
  // itself: the caller adds one.
  DocNo add_document(const DocumentToAdd& document, const PreparedDocument& prepared);
  void add_tombstone(FileId index, DocNo doc);
  // Changes metadata of document `doc` of index `index` (this log included).
  void add_update(FileId index, DocNo doc, const Update& update);
  // Makes the batch part of the index, at `lsn`: readers whose committed LSN reaches it see it.
  void publish(Lsn lsn);
  // An error where a page of the arena was lost to this process: what was published may have
  // reached nobody. Asked after publish and before the LSN is committed (PROTOCOL C8).
  Result<void> still_there() const;

  u32 document_count() const;  // numbers handed out, burnt ones included
  u64 text_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shale::delta

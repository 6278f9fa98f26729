// Writes one shard: terms first, then documents, then the end.
//
// Call order (asserted): make -> add_term* (byte order, each term once) -> add_document*
// (DocNo 0, 1, 2, ...; exactly `document_count` of them) -> finish. The file is
// unfinished_path(path) until the catalog renames it; nothing is published here, and a writer
// destroyed before finish() removes it. Texts go straight to the file; every other section grows in
// memory up to 8 MiB and spills into an unnamed spool file beside the shard, so that memory stays
// bounded by about 15 bytes a document whatever the shard's size. One thread.
//
// The caller then drops the file from the page cache, opens it and calls Shard::verify, before it
// renames it (PROTOCOL B10): only that reads what the disk has.
//
// Used by store/fold, store/bulk and store/merger.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "model/index.hpp"

namespace shale::shard {

// `path` + ".tmp": where a shard lies until it is renamed to `path`.
std::filesystem::path unfinished_path(const std::filesystem::path& path);

struct ShardOptions {
  FileId id;
  u32 document_count = 0;
  std::span<const u32> word_counts;  // of every document: range maxima need them; outlives add_term
  bool positions = true;
  bool fast_reads = false;  // text.fast_reads: literals uncompressed
  std::string analysis = "plain";
  u32 words_version = 1;  // of the analysis
  // What finish() writes into the footer, so that MANIFEST can be rebuilt from the folder.
  u64 base_lsn = 0;                    // added to every document's LSN (bulk: local LSNs are 0)
  std::vector<FileId> replaced;        // shards and logs whose content this shard takes over
  usize spool_bytes = usize(8) << 20;  // of each section in memory
};

// The text of a document as it lies in a shard: copied by a merge without unpacking.
struct StoredText {
  Bytes bytes;  // one frame, raw bytes, or a table of frames (texts.hpp)
  u32 raw_bytes = 0;
  u32 checksum = 0;               // texts.hpp; seeded with the id's hash and raw_bytes
  std::optional<u32> dictionary;  // number returned by add_dictionary, or none
};

// Memory through which stored texts are read. Texts asked for in document order come out of one
// read of `window_bytes`; with 0 each is read alone. What was read is valid until the next use.
struct ReadAhead {
  u64 window_bytes = 256 * 1024;
  Buffer bytes;
  u64 begin = 0;  // what `bytes` holds of TEXT: [begin, end)
  u64 end = 0;
};

struct DocumentToWrite {
  const Metadata* metadata = nullptr;
  TextHash text_hash;
  u32 word_count = 0;
  Lsn lsn;
  // exactly one of the two:
  std::optional<StoredText> stored;      // frame to copy
  std::optional<std::string_view> text;  // text to compress with the dictionary set last
};

class ShardWriter {
 public:
  static Result<ShardWriter> make(const std::filesystem::path& path, const ShardOptions& options);
  ~ShardWriter();
  ShardWriter(ShardWriter&&) noexcept;
  ShardWriter& operator=(ShardWriter&&) noexcept;

  // `term.docs` are numbers of this shard. Metadata terms and forms (first byte < 0x20)
  // keep no positions.
  Result<void> add_term(const TermPostings& term);

  // Makes a dictionary known and returns its number; the same bytes give the same number. At most
  // 32 to a shard: beyond them ErrorCode::invalid_argument (the merger recompresses then).
  Result<u32> add_dictionary(Bytes dictionary);
  // Texts added from now on are compressed with this dictionary (nothing = none).
  Result<void> compress_with(std::optional<u32> dictionary);
  Result<void> add_document(const DocumentToWrite& document);

  // Writes what is left, the table of contents and the checksums, and syncs the file. Returns its
  // length and the checksum of its footer, which MANIFEST keeps.
  struct Finished {
    u64 file_bytes = 0;
    u64 checksum = 0;
    u64 text_bytes = 0;
    u64 word_count = 0;
  };
  Result<Finished> finish();

 private:
  struct State;
  explicit ShardWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace shale::shard

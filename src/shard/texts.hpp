// Texts of a shard: stored bytes, the places where they lie, and the dictionaries they need.
//
// TEXT holds the stored bytes of every text, in document order, without gaps. The form of a text
// follows from its length (raw_bytes) and the length stored:
//   raw_bytes <= 64 KiB, stored == raw_bytes    the text itself (under 48 bytes, or incompressible)
//   raw_bytes <= 64 KiB, stored <  raw_bytes    one magicless zstd frame
//   raw_bytes >  64 KiB                         {u32 end, u32 checksum}[f], then f frames, one for
//                                               each 32 KiB of text; `end` counts from the first
//                                               frame; a frame as long as its text is the text
//                                               itself
//
// Where each of them lies is in TPLC (text_places.hpp).
//
// A checksum is the low half of XXH3-64 over the stored bytes, seeded with text_seed(hash of the
// id, raw_bytes); of a long text it covers the table, whose checksums cover the frames (frame i:
// seed + 1 + i), so that a part can be read and verified alone. Both parts of the seed survive a
// merge: a text copied to another id is caught. It is verified on every read (it costs nothing:
// LAYOUT B).
//
// ZDIC, dictionaries: DictionariesHeader, u32 bytes[count], then the dictionaries themselves, one
// behind the other. At most 32; loaded when first needed, then shared. They lie as they are used:
// packed they took half the room (.2 % of the text) and most of a process's first search.
// Used by shard_writer and shard.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/compress.hpp"
#include "shard/hot_pages.hpp"
#include "shard/sections.hpp"
#include "shard/shard_writer.hpp"
#include "shard/text_places.hpp"

namespace shale::shard {

inline constexpr u32 long_text_bytes = 64 * 1024;  // a longer text is cut into frames
inline constexpr u32 text_frame_bytes = 32 * 1024;
inline constexpr u32 short_text_bytes = 48;  // a shorter text is never compressed
inline constexpr u32 dictionaries_max = 32;
inline constexpr u32 dictionary_bytes_max = 1 << 20;

struct FrameEntry {
  u32 end = 0;
  u32 checksum = 0;
};
static_assert(sizeof(FrameEntry) == 8);

struct DictionariesHeader {
  u32 count = 0;
  u32 reserved = 0;
};
static_assert(sizeof(DictionariesHeader) == 8);

constexpr u64 text_seed(u64 id_hash, u32 raw_bytes) {
  return id_hash ^ (u64(raw_bytes) + 1) * 0x9E3779B97F4A7C15u;
}
constexpr u32 frame_count(u32 raw_bytes) {
  return (raw_bytes + text_frame_bytes - 1) / text_frame_bytes;
}

class TextsWriter {
 public:
  // Texts go straight to `file` from offset `begin` on.
  TextsWriter(File& file, u64 begin, SectionSpool& places, SectionSpool& dictionaries,
              bool fast_reads);
  ~TextsWriter();
  Result<u32> add_dictionary(Bytes dictionary);
  Result<void> compress_with(std::optional<u32> dictionary);
  Result<void> add(std::string_view text, u64 id_hash);
  // Verifies what it copies, so that damage never travels into a new shard unseen.
  Result<void> add_stored(const StoredText& stored, u64 id_hash);
  Result<void> finish();
  u64 stored_bytes() const;  // length of the section TEXT so far
  u64 text_bytes() const;    // of the texts, unpacked

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether the stored bytes are those that were written for this id. Long texts: table and frames.
bool check_stored(const StoredText& stored, u64 id_hash);

class PageBudget;  // page_budget.hpp

class TextsReader {
 public:
  // `file` outlives the reader; TEXT lies in it at [begin, begin + bytes). `budget` may be null.
  static Result<TextsReader> make(const File& file, u64 begin, u64 bytes, SectionView places,
                                  SectionView dictionaries, u32 document_count,
                                  std::shared_ptr<PageBudget> budget = nullptr);
  TextsReader(TextsReader&&) noexcept;
  ~TextsReader();

  Result<std::string> text(DocNo doc, u64 id_hash) const;
  // The same for many texts in document order, which share the reads of `ahead`.
  Result<std::string> text(DocNo doc, u64 id_hash, ReadAhead& ahead) const;
  // Bytes [begin, end) of a text, cut at its end; of a long text only the frames needed are read.
  Result<std::string> text_range(DocNo doc, u64 id_hash, u32 begin, u32 end) const;
  // The stored form, read through `ahead` and verified.
  Result<StoredText> stored(DocNo doc, u64 id_hash, ReadAhead& ahead) const;
  // Lengths of texts [first, first + out.size()).
  Result<void> raw_bytes(u32 first, std::span<i64> out) const;
  u32 dictionary_count() const;
  Result<Buffer> dictionary(u32 number) const;
  // Adds the pages of the texts that were read, but for those that were read through a caller's
  // `ahead`: of all, and once.
  void add_hot_pages(std::vector<PageRun>& runs) const;
  // Every place lies behind the one before it, and the last ends with the section.
  Result<void> verify_places() const;

 private:
  struct State;
  explicit TextsReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace shale::shard

// A shard, opened for reading: an Index over one immutable mapped file.
//
// open() checks header, footer and table of contents; every other extent (16 KiB) is verified when
// it is touched first, text frames on every decode. Text is read with pread, never mapped: a
// failing disk is an error code there, and no page of it counts as resident. Safe from many
// threads.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <shale/stats.hpp>
#include <shale/store.hpp>

#include "model/index.hpp"
#include "shard/hot_pages.hpp"
#include "shard/shard_writer.hpp"

namespace shale::shard {

// Further ones are extras of the documents that have them.
inline constexpr usize tokenizers_max = 250;

class PageBudget;  // page_budget.hpp: cold 2 MiB windows are given back over a byte budget

struct ShardInfo {
  FileId id;
  u64 file_bytes = 0;
  u64 checksum = 0;  // of the footer
  u32 document_count = 0;
  u64 text_bytes = 0;
  u64 word_count = 0;
  u64 base_lsn = 0;
  bool positions = false;
  std::string analysis;
  u32 words_version = 1;  // of the analysis (text/words.hpp)
  std::vector<FileId> replaced;
  std::vector<std::string> tokenizers;  // that counted its tokens; at most tokenizers_max
};

// Which texts a check unpacks and compares with their hashes. The checksums of all are compared in
// any case: `some` (one in sixteen) is for a file just written, where what the checksums cannot
// tell is a wrong dictionary or a wrong place, which no text would survive.
enum class Texts : u8 { all, some };

class Shard : public Index {
 public:
  // `budget` may be null (then nothing is ever released). `base_lsn` comes from MANIFEST.
  static Result<std::shared_ptr<const Shard>> open(const std::filesystem::path& path,
                                                   std::shared_ptr<PageBudget> budget,
                                                   std::optional<u64> base_lsn = std::nullopt);

  virtual const ShardInfo& info() const = 0;
  virtual std::vector<SectionBytes> sections() const = 0;

  // The ids of all documents, in document order.
  virtual Result<void> for_each_id(
      const std::function<Result<void>(std::string_view id)>& visit) const = 0;

  // Bytes [begin, end) of a text, cut at its end; of a text over 64 KiB only the frames needed are
  // read and unpacked.
  virtual Result<std::string> text_range(DocNo doc, u32 begin, u32 end) const = 0;

  // For merging: the stored form of a document's text, read through `ahead`, and dictionaries.
  virtual Result<StoredText> stored_text(DocNo doc, ReadAhead& ahead) const = 0;
  virtual u32 dictionary_count() const = 0;
  virtual Result<Buffer> dictionary(u32 number) const = 0;

  // Which pages of the file were used since it was opened, as far as that is known; ascending
  // within each section.
  virtual std::vector<PageRun> hot_pages() const = 0;

  // Reads every byte of the file anew, checks every checksum and every structure: postings against
  // dictionary, columns against counts, each text against its frame. Adds what it finds to `faults`
  // (Fault::section and offset; ids where a text is hidden); returns the bytes checked.
  virtual Result<u64> verify(std::vector<Fault>& faults, Texts texts,
                             const std::function<bool(u64 bytes)>& keep_going) const = 0;
};

}  // namespace shale::shard

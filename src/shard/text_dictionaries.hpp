// The zstd dictionaries of a shard's texts (section ZDIC, layout in texts.hpp), ready to unpack
// with.
//
// Each is prepared when it is needed first, by whichever thread comes first. Where the budget has
// room it is a copy (128 KiB): what is mapped may be released and read from the disk again, and
// nothing else would tell that a text was unpacked with wrong bytes. Where it has none, zstd's
// tables of it (28 KiB) refer to the mapped bytes, which are then asked for with each use: verified
// again where they were released. Where there is no room for tables either, they are made for each
// use (20 us). Safe from many threads. Used by TextsReader.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "base/compress.hpp"
#include "base/large_memory.hpp"
#include "shard/page_budget.hpp"
#include "shard/sections.hpp"
#include "shard/texts.hpp"

namespace shale::shard {

class TextDictionaries {
 public:
  // `budget` may be null: room for everything.
  static Result<std::unique_ptr<TextDictionaries>> make(SectionView section,
                                                        std::shared_ptr<PageBudget> budget);
  ~TextDictionaries();
  TextDictionaries(const TextDictionaries&) = delete;
  TextDictionaries& operator=(const TextDictionaries&) = delete;

  u32 count() const { return count_; }
  // The bytes of one, verified; `number` < count().
  Result<Bytes> bytes(u32 number) const;

  // One to unpack with, as long as this object lives.
  class Use {
   public:
    const DecompressDictionary* get() const { return dictionary_; }

   private:
    friend class TextDictionaries;
    std::unique_ptr<const DecompressDictionary> own_;  // where none is kept
    const DecompressDictionary* dictionary_ = nullptr;
  };
  Result<Use> use(u32 number);

 private:
  enum class Kept : u8 { nothing, tables, copy };
  struct Slot {
    u64 offset = 0;  // in the section
    u32 bytes = 0;
    std::mutex mutex;
    Kept kept = Kept::nothing;  // written before `ready` is
    Buffer copy;                // its own, where memory is bounded
    std::unique_ptr<const DecompressDictionary> owner;
    std::atomic<const DecompressDictionary*> ready = nullptr;
  };

  TextDictionaries(SectionView section, std::shared_ptr<PageBudget> budget);
  Result<void> read_heads();
  bool has_room(u64 bytes);
  Bytes copy_of(Slot& slot, Bytes bytes);
  Result<std::unique_ptr<const DecompressDictionary>> prepare(const Slot& slot, Bytes bytes) const;
  Result<Use> prepare_first(Slot& slot, u32 number);

  SectionView section_;
  std::shared_ptr<PageBudget> budget_;
  u32 count_ = 0;
  std::atomic<u64> taken_ = 0;  // of the budget
  // Each copy where the dictionary lies in the section; not where memory is bounded, for of large
  // pages those beside it are resident too.
  std::once_flag copies_made_;
  LargeMemory copies_;
  std::array<Slot, dictionaries_max> slots_;
};

}  // namespace shale::shard

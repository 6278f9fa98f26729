// A log's index as readers see it: an Index cut at a committed LSN, and the tombstones and updates
// the log holds for other indexes.
//
// Built on an arena that another thread or process may be writing to: loads with acquire, ignores
// everything beyond its LSN, checks every offset. Texts come from the log file (or from memory, in
// a bulk build). Safe from many threads; keeps arena and log alive.
#pragma once

#include <functional>
#include <memory>

#include "delta/arena.hpp"
#include "delta/index_writer.hpp"
#include "delta/log_reader.hpp"
#include "model/index.hpp"

namespace shale::delta {

// Where texts of a log's documents are read.
using TextSource = std::function<Result<std::string>(u64 offset, u32 bytes, TextHash hash)>;

class LogIndex : public Index {
 public:
  // The view of `arena` up to `committed`. `texts` must stay callable as long as the view lives.
  static Result<std::shared_ptr<const LogIndex>> make(std::shared_ptr<const Arena> arena,
                                                      Lsn committed, TextSource texts);

  // Documents that exist in number only: burnt by a writer that was killed, or not committed yet in
  // the middle of the range. They belong into the overlay's dead set.
  virtual const Bitmap& burnt() const = 0;

  virtual void for_each_tombstone(Lsn after,
                                  const std::function<void(const Tombstone&)>&) const = 0;
  struct UpdateEntry {
    FileId index;
    DocNo doc{};
    Lsn lsn;
    Update update;
  };
  virtual Result<void> for_each_update(
      Lsn after, const std::function<void(const UpdateEntry&)>& visit) const = 0;
  virtual u64 text_bytes() const = 0;  // of all documents, dead ones included
  virtual Lsn committed() const = 0;   // the LSN of the last batch in this view
};

}  // namespace shale::delta

// What lies over an index in one snapshot: versions that are dead, metadata that has changed.
//
// The immutable files (.dead, .patch) and the tombstones and updates of live logs below the
// snapshot's committed LSN are added up into one Overlay per index. Immutable once shared.
#pragma once

#include <memory>

#include "base/bitmap.hpp"
#include "model/index.hpp"
#include "model/patches.hpp"

namespace shale {

struct Overlay {
  Bitmap dead;      // documents no reader of this snapshot sees
  Patches patches;  // document -> all changes since it was stashed, merged
};

// One index as a snapshot sees it. Cheap to copy.
struct IndexView {
  std::shared_ptr<const Index> index;
  std::shared_ptr<const Overlay> overlay;  // never null
};

// Metadata with the overlay's changes applied.
Result<Metadata> current_metadata(const IndexView& view, DocNo doc);
// The same of Index::counted_metadata.
Result<Metadata> counted_metadata(const IndexView& view, DocNo doc);

}  // namespace shale

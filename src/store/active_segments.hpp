// Decoded segments kept in memory, shared by all threads and snapshots of a store.
//
// The key is the place a version lies at for ever (file id, document), never the segment's id, so
// that no snapshot can be handed another's version (PROTOCOL B7). Its hash is that of the id, which
// it names: so a get finds what is kept without asking any index, nor the value. Of an id at most
// one version is live in a view; whichever is kept and live there is the one that the indexes would
// name (find_active).
//
// Metadata that an overlay changed is not part of the cached value: a read lays it over, and keeps
// the outcome beside the value for the next read that finds the same changes (not counted in the
// budget: some 600 bytes of a segment that was changed, and nothing of one with many tags).
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include <shale/segment.hpp>

#include "base/checksum.hpp"
#include "base/lru.hpp"
#include "store/view.hpp"

namespace shale::store {

struct DocumentKey {
  FileId file;
  std::string_view id;  // of a kept value: its own. The same for all versions
  u32 doc = 0;
  bool operator==(const DocumentKey& other) const { return doc == other.doc && file == other.file; }
};

struct DocumentKeyHash {
  u64 operator()(const DocumentKey& key) const { return checksum64(as_bytes(key.id)); }
};

// What is kept of a version. Immutable but for `changed`.
struct ActiveBody : Segment::Body {
  struct Changed {
    u64 stamp = 0;  // Patches::stamp_of
    Metadata metadata;
  };
  // Held for a copy of the pointer; who finds it taken applies the changes himself.
  mutable std::mutex mutex;
  mutable std::shared_ptr<const Changed> changed;  // as the last read found it; may be null
};

using ActiveSegments = Lru<DocumentKey, ActiveBody, DocumentKeyHash>;

struct ActiveSegment {
  Located at;
  Segment segment;
};

// The live version of `id`, if it is kept. Counts a hit or a miss. Safe while files are lost: what
// is kept was whole when it was read.
std::optional<ActiveSegment> find_active(const View& view, std::string_view id,
                                         ActiveSegments& cache);
// The document as the view has it, decoded, checked and kept.
Result<Segment> decode_segment(const IndexView& view, DocNo doc, ActiveSegments& cache);
// The same, from the cache where it is there. `id` is its id.
Result<Segment> read_segment(const IndexView& view, DocNo doc, std::string_view id,
                             ActiveSegments& cache);
// What an answer tells of it, without unpacking the text; puts nothing into the cache.
Result<Summary> read_summary(const IndexView& view, DocNo doc, std::string_view id,
                             ActiveSegments& cache);

}  // namespace shale::store

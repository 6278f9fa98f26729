// Decoded segments kept in memory, shared by all threads and snapshots of a store.
//
// The key is the place a version lies at for ever (file id, document), never the segment's id, so
// that no snapshot can be handed another's version (PROTOCOL B7). Metadata that an overlay changed
// is not part of the cached value: a read applies it.
#pragma once

#include <memory>

#include <shale/segment.hpp>

#include "base/lru.hpp"
#include "model/overlay.hpp"

namespace shale::store {

struct DocumentKey {
  FileId file;
  u32 doc = 0;
  bool operator==(const DocumentKey&) const = default;
};

struct DocumentKeyHash {
  usize operator()(const DocumentKey& key) const {
    return usize((key.file.random ^ key.file.sequence * 0x9E3779B97F4A7C15u) +
                 key.doc * 0xD6E8FEB86659FD93u);
  }
};

using ActiveSegments = Lru<DocumentKey, Segment::Body, DocumentKeyHash>;

// The document as the view has it: from the cache, or decoded, checked and put there.
Result<Segment> read_segment(const IndexView& view, DocNo doc, ActiveSegments& cache);
// What an answer tells of it, without unpacking the text; puts nothing into the cache.
Result<Summary> read_summary(const IndexView& view, DocNo doc, ActiveSegments& cache);

}  // namespace shale::store

#include "model/overlay.hpp"

#include "model/record.hpp"

namespace shale {

namespace {

Metadata patched(const IndexView& view, DocNo doc, Metadata metadata) {
  const auto patch = view.overlay->patches.find(to_index(doc));
  if (patch != view.overlay->patches.end()) apply_update(patch->second, metadata);
  return metadata;
}

}  // namespace

Result<Metadata> current_metadata(const IndexView& view, DocNo doc) {
  return patched(view, doc, TRY(view.index->metadata(doc)));
}

Result<Metadata> counted_metadata(const IndexView& view, DocNo doc) {
  return patched(view, doc, TRY(view.index->counted_metadata(doc)));
}

}  // namespace shale

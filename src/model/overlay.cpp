#include "model/overlay.hpp"

#include "model/record.hpp"

namespace shale {

Result<Metadata> current_metadata(const IndexView& view, DocNo doc) {
  Metadata metadata = TRY(view.index->metadata(doc));
  const auto patch = view.overlay->patches.find(to_index(doc));
  if (patch != view.overlay->patches.end()) apply_update(patch->second, metadata);
  return metadata;
}

}  // namespace shale

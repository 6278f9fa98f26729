#include "store/active_segments.hpp"

#include "model/record.hpp"

namespace shale::store {

namespace {

// A rough weight: the text and a flat charge for metadata and bookkeeping.
constexpr u64 overhead_bytes = 512;

Result<std::shared_ptr<const Segment::Body>> decode(const IndexView& view, DocNo doc) {
  auto body = std::make_shared<Segment::Body>();
  body->metadata = TRY(view.index->counted_metadata(doc));
  body->text = TRY(view.index->text(doc));
  body->text_hash = TRY(view.index->text_hash(doc));
  return std::shared_ptr<const Segment::Body>(std::move(body));
}

}  // namespace

Result<Segment> read_segment(const IndexView& view, DocNo doc, ActiveSegments& cache) {
  const DocumentKey key{view.index->file_id(), to_index(doc)};
  std::shared_ptr<const Segment::Body> body = cache.find(key);
  if (body == nullptr) {
    body = TRY(decode(view, doc));
    // Zeros must not outlive the index they were read from.
    if (std::optional<Error> loss = view.index->loss()) return Unexpected{*std::move(loss)};
    cache.insert(key, body, body->text.size() + overhead_bytes);
  }
  const auto patch = view.overlay->patches.find(to_index(doc));
  if (patch == view.overlay->patches.end()) return Segment(std::move(body));
  auto changed = std::make_shared<Segment::Body>(*body);
  apply_update(patch->second, changed->metadata);
  return Segment(std::move(changed));
}

Result<Summary> read_summary(const IndexView& view, DocNo doc, ActiveSegments& cache) {
  const bool is_changed = view.overlay->patches.find(to_index(doc)) != view.overlay->patches.end();
  const auto body = is_changed ? nullptr : cache.find({view.index->file_id(), to_index(doc)});
  if (body != nullptr) return summary_of(body->metadata);
  Summary read =
      is_changed ? summary_of(TRY(counted_metadata(view, doc))) : TRY(view.index->summary(doc));
  if (std::optional<Error> loss = view.index->loss()) return Unexpected{*std::move(loss)};
  return read;
}

}  // namespace shale::store

#include "store/active_segments.hpp"

#include "model/record.hpp"

namespace shale::store {

namespace {

// A rough weight: the text and a flat charge for metadata (500 bytes, and the strings it has) and
// bookkeeping (400, of 2 cores). With half of that a budget of 32 MiB held 41 of short texts.
constexpr u64 overhead_bytes = 1024;

u64 hash_of(std::string_view id) { return checksum64(as_bytes(id)); }

DocumentKey key_of(const IndexView& view, DocNo doc, std::string_view id) {
  return {view.index->file_id(), to_index(doc), hash_of(id)};
}

Result<std::shared_ptr<const Segment::Body>> decode(const IndexView& view, DocNo doc) {
  auto body = std::make_shared<Segment::Body>();
  body->metadata = TRY(view.index->counted_metadata(doc));
  body->text = TRY(view.index->text(doc));
  body->text_hash = TRY(view.index->text_hash(doc));
  return std::shared_ptr<const Segment::Body>(std::move(body));
}

Segment as_changed(std::shared_ptr<const Segment::Body> body, const IndexView& view, u32 doc) {
  const auto patch = view.overlay->patches.find(doc);
  if (patch == view.overlay->patches.end()) return Segment(std::move(body));
  auto changed = std::make_shared<Metadata>(body->metadata);
  apply_update(patch->second, *changed);
  return Segment(std::move(body), std::move(changed));
}

// Where the version lies in the view, if it is live there. Newest first: what is read most.
std::optional<Located> live_place(const View& view, const DocumentKey& key) {
  for (usize at = view.indexes.size(); at-- > 0;) {
    const IndexView& one = view.indexes[at];
    if (one.index->file_id() != key.file) continue;
    if (key.doc >= one.index->document_count() || one.overlay->dead.contains(key.doc)) break;
    return Located{at, DocNo(key.doc)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<ActiveSegment> find_active(const View& view, std::string_view id,
                                         ActiveSegments& cache) {
  std::optional<Located> place;
  std::shared_ptr<const Segment::Body> body =
      cache.find_if(hash_of(id), [&](const DocumentKey& key, const Segment::Body& kept) {
        if (kept.metadata.id == id) place = live_place(view, key);
        if (place.has_value()) view.expect_access(*place);
        return place.has_value();
      });
  if (body == nullptr) return std::nullopt;
  const IndexView& index = view.indexes[place->index];
  return ActiveSegment{*place, as_changed(std::move(body), index, to_index(place->doc))};
}

Result<Segment> decode_segment(const IndexView& view, DocNo doc, std::string_view id,
                               ActiveSegments& cache) {
  std::shared_ptr<const Segment::Body> body = TRY(decode(view, doc));
  // Zeros must not outlive the index they were read from.
  if (std::optional<Error> loss = view.index->loss()) return Unexpected{*std::move(loss)};
  cache.insert(key_of(view, doc, id), body, body->text.size() + overhead_bytes);
  return as_changed(std::move(body), view, to_index(doc));
}

Result<Segment> read_segment(const IndexView& view, DocNo doc, std::string_view id,
                             ActiveSegments& cache) {
  auto body = cache.find(key_of(view, doc, id));
  if (body != nullptr) return as_changed(std::move(body), view, to_index(doc));
  return decode_segment(view, doc, id, cache);
}

Result<Summary> read_summary(const IndexView& view, DocNo doc, std::string_view id,
                             ActiveSegments& cache) {
  const bool is_changed = view.overlay->patches.find(to_index(doc)) != view.overlay->patches.end();
  const auto body = is_changed ? nullptr : cache.find(key_of(view, doc, id));
  if (body != nullptr) return summary_of(body->metadata);
  Summary read =
      is_changed ? summary_of(TRY(counted_metadata(view, doc))) : TRY(view.index->summary(doc));
  if (std::optional<Error> loss = view.index->loss()) return Unexpected{*std::move(loss)};
  return read;
}

}  // namespace shale::store

#include "store/active_segments.hpp"

#include "model/record.hpp"

namespace shale::store {

namespace {

// A rough weight: the text and a flat charge for metadata (500 bytes, and the strings it has) and
// bookkeeping (400, of 2 cores). With half of that a budget of 32 MiB held 41 of short texts.
constexpr u64 overhead_bytes = 1024;

// A segment may have half a million tags: what is beside the budget must be small.
constexpr usize remembered_values_max = 64;

DocumentKey key_of(const IndexView& view, DocNo doc, std::string_view id) {
  return {view.index->file_id(), id, to_index(doc)};
}

Result<std::shared_ptr<const ActiveBody>> decode(const IndexView& view, DocNo doc) {
  auto body = std::make_shared<ActiveBody>();
  body->metadata = TRY(view.index->counted_metadata(doc));
  body->text = TRY(view.index->text(doc));
  body->text_hash = TRY(view.index->text_hash(doc));
  return std::shared_ptr<const ActiveBody>(std::move(body));
}

std::shared_ptr<const ActiveBody::Changed> known_change(const ActiveBody& body) {
  const std::unique_lock lock(body.mutex, std::try_to_lock);
  return lock.owns_lock() ? body.changed : nullptr;
}

void remember(const ActiveBody& body, std::shared_ptr<const ActiveBody::Changed> changed) {
  const Metadata& metadata = changed->metadata;
  if (metadata.tags.size() + metadata.attrs.size() > remembered_values_max) return;
  const std::unique_lock lock(body.mutex, std::try_to_lock);
  if (lock.owns_lock()) body.changed.swap(changed);  // what was there goes behind the lock
}

Segment as_changed(std::shared_ptr<const ActiveBody> body, const IndexView& view, u32 doc) {
  const Patches& patches = view.overlay->patches;
  const u64 stamp = patches.stamp_of(doc);
  if (stamp == 0) return Segment(std::move(body));
  std::shared_ptr<const ActiveBody::Changed> changed = known_change(*body);
  if (changed == nullptr || changed->stamp != stamp) {
    auto made = std::make_shared<ActiveBody::Changed>();
    made->stamp = stamp;
    made->metadata = body->metadata;
    apply_update(patches.at(doc), made->metadata);
    changed = std::move(made);
    remember(*body, changed);
  }
  const Metadata* const metadata = &changed->metadata;
  return Segment(std::move(body), {std::move(changed), metadata});
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
  std::shared_ptr<const ActiveBody> body =
      cache.find_if(DocumentKeyHash{}({{}, id}), [&](const DocumentKey& key, const ActiveBody&) {
        if (key.id == id) place = live_place(view, key);
        if (place.has_value()) view.expect_access(*place);
        return place.has_value();
      });
  if (body == nullptr) return std::nullopt;
  const IndexView& index = view.indexes[place->index];
  return ActiveSegment{*place, as_changed(std::move(body), index, to_index(place->doc))};
}

Result<Segment> decode_segment(const IndexView& view, DocNo doc, ActiveSegments& cache) {
  std::shared_ptr<const ActiveBody> body = TRY(decode(view, doc));
  // Zeros must not outlive the index they were read from.
  if (std::optional<Error> loss = view.index->loss()) return Unexpected{*std::move(loss)};
  cache.insert(key_of(view, doc, body->metadata.id), body, body->text.size() + overhead_bytes);
  return as_changed(std::move(body), view, to_index(doc));
}

Result<Segment> read_segment(const IndexView& view, DocNo doc, std::string_view id,
                             ActiveSegments& cache) {
  auto body = cache.find(key_of(view, doc, id));
  if (body != nullptr) return as_changed(std::move(body), view, to_index(doc));
  return decode_segment(view, doc, cache);
}

Result<Summary> read_summary(const IndexView& view, DocNo doc, std::string_view id,
                             ActiveSegments& cache) {
  if (auto body = cache.find(key_of(view, doc, id)); body != nullptr) {
    return summary_of(as_changed(std::move(body), view, to_index(doc)).metadata());
  }
  Summary read = view.overlay->patches.contains(to_index(doc))
                     ? summary_of(TRY(counted_metadata(view, doc)))
                     : TRY(view.index->summary(doc));
  if (std::optional<Error> loss = view.index->loss()) return Unexpected{*std::move(loss)};
  return read;
}

}  // namespace shale::store

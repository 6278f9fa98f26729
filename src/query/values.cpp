#include "query/values.hpp"

#include <algorithm>

namespace shale::query {

i64 number_of(Field field, const Metadata& metadata, u64 text_bytes, u64 words) {
  switch (field) {
    case Field::created:
      return metadata.created_at.microseconds;
    case Field::touched:
      return metadata.touched_at.microseconds;
    case Field::tokens:
      return metadata.tokens ? i64(*metadata.tokens) : no_number;
    case Field::line_first:
      return metadata.line_range ? i64(metadata.line_range->first) : no_number;
    case Field::line_last:
      return metadata.line_range ? i64(metadata.line_range->last) : no_number;
    case Field::gc_survival_count:
      return i64(metadata.gc_survival_count);
    case Field::refcount:
      return i64(metadata.refcount);
    case Field::bytes:
      return i64(text_bytes);
    case Field::words:
      return i64(words);
    default:
      return no_number;
  }
}

bool changes(const Update& update, Field field) {
  switch (field) {
    case Field::type:
      return update.type.has_value();
    case Field::task:
      return update.task.has_value();
    case Field::file:
      return update.file.has_value();
    case Field::topic:
      return update.topic.has_value();
    case Field::tag:
      return !update.tags_added.empty() || !update.tags_removed.empty();
    case Field::tier:
      return update.tier.has_value();
    case Field::generation:
      return update.generation.has_value();
    case Field::pinned:
      return update.pinned.has_value();
    case Field::attribute:
      return !update.attrs_set.empty() || !update.attrs_removed.empty();
    case Field::touched:
      return update.touched_at.has_value();
    case Field::tokens:
      return update.tokens.has_value();
    case Field::line_first:
    case Field::line_last:
      return update.line_range.has_value();
    case Field::gc_survival_count:
      return update.gc_survival_added != 0;
    case Field::refcount:
      return update.refcount_added != 0;
    case Field::id:
    case Field::created:
    case Field::bytes:
    case Field::words:
    case Field::accessed:
    case Field::accesses:
      return false;
  }
  return true;
}

Result<void> current_numbers(const IndexView& view, Field field, std::span<const u32> docs,
                             std::span<i64> out) {
  if (docs.empty()) return {};
  TRY(view.index->numbers_of(field, docs, out));
  const auto& patches = view.overlay->patches;
  auto patch = patches.lower_bound(docs.front());
  for (; patch != patches.end() && patch->first <= docs.back(); ++patch) {
    if (!changes(patch->second, field)) continue;
    const auto at = std::lower_bound(docs.begin(), docs.end(), patch->first);
    if (*at != patch->first) continue;
    const Metadata metadata = TRY(current_metadata(view, DocNo{patch->first}));
    out[usize(at - docs.begin())] = number_of(field, metadata, 0, 0);
  }
  return {};
}

}  // namespace shale::query

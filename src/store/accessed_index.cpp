#include "store/accessed_index.hpp"

#include <numeric>

#include "store/access_books.hpp"
#include "store/accesses.hpp"

namespace shale::store {

namespace {

using catalog::AccessEntry;

i64 number_of(Field field, const AccessEntry& entry) {
  if (field == Field::accesses) return i64(entry.count);
  return entry.count == 0 ? no_number : i64(entry.last_seconds) * 1'000'000;
}

void put_numbers(Field field, std::span<const AccessEntry> entries, std::span<i64> out) {
  for (usize i = 0; i < out.size(); ++i) out[i] = number_of(field, entries[i]);
}

}  // namespace

AccessedIndex::AccessedIndex(const IndexView& one, std::shared_ptr<const AccessReader> reader)
    : ForwardingIndex(one.index),
      reader_(std::move(reader)),
      at_(reader_->place_of(one.index->file_id())) {
  if (at_.has_value()) {
    superseded_ = reader_->view().indexes[*at_].overlay->dead;
    superseded_ -= one.overlay->dead;
  } else {
    superseded_ = Bitmap::range(0, one.index->document_count());
    superseded_ -= one.overlay->dead;
  }
}

Result<void> AccessedIndex::numbers(Field field, u32 first, std::span<i64> out) const {
  if (!is_of_accesses(field)) return behind().numbers(field, first, out);
  std::vector<u32> docs(out.size());
  std::iota(docs.begin(), docs.end(), first);
  return numbers_of(field, docs, out);
}

Result<void> AccessedIndex::numbers_of(Field field, std::span<const u32> docs,
                                       std::span<i64> out) const {
  if (!is_of_accesses(field)) return behind().numbers_of(field, docs, out);
  std::vector<AccessEntry> entries(docs.size());
  TRY(entries_of(docs, entries));
  put_numbers(field, entries, out);
  return {};
}

Result<void> AccessedIndex::entries_of(std::span<const u32> docs,
                                       std::span<AccessEntry> out) const {
  if (at_.has_value()) TRY(reader_->read_some(*at_, docs, out));
  return superseded_.empty() ? Result<void>() : look_up_superseded(docs, out);
}

Result<void> AccessedIndex::look_up_superseded(std::span<const u32> docs,
                                               std::span<AccessEntry> out) const {
  for (usize i = 0; i < docs.size(); ++i) {
    if (!superseded_.contains(docs[i])) continue;
    const std::string id = TRY(behind().id_of(DocNo{docs[i]}));
    out[i] = TRY(reader_->of_id(id));
  }
  return {};
}

bool may_ask_for_accesses(std::string_view text) {
  return text.find("accesse") != std::string_view::npos;
}

Result<std::vector<IndexView>> accessed_indexes(Project::State& project, const View& view) {
  std::shared_ptr<const AccessReader> reader;
  if (project.is_private) {
    reader = std::make_shared<const AccessReader>(project, std::make_shared<const View>(view));
  } else {
    const AccessLock lock = TRY(AccessLock::acquire(project));
    TRY(flush_and_inherit(lock));
    reader = std::make_shared<const AccessReader>(project, lock.view());
  }
  std::vector<IndexView> indexes;
  indexes.reserve(view.indexes.size());
  for (const IndexView& one : view.indexes) {
    indexes.push_back({std::make_shared<const AccessedIndex>(one, reader), one.overlay});
  }
  return indexes;
}

}  // namespace shale::store

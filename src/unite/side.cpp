#include "unite/side.hpp"

#include <algorithm>

#include "store/lost_files.hpp"

namespace shale::unite {

namespace {

constexpr u32 block_documents = 1024;

}  // namespace

Result<Side> Side::of(const Snapshot& snapshot) {
  const Snapshot::State& state = snapshot.state();
  if (!state.view->edition->faults.empty()) {
    const Fault& fault = state.view->edition->faults.front();
    return fail_at(ErrorCode::corrupt,
                   "Project \"" + state.project->name + "\" is damaged: " + fault.message +
                       " `export` gives what can be read of it.",
                   fault.file, fault.offset);
  }
  return Side(state);
}

Result<Side::Size> Side::size() const {
  Size size;
  std::vector<i64> bytes(block_documents);
  for (const IndexView& one : view_->indexes) {
    const u32 end = one.index->document_count();
    for (u32 first = 0; first < end; first += block_documents) {
      const u32 count = std::min(block_documents, end - first);
      TRY(one.index->numbers(Field::bytes, first, std::span(bytes).first(count)));
      for (u32 i = 0; i < count; ++i) {
        if (one.overlay->dead.contains(first + i)) continue;
        ++size.segments;
        size.text_bytes += u64(bytes[i]);
      }
    }
  }
  return size;
}

Result<void> Side::each(const std::function<Result<void>(Found)>& visit) const {
  for (usize index = 0; index < view_->indexes.size(); ++index) {
    const u32 end = view_->indexes[index].index->document_count();
    for (u32 first = 0; first < end; first += block_documents) {
      TRY(visit_block(index, first, std::min(block_documents, end - first), visit));
    }
  }
  return {};
}

Result<void> Side::visit_block(usize index, u32 first, u32 count,
                               const std::function<Result<void>(Found)>& visit) const {
  const IndexView& one = view_->indexes[index];
  std::vector<i64> bytes(count);
  TRY(one.index->numbers(Field::bytes, first, bytes));
  for (u32 i = 0; i < count; ++i) {
    if (one.overlay->dead.contains(first + i)) continue;
    const store::Located at{index, DocNo(first + i)};
    Found found{TRY(version(at)), at, u64(bytes[i])};
    TRY(visit(std::move(found)));
  }
  return check_still_there();
}

Result<Version> Side::version(store::Located at) const {
  Version version;
  version.metadata = TRY(current_metadata(view_->indexes[at.index], at.doc));
  version.text = TRY(view_->indexes[at.index].index->text_hash(at.doc));
  return version;
}

Result<std::optional<Side::Found>> Side::find(std::string_view id) const {
  const std::optional<store::Located> at = TRY(store::find_live(*view_, id));
  if (!at) return std::optional<Found>();
  Version found = TRY(version(*at));
  return std::optional(Found{std::move(found), *at});
}

Result<bool> Side::has(std::string_view id) const {
  return TRY(store::find_live(*view_, id)).has_value();
}

Result<std::string> Side::text(store::Located at) const {
  return view_->indexes[at.index].index->text(at.doc);
}

Result<u64> Side::text_bytes(store::Located at) const {
  i64 bytes = 0;
  TRY(view_->indexes[at.index].index->numbers(Field::bytes, to_index(at.doc),
                                              std::span(&bytes, 1)));
  return u64(bytes);
}

Result<void> Side::check_still_there() const { return store::check_still_there(*view_); }

}  // namespace shale::unite

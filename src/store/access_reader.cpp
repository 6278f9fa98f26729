#include "store/access_reader.hpp"

#include <algorithm>

#include "store/access_books.hpp"

namespace shale::store {

using catalog::AccessEntry;
using catalog::AccessFile;

AccessReader::AccessReader(const Project::State& project, std::shared_ptr<const View> view)
    : view_(std::move(view)), files_(view_->indexes.size()) {
  for (usize at = 0; at < files_.size(); ++at) {
    auto opened = AccessFile::open(access_path(project, *view_, at),
                                   access_owner(project, *view_, at), File::Mode::read);
    if (opened) files_[at] = *std::move(opened);
  }
}

Result<void> AccessReader::read_some(usize at, std::span<const u32> docs,
                                     std::span<AccessEntry> out) const {
  if (files_[at].has_value()) return files_[at]->read_some(docs, out);
  std::fill(out.begin(), out.end(), AccessEntry{});
  return {};
}

Result<AccessEntry> AccessReader::of_id(std::string_view id) const {
  AccessEntry sum;
  bool is_live = false;
  for (usize at = 0; at < view_->indexes.size(); ++at) {
    const IndexView& one = view_->indexes[at];
    const auto doc = one.index->find_id(id);
    if (!doc || !doc->has_value()) continue;  // damage is told by whoever reads the segment
    const u32 number = to_index(**doc);
    AccessEntry entry;
    TRY(read_some(at, std::span(&number, 1), std::span(&entry, 1)));
    catalog::add_to(sum, entry);
    is_live = is_live || !one.overlay->dead.contains(number);
  }
  return is_live ? sum : AccessEntry{};
}

std::optional<usize> AccessReader::place_of(FileId index) const {
  for (usize at = 0; at < view_->indexes.size(); ++at) {
    if (view_->indexes[at].index->file_id() == index) return at;
  }
  return std::nullopt;
}

}  // namespace shale::store

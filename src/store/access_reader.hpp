// What .access files say, for one view: opened together, and read by pread when they are asked.
//
// Segments are asked for by id: what stands at versions of it that are dead, and that nobody has
// moved yet (access_books.hpp), is its too. Damaged or absent files say that nothing was read. An
// opened file stays what it was when a merge retires it. Used by accesses.cpp and accessed_index.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "catalog/access_file.hpp"
#include "store/project_state.hpp"

namespace shale::store {

class AccessReader {
 public:
  AccessReader(const Project::State& project, std::shared_ptr<const View> view);

  // Of single documents of an index of the view, ascending, as they stand there.
  Result<void> read_some(usize at, std::span<const u32> docs,
                         std::span<catalog::AccessEntry> out) const;
  // Of a live segment, whatever version was read; nothing where there is none.
  Result<catalog::AccessEntry> of_id(std::string_view id) const;
  // Where an index stands in the view.
  std::optional<usize> place_of(FileId index) const;
  const View& view() const { return *view_; }

 private:
  std::shared_ptr<const View> view_;
  std::vector<std::optional<catalog::AccessFile>> files_;  // of the view's indexes
};

}  // namespace shale::store

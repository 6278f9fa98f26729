// One of the two projects that meet, as a snapshot shows it: its live segments one after the other,
// or one by id, as they are stored.
//
// Reads columns first; texts only when they are asked for, and past the cache of decoded segments,
// which a walk over a million of them would only sweep out. Used by project_union.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <shale/store.hpp>

#include "store/project_state.hpp"
#include "unite/content.hpp"

namespace shale::unite {

class Side {
 public:
  // corrupt where a part of it cannot be read: what is missing would pass for absent.
  static Result<Side> of(const Snapshot& snapshot);

  const store::View& view() const { return *view_; }
  Project::State& project() const { return *project_; }
  struct Size {
    u64 segments = 0;
    u64 text_bytes = 0;
  };
  Result<Size> size() const;

  // A segment, and where its text is.
  struct Found {
    Version version;
    store::Located at;
    u64 text_bytes = 0;
  };
  // All of them, index by index in the order of documents.
  Result<void> each(const std::function<Result<void>(Found)>& visit) const;
  Result<std::optional<Found>> find(std::string_view id) const;
  Result<bool> has(std::string_view id) const;
  Result<std::string> text(store::Located at) const;
  Result<u64> text_bytes(store::Located at) const;  // without reading it

  // An error where a file was lost while it was read: zeros would have passed for what is there.
  Result<void> check_still_there() const;

 private:
  explicit Side(const Snapshot::State& snapshot)
      : project_(snapshot.project), view_(snapshot.view) {}
  Result<void> visit_block(usize index, u32 first, u32 count,
                           const std::function<Result<void>(Found)>& visit) const;
  Result<Version> version(store::Located at) const;

  std::shared_ptr<Project::State> project_;
  std::shared_ptr<const store::View> view_;
};

}  // namespace shale::unite

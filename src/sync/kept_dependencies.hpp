// Dependencies that are kept in a project: who depends on whom, written by set_dependencies.
//
// One segment for each `from`, so that the edges that go out from it change together and no others
// are written again: type `dependencies`, `file` the path, each `to` a tag, no text, an id that
// follows from the path (`dependencies:PATH`). Log, merge, backup, verification and export hold for
// it as for any segment; having no words, it is in no answer of a search by words. The posting list
// of a tag is who depends on it: finding dependents costs a look-up for each file found, and
// nothing for the edges that do not matter. Any other segment of that type counts as well.
//
// A mirror does not erase those of a file that has gone: it may come back with the same bytes,
// which nobody would analyse again (analyses stay as well). It marks them with `.gone`, in the
// batch that takes or brings the file, and while they are marked they do not count: nobody is told
// to analyse a file that is not there. What pointed to the file still counts. Edges that come from
// elsewhere are followed in memory (dependents.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <shale/sync.hpp>

#include "store/view.hpp"
#include "sync/file_changes.hpp"

namespace shale::sync {

inline constexpr std::string_view dependencies_type = "dependencies";
inline constexpr std::string_view gone_attribute = ".gone";  // true

std::string dependencies_id(std::string_view from);

// What notes of the dependencies kept of `path` that it has gone, or is there again; nothing where
// none are kept or that is what they say.
Result<std::optional<FileChanges::Change>> mark_dependencies(const store::View& view,
                                                             std::string_view path, bool is_gone);

// Follows edges backwards. Each segment is reached once: one search, on one thread.
class KeptEdges {
 public:
  static Result<KeptEdges> open(const store::View& view);
  Result<std::vector<std::string>> dependents_of(std::span<const std::string> changed);

 private:
  // Those of one index that count.
  struct Part {
    IndexView view;
    DenseSet unreached;  // as they were stashed: found by their terms
    // Changed since, which the terms do not tell: `to` -> `from`.
    std::unordered_multimap<std::string, std::string> changed;
  };
  static Result<std::optional<Part>> part_of(const IndexView& view);
  static Result<void> add_changed(Part& part, u32 doc);
  Result<void> visit(const std::string& node);
  Result<void> visit_stashed(Part& part, const std::string& term);
  void reach(std::string from);

  std::vector<Part> parts_;
  std::unordered_set<std::string> seen_;
  std::vector<std::string> to_visit_;
  std::vector<std::string> found_;
};

}  // namespace shale::sync

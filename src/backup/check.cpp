#include "backup/check.hpp"

#include "store/project_state.hpp"

namespace shale::backup {

Result<void> check_made(const std::filesystem::path& folder, bool all_of_it,
                        const ProgressCallback& progress, const std::stop_token& stop) {
  const Store store = TRY(Store::open(folder, {.read_only = true}));
  const std::vector<std::string> names = TRY(store.projects());
  for (const std::string& name : names) {
    const Project project = TRY(store.project(name));
    const Snapshot snapshot = TRY(project.snapshot());
    std::vector<Fault> faults = snapshot.state().view->edition->faults;
    if (faults.empty() && all_of_it) faults = TRY(project.verify(progress, stop)).faults;
    if (!faults.empty()) {
      return fail_at(ErrorCode::corrupt, "The copy is damaged: " + faults[0].message,
                     faults[0].file, faults[0].offset);
    }
  }
  return {};
}

}  // namespace shale::backup

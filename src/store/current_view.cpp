#include "store/current_view.hpp"

#include <algorithm>
#include <thread>

#include "store/arenas.hpp"
#include "store/lost_files.hpp"
#include "store/recovery.hpp"
#include "store/replay.hpp"

namespace shale::store {

namespace {

constexpr int attempts_max = 200;  // of 1 ms: a MANIFEST replacement takes far less

Result<std::shared_ptr<const Edition>> load_edition(Project::State& project, u64 edition,
                                                    bool missing_is_error) {
  const catalog::Manifest manifest = TRY(catalog::read_manifest(project.paths.manifest()));
  if (manifest.edition != edition) {
    return fail_at(ErrorCode::not_found, "MANIFEST is of another edition than CONTROL",
                   project.paths.manifest().string());
  }
  EditionRequest request;
  request.paths = project.paths;
  request.manifest = manifest;
  request.previous = project.view != nullptr ? project.view->edition : nullptr;
  request.budget = project.caches->pages;
  request.arenas = [&project](const catalog::LogEntry& entry, const delta::LogReader&) {
    return arena_of(project, entry.id);
  };
  request.missing_is_error = missing_is_error;
  request.tokenizer = project.config.tokenizer;
  if (project.options.count_accesses) request.accesses = &project.accesses.counts;
  return open_edition(std::move(request));
}

// The next holder of the lease makes the shared files anew: until then they are as good as busy.
Unexpected lost(Error error) {
  error.code = ErrorCode::busy;
  return Unexpected{std::move(error)};
}

// An LSN only grows: the page was cut, or something else was written over it.
Unexpected went_back(const Project::State& project) {
  return fail_at(ErrorCode::busy, "CONTROL has gone back to an earlier moment",
                 project.paths.control().string());
}

// Loads what CONTROL speaks of; an edition replaced meanwhile is tried again (PROTOCOL B6).
Result<void> update_view(Project::State& project) {
  std::optional<Error> last_error;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    const std::optional<catalog::ControlMoment> now = project.control->read();
    if (project.control->lost()) return lost(project.control->loss());
    if (now.has_value()) {
      const View* known = project.view.get();
      const bool same_edition = known != nullptr && known->epoch == now->epoch &&
                                !known->edition->try_again && !has_lost_shard(*known->edition);
      if (same_edition && known->committed == now->committed) return {};
      if (same_edition && now->committed < known->committed) return went_back(project);
      std::shared_ptr<const Edition> edition;
      if (same_edition) {
        edition = known->edition;
      } else {
        auto loaded = load_edition(project, now->edition, attempt < attempts_max / 2);
        if (!loaded && loaded.error().code != ErrorCode::not_found) {
          return Unexpected{std::move(loaded).error()};
        }
        if (loaded) {
          edition = *std::move(loaded);
        } else {
          last_error = std::move(loaded).error();
        }
      }
      if (edition != nullptr) {
        auto view = make_view(edition, now->epoch, now->committed, known, &project.accesses.counts);
        if (!view && index_is_gone(*edition)) return lost(view.error());
        // Whoever asks for it no more must not pin the files of an edition that is gone.
        if (known == nullptr || known->edition != edition) {
          project.durable_view = nullptr;
          forget_arenas(project, edition->manifest);
        }
        project.view = TRY(std::move(view));
        return {};
      }
    } else if (project.view != nullptr) {
      return {};  // a change is going on: what was there before it is still right
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (last_error.has_value()) return Unexpected{*last_error};
  return fail_at(ErrorCode::busy, "Another process has been changing the project for too long",
                 project.paths.control().string());
}

}  // namespace

Result<std::shared_ptr<const View>> current_view(Project::State& project) {
  const std::lock_guard lock(project.view_mutex);
  if (project.is_private) {
    TRY(refresh_private(project));
    return project.view;
  }
  if (project.control->replaced() || project.control->lost()) {
    // Another process recovered the project: its CONTROL stands at the path now. Or the page cannot
    // be read any more: the path tells what is so.
    TRY(adopt_control(project));
  }
  TRY(update_view(project));
  return project.view;
}

std::shared_ptr<const View> view_of_before(Project::State& project) {
  const std::lock_guard lock(project.view_mutex);
  // What the page said before it was replaced is true still, this process's last commits too.
  if (project.view != nullptr && !project.control->lost()) static_cast<void>(update_view(project));
  return project.view;
}

Result<std::shared_ptr<const View>> durable_view(Project::State& project,
                                                 const std::shared_ptr<const View>& newest) {
  const std::lock_guard lock(project.view_mutex);
  const Lsn durable =
      project.control != nullptr ? project.control->durable() : project.private_state.durable;
  const Lsn cut = std::min(newest->committed, std::max(durable, newest->edition->manifest.as_of));
  if (cut == newest->committed) return newest;
  std::shared_ptr<const View>& kept = project.durable_view;
  const bool same_edition = kept != nullptr && kept->edition == newest->edition;
  if (same_edition && kept->committed >= cut) return kept;
  auto made = TRY(make_view(newest->edition, newest->epoch, cut,
                            same_edition ? kept.get() : nullptr, &project.accesses.counts));
  if (project.view != nullptr && project.view->edition == newest->edition) kept = made;
  return made;
}

}  // namespace shale::store

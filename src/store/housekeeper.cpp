#include "store/housekeeper.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "store/accesses.hpp"
#include "store/activity.hpp"
#include "store/durability.hpp"
#include "store/merge_policy.hpp"
#include "store/merger.hpp"
#include "store/retention.hpp"

namespace shale::store {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds interval{50};  // relaxed: durable within 100 ms
constexpr std::chrono::milliseconds pause_after_failure{1000};
constexpr std::chrono::milliseconds figures_interval{1000};
constexpr std::chrono::minutes retention_interval{1};

}  // namespace

struct Housekeeper::Round {
  explicit Round(bool also_merges)
      : merges(also_merges), thread([this](const std::stop_token& stop) { run(stop); }) {}

  void run(const std::stop_token& stop) {
    for (bool last = false; !last;) {
      const std::vector<std::shared_ptr<Project::State>> open = wait(stop);
      last = stop.stop_requested();
      for (const auto& project : open) {
        sync(*project, last);
        keep_accesses(*project, last);
        project->kept_views.drop_old();
        // Not tried again where somebody merges or it fails: the next seal asks anew.
        if (project->fold_wanted.exchange(false, std::memory_order_relaxed)) {
          (void)fold_sealed(*project, sealed_logs_aim + 1, {});
        }
        // One step at a time; what fails now is tried again at the next round, and shows in
        // `stats`.
        if (!last && merges) (void)merge_step(*project);
        flush_figures(*project, last ? std::chrono::milliseconds(0) : figures_interval);
        if (!last && merges) retain(*project, stop);
      }
    }
  }

  // The rules of shale.toml, where they are to apply by themselves. What fails is tried again with
  // the next minute.
  static void retain(Project::State& project, const std::stop_token& stop) {
    const RetentionRules& rules = project.config.retention;
    if (!rules.automatic || Clock::now() < project.retain_again_at) return;
    (void)apply_retention_if_free(project, rules, stop);
    project.retain_again_at = Clock::now() + retention_interval;
  }

  // Wanted is taken back before the sync, which covers all that asked until then. Where it fails,
  // again after a while: each time a new log is tried.
  void sync(Project::State& project, bool last) {
    if (!last && Clock::now() < project.sync_again_at) return;
    if (!project.sync_wanted.exchange(false, std::memory_order_acq_rel)) return;
    if (sync_project(project)) return;
    project.sync_wanted.store(true, std::memory_order_relaxed);
    project.sync_again_at = Clock::now() + pause_after_failure;
  }

  // The projects that are still open, an interval later.
  std::vector<std::shared_ptr<Project::State>> wait(const std::stop_token& stop) {
    std::vector<std::shared_ptr<Project::State>> open;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, interval, [] { return false; });
    for (const auto& weak : projects) {
      if (auto project = weak.lock()) open.push_back(std::move(project));
    }
    return open;
  }

  const bool merges;
  std::mutex mutex;
  std::condition_variable_any wake;
  std::vector<std::weak_ptr<Project::State>> projects;
  std::jthread thread;  // the last member: it uses the others
};

Housekeeper::Housekeeper(bool merges) : round_(std::make_unique<Round>(merges)) {}

Housekeeper::~Housekeeper() {
  if (generation_ == process_generation()) return;  // ~jthread asks the thread to stop, and joins
  // Left alone for ever: there is no thread to join, and its mutex may be locked.
  static_cast<void>(round_.release());
}

void Housekeeper::watch(std::weak_ptr<Project::State> project) {
  const std::lock_guard lock(round_->mutex);
  round_->projects.push_back(std::move(project));
}

}  // namespace shale::store

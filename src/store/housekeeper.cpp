#include "store/housekeeper.hpp"

#include <chrono>

#include "store/durability.hpp"
#include "store/merger.hpp"

namespace shale::store {

namespace {

constexpr std::chrono::milliseconds interval{50};  // relaxed: durable within 100 ms

}  // namespace

Housekeeper::Housekeeper(bool merges)
    : merges_(merges), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Housekeeper::~Housekeeper() {
  thread_.request_stop();
  thread_.join();
}

void Housekeeper::watch(std::weak_ptr<Project::State> project) {
  const std::lock_guard lock(mutex_);
  projects_.push_back(std::move(project));
}

void Housekeeper::run(const std::stop_token& stop) {
  for (bool last = false; !last;) {
    std::vector<std::shared_ptr<Project::State>> projects;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, interval, [] { return false; });
      last = stop.stop_requested();
      for (const auto& weak : projects_) {
        if (auto project = weak.lock()) projects.push_back(std::move(project));
      }
    }
    for (const auto& project : projects) {
      if (project->sync_wanted.exchange(false, std::memory_order_relaxed)) {
        // Where that fails, the next commit leaves the log, or says why it cannot.
        (void)sync_project(*project);
      }
      if (!last && merges_) tidy(*project);
    }
  }
}

void Housekeeper::tidy(Project::State& project) const {
  // One step at a time; what fails now is tried again at the next round, and shows in `stats`.
  (void)merge_step(project);
}

}  // namespace shale::store

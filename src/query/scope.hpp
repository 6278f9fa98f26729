// The views a question still goes to, and what becomes of those that fail.
//
// A view whose bytes are damaged becomes a fault and the question starts again without it: the
// answer is that of a store which never had the view, whatever the moment of the failure. Used by
// every question of engine.hpp.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include <shale/query.hpp>

#include "base/shortage.hpp"
#include "model/overlay.hpp"

namespace shale::query {

class Scope {
 public:
  explicit Scope(std::span<const IndexView> views) : views_(views), active_(views.size()) {
    for (u32 i = 0; i < active_.size(); ++i) active_[i] = i;
  }

  std::span<const u32> active() const { return active_; }
  // The view of that number, which is blamed for the next error.
  const IndexView& enter(u32 view) {
    current_ = view;
    return views_[view];
  }

  // Takes the view that failed out: false for an error that is no fault of a view.
  bool exclude_failed(const Error& error) {
    if (!is_damage(error) || current_ == nobody) return false;
    Fault fault;
    fault.file = error.path;
    fault.offset = error.offset;
    fault.message = error.message;
    faults_.push_back(std::move(fault));
    std::erase(active_, current_);
    current_ = nobody;
    return true;
  }
  std::vector<Fault> take_faults() { return std::move(faults_); }

 private:
  static constexpr u32 nobody = 0xffffffff;
  std::span<const IndexView> views_;
  std::vector<u32> active_;
  u32 current_ = nobody;
  std::vector<Fault> faults_;
};

// Asks until no view fails. `attempt(Scope&)` answers a Result of a struct with `faults`.
template <class Attempt>
auto answer_without_failed(std::span<const IndexView> views, Attempt&& attempt)
    -> decltype(attempt(std::declval<Scope&>())) {
  Scope scope(views);
  for (;;) {
    auto answer = attempt(scope);
    if (answer) {
      answer->faults = scope.take_faults();
      return answer;
    }
    if (!scope.exclude_failed(answer.error())) return answer;
  }
}

}  // namespace shale::query

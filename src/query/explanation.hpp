// What Query::explain tells: how a search was understood, what it read, and how long each step
// took.
//
// Lines for people. Whoever searches holds a pointer to one, null where nobody asked: then not even
// a clock is read. Used by search.cpp and by store, which adds its own steps.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/integers.hpp"

namespace shale::query {

class Explanation {
 public:
  // A line with its name in front; without a name it belongs to the one before.
  void add(std::string_view name, std::string_view text);
  void clear();  // a search starts again without a damaged index: times stay

  // Adds the time until it goes away to a step; nothing where `explanation` is null.
  class Timed {
   public:
    Timed(Explanation* explanation, std::string_view step) : explanation_(explanation) {
      if (explanation_ == nullptr) return;
      step_ = step;
      begin_ = Clock::now();
    }
    ~Timed() {
      if (explanation_ != nullptr) explanation_->add_time(step_, Clock::now() - begin_);
    }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

   private:
    using Clock = std::chrono::steady_clock;
    Explanation* explanation_;
    std::string_view step_;
    Clock::time_point begin_;
  };

  // All lines, times last, each ended by \n.
  std::string text() const;

 private:
  void add_time(std::string_view step, std::chrono::nanoseconds taken);

  std::string lines_;
  std::vector<std::pair<std::string_view, std::chrono::nanoseconds>> steps_;  // in order of begin
};

}  // namespace shale::query

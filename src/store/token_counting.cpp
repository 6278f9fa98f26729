#include "store/token_counting.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "text/count_tokens.hpp"

namespace shale::store {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds alone_at_first{1};  // ten times what a thread costs

// What the threads of one call share. The number of the next item is all they meet at, and it
// orders nothing: what an item wrote is read after the threads have been joined.
class Shift {
 public:
  Shift(std::string_view tokenizer, u32 items, const CountingWork& work)
      : tokenizer_(tokenizer), items_(items), work_(work) {}

  Result<void> run() {
    {
      std::vector<std::jthread> others;
      const Clock::time_point later = Clock::now() + alone_at_first;
      take_part([&] {
        if (others.empty() && Clock::now() >= later) call_others(others);
      });
    }
    if (thrown_) std::rethrow_exception(thrown_);
    return error_ ? Result<void>(Unexpected{*error_}) : Result<void>();
  }

  bool has_lost_image() const { return has_lost_image_.load(std::memory_order_relaxed); }

 private:
  void call_others(std::vector<std::jthread>& others) {
    const u64 next = next_.load(std::memory_order_relaxed);
    const u64 left = next < items_ ? items_ - next : 0;
    for (u64 i = 1; i < std::min<u64>(std::thread::hardware_concurrency(), left); ++i) {
      try {
        others.emplace_back([this] { take_part([] {}); });
      } catch (const std::system_error&) {
        return;  // there are no more threads to be had: fewer count it all
      }
    }
  }

  template <class Between>
  void take_part(const Between& between) {
    try {
      const Result<void> done = work_through(between);
      if (done) return;
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = done.error();
    } catch (...) {  // out of memory: for the calling thread
      const std::lock_guard lock(mutex_);
      thrown_ = std::current_exception();
    }
    next_.store(items_, std::memory_order_relaxed);
  }

  template <class Between>
  Result<void> work_through(const Between& between) {
    TokenCounter* counter = nullptr;
    const CountText count = [&](std::string_view text) -> Result<u32> {
      if (counter == nullptr) counter = TRY(thread_token_counter(tokenizer_));
      return u32(counter->count(text));
    };
    for (;;) {
      const u64 item = next_.fetch_add(1, std::memory_order_relaxed);
      if (item >= items_) break;
      TRY(work_(u32(item), count));
      between();
    }
    if (counter == nullptr) return {};
    Result<void> counted = check_counted(*counter);
    if (!counted) has_lost_image_.store(true, std::memory_order_relaxed);
    return counted;
  }

  const std::string_view tokenizer_;
  const u64 items_;
  const CountingWork& work_;
  std::atomic<u64> next_{0};
  std::atomic<bool> has_lost_image_{false};
  std::mutex mutex_;
  std::optional<Error> error_;
  std::exception_ptr thrown_;
};

}  // namespace

Result<void> count_on_all_cores(std::string_view tokenizer, u32 items, const CountingWork& work) {
  if (items == 0) return {};
  Shift shift(tokenizer, items, work);
  Result<void> done = shift.run();
  if (!shift.has_lost_image()) return done;
  return Shift(tokenizer, items, work).run();
}

}  // namespace shale::store

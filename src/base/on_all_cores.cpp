#include "base/on_all_cores.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace shale {

namespace {

class Shift {
 public:
  Shift(usize items, const std::function<Result<void>(usize)>& work) : items_(items), work_(work) {}

  Result<void> run() {
    {
      std::vector<std::jthread> others;
      const usize threads = std::min<usize>(std::thread::hardware_concurrency(), items_);
      try {
        while (others.size() + 1 < threads) others.emplace_back([this] { take_part(); });
      } catch (const std::system_error&) {  // there are no more threads to be had: fewer do it all
      }
      take_part();
    }
    if (thrown_) std::rethrow_exception(thrown_);
    return error_ ? Result<void>(Unexpected{*error_}) : Result<void>();
  }

 private:
  void take_part() {
    try {
      for (;;) {
        const usize item = next_.fetch_add(1, std::memory_order_relaxed);
        if (item >= items_) return;
        Result<void> done = work_(item);
        if (!done) return stop(std::move(done).error());
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      thrown_ = std::current_exception();
      next_.store(items_, std::memory_order_relaxed);
    }
  }

  void stop(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    next_.store(items_, std::memory_order_relaxed);
  }

  const usize items_;
  const std::function<Result<void>(usize)>& work_;
  std::atomic<usize> next_{0};
  std::mutex mutex_;
  std::optional<Error> error_;
  std::exception_ptr thrown_;
};

}  // namespace

Result<void> on_all_cores(usize items, const std::function<Result<void>(usize)>& work) {
  if (items == 0) return {};
  return Shift(items, work).run();
}

}  // namespace shale

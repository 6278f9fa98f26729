// Another program that is asked questions: one process, its input and output one socket of ours.
//
// No shell: arguments reach the program as they are. It gets no file of ours but that socket (its
// errors go to /dev/null), the root as its folder, an environment of PATH and LC_ALL alone, limits
// on memory and processor time, and a process group of its own, so that Ctrl-C is not for it.
// What it does is not trusted: every question has a deadline, writing to one that has died raises
// no SIGPIPE, and whatever goes wrong ends it. Ours ends it, too, when it goes: none is left
// behind. Where we are killed it reads the end of its input, or runs out of processor time: a
// question has no more of that than its deadline leaves. Not for programs that are to outlive a
// call. Used by sync (ctags).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale {

// The first executable file of that name in the folders of `search_path`, as in $PATH. Relative
// folders do not count: nothing is run because of the folder one is in.
std::optional<std::filesystem::path> find_program(std::string_view name,
                                                  std::string_view search_path);

struct ChildLimits {
  u64 memory_bytes = u64(1) << 30;
  u64 processor_seconds = 600;  // of all questions
};

// Belongs to one thread at a time.
class ChildProcess {
 public:
  using Clock = std::chrono::steady_clock;
  // Called with what comes from the program, in blocks of any size; true: that was all of it.
  using Take = std::function<Result<bool>(std::string_view)>;

  static Result<ChildProcess> start(const std::filesystem::path& program,
                                    std::span<const std::string> arguments,
                                    const ChildLimits& limits = {});
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;

  // Sends all of `request` while it takes what comes, until `take` has all. An error (it ended, it
  // took too long, `take` refused) ends the process. What it says unasked is taken with the answer
  // to the next question.
  Result<void> ask(std::string_view request, const Take& take, Clock::time_point deadline);
  bool is_running() const { return pid_ > 0; }

 private:
  ChildProcess(pid_t pid, int socket) : pid_(pid), socket_(socket) {}
  void limit_time(Clock::time_point deadline) const;
  Result<void> talk(std::string_view request, const Take& take, Clock::time_point deadline);
  Result<usize> send_some(std::string_view request);
  Result<bool> receive(const Take& take);
  void end() noexcept;

  pid_t pid_ = -1;
  int socket_ = -1;
  u64 processor_seconds_ = 0;
};

}  // namespace shale

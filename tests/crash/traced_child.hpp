// A child of fork that this process runs instruction by instruction, or from one system call to the
// next (ptrace, x86-64).
// Used by step_publish.cpp and stopped_holder.cpp; make the child while no
// store is open, for a child must open its own handles.
#pragma once

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>

#include "base/integers.hpp"
#include "tests/support/need.hpp"

namespace shale::testing {

// On memory where there is some: every state is recovered from, and each recovery syncs a dozen
// times. Before the first TemporaryFolder.
inline void work_in_memory() {
  if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 1);
}

class TracedChild {
 public:
  // `body` calls stop() where it is to be taken over.
  explicit TracedChild(const std::function<void()>& body) : pid_(::fork()) {
    if (pid_ != 0) return;
    int status = 0;
    try {
      need(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0, "ptrace is not allowed here");
      body();
    } catch (const std::exception& problem) {
      std::fprintf(stderr, "child: %s\n", problem.what());
      status = 1;
    }
    ::_exit(status);
  }
  ~TracedChild() { kill(); }
  TracedChild(const TracedChild&) = delete;

  static void stop() { ::raise(SIGSTOP); }

  // Until the child calls stop().
  void wait_for_stop() { need(wait() == SIGSTOP, "the child ended before it stopped"); }
  // One instruction; false: the child has called stop().
  bool step() { return run(PTRACE_SINGLESTEP); }
  // To the beginning or the end of a system call.
  bool step_to_call() { return run(PTRACE_SYSCALL); }
  // Leaves the child stopped by SIGSTOP, no longer traced.
  void detach_stopped() {
    need(::ptrace(PTRACE_DETACH, pid_, nullptr, SIGSTOP) == 0, "cannot detach");
  }
  // Exit status after SIGCONT.
  int go_on() {
    ::kill(pid_, SIGCONT);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    ended_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void kill() {
    if (ended_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ended_ = true;
  }
  ::pid_t pid() const { return pid_; }

 private:
  bool run(__ptrace_request how_far) {
    need(::ptrace(how_far, pid_, nullptr, nullptr) == 0, "cannot step");
    const int signal = wait();
    need(signal == SIGTRAP || signal == SIGSTOP, "the child was stopped by another signal");
    return signal == SIGTRAP;
  }
  // The signal that stopped it, 0 if it ended.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, __WALL);
    ended_ = !WIFSTOPPED(status);
    return ended_ ? 0 : WSTOPSIG(status);
  }

  ::pid_t pid_;
  bool ended_ = false;
};

}  // namespace shale::testing

// What may end a process by SIGBUS, in a child of fork: in the suite the signal would end all
// tests, and the handlers of one test would be those of the next. Used by the tests of lost pages.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>

#include "base/map_guard.hpp"

namespace shale::testing {

// How a child ends that runs `body`: with what that returns, or minus the signal that ended it.
inline int end_of(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    // The handlers of a sanitizer or of the test frame are not what is tested.
    std::signal(SIGBUS, SIG_DFL);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// The same with guarded maps: 0 where `body` comes to its end, 1 where it throws, which is told.
inline int end_of_guarded(const std::function<void()>& body) {
  return end_of([&] {
    try {
      guard_maps().value();
      body();
      return 0;
    } catch (const std::exception& problem) {
      std::fprintf(stderr, "not so: %s\n", problem.what());
      return 1;
    }
  });
}

}  // namespace shale::testing

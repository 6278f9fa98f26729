// Whether a misuse ends the program, as a broken call order must.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace shale::testing {

// Tried in a process of its own, whose standard error is closed.
template <class F>
bool asserts(F&& misuse) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);
    close(2);
    misuse();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace shale::testing

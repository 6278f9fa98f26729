// Whether a misuse ends the program, as a broken call order must.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "tests/support/temporary_folder.hpp"

namespace shale::testing {

// Tried in a process of its own, whose standard error is closed.
template <class F>
bool asserts(F&& misuse) {
  // Where it aborts, nobody removes the folders it has made: they lie in this one.
  const TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    setenv("TMPDIR", folder.path().c_str(), 1);
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

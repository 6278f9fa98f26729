#include "cli/interrupt.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/support/catch.hpp"

using namespace shale::cli;

namespace {

// Runs `body` in a child; its exit status, or 128 + the signal that ended it.
template <class Body>
int in_child(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGINT, SIG_DFL);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("interrupt: the first is noted, the second ends the process") {
  CHECK(in_child([] {
          watch_for_interrupt();
          if (interrupted()) return 1;
          raise(SIGINT);
          return interrupted() ? 7 : 2;
        }) == 7);
  CHECK(in_child([] {
          watch_for_interrupt();
          raise(SIGINT);
          raise(SIGINT);
          return 0;
        }) == 128 + SIGINT);
}

TEST_CASE("interrupt: who does not watch is ended") {
  CHECK(in_child([] {
          raise(SIGINT);
          return 0;
        }) == 128 + SIGINT);
}

#include "cli/interrupt.hpp"

#include <csignal>

namespace shale::cli {

namespace {
volatile std::sig_atomic_t seen = 0;
void note_signal(int) { seen = 1; }
}  // namespace

void watch_for_interrupt() {
  struct sigaction action {};
  action.sa_handler = note_signal;
  // No SA_RESTART: a read that waits for input must return.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
}

bool interrupted() { return seen != 0; }

}  // namespace shale::cli

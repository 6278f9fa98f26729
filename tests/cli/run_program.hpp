// Runs the program, or a piece of it, in a child process of the test, its streams in files.
//
// For what is about the exit status and what is printed; the other pieces are called directly.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace shale::testing {

struct Ran {
  int exit = 0;  // or 128 + the signal that ended it
  std::string out;
  std::string err;
};

// `words` follow the program's name; `input` is what it reads on its standard input.
Ran run_program(const std::vector<std::string>& words, std::string_view input = {});
// Calls `body`, whose result is the exit status.
Ran run_captured(const std::function<int()>& body, std::string_view input = {});
// The same on a terminal that can do everything; `out` is what it was sent on both streams.
Ran run_on_terminal(const std::function<int()>& body);

}  // namespace shale::testing

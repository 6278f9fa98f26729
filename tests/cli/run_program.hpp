// Runs the program in a child process of the test, with its streams in pipes and files.
//
// For verbs whose point is the exit status and what they print; the pieces have tests of their own.
#pragma once

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

}  // namespace shale::testing

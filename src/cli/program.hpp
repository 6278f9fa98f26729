// The program as a function: command line in, exit status out.
//
// Parses, runs the one verb found, reports its error, flushes. Used by main.cpp.
#pragma once

namespace shale::cli {

int run_program(int count, char** arguments);

}  // namespace shale::cli

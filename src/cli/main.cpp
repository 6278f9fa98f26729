// The program `shale`. Everything is in program.cpp, so that tests can link it.
#include "cli/program.hpp"

int main(int count, char** arguments) { return shale::cli::run_program(count, arguments); }

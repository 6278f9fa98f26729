// The program `shale`. Everything is in program.cpp, so that tests can link it.
#include <malloc.h>

#include "cli/program.hpp"

// A large ingest lets go of 100 MB every second and asks for them again. Left alone, malloc would
// give them back to the system each time: 4 % of the time went into clearing pages.
static void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest it takes
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

int main(int count, char** arguments) {
  keep_freed_memory();
  return shale::cli::run_program(count, arguments);
}

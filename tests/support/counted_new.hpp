// How often this program has called operator new: for the programs that are linked with
// counted_new.cpp, which puts a counting one in place of the library's. What C code allocates
// (CRoaring, zstd) is not counted.
#pragma once

namespace shale::testing {

unsigned long long allocations();

}  // namespace shale::testing

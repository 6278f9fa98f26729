// Which twin of a hot loop runs: the vector one (AVX2, BMI, BMI2) where the machine has it, or the
// plain one.
//
// Both must give the same bits; tests force the plain one to see it. A process-wide switch, safe
// from many threads. Used wherever a loop has twins: words of a text, kernels of the ranking.
#pragma once

#include "base/integers.hpp"

namespace shale {

enum class Kernel : u8 { automatic, scalar };
void force_kernel(Kernel kernel);
// What the machine can do, and what is to be used.
bool has_vector_kernel();
bool vector_kernel_chosen();

}  // namespace shale

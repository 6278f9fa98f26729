// Which twin of a hot loop runs: the vector one (AVX2, BMI, BMI2) where the machine has it, or the
// plain one. Tests force either; both must give the same bits.
#pragma once

#include "base/integers.hpp"

namespace shale {

enum class Kernel : u8 { automatic, scalar };
void force_kernel(Kernel kernel);
// What the machine can do, and what is to be used.
bool has_vector_kernel();
bool vector_kernel_chosen();

}  // namespace shale

// Memory of megabytes, in pages of 2 MiB where the kernel has them.
//
// Each new page of 4 KiB costs a fault, .5 to 2.5 us on a virtual machine: of a process's first
// search that was a quarter. Less than a large page comes from the heap as anything else does.
#pragma once

#include <cstdlib>
#include <memory>

#include "base/bytes.hpp"

namespace shale {

// Movable; what it holds is undefined until written. Running out of memory throws std::bad_alloc.
class LargeMemory {
 public:
  LargeMemory() = default;
  explicit LargeMemory(usize bytes);
  MutableBytes bytes() const { return {memory_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  std::unique_ptr<std::byte, Free> memory_;
  usize size_ = 0;
};

}  // namespace shale

// Work on many items by as many threads as there are cores, the caller's among them.
//
// Items are taken in order, one by one; the first error ends it, and so does an exception, which
// the caller's thread then throws. What an item wrote is read after the threads have been joined:
// the number of the next item is all they meet at, and it orders nothing.
#pragma once

#include <functional>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale {

Result<void> on_all_cores(usize items, const std::function<Result<void>(usize)>& work);

}  // namespace shale

// What a child process requires, where no assertion of the test frame can be heard.
#pragma once

#include <stdexcept>
#include <string>

namespace shale::testing {

// Throws `what` unless it holds.
inline void need(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

}  // namespace shale::testing

// Temporary folders in memory, for tests that make thousands of stores and do not ask what a disk
// does: a sync there costs nothing.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace shale::testing {

// While it lives, and where there is such a place.
class InMemory {
 public:
  InMemory() {
    const char* const folder = std::getenv("TMPDIR");
    if (folder != nullptr) before_ = folder;
    if (std::filesystem::is_directory("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 1);
  }
  ~InMemory() { before_ ? ::setenv("TMPDIR", before_->c_str(), 1) : ::unsetenv("TMPDIR"); }
  InMemory(const InMemory&) = delete;

 private:
  std::optional<std::string> before_;
};

}  // namespace shale::testing

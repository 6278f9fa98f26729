// A disk that fails the next syncs of file data, and works again.
#pragma once

#include <atomic>
#include <cerrno>

#include "base/file_system.hpp"

namespace shale::testing {

class FailingSync : public FileSystem {
 public:
  explicit FailingSync(int failures) : left_(failures) { use(this); }
  ~FailingSync() override { use(nullptr); }
  FailingSync(const FailingSync&) = delete;
  int sync_data(int descriptor) override {
    if (left_.fetch_sub(1) <= 0) return FileSystem::sync_data(descriptor);
    errno = EIO;
    return -1;
  }

 private:
  std::atomic<int> left_;
};

}  // namespace shale::testing

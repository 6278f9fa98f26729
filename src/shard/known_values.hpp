// Values of a field that a shard was asked for, by their codes: so that the few that nearly every
// document has (its types) are not read from the dictionary for each.
//
// Values are added and never change, so that readers need no lock: one that sees a pointer sees the
// string behind it (acquire pairs with the release of remember). Safe from many threads.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "base/integers.hpp"

namespace shale::shard {

class KnownValues {
 public:
  KnownValues() = default;
  ~KnownValues() {
    for (const auto& value : values_) delete value.load(std::memory_order_relaxed);
  }
  KnownValues(const KnownValues&) = delete;

  // Null where it is not known; valid as long as this is.
  const std::string* find(u32 code) const {
    return code < values_.size() ? values_[code].load(std::memory_order_acquire) : nullptr;
  }

  // Codes beyond the first are not kept.
  void remember(u32 code, const std::string& value) {
    if (code >= values_.size()) return;
    auto own = std::make_unique<const std::string>(value);
    const std::string* nothing = nullptr;
    const bool is_first = values_[code].compare_exchange_strong(
        nothing, own.get(), std::memory_order_release, std::memory_order_relaxed);
    if (is_first) (void)own.release();  // else another thread was faster, with the same value
  }

 private:
  std::array<std::atomic<const std::string*>, 64> values_{};
};

}  // namespace shale::shard

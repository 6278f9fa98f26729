// What the tests of CONTROL make their pages with, and how they change a word of one.
#pragma once

#include "base/file.hpp"
#include "catalog/control.hpp"

namespace shale::catalog::testing {

inline const ControlIdentity identity{0xabc, 0xb007};
inline const ControlChange start{5, {3, 0x33}, {Lsn::make(3, 100), 11, 64}};

inline Control made(const std::filesystem::path& path) {
  return Control::create(path, identity, start, Lsn::make(3, 50)).value();
}

inline void overwrite(const std::filesystem::path& path, u64 offset, u64 value) {
  File file = File::open(path, File::Mode::read_write).value();
  file.write_at(offset, bytes_of(value)).value();
}

}  // namespace shale::catalog::testing

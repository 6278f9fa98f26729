// Short names for the fixed-width integers, for every folder of src/. The public headers spell the
// std names out, so that programs which embed shale do not get `u8` in a namespace they may open.
// Names only: reading and writing them as bytes is base/bytes.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shale {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;
using usize = std::size_t;

}  // namespace shale

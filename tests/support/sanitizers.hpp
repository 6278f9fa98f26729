// Which sanitizer a test is compiled with. A test that counts pages must not take a sanitizer's for
// ours: the shadow beside every page, and the freed memory that is kept to catch its late use.
#pragma once

namespace shale::testing {

#if defined(__has_feature)
inline constexpr bool under_address_sanitizer = __has_feature(address_sanitizer);
inline constexpr bool under_thread_sanitizer = __has_feature(thread_sanitizer);
#else
inline constexpr bool under_address_sanitizer = false;
inline constexpr bool under_thread_sanitizer = false;
#endif

}  // namespace shale::testing

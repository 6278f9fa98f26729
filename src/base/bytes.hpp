// Bytes: views, little-endian loads and stores, variable-length integers, bounded reading and
// appending. The one place in the project where reinterpret_cast is allowed.
//
// All formats of shale are little endian; the code runs on little-endian machines only (asserted).
#pragma once

#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale {

static_assert(std::endian::native == std::endian::little, "shale's formats are little endian");

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;
using Buffer = std::vector<std::byte>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
// The same memory as C interfaces want it.
inline const char* as_chars(const std::byte* at) { return reinterpret_cast<const char*>(at); }
inline char* as_chars(std::byte* at) { return reinterpret_cast<char*>(at); }
// The bytes of a struct of a format, to write it; T is checked to have no padding surprises by
// static_asserts on its size beside its definition.
template <class T>
requires std::is_trivially_copyable_v<T> Bytes bytes_of(const T& value) {
  return {reinterpret_cast<const std::byte*>(&value), sizeof value};
}
template <class T>
requires std::is_trivially_copyable_v<T> Bytes bytes_of_span(std::span<const T> values) {
  return {reinterpret_cast<const std::byte*>(values.data()), values.size_bytes()};
}
// An address as a number, where pages are counted.
inline std::uintptr_t address_of(const void* at) { return reinterpret_cast<std::uintptr_t>(at); }
inline bool is_aligned(const std::byte* at, usize alignment) {
  return reinterpret_cast<std::uintptr_t>(at) % alignment == 0;
}
// `bytes` seen as an array of T: nothing where length or alignment do not fit.
template <class T>
requires std::is_trivially_copyable_v<T> std::span<const T> view_as(Bytes bytes) {
  if (bytes.size() % sizeof(T) != 0 || !is_aligned(bytes.data(), alignof(T))) return {};
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}
// An object inside mapped memory (the delta's arena); the caller has checked bounds and alignment.
template <class T>
T* object_at(std::byte* base, u64 offset) {
  return reinterpret_cast<T*>(base + offset);
}
template <class T>
const T* object_at(const std::byte* base, u64 offset) {
  return reinterpret_cast<const T*>(base + offset);
}

// Unaligned load and store; the caller has checked the bounds.
template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
void store_value(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

// Writes `value` as 7-bit groups, low first, top bit = more follow; returns the end. At most 10
// bytes of room are needed (5 for a u32).
inline std::byte* store_varint(std::byte* to, u64 value) {
  while (value > 127) {
    *to++ = std::byte(value | 128);
    value >>= 7;
  }
  *to++ = std::byte(value);
  return to;
}

// Appends values to a buffer that grows.
class ByteWriter {
 public:
  Buffer& buffer() { return buffer_; }
  Bytes bytes() const { return buffer_; }
  usize size() const { return buffer_.size(); }
  void clear() { buffer_.clear(); }

  void raw(Bytes bytes) { buffer_.insert(buffer_.end(), bytes.begin(), bytes.end()); }
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void value(const T& v) { raw(bytes_of(v)); }
  void varint(u64 v) {
    std::byte tmp[10];
    raw({tmp, usize(store_varint(tmp, v) - tmp)});
  }
  void zigzag(i64 v) { varint((u64(v) << 1) ^ u64(v >> 63)); }
  void text(std::string_view v) {  // length, then bytes
    varint(v.size());
    raw(as_bytes(v));
  }
  void pad_to(usize alignment) { buffer_.resize((size() + alignment - 1) / alignment * alignment); }

 private:
  Buffer buffer_;
};

// Reads values from bytes nobody vouches for: never past the end, never more than is there. After
// the first failure everything reads as zero or empty; ask ok() once, at the end of a record.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  bool ok() const { return !failed_; }
  bool at_end() const { return position_ == bytes_.size(); }
  usize position() const { return position_; }
  usize left() const { return bytes_.size() - position_; }
  void fail_now() { failed_ = true, position_ = bytes_.size(); }

  Bytes raw(u64 count) {
    if (count > left()) return fail_now(), Bytes{};
    const Bytes result = bytes_.subspan(position_, usize(count));
    position_ += usize(count);
    return result;
  }
  template <class T>
  requires std::is_trivially_copyable_v<T> T value() {
    const Bytes from = raw(sizeof(T));
    return from.size() == sizeof(T) ? load<T>(from.data()) : T{};
  }
  u64 varint() {
    u64 result = 0;
    for (unsigned shift = 0; shift < 64 && position_ < bytes_.size(); shift += 7) {
      const u64 byte = u64(bytes_[position_++]);
      if (shift == 63 && byte > 1) break;
      result |= (byte & 127) << shift;
      if (byte < 128) return result;
    }
    fail_now();
    return 0;
  }
  i64 zigzag() {
    const u64 v = varint();
    return i64(v >> 1) ^ -i64(v & 1);
  }
  std::string_view text() { return as_text(raw(varint())); }

 private:
  Bytes bytes_;
  usize position_ = 0;
  bool failed_ = false;
};

}  // namespace shale

// The numbers that must not be mixed up, as types of their own.
//
// Encoded arrays and hot loops use plain u32 for documents; every interface that speaks of one
// document or one position uses these.
#pragma once

#include <compare>

#include "base/integers.hpp"

namespace shale {

// A document inside one index (shard or log), counted from 0.
enum class DocNo : u32 {};
constexpr u32 to_index(DocNo doc) { return u32(doc); }

// A position in a project's history: log sequence << 40 | end offset of the frame in that log.
struct Lsn {
  u64 value = 0;
  auto operator<=>(const Lsn&) const = default;

  static constexpr Lsn make(u64 log_sequence, u64 offset) { return {log_sequence << 40 | offset}; }
  constexpr u64 log_sequence() const { return value >> 40; }
  constexpr u64 offset() const { return value & ((u64(1) << 40) - 1); }
};

// Names a shard or a log for ever: `sequence` grows in a project, `random` tells copies apart.
struct FileId {
  u64 sequence = 0;
  u64 random = 0;
  auto operator<=>(const FileId&) const = default;
};

}  // namespace shale

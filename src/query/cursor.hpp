// Where a page of a search begins: the text that Answer::cursor and Query::cursor are.
//
// It names the state of the project that is paged through, what was asked, the moment ages and
// recency count from, and the last hit before the page. Checked when it is read: it may be
// anybody's bytes. Knows no view; used by search.cpp (the place) and by store, which knows the
// state.
//
//   base64, with - and _ for + and /, unpadded, of
//   u8 version (1), u64 edition, u64 LSN, u64 hash of what is asked, i64 now, u8 flags (1: widened,
//   2: a place follows), [u32 score's bits, i64 created, text id], u32 checksum of all before
//
// Little-endian, as ByteWriter has it. Anything else is ErrorCode::invalid_argument.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <shale/query.hpp>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale::query {

// A hit's place in the total order: key falling, then created falling, then id rising.
struct OrderKey {
  i64 key = 0;  // key_of(score)
  i64 created = 0;
  std::string id;
  bool operator==(const OrderKey&) const = default;
};

// Scores are never negative, so the order of their bits is their order.
i64 key_of(float score);
float score_of(i64 key);

struct Cursor {
  u64 edition = 0;
  u64 lsn = 0;
  u64 asked = 0;  // asked_hash
  i64 now = 0;
  bool widened = false;
  std::optional<OrderKey> after;  // absent: the first page
  bool operator==(const Cursor&) const = default;
};

// What all pages of a search have in common, in a project.
u64 asked_hash(const Query& query, u64 project_id);

std::string encode_cursor(const Cursor& cursor);
Result<Cursor> decode_cursor(std::string_view text);
// The same; an error too where it is of another query or project.
Result<Cursor> decode_cursor(std::string_view text, const Query& query, u64 project_id);

}  // namespace shale::query

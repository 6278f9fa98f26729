#include "query/cursor.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/base64.hpp"
#include "base/bytes.hpp"
#include "base/checksum.hpp"

namespace shale {
namespace query {

namespace {

constexpr u8 version = 1;
constexpr u8 widened_flag = 1;
constexpr u8 place_flag = 2;
constexpr u64 checksum_seed = 0x637572736f72;  // "cursor"
constexpr usize id_bytes_max = 255;

Unexpected not_a_cursor() {
  return fail(ErrorCode::invalid_argument,
              "That is no cursor: it must be the text that a search gave for its next page.");
}

// A score's bits that anything can have.
bool is_score(u32 bits) {
  const float score = std::bit_cast<float>(bits);
  return std::isfinite(score) && !std::signbit(score);
}

Result<OrderKey> read_place(ByteReader& reader) {
  const u32 bits = reader.value<u32>();
  OrderKey place;
  place.key = i64(bits);
  place.created = reader.value<i64>();
  place.id = std::string(reader.text());
  if (!is_score(bits) || place.id.empty() || place.id.size() > id_bytes_max) return not_a_cursor();
  return place;
}

Result<Cursor> read_cursor(ByteReader& reader) {
  if (reader.value<u8>() != version) {
    return fail(ErrorCode::invalid_argument, "The cursor is of another version of shale.");
  }
  Cursor cursor;
  cursor.edition = reader.value<u64>();
  cursor.lsn = reader.value<u64>();
  cursor.asked = reader.value<u64>();
  cursor.now = reader.value<i64>();
  const u8 flags = reader.value<u8>();
  cursor.widened = (flags & widened_flag) != 0;
  if ((flags & place_flag) != 0) cursor.after = TRY(read_place(reader));
  if (!reader.ok() || !reader.at_end() || flags > (widened_flag | place_flag)) {
    return not_a_cursor();
  }
  return cursor;
}

}  // namespace

i64 key_of(float score) { return i64(std::bit_cast<u32>(score)); }
float score_of(i64 key) { return std::bit_cast<float>(u32(key)); }

u64 asked_hash(const Query& query, u64 project_id) {
  ByteWriter writer;
  writer.value(project_id);
  writer.text(query.text);
  writer.text(query.where);
  writer.value(u8(query.match));
  writer.value(u8(query.recency.has_value() ? 1 : 0));
  writer.value(i64(query.recency.value_or(std::chrono::microseconds(0)).count()));
  return checksum64(writer.bytes(), checksum_seed);
}

std::string encode_cursor(const Cursor& cursor) {
  ByteWriter writer;
  writer.value(version);
  writer.value(cursor.edition);
  writer.value(cursor.lsn);
  writer.value(cursor.asked);
  writer.value(cursor.now);
  writer.value(u8((cursor.widened ? widened_flag : 0) | (cursor.after ? place_flag : 0)));
  if (cursor.after) {
    writer.value(u32(cursor.after->key));
    writer.value(cursor.after->created);
    writer.text(cursor.after->id);
  }
  writer.value(checksum32(writer.bytes(), checksum_seed));
  std::string text = encode_base64(as_text(writer.bytes()));
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.resize(text.find_last_not_of('=') + 1);
  return text;
}

Result<Cursor> decode_cursor(std::string_view text) {
  std::string plain(text);
  if (plain.find_first_of("+/=") != std::string::npos) return not_a_cursor();
  std::replace(plain.begin(), plain.end(), '-', '+');
  std::replace(plain.begin(), plain.end(), '_', '/');
  const std::optional<std::string> read = decode_base64(plain);
  if (!read || read->size() < sizeof(u32)) return not_a_cursor();
  const Bytes bytes = as_bytes(*read);
  const Bytes body = bytes.first(bytes.size() - sizeof(u32));
  if (checksum32(body, checksum_seed) != load<u32>(body.data() + body.size())) {
    return not_a_cursor();
  }
  ByteReader reader(body);
  return read_cursor(reader);
}

Result<Cursor> decode_cursor(std::string_view text, const Query& query, u64 project_id) {
  Cursor cursor = TRY(decode_cursor(text));
  if (cursor.asked != asked_hash(query, project_id)) {
    return fail(ErrorCode::invalid_argument,
                "The cursor is of another query or project: words, filter, match mode and recency "
                "must be those of the search that gave it.");
  }
  return cursor;
}

}  // namespace query

std::string cursor_behind(const Answer& answer, std::size_t count) {
  if (count == 0 || answer.hits.empty()) return answer.page;
  Result<query::Cursor> cursor = query::decode_cursor(answer.page);
  if (!cursor) return {};
  const Hit& last = answer.hits[std::min(count, answer.hits.size()) - 1];
  cursor->after = query::OrderKey{query::key_of(last.score), last.created_at.microseconds, last.id};
  return query::encode_cursor(*cursor);
}

}  // namespace shale

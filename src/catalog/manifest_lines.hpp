// The lines of MANIFEST, taken apart: words, `key value` pairs, and the header lines each of which
// stands in the file exactly once. Part of manifest.cpp's reader; nobody else uses it.
//
// Nothing here trusts the text: a line that is not what it should be is told, never guessed at.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/manifest.hpp"

namespace shale::catalog {

// Strings as one word: bytes up to the space, `%` and bytes from 0x7f on are escaped.
std::string encode_string(std::string_view text);
std::optional<std::string> decode_string(std::string_view word);

struct Line {
  u64 offset = 0;  // in the text
  std::vector<std::string_view> words;
  usize word_count() const { return words.size(); }
  std::string_view word(usize i) const { return i < words.size() ? words[i] : std::string_view(); }
};

class LineReader {
 public:
  explicit LineReader(std::string_view text) : text_(text) {}
  bool next(Line& out);

 private:
  std::string_view text_;
  usize position_ = 0;
};

// `<kind> <seq-id> key value key value ...`: values by key; keys nobody asks for are skipped. After
// the first value that is absent, twice there or ill-formed, ok() is false.
class Pairs {
 public:
  explicit Pairs(const Line& line);
  bool ok() const { return ok_; }
  FileId owner();
  u64 number(std::string_view key);
  i64 time(std::string_view key);  // microseconds since 1970 UTC
  u32 small_number(std::string_view key);
  u64 hex(std::string_view key);

 private:
  std::string_view find(std::string_view key);

  const Line& line_;
  bool ok_ = true;
};

// The header lines, each of which must come once.
class HeaderLines {
 public:
  enum class Taken : u8 { yes, unknown, bad };
  Taken take(const Line& line, Manifest& into);
  bool complete() const { return missing().empty(); }
  std::string_view missing() const;  // the first key that has not come

  static constexpr std::array<std::string_view, 12> keys = {
      "project",  "project_id", "edition",       "analysis", "words_version", "positions",
      "shard_by", "as_of",      "next_sequence", "next_lsn", "written_bytes", "ingested_bytes"};

 private:
  std::array<bool, keys.size()> seen_{};
};

}  // namespace shale::catalog

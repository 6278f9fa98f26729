#include "catalog/manifest_lines.hpp"

#include <algorithm>
#include <limits>

#include "catalog/file_names.hpp"
#include "catalog/text_form.hpp"

namespace shale::catalog {

namespace {

bool set_string(std::string& to, std::string_view word) {
  std::optional<std::string> text = decode_string(word);
  if (text) to = std::move(*text);
  return text.has_value();
}

bool set_number(u64& to, std::string_view word) {
  const std::optional<u64> value = parse_decimal(word);
  if (value) to = *value;
  return value.has_value();
}

bool set_small(u32& to, std::string_view word) {
  u64 value = 0;
  if (!set_number(value, word) || value > 0xffffffff) return false;
  to = u32(value);
  return true;
}

bool set_positions(TextIndex& to, std::string_view word) {
  to = word == "1" ? TextIndex::positions : TextIndex::terms;
  return word == "0" || word == "1";
}

bool set_hex(u64& to, std::string_view word) {
  const std::optional<u64> value = parse_hex16(word);
  if (value) to = *value;
  return value.has_value();
}

bool set_header(std::string_view key, std::string_view word, Manifest& m) {
  if (key == "project") return set_string(m.project, word);
  if (key == "project_id") return set_hex(m.project_id, word);
  if (key == "edition") return set_number(m.edition, word);
  if (key == "analysis") return set_string(m.analysis, word);
  if (key == "words_version") return set_small(m.words_version, word);
  if (key == "positions") return set_positions(m.index, word);
  if (key == "shard_by") return set_string(m.shard_by, word);
  if (key == "as_of") return set_number(m.as_of.value, word);
  if (key == "next_sequence") return set_number(m.next_sequence, word);
  if (key == "next_lsn") return set_number(m.next_lsn.value, word);
  if (key == "written_bytes") return set_number(m.written_bytes, word);
  if (key == "ingested_bytes") return set_number(m.ingested_bytes, word);
  return false;
}

}  // namespace

std::string encode_string(std::string_view text) {
  if (text.empty()) return "%";
  std::string word;
  for (const char c : text) {
    if (u8(c) <= ' ' || u8(c) >= 0x7f || c == '%') {
      append_escape(word, c);
    } else {
      word += c;
    }
  }
  return word;
}

std::optional<std::string> decode_string(std::string_view word) {
  if (word == "%") return std::string();
  if (word.empty()) return std::nullopt;
  return decode_percent(word);
}

bool LineReader::next(Line& out) {
  if (position_ >= text_.size()) return false;
  const usize end = std::min(text_.find('\n', position_), text_.size());
  std::string_view rest = text_.substr(position_, end - position_);
  out.offset = position_;
  out.words.clear();
  for (;;) {
    const usize space = rest.find(' ');
    out.words.push_back(rest.substr(0, space));
    if (space == std::string_view::npos) break;
    rest.remove_prefix(space + 1);
  }
  position_ = end + 1;
  return true;
}

Pairs::Pairs(const Line& line) : line_(line), ok_(line.word_count() % 2 == 0) {}

FileId Pairs::owner() {
  const std::optional<FileId> id = parse_file_id(line_.word(1));
  ok_ = ok_ && id.has_value();
  return id.value_or(FileId{});
}

std::string_view Pairs::find(std::string_view key) {
  std::string_view value;
  u32 found = 0;
  for (usize i = 2; i + 1 < line_.word_count(); i += 2) {
    if (line_.word(i) != key) continue;
    value = line_.word(i + 1);
    ++found;
  }
  ok_ = ok_ && found == 1;
  return value;
}

u64 Pairs::number(std::string_view key) {
  u64 value = 0;
  const bool fits = set_number(value, find(key));
  ok_ = ok_ && fits;
  return value;
}

i64 Pairs::time(std::string_view key) {
  const u64 value = number(key);
  ok_ = ok_ && value <= u64(std::numeric_limits<i64>::max());
  return ok_ ? i64(value) : 0;
}

u32 Pairs::small_number(std::string_view key) {
  u32 value = 0;
  const bool fits = set_small(value, find(key));
  ok_ = ok_ && fits;
  return value;
}

u64 Pairs::hex(std::string_view key) {
  u64 value = 0;
  const bool fits = set_hex(value, find(key));
  ok_ = ok_ && fits;
  return value;
}

HeaderLines::Taken HeaderLines::take(const Line& line, Manifest& into) {
  const auto key = std::find(keys.begin(), keys.end(), line.word(0));
  if (key == keys.end()) return Taken::unknown;
  bool& seen = seen_[usize(key - keys.begin())];
  // A newer writer may say more behind the value: words from the third on are not ours.
  if (seen || line.word_count() < 2 || !set_header(*key, line.word(1), into)) return Taken::bad;
  seen = true;
  return Taken::yes;
}

std::string_view HeaderLines::missing() const {
  const auto absent = std::find(seen_.begin(), seen_.end(), false);
  return absent == seen_.end() ? std::string_view() : keys[usize(absent - seen_.begin())];
}

}  // namespace shale::catalog

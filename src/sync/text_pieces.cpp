#include "sync/text_pieces.hpp"

#include <algorithm>

namespace shale::sync {

usize character_cut(std::string_view text, usize wanted) {
  usize cut = wanted;
  while (cut > 0 && wanted - cut < 4 && (u8(text[cut]) & 0xC0) == 0x80) --cut;
  return cut == 0 || wanted - cut == 4 ? wanted : cut;
}

TextCutter::TextCutter(u64 bytes_max, u64 lines, Sink sink)
    : bytes_max_(bytes_max), lines_(lines), sink_(std::move(sink)) {}

// Bytes of the next piece, or 0 where more must be read first.
usize TextCutter::next_cut(bool at_end) {
  const std::string_view text = pending();
  while (true) {
    const usize newline = text.find('\n', scanned_);
    const bool found = newline != std::string_view::npos;
    const usize line_end = found ? newline + 1 : text.size();
    if (line_end > bytes_max_) {  // full: up to the last line end, or inside a line too long
      return line_start_ > 0 ? line_start_ : character_cut(text, usize(bytes_max_));
    }
    scanned_ = line_end;
    if (!found) return at_end ? text.size() : 0;
    line_start_ = line_end;
    ++lines_seen_;
    if (lines_ > 0 && lines_seen_ == lines_) return line_end;
  }
}

Result<void> TextCutter::emit(usize length) {
  const std::string_view text = pending().substr(0, length);
  const u64 line_ends = u64(std::count(text.begin(), text.end(), '\n'));
  TextPiece piece{.text = text, .first_line = line_, .last_line = line_, .part = 0};
  if (line_ends > 0) piece.last_line = line_ + line_ends - (text.ends_with('\n') ? 1 : 0);
  part_ = last_first_line_ == line_ ? part_ + 1 : 0;
  piece.part = part_;
  last_first_line_ = line_;
  TRY(sink_(piece));
  line_ += line_ends;
  begin_ += length;
  scanned_ = line_start_ = 0;
  lines_seen_ = 0;
  return {};
}

Result<void> TextCutter::feed(std::string_view block) {
  buffer_.erase(0, begin_);  // once a block, not once a piece
  begin_ = 0;
  buffer_ += block;
  while (const usize length = next_cut(false)) TRY(emit(length));
  return {};
}

Result<void> TextCutter::finish() {
  while (const usize length = pending().empty() ? 0 : next_cut(true)) TRY(emit(length));
  return {};
}

}  // namespace shale::sync

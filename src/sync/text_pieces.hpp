// Cuts the text of one file into the pieces that become segments, at line ends.
//
// Fed with blocks as they are read, so a file of any size passes in bounded memory. A piece has at
// most `bytes_max` bytes or, where `lines` is set, exactly that many lines (the last one fewer);
// a single line too long for a piece is cut inside, between characters of UTF-8.
// Knows no files. Used by folder_scanner; where a line is cut inside, by chunks too.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale::sync {

// The longest start of text[0, wanted) that does not end inside a character of UTF-8; `wanted` is
// less than the text's size. Bytes that are no character are cut anywhere, so it is never empty.
usize character_cut(std::string_view text, usize wanted);

struct TextPiece {
  std::string_view text;
  u64 first_line = 1;
  u64 last_line = 1;
  u64 part = 0;  // from 1 where the piece before began on the same line
};

class TextCutter {
 public:
  using Sink = std::function<Result<void>(const TextPiece&)>;
  TextCutter(u64 bytes_max, u64 lines, Sink sink);

  Result<void> feed(std::string_view block);
  Result<void> finish();

 private:
  std::string_view pending() const { return std::string_view(buffer_).substr(begin_); }
  usize next_cut(bool at_end);
  Result<void> emit(usize length);

  u64 bytes_max_;
  u64 lines_;
  Sink sink_;
  std::string buffer_;
  usize begin_ = 0;       // bytes of buffer_ already handed out
  usize scanned_ = 0;     // bytes of pending() looked at
  usize line_start_ = 0;  // end of the last whole line in pending()
  u64 lines_seen_ = 0;    // whole lines in pending()
  u64 line_ = 1;          // number of the line pending() begins on
  u64 last_first_line_ = 0;
  u64 part_ = 0;
};

}  // namespace shale::sync

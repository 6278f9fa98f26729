// Lines of a file or pipe, one by one, read in large blocks.
//
// A line comes as soon as its newline has been read (a pipe that pauses does not hold back what
// came before: `ingest --ack` depends on it). CRLF and LF both end a line, the byte order mark of
// the first line goes, a last line without a newline counts. A line over the limit is skipped up
// to its newline and reported as too long: memory stays bounded by the limit.
// Knows nothing of JSON. Used by the program's `ingest`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale::exchange {

class LineReader {
 public:
  // Reads from `descriptor`, which stays the caller's; `name` is for messages.
  LineReader(int descriptor, std::string name, usize line_bytes_max);

  enum class State : u8 { line, too_long, end };
  struct Line {
    State state = State::end;
    std::string_view text = {};  // without its end; valid until the next call
    u64 number = 0;              // from 1
  };
  // The next line. An interrupted read (EINTR) is ErrorCode::cancelled.
  Result<Line> next();

  u64 bytes_read() const { return bytes_read_; }

 private:
  Result<bool> fill();
  std::string_view pending() const { return {buffer_.data() + begin_, end_ - begin_}; }
  Line take(usize length, usize ending);
  static std::string_view trimmed(std::string_view line, bool first);

  int descriptor_;
  std::string name_;
  usize line_bytes_max_;
  std::vector<char> buffer_;
  usize begin_ = 0;
  usize end_ = 0;
  usize searched_ = 0;  // bytes of pending() known to hold no newline
  bool skipping_ = false;
  u64 line_number_ = 0;
  u64 bytes_read_ = 0;
};

}  // namespace shale::exchange

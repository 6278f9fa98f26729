#include "exchange/line_reader.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace shale::exchange {

namespace {
constexpr usize block_bytes = 1u << 20;
}

LineReader::LineReader(int descriptor, std::string name, usize line_bytes_max)
    : descriptor_(descriptor), name_(std::move(name)), line_bytes_max_(line_bytes_max) {}

// Reads one block behind what is pending; false at the end of the input.
Result<bool> LineReader::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < end_ + block_bytes) buffer_.resize(end_ * 2 + block_bytes);
  const ssize_t got = read(descriptor_, buffer_.data() + end_, buffer_.size() - end_);
  if (got < 0 && errno == EINTR) return fail(ErrorCode::cancelled, "Interrupted.");
  if (got < 0) return fail_errno("cannot read " + name_, name_, errno);
  end_ += usize(got);
  bytes_read_ += u64(got);
  return got > 0;
}

std::string_view LineReader::trimmed(std::string_view line, bool first) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (first && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  return line;
}

LineReader::Line LineReader::take(usize length, usize ending) {
  const std::string_view line = pending().substr(0, length);
  begin_ += length + ending;
  searched_ = 0;
  ++line_number_;
  const bool too_long = skipping_ || length > line_bytes_max_;
  skipping_ = false;
  if (too_long) return {.state = State::too_long, .text = {}, .number = line_number_};
  return {State::line, trimmed(line, line_number_ == 1), line_number_};
}

Result<LineReader::Line> LineReader::next() {
  while (true) {
    const usize newline = pending().find('\n', searched_);
    if (newline != std::string_view::npos) return take(newline, 1);
    searched_ = pending().size();
    if (searched_ > line_bytes_max_) {  // forget its beginning, wait for its newline
      skipping_ = true;
      begin_ = end_ = searched_ = 0;
    }
    if (TRY(fill())) continue;
    if (pending().empty() && !skipping_) return Line{};
    return take(pending().size(), 0);
  }
}

}  // namespace shale::exchange

#include "exchange/json_stream.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <nlohmann/json.hpp>

namespace shale::exchange {

namespace {

constexpr usize block_bytes = 1u << 20;
constexpr usize key_bytes_max = 1u << 16;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// What ends a number or a word.
bool ends_scalar(char c) { return c == ',' || c == ']' || c == '}' || is_space(c); }

}  // namespace

// --- ValueEnd -----------------------------------------------------------------------------------

// Behind the quote that closes the string, or the piece's end.
usize ValueEnd::step_string(std::string_view piece, usize at) {
  while (at < piece.size()) {
    const char c = piece[at++];
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
      break;
    }
  }
  return at;
}

usize ValueEnd::step_scalar(std::string_view piece, usize at) const {
  while (at < piece.size()) {
    if (ends_scalar(piece[at])) return at;
    ++at;
  }
  return npos;
}

usize ValueEnd::step(std::string_view piece) {
  usize at = 0;
  if (!started_ && !piece.empty()) {
    started_ = true;
    is_scalar_ = std::strchr("\"[{", piece[0]) == nullptr || piece[0] == '\0';
  }
  if (is_scalar_) return step_scalar(piece, at);
  while (at < piece.size()) {
    if (in_string_) {
      at = step_string(piece, at);
      if (!in_string_ && depth_ == 0) return at;
      continue;
    }
    const char c = piece[at++];
    if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && --depth_ == 0) {
      return at;
    }
  }
  return npos;
}

// --- JsonStream ---------------------------------------------------------------------------------

JsonStream::JsonStream(int descriptor, std::string name, usize value_bytes_max, Choose choose)
    : descriptor_(descriptor),
      name_(std::move(name)),
      value_bytes_max_(value_bytes_max),
      choose_(std::move(choose)) {}

Unexpected JsonStream::malformed(std::string_view what) const {
  return fail_at(ErrorCode::corrupt,
                 "line " + std::to_string(line_) + ", byte " + std::to_string(offset_) + ": " +
                     std::string(what),
                 name_, offset_);
}

// Reads one block behind what is pending; false at the end of the input.
Result<bool> JsonStream::fill() {
  if (at_end_) return false;
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
  const bool is_first = bytes_read_ == 0;
  bytes_read_ += u64(got);
  at_end_ = got == 0;
  if (is_first && pending().starts_with(byte_order_mark)) consume(byte_order_mark.size());
  return got > 0;
}

void JsonStream::consume(usize bytes) {
  const std::string_view gone = pending().substr(0, bytes);
  line_ += u64(std::count(gone.begin(), gone.end(), '\n'));
  offset_ += gone.size();
  begin_ += gone.size();
}

Result<char> JsonStream::peek() {
  while (true) {
    const std::string_view text = pending();
    const auto* const found = std::find_if_not(text.begin(), text.end(), is_space);
    consume(usize(found - text.begin()));
    if (!pending().empty()) return pending().front();
    if (!TRY(fill())) return '\0';
  }
}

// Up to where the next value begins, or the frame is over: whether there is a value.
Result<bool> JsonStream::step_frame() {
  Frame& frame = frames_.back();
  if (frame.has_key) path_.pop_back();
  frame.has_key = false;
  char c = TRY(peek());
  const bool is_over = c == (frame.is_object ? '}' : ']');
  if (is_over) {
    consume(1);
    frames_.pop_back();
    return false;
  }
  if (!frame.is_fresh) {
    if (c == '\0' && pending().empty()) return malformed("the file ends in the middle.");
    if (c != ',') return malformed("a comma is missing.");
    consume(1);
  }
  frame.is_fresh = false;
  if (frame.is_object) TRY(read_key());
  c = TRY(peek());
  if (pending().empty()) return malformed("the file ends in the middle.");
  if (ends_scalar(c) || c == ':') return malformed("a value is missing.");
  return true;
}

Result<void> JsonStream::read_key() {
  if (TRY(peek()) != '"') {
    return malformed(pending().empty() ? "the file ends in the middle." : "a key is missing.");
  }
  ValueEnd scanner;
  usize stepped = 0;
  usize length = ValueEnd::npos;
  while (length == ValueEnd::npos) {
    const usize end = scanner.step(pending().substr(stepped));
    if (end != ValueEnd::npos) {
      length = stepped + end;
      break;
    }
    stepped = pending().size();
    if (stepped > key_bytes_max) return malformed("a key is too long.");
    if (!TRY(fill())) return malformed("the file ends in the middle of a key.");
  }
  if (length > key_bytes_max) return malformed("a key is too long.");
  const std::string_view text = pending().substr(0, length);
  const auto key = nlohmann::json::parse(text, nullptr, false);
  if (!key.is_string()) return malformed("a key is no JSON string.");
  path_.push_back(key.get<std::string>());
  frames_.back().has_key = true;
  consume(length);
  if (TRY(peek()) != ':') return malformed("a colon is missing.");
  consume(1);
  return {};
}

// Steps over the value at the front; one that is to be kept is handed out. False where it was not.
Result<bool> JsonStream::take_value(bool keep, Value& value) {
  value = {.state = State::value, .text = {}, .line = line_, .offset = offset_};
  ValueEnd scanner;
  usize stepped = 0;
  bool too_long = false;
  usize length = ValueEnd::npos;
  while (length == ValueEnd::npos) {
    const usize end = scanner.step(pending().substr(stepped));
    if (end != ValueEnd::npos) {
      length = stepped + end;
      break;
    }
    stepped = pending().size();
    too_long = too_long || stepped > value_bytes_max_;
    if (!keep || too_long) {
      consume(stepped);
      stepped = 0;
    }
    if (TRY(fill())) continue;
    // Inside of something, even a number that is whole may be half of one.
    if (!scanner.may_end() || !frames_.empty())
      return malformed("the file ends in the middle of a value.");
    length = stepped;
  }
  too_long = too_long || length > value_bytes_max_;
  if (!keep || too_long) {
    consume(length);
    value.state = State::too_long;
    return keep;
  }
  value.text = pending().substr(0, length);
  handed_out_ = length;
  return true;
}

// The value at the front: entered, stepped over or handed out; whether it was handed out.
Result<bool> JsonStream::begin_value(Value& value) {
  const bool is_element = !frames_.empty() && !frames_.back().is_object;
  const Take take = is_element ? Take::whole : choose_(path_);
  const char first = pending().front();
  if (take == Take::enter && first == '{') {
    frames_.push_back({.is_object = true});
    consume(1);
    return false;
  }
  if (take == Take::each && first == '[') {
    frames_.push_back({.is_object = false});
    consume(1);
    return false;
  }
  return take_value(take != Take::skip, value);
}

Result<JsonStream::Value> JsonStream::next() {
  consume(handed_out_);
  handed_out_ = 0;
  Value value;
  while (true) {
    if (frames_.empty()) {
      const char c = TRY(peek());
      const bool is_empty = pending().empty();
      if (is_done_ && is_empty) return Value{};
      if (is_done_) return malformed("the file goes on behind its JSON value.");
      if (is_empty) return malformed("the file is empty.");
      if (ends_scalar(c) || c == ':') return malformed("this is no JSON.");
      is_done_ = true;
    } else if (!TRY(step_frame())) {
      continue;
    }
    if (TRY(begin_value(value))) return value;
  }
}

}  // namespace shale::exchange

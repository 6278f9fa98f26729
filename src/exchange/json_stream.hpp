// A large JSON file, value by value: hands out the elements of the arrays one is after, each as its
// bytes, with its line and the keys it stands under.
//
// Memory is bounded by the longest value handed out, whatever the file's size: it is read in
// blocks, and what nobody asked for is stepped over. What is stepped over or handed out is only cut
// out, by its brackets and quotes; whoever takes a value parses it. A value over the limit is
// stepped over and told of. Where the text is cut off, or no JSON, next() is ErrorCode::corrupt,
// with line and byte: what came before it has been handed out.
//
//   {"segments": [ {...}, {...} ], "version": 1}     each of path ["segments"]
//   {"projects": {"p": {"segments": [ ... ]}}}       each of path ["projects", "p", "segments"]
//
// Used by the importers; one line, one value is line_reader's.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale::exchange {

// Finds where a value ends that comes in pieces: brackets, quotes and escapes are all it knows.
class ValueEnd {
 public:
  // Steps through the next piece, the first of which begins with the value's first byte: where the
  // value ends in it, or npos where it goes on.
  usize step(std::string_view piece);
  // Whether the value may end here, with the text: a number or a word has no end of its own.
  bool may_end() const { return started_ && depth_ == 0 && !in_string_; }

  static constexpr usize npos = std::string_view::npos;

 private:
  usize step_string(std::string_view piece, usize at);
  usize step_scalar(std::string_view piece, usize at) const;

  u64 depth_ = 0;
  bool started_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
  bool is_scalar_ = false;
};

class JsonStream {
 public:
  using Path = std::vector<std::string>;
  // What to do with the value under a path. `enter` an object, hand out `each` element of an array;
  // a value of another kind than that is handed out `whole`, for its taker to refuse.
  enum class Take : u8 { skip, enter, each, whole };
  using Choose = std::function<Take(const Path&)>;

  // Reads from `descriptor`, which stays the caller's; `name` is for messages. `choose` is asked
  // once for every value that stands directly in an object that was entered, and for the whole.
  JsonStream(int descriptor, std::string name, usize value_bytes_max, Choose choose);

  enum class State : u8 { value, too_long, end };
  struct Value {
    State state = State::end;
    std::string_view text = {};  // valid until the next call
    u64 line = 0;                // where it begins, from 1
    u64 offset = 0;              // the same in bytes
  };
  // An interrupted read (EINTR) is ErrorCode::cancelled.
  Result<Value> next();
  // The keys above the value last handed out.
  const Path& path() const { return path_; }
  u64 bytes_read() const { return bytes_read_; }

 private:
  struct Frame {
    bool is_object = false;
    bool is_fresh = true;  // nothing of it was read yet
    bool has_key = false;  // the last of `path_` is a key of this object
  };

  Result<bool> fill();
  void consume(usize bytes);
  std::string_view pending() const { return {buffer_.data() + begin_, end_ - begin_}; }
  Result<char> peek();  // the next byte that is no white space, 0 at the end of the input
  Result<bool> step_frame();
  Result<void> read_key();
  Result<bool> begin_value(Value& value);
  Result<bool> take_value(bool keep, Value& value);
  Unexpected malformed(std::string_view what) const;

  int descriptor_;
  std::string name_;
  usize value_bytes_max_;
  Choose choose_;
  std::vector<char> buffer_;
  usize begin_ = 0;
  usize end_ = 0;
  usize handed_out_ = 0;  // bytes of pending() the caller still looks at
  bool at_end_ = false;   // of the input
  bool is_done_ = false;  // the whole value was read
  std::vector<Frame> frames_;
  Path path_;
  u64 line_ = 1;
  u64 offset_ = 0;
  u64 bytes_read_ = 0;
};

}  // namespace shale::exchange

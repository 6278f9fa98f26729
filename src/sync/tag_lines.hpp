// What universal-ctags says of one file, as symbols. Nothing of it is taken on trust.
//
// Asked by its interactive mode, with a cross-reference format of our own (tag_format): a line for
// each tag, `file TAB line TAB last line or nothing TAB kind TAB scope TAB name`, then a JSON
// object that says it has completed; further JSON objects are warnings. The file is the name the
// question gave, a number that no other question to this process has: an answer out of turn, which
// a name with a line end in it could bring about, is refused. Lines that are no tags are refused as
// well.
//
// Kept are tags whose kind is a function, a type or what holds them, by a list: variables, labels
// and fields make no chunks. Where ctags does not say where a class ends (PHP), it ends before the
// first tag whose scope does not lie in it. Bounds of lines are symbols' matter. Used by ctags.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "sync/symbols.hpp"

namespace shale::sync {

inline constexpr std::string_view tag_format = "%F\t%n\t%e\t%K\t%s\t%N";

// One answer. Call order: take() until it says true, then symbols().
class TagLines {
 public:
  explicit TagLines(std::string file) : file_(std::move(file)) {}
  // True: that was the end. ErrorCode::corrupt where it makes no sense, or is endless.
  Result<bool> take(std::string_view block);
  // By line.
  std::vector<Symbol> symbols();

 private:
  struct Tag {
    Symbol symbol;
    std::string scope;
    bool is_open = false;  // holds others, and nobody says where it ends
  };
  Result<bool> take_line(std::string_view line);
  Result<void> take_tag(std::string_view line);
  void close_open_tags();

  std::string file_;
  std::string pending_;
  u64 bytes_ = 0;
  bool is_complete_ = false;
  std::vector<Tag> tags_;
};

}  // namespace shale::sync

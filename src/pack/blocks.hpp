// The bytes of a pack's body: one block per segment, one behind the other.
//
//   text      # TITLE\n LINES \n                  LINES end with a line feed: one is added where
//   the markdown  ### TITLE\n FENCE\n LINES FENCE\n \n   text has none at its end
//
// TITLE is the file or the id, control characters as blanks, and `:first-last` where lines are
// known or cut; FENCE has one backtick more than any run of them in LINES, three at least. A block
// begins with `#` behind a line feed and ends with an empty line. So the tokens of a body are the
// sum of its blocks' for the vocabularies there are (no piece of theirs goes on from a line feed to
// a `#`, whatever stands before it: invalid UTF-8, blanks or a lone carriage return); selection.hpp
// counts the whole all the same. Pure functions; used by cut and selection.
#pragma once

#include <string>
#include <string_view>

#include <shale/pack.hpp>

#include "base/integers.hpp"

namespace shale::pack {

// Lines of a text, [first, last), from 0.
struct LineWindow {
  u32 first = 0;
  u32 last = 0;
  u32 count() const { return last - first; }
  bool operator==(const LineWindow&) const = default;
};

// What stands where a line begins; one past the last line's end closes it. A line ends behind its
// line feed, or with the text. An empty text has no line.
std::vector<u32> line_starts(std::string_view text);
bool is_blank(std::string_view text);  // white space of ASCII alone, or nothing

std::string source_of(const Metadata& metadata);
// `window` as the source counts its lines: from its line_range, else from 1. The whole of a segment
// has the line_range that it says it has.
LineRange lines_of(const Metadata& metadata, LineWindow window, bool is_cut);
std::string title_of(const Metadata& metadata, LineRange lines, bool is_cut);

std::string block_of(PackFormat format, std::string_view title, std::string_view lines);

}  // namespace shale::pack

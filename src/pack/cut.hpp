// Cuts a segment that does not fit at line borders: the most of it that does, around what matched.
//
// The window begins with the lines of the best stretch of matches (the first line without one),
// from its first to its last, then takes lines below and above in turn: of windows made so, the
// largest that fits. Which one that is, is guessed from the tokens of single lines and then counted
// as a whole, so counting costs two or three times the room, however long the text is. Where counts
// do not grow with the text a larger one might have fitted; the one given always fits.
// A pure function of text, counter and room; used by selection.cpp.
#pragma once

#include <optional>
#include <string>

#include "pack/blocks.hpp"
#include "text/words.hpp"

namespace shale::pack {

// Less than this is not worth its title: lines that are not blank, or tokens beside the title's.
inline constexpr u32 cut_lines_min = 3;
inline constexpr u64 cut_tokens_min = 32;

struct Cut {
  LineWindow window;
  std::string block;
  u64 tokens = 0;  // of the block, `room` at most
};

// A part of the segment, never all of it; nothing where what fits is too little.
std::optional<Cut> cut_to_fit(const Segment& segment, PackFormat format,
                              const std::optional<SourceRange>& around, u64 room,
                              const CountTokens& count);

}  // namespace shale::pack

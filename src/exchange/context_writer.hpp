// A segment -> an object of Out of Context's JSON, byte for byte as the original writes it.
//
//   {                         json.dump(indent=2): ASCII, \uXXXX, the original's keys in its order,
//     "segments": [           no newline at the end
//       {
//         "segment_id": ...
//
// What the original has no place for stands in further keys behind its own, which it passes over
// and the importer reads back: `text_base64` where the text is not UTF-8 (`text` then shows it with
// U+FFFD), `tokenizer` where a known vocabulary counted, `attrs`. ContextLosses counts them. Types
// that the original does not know are kept: it shows no such segment. Used by `export`.
#pragma once

#include <string>
#include <string_view>

#include <shale/segment.hpp>

#include "base/integers.hpp"

namespace shale::exchange {

// Segments with something that the original cannot show.
struct ContextLosses {
  u64 attributes = 0;
  u64 tokenizers = 0;
  u64 texts = 0;     // not UTF-8
  u64 types = 0;     // the original passes over the whole segment
  u64 projects = 0;  // whose name is no file name: it does not find them
  // "the attributes of 3; ..."; empty where there is nothing.
  std::string text() const;
};

// Writes the file of one project, piece by piece: begin, segment*, end.
class ContextWriter {
 public:
  ContextWriter(std::string& out, std::string project, ContextLosses& losses)
      : out_(out), project_(std::move(project)), losses_(losses) {}

  void begin();
  void segment(const Metadata& metadata, std::string_view text);
  void end();

 private:
  std::string& out_;
  std::string project_;
  ContextLosses& losses_;
  bool is_first_ = true;
};

// Appends `text` as Python's json module does: ASCII alone; bytes that are not UTF-8 as U+FFFD.
void append_ascii_string(std::string& out, std::string_view text);

}  // namespace shale::exchange

// What the program says and how it ends: results on stdout, everything else on stderr.
//
// Three forms: text for people, --json for one object, --ndjson for one object per result. Every
// object but a segment itself carries "v":1. stdout is buffered until flush() or finish().
// Knows no verb. Used by all of them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include <shale/shale.hpp>

#include "base/integers.hpp"

namespace shale::cli {

using Json = nlohmann::ordered_json;

// Exit statuses; README "Exit status".
enum class Exit : int {
  ok = 0,
  nothing_found = 1,
  usage = 2,  // or bad lines under --strict
  damaged = 3,
  busy = 4,
  failed = 5,  // I/O, disk full, no store
  too_new = 6,
  interrupted = 130,
};
Exit exit_of(ErrorCode code);
std::string_view name_of(ErrorCode code);

enum class Form : u8 { text, json, ndjson };

class Output {
 public:
  Form form = Form::text;
  bool quiet = false;

  bool is_text() const { return form == Form::text; }
  // Whether stdout is a terminal that wants colours.
  static bool colours();

  void raw(std::string_view bytes);
  void line(std::string_view text);
  // One JSON object with "v":1 in front.
  void object(const Json& members);
  void flush();

  // Lines on stderr: a note is left out under --quiet, a warning never.
  void note(std::string_view text) const;
  void warning(std::string_view text) const;
  void faults(const std::vector<Fault>& faults) const;
  // Reports an error in the form asked for; the status the program ends with.
  Exit error(const Error& error);
  // Flushes; a result that could not be written makes `exit` a failure.
  Exit finish(Exit exit);
};

Json json_of(const std::vector<Fault>& faults);
// JSON text of one line; bytes that are not UTF-8 become U+FFFD.
std::string to_text(const Json& value);
// `text` with control characters as blanks, byte for byte: it may be anybody's, and the reader's
// terminal obeys escape sequences.
std::string printable(std::string_view text);
// "12.3 MiB"
std::string size_text(u64 bytes);

}  // namespace shale::cli

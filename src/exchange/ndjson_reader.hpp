// One line of NDJSON -> one segment to stash, and the project the line names, if any.
//
// Every field of the model by its name (README "NDJSON"), the aliases segment_id task_id file_path
// topic_id project_id last_touched_at, text_hash of 64 hex digits (a SHA-256), text_base64. Ids may
// be whole numbers, times RFC 3339 or seconds since 1970. Other keys become attributes: strings,
// integers, numbers and booleans by value, everything else as the JSON text it was. The last of
// two equal keys wins. A line that is not a segment is an Error with a sentence for its author.
// Does not check the limits of a segment (model/record.hpp: check_segment) nor touch a store.
// Used by `ingest`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <shale/segment.hpp>

namespace shale::exchange {

// Twice the longest text and all metadata: the writer never makes a longer line.
inline constexpr std::size_t line_bytes_max = text_bytes_max * 2 + metadata_bytes_max;

struct NdjsonLine {
  NewSegment segment;
  std::optional<std::string> project = std::nullopt;
  bool has_id = false;  // a line may leave the id to the caller
};

// Keeps buffers between lines; belongs to one thread.
class NdjsonReader {
 public:
  NdjsonReader();
  ~NdjsonReader();
  NdjsonReader(NdjsonReader&&) noexcept;
  NdjsonReader& operator=(NdjsonReader&&) noexcept;

  Result<NdjsonLine> read(std::string_view line);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shale::exchange

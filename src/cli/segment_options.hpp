// The fields of a segment as options of the command line, and their way into the model.
//
// `--attr key=text` sets a string, `--attr key:=json` a number, boolean or JSON value, and keys
// that begin with a dot are reserved; times are RFC 3339 or seconds since 1970; lines are A:B or
// A-B. A value that does not parse is an error that names the option. Used by `stash` and `update`.
#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <vector>

#include <shale/segment.hpp>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale::cli {

struct SegmentOptions {
  std::optional<std::string> type;
  std::optional<std::string> task;
  std::optional<std::string> file;
  std::optional<std::string> topic;
  std::string lines;
  std::string touched;
  std::optional<bool> pinned;
  std::string tier;
  std::string generation;
  std::optional<u32> tokens;
  std::optional<std::string> tokenizer;
  std::vector<std::string> attributes;
  std::string ttl;
  // stash only
  std::vector<std::string> tags;
  std::string created;
  // update only
  std::vector<std::string> tags_added;
  std::vector<std::string> tags_removed;
  std::vector<std::string> attributes_removed;
  bool no_task = false;
  bool no_file = false;
  bool no_topic = false;
  bool no_lines = false;
  bool no_ttl = false;
};

void add_stash_options(CLI::App& verb, SegmentOptions& options);
void add_update_options(CLI::App& verb, SegmentOptions& options);

Result<NewSegment> segment_of(const SegmentOptions& options);
Result<Update> update_of(const SegmentOptions& options);

// "A:B", "A-B" or "A": line numbers from 1.
Result<LineRange> parse_lines(std::string_view text);
// Lines first..last of `text`, with their ends; lines beyond the text are not there.
std::string_view slice_lines(std::string_view text, LineRange lines);
Result<Time> parse_time_option(std::string_view option, std::string_view text);
Result<std::pair<std::string, AttributeValue>> parse_attribute(std::string_view text);

}  // namespace shale::cli

// A pack: the best segments whose text fits an exact budget of tokens, as one text to hand to a
// language model.
//
//   auto pack = now.pack({.text = "slow search", .tokens = 8000}).value();
//   send(pack.body);                         // never a token over 8000
//   // Later: pack({..., .since = pack.hash}) says `unchanged` where the body would be the same.
//
// Pinned segments come first, then by score, newest, id. What does not fit whole is cut at line
// borders, around what matched; what says the same as a segment before it is left out. The same
// snapshot and the same query give the same bytes in every process, build and machine, whatever
// `tokens` the segments say they have; but not where `partial` says that a search gave up looking,
// and ages in a filter go with the clock. Plain values, like those of shale/query.hpp; asking is
// Snapshot::pack.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <shale/query.hpp>
#include <shale/result.hpp>
#include <shale/segment.hpp>

namespace shale {

// How many tokens a text is. The same text must always be the same number; nothing else is asked of
// it: counts need not add up. Called by one thread at a time, of the one that packs.
using CountTokens = std::function<std::uint64_t(std::string_view)>;

enum class PackFormat : std::uint8_t {
  text,      // "# path:first-last", the lines, an empty line
  markdown,  // "### path:first-last", the lines in a fence, an empty line
};

struct PackQuery {
  std::string text = {};   // as Query::text; empty: the newest
  std::string where = {};  // as Query::where; ages in it (`created:7d`) count from now
  // Match::auto_ takes what holds every word; where all of that goes in and leaves more than a
  // twentieth of the budget, what holds any (Pack::widened says so).
  Match match = Match::all;
  std::uint64_t tokens = 8000;  // the budget: of the whole body, titles and empty lines included
  PackFormat format = PackFormat::text;
  std::string tokenizer = "o200k_base";  // what counts; invalid_argument for an unknown one
  CountTokens count = {};                // counts instead of it
  // Pack::hash of an earlier pack, 32 hex digits: where the body is still the same it is not given.
  std::string since = {};
};

struct PackedSegment {
  std::string id;
  std::string source;   // what the title names: the file, or the id where there is none
  LineRange lines;      // of the source, as the segment's own line_range counts; else from 1
  bool is_cut = false;  // these are not all of the segment's lines
  bool pinned = false;
  std::uint64_t tokens = 0;  // of its block by itself: title, lines, empty line
  float score = 0;
  std::string text;  // the lines, byte for byte
};

enum class SkipReason : std::uint8_t {
  empty,      // white space alone
  identical,  // the text of `of`, byte for byte
  alike,      // nearly the text of `of`
  no_room,    // neither whole, nor three of its lines or 32 tokens of them
};

// A segment that was looked at and left out.
struct SkippedSegment {
  std::string id;
  SkipReason reason = SkipReason::no_room;
  std::string of = {};  // the packed segment that it repeats
};

struct Pack {
  std::string body;        // the segments' blocks, one behind the other; empty where `unchanged`
  std::string hash;        // XXH3-128 of the body, 32 hex digits: the same bytes, the same hash
  bool unchanged = false;  // the body has the hash PackQuery::since; the segments have no text
  std::uint64_t used = 0;  // tokens of the body, counted as a whole
  std::uint64_t left = 0;  // of the budget
  std::vector<PackedSegment> segments;
  // Those that were looked at: not every match, once the budget is nearly full.
  std::vector<SkippedSegment> skipped;
  std::uint64_t matched = 0;  // all segments that match
  bool widened = false;
  bool partial = false;  // as Answer::partial
  std::vector<Fault> faults;
};

}  // namespace shale

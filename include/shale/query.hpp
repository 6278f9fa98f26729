// Questions to a snapshot and their answers: search, listing, aggregate, and the faults told beside
// them. Plain values that hold no part of the store, so they outlive the snapshot that gave them.
// Not here: asking (Snapshot, in shale/store.hpp) and how hits are ranked (src/query).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <shale/segment.hpp>

namespace shale {

// A damaged or unreadable piece, told beside the answer and never silently skipped.
struct Fault {
  std::string project;
  std::string file;              // path of the file concerned
  std::string section;           // part of it: "text", "postings", ...
  std::uint64_t offset = 0;      // byte in the file
  std::string message;           // a whole sentence
  std::vector<std::string> ids;  // segments it hides, as far as known
};

enum class Match : std::uint8_t {
  all,    // every word
  any,    // at least one word, ranked
  auto_,  // all; where that finds fewer than `limit`, any (Answer::widened says so)
};

// A search. Every byte string is a legal text: words, "phrases", "near words"~5, prefix*, fuzzy~,
// /regular expressions/, -negations, OR, AND, (groups) and `field:value` clauses; what is no syntax
// is words (README "Searching"). Empty text means every segment that passes `where`, newest first;
// text without a single word ("!!!"), or with negations only, finds nothing.
struct Query {
  std::string text = {};
  std::string where = {};  // `field:value` clauses, all of which must hold; see README "Filters"
  Match match = Match::all;
  std::size_t limit = 10;
  bool snippets = true;
};

// A stretch of bytes in Hit::snippet that matched.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const Span&) const = default;
};

struct Hit {
  std::string id;
  float score = 0;  // BM25; 0 where the query had no text
  std::string snippet;
  std::vector<Span> spans;
  std::optional<std::string> file;
  std::optional<LineRange> line_range;
  std::string type;
  std::optional<std::uint32_t> tokens;
};

struct Answer {
  std::vector<Hit> hits;
  std::uint64_t total = 0;  // exact number of matches, whatever the limit
  bool widened = false;
  // A regular expression did not get to look at every text that may match (README "Searching"): the
  // hits do match, and there may be more. Such texts count as having no match, and with a negated
  // expression as having one.
  bool partial = false;
  std::vector<Fault> faults;
};

// A listing: segments by a column, without touching text.
struct Listing {
  std::string where = {};
  // A sortable field, "-" before it for ascending order; default newest first.
  std::string sort = "created";
  std::size_t limit = 100;
};

struct Page {
  std::vector<Metadata> segments;
  // One for each of `segments`: of the pages of several projects the larger key comes first, then
  // the newer segment, then the smaller id. All 0 in a listing by id, where the ids alone decide.
  std::vector<std::int64_t> sort_keys;
  std::uint64_t total = 0;
  std::vector<Fault> faults;
};

// Segments fetched by id: `segments` in the order asked for, absent ones in `missing`.
struct Fetched {
  std::vector<Segment> segments;
  std::vector<std::string> missing;
  std::vector<Fault> faults;
};

// A sum over columns, grouped. `key` holds one value for each field of `by` ("" for absent).
struct SumRow {
  std::vector<std::string> key;
  std::uint64_t count = 0;  // segments in the group
  std::uint64_t sum = 0;    // of the summed field over those that have it
  bool operator==(const SumRow&) const = default;
};

struct Sum {
  std::vector<SumRow> rows;  // largest sum first
  std::vector<Fault> faults;
};

struct Count {
  std::uint64_t count = 0;
  std::vector<Fault> faults;
};

}  // namespace shale

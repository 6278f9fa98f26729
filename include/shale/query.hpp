// Questions to a snapshot and their answers: search, listing, count, and the faults told beside
// them. Plain values that hold no part of the store, so they outlive the snapshot that gave them.
// Not here: asking (Snapshot, in shale/store.hpp), sums (shale/aggregate.hpp) and how hits are
// ranked (src/query).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <shale/result.hpp>
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
  std::size_t limit = 10;  // of a page; 0: the total, and facets, alone
  bool snippets = true;
  // Match::auto_ widens where fewer than so many segments hold every word; absent: than `limit`.
  std::optional<std::size_t> widen_below = std::nullopt;
  // Prefers what is new: a score is multiplied by .5 + .5 * 2^(-age / recency), age being the time
  // since the segment was created, 0 for the future. So it halves at most; a segment that does not
  // say when it was created counts half. Positive; absent: off. Changes the order alone, neither
  // what matches nor `total`. Microseconds, like all times.
  std::optional<std::chrono::microseconds> recency = std::nullopt;
  // Count the matches by the values of these fields: type task file topic tag tier generation
  // pinned day (of creation, UTC). Of each, the `facet_rows` most frequent values are told.
  std::vector<std::string> facets = {};
  std::size_t facet_rows = 20;
  // Answer::cursor of the page before; the query must be the same but for limit, snippets, facets
  // and explain, else it is ErrorCode::invalid_argument. The page goes on in the state of the
  // project that the first one showed: whatever is written or merged meanwhile, each segment stands
  // in exactly one page. A project handle keeps the states of its last 16 cursors so, five minutes
  // each. Later, or in another process, it goes on behind the same place in the snapshot that is
  // asked, and the answer says `moved`: what has come or changed since may be passed over, or told
  // twice.
  std::string cursor = {};
  bool explain = false;  // for Answer::explanation; costs nothing where it is false
};

// A stretch of bytes in Hit::snippet that matched.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const Span&) const = default;
};

struct Hit {
  std::string id;
  float score = 0;  // BM25, times the factor of Query::recency; 0 where the query had no text
  std::string snippet;
  std::vector<Span> spans;
  std::optional<std::string> file;
  std::optional<LineRange> line_range;
  std::string type;
  std::optional<std::uint32_t> tokens;
  Time created_at;  // decides between equal scores: the newer first, then the smaller id
};

struct FacetRow {
  std::string value;  // "" where the field is absent; of several tags each counts
  std::uint64_t count = 0;
  bool operator==(const FacetRow&) const = default;
};

// The matches by one field, exactly: all of them, not those of the page.
struct Facet {
  std::string field;           // as it was asked for
  std::vector<FacetRow> rows;  // largest count first, then by value
  std::uint64_t distinct = 0;  // how many values there are, told or not
  bool operator==(const Facet&) const = default;
};

struct Answer {
  std::vector<Hit> hits;    // best score first, then the newest, then the smaller id
  std::uint64_t total = 0;  // exact number of matches, whatever the limit
  bool widened = false;
  // The query's cursor came from another state of the project than this page shows.
  bool moved = false;
  // For the next page: printable; empty where nothing follows.
  std::string cursor;
  // The same for this page, with the state it shows. Not kept alive by itself: `cursor` is.
  std::string page;
  std::vector<Facet> facets;  // in the order asked for
  std::string explanation;    // lines of text for people; their form is no contract
  // A regular expression did not get to look at every text that may match, or a fuzzy word was only
  // taken as it is spelled (README "Searching"): there may be more hits. Such texts count as having
  // no match, and with a negated expression as having one.
  bool partial = false;
  std::vector<Fault> faults;
};

// The cursor that goes on behind the first `count` hits of a page, for whoever shows no more of
// them: one who merges the pages of several projects.
SHALE_API std::string cursor_behind(const Answer& answer, std::size_t count);

// Where a segment stands in the order of a listing.
struct ListPlace {
  std::int64_t key = 0;      // Page::sort_keys
  std::int64_t created = 0;  // 0 in a listing by id
  std::string id;
  bool operator==(const ListPlace&) const = default;
};

// A listing: segments by a column, without touching text.
struct Listing {
  std::string where = {};
  // A sortable field, "-" before it for ascending order; default newest first.
  std::string sort = "created";
  std::size_t limit = 100;
  // Only what stands behind this place: Page::last of the page before, of the same listing. In the
  // same snapshot each segment stands in exactly one page.
  std::optional<ListPlace> after = std::nullopt;
};

struct Page {
  std::vector<Metadata> segments;
  // One for each of `segments`: of the pages of several projects the larger key comes first, then
  // the newer segment, then the smaller id. All 0 in a listing by id, where the ids alone decide.
  std::vector<std::int64_t> sort_keys;
  std::uint64_t total = 0;  // of all pages
  std::vector<Fault> faults;
  // Of the page, damaged ones included; absent where it is empty.
  std::optional<ListPlace> last = std::nullopt;
};

// Segments fetched by id: `segments` in the order asked for, absent ones in `missing`.
struct Fetched {
  std::vector<Segment> segments;
  std::vector<std::string> missing;
  std::vector<Fault> faults;
};

struct Count {
  std::uint64_t count = 0;
  std::vector<Fault> faults;
};

}  // namespace shale

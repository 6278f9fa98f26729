// The query engine: one for shards and delta, over the Index interface alone. Sums and usage, which
// are of the same making, stand in aggregate.hpp.
//
// A call looks at every index of a snapshot; an index that fails (damaged bytes) becomes a fault
// and the others still answer. Exact: totals, counts and scores are those of all live documents.
#pragma once

#include <span>
#include <vector>

#include "model/bm25.hpp"
#include "model/overlay.hpp"
#include "query/cursor.hpp"
#include "query/explanation.hpp"
#include "query/filter.hpp"
#include "text/analysis.hpp"
#include "text/snippet.hpp"

namespace shale::query {

// A document of one of the views.
struct Place {
  u32 view = 0;  // index into the span of views
  DocNo doc{};
};

struct Ranked {
  Place place;
  float score = 0;
  i64 created = 0;
  std::string id;
};

struct RankedAnswer {
  std::vector<Ranked> hits;  // score descending, newest, id
  u64 total = 0;
  bool widened = false;
  bool more = false;            // hits stand behind these
  i64 now = 0;                  // what ages and recency counted from
  bool depends_on_now = false;  // another moment may have another answer
  std::vector<Facet> facets;
  Highlights highlights;    // for snippets
  bool is_partial = false;  // regular expressions did not get to look at every text
  std::vector<Fault> faults;
};

// `analysis` is that of the views' texts. `from` is where the page begins, null for the first one;
// what it says of the state is the caller's business, and so is Query::cursor.
Result<RankedAnswer> search(std::span<const IndexView> views, const Query& query, Analysis analysis,
                            const Cursor* from = nullptr, Explanation* explanation = nullptr);

struct ListedAnswer {
  std::vector<Place> places;
  std::vector<i64> keys;          // of the places, falling
  std::optional<ListPlace> last;  // of the places
  u64 total = 0;
  std::vector<Fault> faults;
};
// `sort`: a number field or id; descending unless it begins with "-"; ties: newest, then id.
Result<ListedAnswer> list(std::span<const IndexView> views, const Listing& listing);
Result<Count> count(std::span<const IndexView> views, std::string_view where);

// N and lengths over the live documents of all views.
Result<CorpusStatistics> corpus_statistics(std::span<const IndexView> views,
                                           std::vector<Fault>& faults);

}  // namespace shale::query

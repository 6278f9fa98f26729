#include "store/packing.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/shortage.hpp"
#include "base/system.hpp"
#include "pack/selection.hpp"
#include "pack/tokenizers.hpp"
#include "query/engine.hpp"
#include "text/snippet.hpp"

namespace shale::store {

namespace {

constexpr u64 first_page_min = 16;
constexpr u64 first_page_max = 512;
constexpr u64 page_tokens = 128;   // a page has a hit for each so many of the budget
constexpr u64 widened_share = 20;  // of the budget: more than a twentieth unused is widened

void add_faults(const std::vector<Fault>& more, std::vector<Fault>& faults) {
  for (const Fault& fault : more) {
    const bool is_known = std::any_of(faults.begin(), faults.end(), [&](const Fault& known) {
      return known.file == fault.file && known.section == fault.section &&
             known.offset == fault.offset && known.ids == fault.ids;
    });
    if (!is_known) faults.push_back(fault);
  }
}

// The hits of one search, as many as are asked for.
class Hits {
 public:
  Hits(const View& view, Query query, std::optional<query::Cursor> from)
      : view_(view), query_(std::move(query)), from_(std::move(from)) {}

  Result<std::optional<query::Ranked>> next() {
    if (at_ == page_.hits.size() && (is_first_ || page_.more)) TRY(read_page());
    if (at_ == page_.hits.size()) return std::optional<query::Ranked>();
    return std::optional(page_.hits[at_++]);
  }

  const query::RankedAnswer& page() const { return page_; }
  const std::vector<Fault>& faults() const { return faults_; }
  // A search of the same moment from the start.
  query::Cursor start() const {
    query::Cursor cursor;
    cursor.now = page_.now;
    return cursor;
  }

 private:
  Result<void> read_page() {
    if (!is_first_ && !page_.hits.empty()) {
      const query::Ranked& last = page_.hits.back();
      from_ = start();
      from_->after = query::OrderKey{query::key_of(last.score), last.created, last.id};
      query_.limit *= 2;
    }
    page_ = TRY(
        query::search(view_.indexes, query_, view_.edition->analysis, from_ ? &*from_ : nullptr));
    add_faults(page_.faults, faults_);
    is_first_ = false;
    at_ = 0;
    return {};
  }

  const View& view_;
  Query query_;
  std::optional<query::Cursor> from_;
  query::RankedAnswer page_;
  std::vector<Fault> faults_;
  bool is_first_ = true;
  usize at_ = 0;
};

class Packing {
 public:
  Packing(const View& view, const PackQuery& query, const CountTokens& count,
          const std::string& project, ActiveSegments& cache)
      : view_(view), query_(query), count_(count), project_(project), cache_(cache) {}

  // What is wanted of `match` all or any.
  Result<Pack> choose(Match match) {
    pack::Selection selection({query_.tokens, query_.format, count_, stretches()});
    seen_.clear();
    Query asked{.text = query_.text, .where = query_.where + " pinned:true", .match = match};
    asked.limit = std::clamp(query_.tokens / page_tokens, first_page_min, first_page_max);
    Hits pinned(view_, asked, std::nullopt);
    TRY(offer_all(pinned, selection));
    asked.where = query_.where;
    Hits hits(view_, asked, pinned.start());
    TRY(offer_all(hits, selection));
    Pack pack = selection.finish();
    pack.matched = hits.page().total;
    pack.partial = pinned.page().is_partial || hits.page().is_partial;
    pack.faults = std::move(faults_);
    add_faults(pinned.faults(), pack.faults);
    add_faults(hits.faults(), pack.faults);
    return pack;
  }

 private:
  // Of the matches that the page which is read has.
  pack::FindStretch stretches() {
    return [this](std::string_view text, usize bytes) -> std::optional<SourceRange> {
      if (highlights_ == nullptr || highlights_->empty()) return std::nullopt;
      return best_stretch(text, *highlights_, view_.edition->analysis, bytes);
    };
  }

  Result<void> offer_all(Hits& hits, pack::Selection& selection) {
    // The first page is read whatever there is room for: the total is asked for.
    auto hit = TRY(hits.next());
    while (hit && selection.wants_more()) {
      highlights_ = &hits.page().highlights;
      if (seen_.insert(hit->id).second) TRY(offer(*hit, selection));
      if (!selection.wants_more()) break;
      hit = TRY(hits.next());
    }
    return {};
  }

  Result<void> offer(const query::Ranked& hit, pack::Selection& selection) {
    auto segment = read_segment(view_.indexes[hit.place.view], hit.place.doc, hit.id, cache_);
    if (segment) {
      selection.offer({*std::move(segment), hit.score});
      return {};
    }
    if (!is_damage(segment.error())) return Unexpected{std::move(segment).error()};
    faults_.push_back(fault_of(segment.error(), project_, "text"));
    faults_.back().ids.push_back(hit.id);
    return {};
  }

  const View& view_;
  const PackQuery& query_;
  const CountTokens& count_;
  const std::string& project_;
  ActiveSegments& cache_;
  const Highlights* highlights_ = nullptr;
  std::unordered_set<std::string> seen_;
  std::vector<Fault> faults_;
};

// Whether anything that was looked at did not go in as it is.
bool is_short_of_room(const Pack& pack) {
  return std::any_of(pack.segments.begin(), pack.segments.end(),
                     [](const PackedSegment& one) { return one.is_cut; }) ||
         std::any_of(pack.skipped.begin(), pack.skipped.end(),
                     [](const SkippedSegment& one) { return one.reason == SkipReason::no_room; });
}

Result<Pack> choose(Packing& packing, const PackQuery& query) {
  if (query.match == Match::any) return packing.choose(Match::any);
  Pack pack = TRY(packing.choose(Match::all));
  const bool has_room = pack.left > query.tokens / widened_share && !is_short_of_room(pack);
  if (query.match != Match::auto_ || !has_room) return pack;
  Pack wider = TRY(packing.choose(Match::any));
  if (wider.matched == pack.matched) return pack;
  wider.widened = true;
  return wider;
}

void leave_out_texts(Pack& pack) {
  pack.unchanged = true;
  pack.body.clear();
  for (PackedSegment& segment : pack.segments) segment.text.clear();
}

}  // namespace

Result<Pack> make_pack(const View& view, const PackQuery& query, const std::string& project,
                       ActiveSegments& cache) {
  if (!query.since.empty() && !pack::is_hash(query.since)) {
    return fail(ErrorCode::invalid_argument,
                "A pack's hash is 32 hexadecimal digits, not '" + query.since + "'.");
  }
  TRY(query::parse_filter(query.where, now_microseconds()));  // by itself, as errors name it
  const CountTokens count =
      query.count ? query.count : TRY(pack::token_counter_for(query.tokenizer));
  Packing packing(view, query, count, project, cache);
  Pack pack = TRY(choose(packing, query));
  if (!query.count) TRY(pack::check_counted_by(query.tokenizer));
  if (pack.hash == query.since) leave_out_texts(pack);
  return pack;
}

}  // namespace shale::store

#include "query/gc_plan.hpp"

#include <algorithm>

#include "base/system.hpp"
#include "query/filter.hpp"
#include "query/gc_candidates.hpp"
#include "query/gc_graph.hpp"
#include "query/gc_score.hpp"

namespace shale::query {

namespace {

constexpr i64 recent_us = i64(3600) * 1'000'000;

Clause equal_to(Field field, std::string_view value) {
  Clause clause;
  clause.field = field;
  clause.value = value;
  return clause;
}

// Who is a root: whatever passes one of them.
std::vector<Filter> root_filters(const GcOptions& options, i64 now) {
  std::vector<Filter> filters(1);
  Clause recent;
  recent.field = Field::created;
  recent.kind = Clause::Kind::range;
  recent.low = now < INT64_MIN + recent_us ? INT64_MIN : now - recent_us + 1;
  filters.front().clauses = {equal_to(Field::type, "decision"), std::move(recent)};
  if (!options.task.empty()) {
    filters.push_back({{equal_to(Field::type, "message"), equal_to(Field::task, options.task)}});
  }
  if (!options.file.empty()) filters.push_back({{equal_to(Field::file, options.file)}});
  return filters;
}

bool asks_for_working(const Filter& filter) {
  return std::any_of(filter.clauses.begin(), filter.clauses.end(), [](const Clause& clause) {
    return clause.field == Field::tier && clause.kind == Clause::Kind::equals && !clause.negated &&
           clause.value == tier_name(Tier::working);
  });
}

// The plan of the views that are left.
class Planning {
 public:
  Planning(Scope& scope, const GcOptions& options, const Filter& where, i64 now)
      : scope_(scope), options_(options), where_(where), now_(now), graph_(scope) {}

  Result<GcPlan> run() {
    TRY(consider());
    TRY(reach_roots());
    TRY(graph_.close());
    TRY(find_candidates());
    sort_entries();
    TRY(tell());
    plan_.kept = plan_.considered - plan_.reachable - plan_.pinned - plan_.candidates.size();
    return std::move(plan_);
  }

 private:
  Result<void> consider() {
    for (const u32 number : scope_.active()) {
      const IndexView& view = scope_.enter(number);
      DenseSet nodes(view.index->document_count());
      TRY(matching_documents(view, where_)).add_to(nodes);
      const u32 count = nodes.count();
      plan_.considered += count;
      if (count > 0) TRY(graph_.add(number, std::move(nodes)));
    }
    return {};
  }

  Result<void> reach_roots() {
    for (const Filter& filter : root_filters(options_, now_)) {
      for (u32 part = 0; part < graph_.part_count(); ++part) {
        const auto nodes = std::make_shared<DenseSet>(graph_.nodes(part));
        const DocumentSet roots = TRY(matching_documents(scope_.enter(graph_.view(part)), filter,
                                                         DocumentSet::sharing(nodes)));
        for (const u32 doc : roots.to_vector()) graph_.reach(part, doc);
      }
    }
    for (u32 part = 0; part < graph_.part_count(); ++part) {
      plan_.roots += graph_.reached(part).count();
    }
    return {};
  }

  Result<void> find_candidates() {
    const bool all_working = asks_for_working(where_);
    for (u32 part = 0; part < graph_.part_count(); ++part) {
      DenseSet rest = graph_.nodes(part);
      graph_.reached(part).for_each([&](u32 doc) { rest.remove(doc); });
      plan_.reachable += graph_.reached(part).count();
      const IndexView& view = scope_.enter(graph_.view(part));
      const DenseSet pinned = TRY(documents_with_value(view, Field::pinned, "true", rest));
      pinned.for_each([&](u32 doc) { rest.remove(doc); });
      plan_.pinned += pinned.count();
      TRY(add_gc_entries(view, part, rest, now_, all_working, types_, entries_));
    }
    return {};
  }

  static bool are_equal(const GcEntry& a, const GcEntry& b) {
    return a.score == b.score && a.freed() == b.freed();
  }

  // By all but the id. Of what is to go no more is kept than target_tokens may take: whichever of
  // equal ones it takes in the end, it ends among them.
  void sort_entries() {
    std::sort(entries_.begin(), entries_.end(), [](const GcEntry& a, const GcEntry& b) {
      return a.score != b.score ? a.score > b.score : a.freed() > b.freed();
    });
    if (options_.target_tokens == 0) return;
    u64 freed = 0;
    usize count = 0;
    while (count < entries_.size() && freed < options_.target_tokens) {
      freed += entries_[count++].freed();
    }
    while (count > 0 && count < entries_.size() &&
           are_equal(entries_[count], entries_[count - 1])) {
      ++count;
    }
    entries_.resize(count);
  }

  Result<void> tell() {
    std::vector<std::string> ids = TRY(read_ids());
    const std::vector<u32> order = final_order(ids);
    plan_.candidates.reserve(order.size());
    for (const u32 at : order) {
      if (options_.target_tokens != 0 && plan_.tokens_freed >= options_.target_tokens) break;
      const GcEntry& entry = entries_[at];
      GcCandidate& one = plan_.candidates.emplace_back();
      one.id = std::move(ids[at]);
      one.type = types_.name(entry.type);
      one.score = entry.score;
      one.action = gc_action(entry.score).value_or(GcAction::stash);
      if (entry.tokens >= 0) one.tokens = entry.freed();
      plan_.tokens_freed += entry.freed();
      plan_.uncounted += entry.tokens < 0 ? 1 : 0;
    }
    return {};
  }

  // Of each entry. Read in the order of the documents, where neighbours share a block.
  Result<std::vector<std::string>> read_ids() {
    constexpr u32 nowhere = 0xffffffff;
    std::vector<std::string> ids(entries_.size());
    std::vector<u32> places, docs, targets;
    for (u32 part = 0; part < graph_.part_count(); ++part) {
      places.assign(graph_.nodes(part).limit(), nowhere);
      for (u32 i = 0; i < entries_.size(); ++i) {
        if (entries_[i].part == part) places[entries_[i].doc] = i;
      }
      docs.clear();
      targets.clear();
      for (u32 doc = 0; doc < places.size(); ++doc) {
        if (places[doc] == nowhere) continue;
        docs.push_back(doc);
        targets.push_back(places[doc]);
      }
      TRY(scope_.enter(graph_.view(part))
              .index->ids_of(docs, [&](usize i, std::string_view id) -> Result<void> {
                ids[targets[i]] = id;
                return {};
              }));
    }
    return ids;
  }

  // Places in entries_, equal ones by id.
  std::vector<u32> final_order(const std::vector<std::string>& ids) const {
    std::vector<u32> order(entries_.size());
    for (u32 i = 0; i < order.size(); ++i) order[i] = i;
    for (usize begin = 0, end = 0; begin < order.size(); begin = end) {
      while (end < order.size() && are_equal(entries_[begin], entries_[end])) ++end;
      std::sort(order.begin() + std::ptrdiff_t(begin), order.begin() + std::ptrdiff_t(end),
                [&](u32 a, u32 b) { return ids[a] < ids[b]; });
    }
    return order;
  }

  Scope& scope_;
  const GcOptions& options_;
  const Filter& where_;
  i64 now_;
  GcGraph graph_;
  GcTypes types_;
  std::vector<GcEntry> entries_;
  GcPlan plan_;
};

}  // namespace

Result<GcPlan> plan_gc(std::span<const IndexView> views, const GcOptions& options) {
  const i64 now = options.now_us.value_or(now_microseconds());
  const Filter where = TRY(parse_filter(options.where, now));
  return answer_without_failed(
      views, [&](Scope& scope) { return Planning(scope, options, where, now).run(); });
}

}  // namespace shale::query

#include <algorithm>

#include "base/shortage.hpp"
#include "query/aggregate.hpp"
#include "query/engine.hpp"
#include "query/gc_plan.hpp"
#include "store/accessed_index.hpp"
#include "store/accesses.hpp"
#include "store/active_segments.hpp"
#include "store/change_feed.hpp"
#include "store/lost_files.hpp"
#include "store/packing.hpp"
#include "store/project_state.hpp"
#include "store/search_pages.hpp"
#include "text/snippet.hpp"

namespace shale {

namespace {

using store::View;

// Faults of opening the edition, and of what was lost since, come with every answer.
void add_known_faults(const View& view, const std::vector<Fault>& lost, std::vector<Fault>& faults,
                      const std::string& project) {
  faults.insert(faults.end(), view.edition->faults.begin(), view.edition->faults.end());
  faults.insert(faults.end(), lost.begin(), lost.end());
  for (Fault& fault : faults) fault.project = project;
}

Fault text_fault(const Error& error, const std::string& project, std::string id) {
  Fault fault = store::fault_of(error, project, "text");
  fault.ids.push_back(std::move(id));
  return fault;
}

// Looks an id up index by index; a damaged index becomes a fault and the others still answer.
Result<std::optional<store::Located>> find(const View& view, std::string_view id,
                                           std::vector<Fault>& faults, const std::string& project) {
  for (usize at = view.indexes.size(); at-- > 0;) {
    const IndexView& one = view.indexes[at];
    const auto doc = one.index->find_id(id);
    if (!doc && is_shortage(doc.error())) return Unexpected{doc.error()};
    if (!doc) {
      faults.push_back(text_fault(doc.error(), project, std::string(id)));
    } else if (doc->has_value() && !one.overlay->dead.contains(to_index(**doc))) {
      return std::optional<store::Located>({at, **doc});
    }
  }
  return std::optional<store::Located>();
}

Hit hit_of(const query::Ranked& ranked, Summary summary) {
  Hit hit;
  hit.id = ranked.id;
  hit.score = ranked.score;
  hit.file = std::move(summary.file);
  hit.line_range = summary.line_range;
  hit.type = std::move(summary.type);
  hit.tokens = summary.tokens;
  hit.created_at = summary.created_at;
  return hit;
}

// Questions to the part of a snapshot that can be read: its view, and the faults of the rest.
class Asked {
 public:
  Asked(Project::State& project, const View& view, const std::vector<Fault>& lost)
      : project_(project), view_(view), lost_(lost) {}

  Result<Answer> search(const Query& query, const store::PageStart& start,
                        bool& depends_on_now) const {
    std::optional<query::Explanation> explanation;
    if (query.explain) explanation.emplace();
    query::Explanation* const explained = explanation ? &*explanation : nullptr;
    const auto search = [&](const View& view) {
      return query::search(view.indexes, query, view.edition->analysis,
                           start.from ? &*start.from : nullptr, explained);
    };
    query::RankedAnswer ranked = TRY(with_accesses({query.where, query.text}, search));
    Answer answer;
    answer.total = ranked.total;
    answer.widened = ranked.widened;
    answer.facets = std::move(ranked.facets);
    answer.partial = ranked.is_partial;
    answer.faults = std::move(ranked.faults);
    {
      const query::Explanation::Timed timed(explained, "snippets");
      TRY(add_hits(query, ranked, answer));
    }
    store::finish_page(project_, start, query, ranked, answer);
    if (explanation) answer.explanation = text_of(*explanation);
    depends_on_now = ranked.depends_on_now;
    return with_known_faults(std::move(answer));
  }

  Result<Page> list(const Listing& listing) const {
    query::ListedAnswer listed =
        TRY(with_accesses({listing.where, listing.sort},
                          [&](const View& view) { return query::list(view.indexes, listing); }));
    Page page;
    page.total = listed.total;
    page.last = std::move(listed.last);
    page.faults = std::move(listed.faults);
    for (usize i = 0; i < listed.places.size(); ++i) {
      const query::Place& place = listed.places[i];
      auto metadata = counted_metadata(view_.indexes[place.view], place.doc);
      if (metadata) {
        page.segments.push_back(*std::move(metadata));
        page.sort_keys.push_back(listed.keys[i]);
      } else if (is_damage(metadata.error())) {
        page.faults.push_back(store::fault_of(metadata.error(), project_.name, "columns"));
      } else {
        return Unexpected{std::move(metadata).error()};
      }
    }
    return with_known_faults(std::move(page));
  }

  Result<Count> count(std::string_view where) const {
    return with_known_faults(TRY(with_accesses(
        {where}, [&](const View& view) { return query::count(view.indexes, where); })));
  }

  Result<Sum> aggregate(const Aggregation& asked) const {
    Aggregation inside = asked;
    std::erase(inside.by, "project");
    Sum sum = TRY(with_accesses({asked.where}, [&](const View& view) {
      return query::aggregate(view.indexes, inside, view.edition->analysis);
    }));
    if (inside.by.size() < asked.by.size()) add_project(asked, sum);
    return with_known_faults(std::move(sum));
  }

  Result<Usage> usage(const UsageOptions& options) const {
    return with_known_faults(TRY(query::usage(view_.indexes, options)));
  }

  Result<GcPlan> plan_gc(const GcOptions& options) const {
    GcPlan plan = TRY(query::plan_gc(view_.indexes, options));
    plan.lsn = view_.committed.value;
    return with_known_faults(std::move(plan));
  }

  Result<Pack> pack(const PackQuery& query) const {
    Pack pack = TRY(with_accesses({query.where, query.text}, [&](const View& view) {
      return store::make_pack(view, query, project_.name, project_.caches->segments);
    }));
    store::count_accesses(view_, pack);
    return with_known_faults(std::move(pack));
  }

  Result<Changes> changes(const ChangesQuery& query) const {
    return with_known_faults(TRY(store::changes_in(project_, view_, query)));
  }

  Result<std::optional<Segment>> get(std::string_view id) const {
    std::vector<Fault> faults;
    const auto found = TRY(find(view_, id, faults, project_.name));
    if (found.has_value()) {
      Segment segment = TRY(decode(*found));
      view_.count_access(*found);
      return std::optional(std::move(segment));
    }
    add_known_faults(view_, lost_, faults, project_.name);
    if (faults.empty()) return std::optional<Segment>();
    // It may stand in what cannot be read: that is not the same as "absent".
    return fail_at(ErrorCode::corrupt, faults.front().message, faults.front().file,
                   faults.front().offset);
  }

  Result<Fetched> get_many(std::span<const std::string> ids) const {
    Fetched fetched;
    fetched.segments.reserve(ids.size());
    for (const std::string& id : ids) {
      if (auto active = store::find_active(view_, id, project_.caches->segments)) {
        view_.count_access(active->at);
        fetched.segments.push_back(std::move(active->segment));
        continue;
      }
      const auto found = TRY(find(view_, id, fetched.faults, project_.name));
      if (!found.has_value()) {
        fetched.missing.push_back(id);
        continue;
      }
      auto segment = decode(*found);
      if (segment) {
        view_.count_access(*found);
        fetched.segments.push_back(*std::move(segment));
      } else if (is_damage(segment.error())) {
        fetched.faults.push_back(text_fault(segment.error(), project_.name, id));
      } else {
        return Unexpected{std::move(segment).error()};
      }
    }
    return with_known_faults(std::move(fetched));
  }

 private:
  // What `ask` says of the view; where one of `texts` may speak of accesses, with these laid over
  // its indexes.
  template <class Ask>
  auto with_accesses(std::initializer_list<std::string_view> texts, Ask&& ask) const
      -> decltype(ask(std::declval<const View&>())) {
    const bool speaks = std::any_of(texts.begin(), texts.end(), store::may_ask_for_accesses);
    if (!speaks) return ask(view_);
    View laid_over = view_;
    laid_over.indexes = TRY(store::accessed_indexes(project_, view_));
    return ask(laid_over);
  }

  // The keys of `project`, which is one and the same here; a group has members.
  void add_project(const Aggregation& asked, Sum& sum) const {
    std::erase_if(sum.rows, [](const SumRow& row) { return row.count == 0; });
    for (SumRow& row : sum.rows) {
      for (usize i = 0; i < asked.by.size(); ++i) {
        if (asked.by[i] != "project") continue;
        row.key.insert(row.key.begin() + std::ptrdiff_t(i), project_.name);
      }
    }
  }

  // Of what find_active did not have.
  Result<Segment> decode(store::Located at) const {
    return store::decode_segment(view_.indexes[at.index], at.doc, project_.caches->segments);
  }

  Result<void> add_hits(const Query& query, const query::RankedAnswer& ranked,
                        Answer& answer) const {
    answer.hits.reserve(ranked.hits.size());
    for (const query::Ranked& one : ranked.hits) {
      auto hit = query.snippets ? hit_with_snippet(one, ranked.highlights) : plain_hit(one);
      if (hit) {
        answer.hits.push_back(*std::move(hit));
      } else if (is_damage(hit.error())) {
        answer.faults.push_back(text_fault(hit.error(), project_.name, one.id));
      } else {
        return Unexpected{std::move(hit).error()};
      }
    }
    return {};
  }

  Result<Hit> plain_hit(const query::Ranked& ranked) const {
    const IndexView& view = view_.indexes[ranked.place.view];
    return hit_of(ranked, TRY(store::read_summary(view, ranked.place.doc, ranked.id,
                                                  project_.caches->segments)));
  }

  Result<Hit> hit_with_snippet(const query::Ranked& ranked, const Highlights& highlights) const {
    const Segment segment = TRY(store::read_segment(
        view_.indexes[ranked.place.view], ranked.place.doc, ranked.id, project_.caches->segments));
    Hit hit = hit_of(ranked, summary_of(segment.metadata()));
    Snippet snippet = make_snippet(segment.text(), highlights, view_.edition->analysis);
    hit.snippet = std::move(snippet.text);
    hit.spans = std::move(snippet.spans);
    return hit;
  }

  std::string text_of(query::Explanation& explanation) const {
    explanation.add("state", "edition " + std::to_string(view_.edition->manifest.edition) +
                                 ", LSN " + std::to_string(view_.committed.value));
    return explanation.text();
  }

  template <class Reply>
  Reply with_known_faults(Reply reply) const {
    add_known_faults(view_, lost_, reply.faults, project_.name);
    project_.figures.add_faults(reply.faults.size());
    return reply;
  }

  Project::State& project_;
  const View& view_;
  const std::vector<Fault>& lost_;
};

// Asks `question` of the snapshot, and again of what is left where a file was lost meanwhile.
template <class Question>
auto ask(const Snapshot::State& state, Question&& question)
    -> decltype(question(std::declval<const Asked&>())) {
  Project::State& project = *state.project;
  TRY(check_process(project));
  return store::ask_what_is_there(*state.view, project.name,
                                  [&](const View& view, const std::vector<Fault>& lost) {
                                    return question(Asked(project, view, lost));
                                  });
}

}  // namespace

Result<Answer> Snapshot::search(const Query& query) const {
  TRY(check_process(*state_->project));
  const store::Timed timed(state_->project->figures, Operation::search);
  const store::PageStart start = TRY(store::page_start(*state_->project, state_->view, query));
  store::ResultCache& results = state_->project->caches->results;
  const std::optional<std::string> key = results.key_of(*start.view, start.moved, query);
  if (const auto known = key ? results.find(*key) : nullptr) {
    if (!known->cursor.empty()) state_->project->kept_views.keep(start.view);
    return *known;
  }
  bool depends_on_now = false;
  Result<Answer> answer = ask({state_->project, start.view}, [&](const Asked& asked) {
    return asked.search(query, start, depends_on_now);
  });
  if (answer && key && !depends_on_now) results.keep(*key, *answer);
  return answer;
}

Result<Page> Snapshot::list(const Listing& listing) const {
  const store::Timed timed(state_->project->figures, Operation::list);
  return ask(*state_, [&](const Asked& asked) { return asked.list(listing); });
}

Result<Count> Snapshot::count(std::string_view where) const {
  const store::Timed timed(state_->project->figures, Operation::count);
  return ask(*state_, [&](const Asked& asked) { return asked.count(where); });
}

Result<Sum> Snapshot::aggregate(const Aggregation& asked) const {
  const store::Timed timed(state_->project->figures, Operation::sum);
  return ask(*state_, [&](const Asked& one) { return one.aggregate(asked); });
}

Result<Sum> Snapshot::sum(std::string_view field, std::span<const std::string> by,
                          std::string_view where) const {
  if (field.empty()) return fail(ErrorCode::invalid_argument, "There is no field \"\".");
  Aggregation asked{.field = std::string(field), .by = {by.begin(), by.end()}};
  asked.where = where;
  return aggregate(asked);
}

Result<Usage> Snapshot::usage(const UsageOptions& options) const {
  const store::Timed timed(state_->project->figures, Operation::usage);
  return ask(*state_, [&](const Asked& asked) { return asked.usage(options); });
}

Result<GcPlan> Snapshot::plan_gc(const GcOptions& options) const {
  return ask(*state_, [&](const Asked& asked) { return asked.plan_gc(options); });
}

Result<Pack> Snapshot::pack(const PackQuery& query) const {
  const store::Timed timed(state_->project->figures, Operation::pack);
  return ask(*state_, [&](const Asked& asked) { return asked.pack(query); });
}

Result<Changes> Snapshot::changes(const ChangesQuery& query) const {
  const store::Timed timed(state_->project->figures, Operation::changes);
  return ask(*state_, [&](const Asked& asked) { return asked.changes(query); });
}

Result<std::vector<Access>> Snapshot::accesses(std::span<const std::string> ids) const {
  TRY(check_process(*state_->project));
  return store::accesses_of(*state_->project, state_->view, ids);
}

Result<std::optional<Segment>> Snapshot::get(std::string_view id) const {
  TRY(check_process(*state_->project));
  store::Figures& figures = state_->project->figures;
  const store::Sampled timed(figures, Operation::get);
  auto active = store::find_active(*state_->view, id, state_->project->caches->segments);
  if (active.has_value()) {
    state_->view->count_access(active->at);
    return std::optional<Segment>(std::move(active->segment));
  }
  auto found = ask(*state_, [&](const Asked& asked) { return asked.get(id); });
  if (!found && is_damage(found.error())) figures.add_faults(1);
  return found;
}

Result<Fetched> Snapshot::get_many(std::span<const std::string> ids) const {
  const store::Timed timed(state_->project->figures, Operation::get_many);
  return ask(*state_, [&](const Asked& asked) { return asked.get_many(ids); });
}

std::uint64_t Snapshot::edition() const noexcept { return state_->view->edition->manifest.edition; }

std::uint64_t Snapshot::lsn() const noexcept { return state_->view->committed.value; }

}  // namespace shale

#include <algorithm>

#include "query/engine.hpp"
#include "store/active_segments.hpp"
#include "store/project_state.hpp"
#include "text/snippet.hpp"

namespace shale {

namespace {

using store::View;

// Faults of opening the edition come with every answer.
void add_edition_faults(const View& view, std::vector<Fault>& faults, const std::string& project) {
  faults.insert(faults.end(), view.edition->faults.begin(), view.edition->faults.end());
  for (Fault& fault : faults) fault.project = project;
}

Fault text_fault(const Error& error, const std::string& project, std::string id) {
  Fault fault = store::fault_of(error, project, "text");
  fault.ids.push_back(std::move(id));
  return fault;
}

bool is_damage(const Error& error) {
  return error.code == ErrorCode::corrupt || error.code == ErrorCode::io;
}

// Looks an id up index by index; a damaged index becomes a fault and the others still answer.
std::optional<store::Located> find(const View& view, std::string_view id,
                                   std::vector<Fault>& faults, const std::string& project) {
  for (usize at = view.indexes.size(); at-- > 0;) {
    const IndexView& one = view.indexes[at];
    const auto doc = one.index->find_id(id);
    if (!doc) {
      faults.push_back(text_fault(doc.error(), project, std::string(id)));
    } else if (doc->has_value() && !one.overlay->dead.contains(to_index(**doc))) {
      return store::Located{at, **doc};
    }
  }
  return std::nullopt;
}

Hit hit_of(const query::Ranked& ranked, const Metadata& metadata) {
  Hit hit;
  hit.id = ranked.id;
  hit.score = ranked.score;
  hit.file = metadata.file;
  hit.line_range = metadata.line_range;
  hit.type = metadata.type;
  hit.tokens = metadata.tokens;
  return hit;
}

}  // namespace

Result<Answer> Snapshot::search(const Query& query) const {
  TRY(check_process(*state_->project));
  const View& view = *state_->view;
  const std::string& project = state_->project->name;
  query::RankedAnswer ranked = TRY(query::search(view.indexes, query));
  Answer answer;
  answer.total = ranked.total;
  answer.widened = ranked.widened;
  answer.faults = std::move(ranked.faults);
  for (const query::Ranked& one : ranked.hits) {
    const IndexView& index = view.indexes[one.place.view];
    auto segment = store::read_segment(index, one.place.doc, state_->project->caches->segments);
    if (!segment) {
      if (!is_damage(segment.error())) return Unexpected{std::move(segment).error()};
      answer.faults.push_back(text_fault(segment.error(), project, one.id));
      continue;
    }
    Hit hit = hit_of(one, segment->metadata());
    if (query.snippets) {
      Snippet snippet = make_snippet(segment->text(), ranked.terms);
      hit.snippet = std::move(snippet.text);
      hit.spans = std::move(snippet.spans);
    }
    answer.hits.push_back(std::move(hit));
  }
  add_edition_faults(view, answer.faults, project);
  return answer;
}

Result<Page> Snapshot::list(const Listing& listing) const {
  TRY(check_process(*state_->project));
  const View& view = *state_->view;
  query::ListedAnswer listed = TRY(query::list(view.indexes, listing));
  Page page;
  page.total = listed.total;
  page.faults = std::move(listed.faults);
  for (const query::Place& place : listed.places) {
    auto metadata = current_metadata(view.indexes[place.view], place.doc);
    if (metadata) {
      page.segments.push_back(*std::move(metadata));
    } else if (is_damage(metadata.error())) {
      page.faults.push_back(store::fault_of(metadata.error(), state_->project->name, "columns"));
    } else {
      return Unexpected{std::move(metadata).error()};
    }
  }
  add_edition_faults(view, page.faults, state_->project->name);
  return page;
}

Result<Count> Snapshot::count(std::string_view where) const {
  TRY(check_process(*state_->project));
  Count count = TRY(query::count(state_->view->indexes, where));
  add_edition_faults(*state_->view, count.faults, state_->project->name);
  return count;
}

Result<Sum> Snapshot::sum(std::string_view field, std::span<const std::string> by,
                          std::string_view where) const {
  TRY(check_process(*state_->project));
  Sum sum = TRY(query::sum(state_->view->indexes, field, by, where));
  add_edition_faults(*state_->view, sum.faults, state_->project->name);
  return sum;
}

Result<std::optional<Segment>> Snapshot::get(std::string_view id) const {
  TRY(check_process(*state_->project));
  const View& view = *state_->view;
  std::vector<Fault> faults;
  const auto found = find(view, id, faults, state_->project->name);
  if (found.has_value()) {
    return std::optional<Segment>(TRY(store::read_segment(view.indexes[found->index], found->doc,
                                                          state_->project->caches->segments)));
  }
  add_edition_faults(view, faults, state_->project->name);
  if (faults.empty()) return std::optional<Segment>();
  // It may stand in what cannot be read: that is not the same as "absent".
  return fail_at(ErrorCode::corrupt, faults.front().message, faults.front().file,
                 faults.front().offset);
}

Result<Fetched> Snapshot::get_many(std::span<const std::string> ids) const {
  TRY(check_process(*state_->project));
  const View& view = *state_->view;
  Fetched fetched;
  for (const std::string& id : ids) {
    const auto found = find(view, id, fetched.faults, state_->project->name);
    if (!found.has_value()) {
      fetched.missing.push_back(id);
      continue;
    }
    auto segment = store::read_segment(view.indexes[found->index], found->doc,
                                       state_->project->caches->segments);
    if (segment) {
      fetched.segments.push_back(*std::move(segment));
    } else if (is_damage(segment.error())) {
      fetched.faults.push_back(text_fault(segment.error(), state_->project->name, id));
    } else {
      return Unexpected{std::move(segment).error()};
    }
  }
  add_edition_faults(view, fetched.faults, state_->project->name);
  return fetched;
}

std::uint64_t Snapshot::edition() const noexcept { return state_->view->edition->manifest.edition; }

std::uint64_t Snapshot::lsn() const noexcept { return state_->view->committed.value; }

}  // namespace shale

// search: ranked hits of one project or all, page by page, with facets and what explains them.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>

#include "cli/all_projects.hpp"
#include "cli/joined_cursor.hpp"
#include "cli/questions.hpp"
#include "cli/verbs.hpp"
#include "query/filter_time.hpp"

namespace shale::cli {

namespace {

struct SearchOptions {
  std::vector<std::string> words;
  std::vector<std::string> where;
  std::string match = "auto";
  usize limit = 10;
  std::string cursor;
  std::string recency;
  std::vector<std::string> facets;
  usize facet_rows = 20;
  bool count = false;
  bool explain = false;
  bool fresh_only = false;
};

// -- what is asked --

Result<Query> query_of(const SearchOptions& options) {
  Query query{.text = joined(options.words),
              .where = joined(options.where),
              .match = match_of(options.match),
              .limit = options.count ? 0 : options.limit,
              .snippets = !options.count,
              .widen_below = options.limit,
              .facets = options.facets,
              .facet_rows = options.facet_rows,
              .cursor = options.cursor,
              .explain = options.explain};
  if (options.recency.empty()) return query;
  const auto age = query::parse_age(options.recency);
  if (!age || *age == 0) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("--recency is a time such as 12h, 7d or 4w, not \"{}\".", options.recency));
  }
  query.recency = std::chrono::microseconds(*age);
  return query;
}

// The projects and the cursor of each. Without a cursor: all of them from the start.
struct Asked {
  const View* view = nullptr;
  std::string cursor;
};

Result<std::vector<Asked>> asked_of(const std::vector<View>& views, const Query& query,
                                    bool all_projects, bool& moved) {
  std::vector<Asked> asked;
  if (query.cursor.empty() || !all_projects) {
    if (is_joined_cursor(query.cursor)) {
      return fail(ErrorCode::invalid_argument,
                  "The cursor is one of a search with --all-projects.");
    }
    asked.reserve(views.size());
    for (const View& view : views) asked.push_back({&view, query.cursor});
    return asked;
  }
  const ProjectCursors cursors = TRY(split_cursor(query.cursor));
  for (const auto& one : cursors) {
    const auto found = std::find_if(views.begin(), views.end(),
                                    [&](const View& view) { return view.project == one.first; });
    if (found != views.end()) asked.push_back({&*found, one.second});
  }
  // Projects that have come since belong to no page of this search, those that are gone to none
  // that follows.
  moved = asked.size() != views.size() || asked.size() != cursors.size();
  return asked;
}

Result<FoundProjects> search_views(const std::vector<View>& views, const Query& wanted,
                                   bool all_projects) {
  bool moved = false;
  const std::vector<Asked> asked = TRY(asked_of(views, wanted, all_projects, moved));
  std::vector<ProjectAnswer> answers;
  i64 microseconds = 0;
  for (const Asked& one : asked) {
    Query query = wanted;
    query.cursor = one.cursor;
    // Rows that are cut do not add up.
    if (all_projects) query.facet_rows = std::numeric_limits<usize>::max();
    const auto started = std::chrono::steady_clock::now();
    Answer answer = TRY(one.view->snapshot.search(query));
    const auto taken = std::chrono::steady_clock::now() - started;
    microseconds += std::chrono::duration_cast<std::chrono::microseconds>(taken).count();
    answers.push_back({one.view->project, std::move(answer)});
  }
  FoundProjects found = merge_answers(std::move(answers), wanted, all_projects);
  found.microseconds = microseconds;
  found.moved = found.moved || moved;
  return found;
}

// -- whether the files are still the same --

Result<void> look_at_sources(const std::vector<View>& views, std::vector<ProjectHit>& hits) {
  for (const View& view : views) {
    std::vector<ProjectHit*> with_file;
    std::vector<std::string> files;
    for (ProjectHit& found : hits) {
      if (found.project != view.project || !found.hit.file) continue;
      with_file.push_back(&found);
      files.push_back(*found.hit.file);
    }
    const auto states = TRY(source_states(view.snapshot, files));
    for (usize i = 0; i < states.size(); ++i) with_file[i]->source = states[i];
  }
  return {};
}

bool is_stale(const ProjectHit& found) {
  return found.source == SourceState::changed || found.source == SourceState::gone;
}

// The page that `query` asks for; with fresh_only without stale hits, filled up from what follows.
Result<FoundProjects> found_page(const std::vector<View>& views, Query query,
                                 const SearchOptions& options, bool all_projects) {
  FoundProjects page = TRY(search_views(views, query, all_projects));
  TRY(look_at_sources(views, page.hits));
  if (!options.fresh_only) return page;
  std::erase_if(page.hits, is_stale);
  while (page.hits.size() < options.limit && !page.cursor.empty()) {
    query.cursor = page.cursor;
    query.limit = options.limit - page.hits.size();
    FoundProjects more = TRY(search_views(views, query, all_projects));
    TRY(look_at_sources(views, more.hits));
    std::erase_if(more.hits, is_stale);
    std::move(more.hits.begin(), more.hits.end(), std::back_inserter(page.hits));
    page.cursor = more.cursor;
    page.moved = page.moved || more.moved;
    page.microseconds += more.microseconds;
    page.faults.insert(page.faults.end(), more.faults.begin(), more.faults.end());
  }
  return page;
}

// -- what is told --

Json facet_json(const Facet& facet) {
  Json rows = Json::array();
  for (const FacetRow& row : facet.rows) {
    rows.push_back({{"value", row.value}, {"count", row.count}});
  }
  return {{"distinct", facet.distinct}, {"rows", rows}};
}

void print_hit(Context& context, const ProjectHit& found, bool colours) {
  const std::string id = shown_id(context, found.project, found.hit.id);
  if (!context.output.is_text()) {
    context.output.object(json_of(found, id));
    return;
  }
  const std::string stale = is_stale(found) ? fmt::format("  ({})", name_of(found.source)) : "";
  context.output.line(fmt::format("{}  {:.2f}  {}{}", printable(place_of(found.hit, id)),
                                  found.hit.score, snippet_text(found.hit, colours), stale));
}

// field, value and count with tabs between them, behind a line that parts them from the hits.
void print_facet(Context& context, const Facet& facet) {
  if (context.output.form == Form::ndjson) {
    Json members = {{"facet", facet.field}};
    members.update(facet_json(facet));
    context.output.object(members);
    return;
  }
  context.output.line("");
  for (const FacetRow& row : facet.rows) {
    context.output.line(fmt::format("{}\t{}\t{}", facet.field, printable(row.value), row.count));
  }
  if (facet.rows.size() < facet.distinct) {
    context.output.note(fmt::format("{}: {} of {} values (--facet-rows)", facet.field,
                                    facet.rows.size(), facet.distinct));
  }
}

void print_object(Context& context, const FoundProjects& found, const SearchOptions& options) {
  Json hits = Json::array();
  for (const ProjectHit& hit : found.hits) {
    hits.push_back(json_of(hit, shown_id(context, hit.project, hit.hit.id)));
  }
  Json members = {{"hits", hits},
                  {"total", found.total},
                  {"widened", found.widened},
                  {"cursor", nullptr},
                  {"faults", json_of(found.faults)},
                  {"moved", found.moved},
                  {"partial", found.partial}};
  if (!found.cursor.empty()) members["cursor"] = found.cursor;
  if (!options.facets.empty()) members["facets"] = Json::object();
  for (const Facet& facet : found.facets) members["facets"][facet.field] = facet_json(facet);
  if (options.explain) members["explanation"] = found.explanation;
  members["microseconds"] = found.microseconds;
  context.output.object(members);
}

void print_lines(Context& context, const FoundProjects& found, const SearchOptions& options) {
  Output& output = context.output;
  if (options.count && output.is_text()) {
    output.line(std::to_string(found.total));
  } else if (options.count) {
    output.object({{"total", found.total}, {"widened", found.widened}});
  }
  const bool colours = output.is_text() && Output::colours();
  for (const ProjectHit& hit : found.hits) print_hit(context, hit, colours);
  for (const Facet& facet : found.facets) print_facet(context, facet);
  if (options.explain && output.is_text()) {
    output.raw("\n" + found.explanation);
  } else if (options.explain) {
    output.object({{"explanation", found.explanation}});
  }
}

void print_notes(const Output& output, const FoundProjects& found) {
  note_reach(output, found.widened, found.partial);
  if (found.moved) {
    output.note(
        "the project has changed since the page before: segments may be missing, or told "
        "twice");
  }
  if (!found.cursor.empty()) output.note("next page: --cursor " + found.cursor);
}

Result<Exit> search(Context& context, const SearchOptions& options) {
  const Query query = TRY(query_of(options));
  const std::vector<View> views = TRY(context.views());
  const FoundProjects found = TRY(found_page(views, query, options, context.globals.all_projects));
  if (context.output.form == Form::json) {
    print_object(context, found, options);
  } else {
    print_lines(context, found, options);
    print_notes(context.output, found);
  }
  context.output.faults(found.faults);
  return exit_for(found.total > 0, found.faults);
}

}  // namespace

void add_search_verb(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "search", "finds segments by their words, best first");
  auto options = std::make_shared<SearchOptions>();
  verb->add_option("QUERY", options->words, "words to look for; after -- anything");
  add_where(*verb, options->where);
  add_match(*verb, options->match);
  verb->add_option("--limit", options->limit, "hits at most (10)")->check(whole_number());
  verb->add_option("--cursor", options->cursor, "the page behind the one that gave this cursor");
  verb->add_option("--recency", options->recency,
                   "prefers what is new: scores fall with age, to half at most, half of it in 7d");
  verb->add_option("--facet", options->facets,
                   "count matches by type task file topic tag tier generation pinned or day")
      ->delimiter(',')
      ->allow_extra_args(false);
  verb->add_option("--facet-rows", options->facet_rows, "values of a facet at most (20)")
      ->check(whole_number());
  verb->add_flag("--fresh-only", options->fresh_only,
                 "leaves out hits whose files have changed or gone since they were synced");
  verb->add_flag("--count", options->count, "only how many");
  verb->add_flag("--explain", options->explain, "how it was understood, what was read, times");
  verb->callback([&context, options] {
    context.action = [&context, options] { return search(context, *options); };
  });
}

}  // namespace shale::cli

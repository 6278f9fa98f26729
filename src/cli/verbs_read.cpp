// get and list: questions to snapshots about single segments.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "cli/all_projects.hpp"
#include "cli/answers.hpp"
#include "cli/questions.hpp"
#include "cli/segment_options.hpp"
#include "cli/verbs.hpp"
#include "exchange/times.hpp"

namespace shale::cli {

namespace {

// --- get ----------------------------------------------------------------------------------------

struct GetOptions {
  std::vector<std::string> ids;
  std::string lines;
};

void print_segments(Context& context, const Fetched& fetched, const std::string& project,
                    const std::optional<LineRange>& lines) {
  std::vector<std::string> objects;
  for (const Segment& segment : fetched.segments) {
    const std::string_view text = lines ? slice_lines(segment.text(), *lines) : segment.text();
    if (context.output.is_text()) {
      context.output.raw(text);
    } else {
      objects.push_back(segment_json(segment.metadata(), text, project, segment.id()));
    }
  }
  if (context.output.form == Form::ndjson) {
    for (const std::string& object : objects) context.output.line(object);
  } else if (context.output.form == Form::json) {
    context.output.line(segments_object(
        objects, {{"missing", fetched.missing}, {"faults", json_of(fetched.faults)}}));
  }
}

Result<Exit> get(Context& context, const GetOptions& options) {
  std::optional<LineRange> lines;
  if (!options.lines.empty()) lines = TRY(parse_lines(options.lines));
  Fetched fetched;
  const std::vector<Project> projects = TRY(context.projects_to_read(false));
  if (projects.empty()) {
    fetched.missing = options.ids;
  } else {
    const Snapshot snapshot = TRY(context.snapshot_of(projects[0]));
    fetched = TRY(snapshot.get_many(options.ids));
  }
  print_segments(context, fetched, context.globals.project, lines);
  context.output.faults(fetched.faults);
  for (const std::string& id : fetched.missing) {
    context.output.warning(fmt::format("there is no segment \"{}\"", id));
  }
  return exit_for(fetched.missing.empty(), fetched.faults);
}

// --- list ----------------------------------------------------------------------------------------

struct ListOptions {
  std::vector<std::string> where;
  std::string sort = "created";
  usize limit = 100;
};

bool is_by_access(std::string_view sort) {
  if (sort.starts_with('-')) sort.remove_prefix(1);
  return sort == "accessed" || sort == "accesses";
}

// Of the segments of a listing by them, in its order; empty for any other.
Result<std::vector<Access>> accesses_of(const std::vector<View>& views,
                                        const ListedProjects& listed, std::string_view sort) {
  std::vector<Access> accesses;
  if (!is_by_access(sort)) return accesses;
  accesses.reserve(listed.segments.size());
  std::map<std::string, std::vector<std::string>> ids;
  for (const auto& [project, metadata] : listed.segments) ids[project].push_back(metadata.id);
  std::map<std::string, std::vector<Access>> found;
  for (const View& view : views) {
    found[view.project] = TRY(view.snapshot.accesses(ids[view.project]));
  }
  std::map<std::string, usize> next;
  for (const ProjectSegment& segment : listed.segments) {
    accesses.push_back(found[segment.project][next[segment.project]++]);
  }
  return accesses;
}

std::string listed_segment(const Context& context, const ProjectSegment& segment,
                           const Access* access) {
  const std::string id = shown_id(context, segment.project, segment.metadata.id);
  if (!context.output.is_text()) {
    std::string object = segment_json(segment.metadata, std::nullopt, segment.project, id);
    return access != nullptr ? with_access(std::move(object), *access) : object;
  }
  std::string line = listing_line(segment.metadata, id);
  if (access == nullptr) return line;
  const Time last{access->last_seconds * 1'000'000, true};
  return line + fmt::format("\t{}\t{}", access->count,
                            access->count == 0 ? "-" : exchange::format_time(last));
}

Result<Exit> list(Context& context, const ListOptions& options) {
  const Listing listing{joined(options.where), options.sort, options.limit};
  std::vector<ProjectPage> pages;
  const std::vector<View> views = TRY(context.views());
  for (const View& view : views) {
    Page page = TRY(view.snapshot.list(listing));
    pages.push_back({view.project, std::move(page)});
  }
  const ListedProjects listed = merge_pages(std::move(pages), listing);
  const std::vector<Access> accesses = TRY(accesses_of(views, listed, options.sort));
  std::vector<std::string> objects;
  objects.reserve(listed.segments.size());
  for (usize i = 0; i < listed.segments.size(); ++i) {
    const Access* const access = accesses.empty() ? nullptr : &accesses[i];
    objects.push_back(listed_segment(context, listed.segments[i], access));
  }
  if (context.output.form == Form::json) {
    context.output.line(segments_object(
        objects,
        {{"missing", Json::array()}, {"faults", json_of(listed.faults)}, {"total", listed.total}}));
  } else {
    for (const std::string& object : objects) context.output.line(object);
  }
  context.output.faults(listed.faults);
  return exit_for(listed.total > 0, listed.faults);
}

// --- on the command line ------------------------------------------------------------------------

void add_get(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "get", "prints the text of segments");
  auto options = std::make_shared<GetOptions>();
  verb->add_option("ID", options->ids, "ids of segments")->required();
  verb->add_option("--lines", options->lines, "only these lines of each, A:B");
  verb->callback([&context, options] {
    context.action = [&context, options] { return get(context, *options); };
  });
}

void add_list(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "list", "lists segments without their text");
  auto options = std::make_shared<ListOptions>();
  add_where(*verb, options->where);
  verb->add_option("--sort", options->sort, "a field, largest first; -field: smallest first");
  verb->add_option("--limit", options->limit, "segments at most (100)")->check(whole_number());
  verb->callback([&context, options] {
    context.action = [&context, options] { return list(context, *options); };
  });
}

}  // namespace

void add_read_verbs(CLI::App& app, Context& context) {
  add_get(app, context);
  add_search_verb(app, context);
  add_pack_verb(app, context);
  add_list(app, context);
  add_sum_verbs(app, context);
  for (const char* name : {"get", "search", "pack", "list", "count", "sum", "usage"}) {
    app.get_subcommand(name)->add_flag("--durable", context.globals.durable_only,
                                       "only what no power cut can take back");
  }
}

}  // namespace shale::cli

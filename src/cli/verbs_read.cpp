// get and list: questions to snapshots about single segments.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/all_projects.hpp"
#include "cli/answers.hpp"
#include "cli/questions.hpp"
#include "cli/segment_options.hpp"
#include "cli/verbs.hpp"

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

Result<Exit> list(Context& context, const ListOptions& options) {
  const Listing listing{joined(options.where), options.sort, options.limit};
  std::vector<ProjectPage> pages;
  for (const View& view : TRY(context.views())) {
    Page page = TRY(view.snapshot.list(listing));
    pages.push_back({view.project, std::move(page)});
  }
  const ListedProjects listed = merge_pages(std::move(pages), listing);
  std::vector<std::string> objects;
  for (const auto& [project, metadata] : listed.segments) {
    const std::string id = shown_id(context, project, metadata.id);
    objects.push_back(context.output.is_text() ? listing_line(metadata, id)
                                               : segment_json(metadata, std::nullopt, project, id));
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

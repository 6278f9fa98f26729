// merge verify inspect config projects who: what a store is and that it stays well; stats is
// verbs_stats.cpp.
#include <shale/stats.hpp>

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/retained.hpp"
#include "cli/verbs.hpp"
#include "exchange/times.hpp"
#include "store/inspect.hpp"

namespace shale::cli {

namespace {

// --- merge --------------------------------------------------------------------------------------

// What a merge had to leave out, or refused to go on without: told by any answer.
Result<std::vector<Fault>> known_faults(const Project& project) {
  const Snapshot snapshot = TRY(project.snapshot());
  return TRY(snapshot.count()).faults;
}

Result<Json> merge_one(Context& context, Project& project, bool full, const RetentionRules& rules,
                       std::vector<Fault>& faults) {
  ProgressBar bar("merge " + project.name(), context.output.quiet);
  const Result<void> done = project.merge(full, progress_on(bar));
  if (!done && done.error().code != ErrorCode::corrupt) return Unexpected{done.error()};
  const std::vector<Fault> found = TRY(known_faults(project));
  context.output.faults(found);  // also of a refusal, whose error may not know the file
  faults.insert(faults.end(), found.begin(), found.end());
  TRY(done);
  const std::optional<RetentionPlan> removed = TRY(retain_automatically(project, rules));
  const ProjectStats stats = TRY(project.stats());
  if (context.output.is_text() && !context.output.quiet) {
    context.output.line(fmt::format("{}: {} segments in {} shards, {}", printable(project.name()),
                                    stats.segments, stats.shards, size_text(stats.disk_bytes)));
  }
  Json one = {{"name", project.name()},
              {"segments", stats.segments},
              {"shards", stats.shards},
              {"disk_bytes", stats.disk_bytes}};
  if (removed && removed->segments > 0) {
    one["removed"] = json_of(*removed);
    if (context.output.is_text() && !context.output.quiet) print(context.output, *removed, true);
  }
  return one;
}

// A project whose damage forbids the merge does not keep the others from theirs.
Result<Exit> merge(Context& context, bool full) {
  watch_for_interrupt();
  Json merged = Json::array();
  std::vector<Fault> faults;
  std::optional<Error> refused;
  const RetentionRules rules = TRY(context.store_to_read()).retention();
  for (Project project : TRY(context.projects_to_read(context.globals.all_projects))) {
    auto one = merge_one(context, project, full, rules, faults);
    if (one) {
      merged.push_back(*std::move(one));
    } else if (one.error().code != ErrorCode::corrupt) {
      return Unexpected{std::move(one).error()};
    } else if (!refused.has_value()) {
      refused = std::move(one).error();
    }
  }
  if (refused.has_value()) return Unexpected{*std::move(refused)};
  if (!context.output.is_text()) {
    context.output.object({{"projects", merged}, {"faults", json_of(faults)}});
  }
  return faults.empty() ? Exit::ok : Exit::damaged;
}

// --- verify -------------------------------------------------------------------------------------

Result<Exit> verify(Context& context) {
  watch_for_interrupt();
  Verified all;
  const bool all_of_them = context.globals.all_projects || !context.globals.project_given;
  for (const Project& project : TRY(context.projects_to_read(all_of_them))) {
    ProgressBar bar("verify " + project.name(), context.output.quiet);
    Verified one = TRY(project.verify(progress_on(bar)));
    all.checked_bytes += one.checked_bytes;
    all.faults.insert(all.faults.end(), one.faults.begin(), one.faults.end());
  }
  context.output.faults(all.faults);
  if (!context.output.is_text()) {
    context.output.object({{"faults", json_of(all.faults)}, {"checked_bytes", all.checked_bytes}});
  } else if (!context.output.quiet) {
    const std::string result = all.faults.empty()
                                   ? std::string("all is well")
                                   : fmt::format("{} damaged places", all.faults.size());
    context.output.line(fmt::format("checked {}: {}", size_text(all.checked_bytes), result));
  }
  return all.faults.empty() ? Exit::ok : Exit::damaged;
}

// --- projects -----------------------------------------------------------------------------------

Result<Exit> projects(Context& context) {
  Json list = Json::array();
  for (const Project& project : TRY(context.projects_to_read(true))) {
    const ProjectStats numbers = TRY(project.stats());
    const Json one = {{"name", project.name()},
                      {"segments", numbers.segments},
                      {"text_bytes", numbers.text_bytes},
                      {"tokens", numbers.tokens}};
    if (context.output.is_text()) {
      context.output.line(fmt::format("{}\t{}\t{}", printable(project.name()), numbers.segments,
                                      size_text(numbers.text_bytes)));
    } else if (context.output.form == Form::ndjson) {
      context.output.object(one);
    } else {
      list.push_back(one);
    }
  }
  if (context.output.form == Form::json) context.output.object({{"projects", list}});
  return Exit::ok;
}

// --- who ----------------------------------------------------------------------------------------

Json json_of(const OpenBy& one) {
  return {{"pid", one.pid},
          {"start_time", one.start_time},
          {"pid_namespace", one.pid_namespace},
          {"opened_at", exchange::format_time({one.opened_at, true})},
          {"program", one.program},
          {"self", one.is_self},
          {"holds_lease", one.holds_lease},
          {"holds_merge", one.holds_merge}};
}

std::string holds_text(const OpenBy& one) {
  std::string text;
  if (one.holds_lease) text += "\twriting";
  if (one.holds_merge) text += "\tmerging";
  if (one.is_self) text += "\t(this process)";
  return text;
}

Result<Exit> who(Context& context) {
  Json list = Json::array();
  for (const Project& project : TRY(context.projects_to_read(context.globals.all_projects))) {
    Json processes = Json::array();
    for (const OpenBy& one : TRY(project.who())) {
      const Json members = json_of(one);
      if (context.output.is_text()) {
        context.output.line(fmt::format(
            "{}\t{}\t{}\t{}{}", printable(project.name()), one.pid, printable(one.program),
            exchange::format_time({one.opened_at, true}), holds_text(one)));
      } else if (context.output.form == Form::ndjson) {
        Json line = {{"project", project.name()}};
        line.update(members);
        context.output.object(line);
      } else {
        processes.push_back(members);
      }
    }
    list.push_back({{"name", project.name()}, {"open_by", processes}});
  }
  if (context.output.form == Form::json) context.output.object({{"projects", list}});
  return Exit::ok;
}

// --- config inspect -----------------------------------------------------------------------------

Result<Exit> config(Context& context) {
  const Store store = TRY(context.store_to_read());
  if (context.output.is_text()) {
    std::string text = store.config();
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    context.output.raw(text);
  } else {
    context.output.object({{"path", store.path().string()}, {"config", store.config()}});
  }
  return Exit::ok;
}

Result<Exit> inspect(Context& context, const std::string& file) {
  const std::string text = TRY(store::inspect_file(file));
  if (context.output.is_text()) {
    context.output.raw(text);
  } else {
    context.output.object({{"path", file}, {"text", text}});
  }
  return Exit::ok;
}

void add_simple(CLI::App& app, Context& context, const std::string& name,
                const std::string& description, Result<Exit> (*run)(Context&)) {
  CLI::App* verb = add_verb(app, name, description);
  verb->callback([&context, run] { context.action = [&context, run] { return run(context); }; });
}

}  // namespace

void add_care_verbs(CLI::App& app, Context& context) {
  CLI::App* merging = add_verb(app, "merge", "folds logs and merges small shards");
  auto full = std::make_shared<bool>(false);
  merging->add_flag("--full", *full, "down to one shard");
  merging->callback(
      [&context, full] { context.action = [&context, full] { return merge(context, *full); }; });
  add_simple(app, context, "verify", "reads every byte and checks it", verify);
  add_stats_verb(app, context);
  add_simple(app, context, "projects", "lists the projects of the store", projects);
  add_simple(app, context, "who", "which processes have a project open", who);
  add_simple(app, context, "config", "prints the effective options", config);
  CLI::App* inspecting = add_verb(app, "inspect", "prints the structure of one file of a store");
  auto file = std::make_shared<std::string>();
  inspecting->add_option("FILE", *file, "a file of a store")->required();
  inspecting->callback(
      [&context, file] { context.action = [&context, file] { return inspect(context, *file); }; });
}

}  // namespace shale::cli

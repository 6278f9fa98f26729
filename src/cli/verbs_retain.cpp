// gc retain: the rules of retention, tried or applied.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/retained.hpp"
#include "cli/verbs.hpp"

namespace shale::cli {

namespace {

struct RetainOptions {
  std::string max_bytes;
  std::string max_age;
  std::optional<u64> keep_last;
  bool confirm = false;
};

Unexpected bad_value(std::string_view option, std::string_view wanted, std::string_view got) {
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} takes {}, not \"{}\".", option, wanted, got));
}

// Those of shale.toml, where the command line does not say otherwise.
Result<RetentionRules> rules_of(const RetainOptions& options, const Store& store) {
  RetentionRules rules = store.retention();
  if (!options.max_bytes.empty()) {
    const auto bytes = parse_size(options.max_bytes);
    if (!bytes) return bad_value("--max-bytes", "a size such as 500M or 10G", options.max_bytes);
    rules.max_bytes = *bytes;
  }
  if (!options.max_age.empty()) {
    const auto seconds = parse_age_seconds(options.max_age);
    if (!seconds) return bad_value("--max-age", "an age such as 12h, 90d or 4w", options.max_age);
    rules.max_age_seconds = *seconds;
  }
  if (options.keep_last) rules.keep_last_per_task = *options.keep_last;
  return rules;
}

Json json_of(const RetentionRules& rules) {
  return {{"max_bytes", rules.max_bytes},
          {"max_age_seconds", rules.max_age_seconds},
          {"keep_last", rules.keep_last_per_task}};
}

Exit tell(Context& context, const std::string& project, const RetentionRules& rules,
          const RetentionPlan& plan, bool is_done) {
  context.output.faults(plan.faults);
  if (context.output.is_text()) {
    if (!context.output.quiet || !is_done) print(context.output, plan, is_done);
    if (!is_done && plan.segments > 0) {
      context.output.note("nothing was changed: --confirm removes them");
    }
  } else {
    Json members = {{"project", project}, {"confirmed", is_done}, {"rules", json_of(rules)}};
    members.update(cli::json_of(plan));
    members["faults"] = cli::json_of(plan.faults);
    context.output.object(members);
  }
  return plan.faults.empty() ? Exit::ok : Exit::damaged;
}

Result<Exit> retain(Context& context, const RetainOptions& options) {
  watch_for_interrupt();
  const Store store = TRY(context.store_to_read());
  const RetentionRules rules = TRY(rules_of(options, store));
  // A dry run only reads. A project that nobody wrote to has nothing to let go.
  std::optional<Project> project;
  if (options.confirm) {
    project = TRY(context.project_to_change());
  } else {
    for (Project& one : TRY(context.projects_to_read(false))) project = std::move(one);
  }
  RetentionPlan plan;
  if (project.has_value() && options.confirm) {
    ProgressBar bar("retain " + project->name(), context.output.quiet);
    plan = TRY(project->retain(rules, progress_on(bar)));
    context.keep_up(*project);
  } else if (project.has_value()) {
    plan = TRY(project->plan_retention(rules));
  }
  return tell(context, context.globals.project, rules, plan, options.confirm);
}

}  // namespace

void add_retain(CLI::App& gc, Context& context) {
  CLI::App* verb = add_verb(gc, "retain", "applies the rules of [retention] in shale.toml");
  auto options = std::make_shared<RetainOptions>();
  verb->add_flag("--confirm", options->confirm, "does it; else it is only told what would go");
  verb->add_option("--max-bytes", options->max_bytes,
                   "of text (10G): the oldest go until no more is left; 0: no limit");
  verb->add_option("--max-age", options->max_age, "since created (12h, 90d, 4w); 0: no limit");
  verb->add_option("--keep-last", options->keep_last, "of each task the newest N; 0: all")
      ->check(whole_number());
  verb->callback([&context, options] {
    context.action = [&context, options] { return retain(context, *options); };
  });
}

}  // namespace shale::cli

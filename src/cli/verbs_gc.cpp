// gc: what could go to free tokens, and its going.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <unordered_set>

#include "cli/questions.hpp"
#include "cli/verbs.hpp"

namespace shale::cli {

namespace {

struct GcWords {
  std::string task;
  std::string file;
  u64 target = 0;
  std::vector<std::string> where;
  usize limit = 100;  // of candidates that are listed
  bool confirmed = false;
};

GcOptions options_of(const GcWords& words) {
  GcOptions options;
  options.task = words.task;
  options.file = words.file;
  options.target_tokens = words.target;
  if (!words.where.empty()) options.where = joined(words.where);
  return options;
}

std::string_view word_of(GcAction action) { return action == GcAction::erase ? "erase" : "stash"; }

// How many of a plan have an action, and the tokens of those that have a count.
struct Share {
  u64 segments = 0;
  u64 tokens = 0;
};

Share share_of(const GcPlan& plan, GcAction action) {
  Share share;
  for (const GcCandidate& one : plan.candidates) {
    if (one.action != action) continue;
    ++share.segments;
    share.tokens += one.tokens.value_or(0);
  }
  return share;
}

// --- plan ---------------------------------------------------------------------------------------

Json json_of(const GcCandidate& one) {
  Json object = {{"id", one.id},
                 {"score", one.score},
                 {"action", word_of(one.action)},
                 {"tokens", nullptr},
                 {"type", one.type}};
  if (one.tokens) object["tokens"] = *one.tokens;
  return object;
}

Json json_of(const Share& share) { return {{"count", share.segments}, {"tokens", share.tokens}}; }

void print_object(Output& output, const GcPlan& plan, usize limit) {
  Json candidates = Json::array();
  for (usize i = 0; i < std::min(limit, plan.candidates.size()); ++i) {
    candidates.push_back(json_of(plan.candidates[i]));
  }
  output.object({{"candidates", candidates},
                 {"total", plan.candidates.size()},
                 {"erase", json_of(share_of(plan, GcAction::erase))},
                 {"stash", json_of(share_of(plan, GcAction::stash))},
                 {"tokens_freed", plan.tokens_freed},
                 {"uncounted", plan.uncounted},
                 {"considered", plan.considered},
                 {"roots", plan.roots},
                 {"reachable", plan.reachable},
                 {"pinned", plan.pinned},
                 {"kept", plan.kept},
                 {"lsn", plan.lsn},
                 {"faults", cli::json_of(plan.faults)}});
}

void print_lines(Output& output, const GcPlan& plan, usize limit) {
  const usize listed = std::min(limit, plan.candidates.size());
  for (usize i = 0; i < listed; ++i) {
    const GcCandidate& one = plan.candidates[i];
    output.line(fmt::format("{:.3f}\t{}\t{}\t{}\t{}", one.score, word_of(one.action),
                            one.tokens ? std::to_string(*one.tokens) : "-", printable(one.type),
                            printable(one.id)));
  }
  if (listed < plan.candidates.size()) {
    output.line(fmt::format("... {} more (--limit)", plan.candidates.size() - listed));
  }
  for (const GcAction action : {GcAction::erase, GcAction::stash}) {
    const Share share = share_of(plan, action);
    output.line(fmt::format("{}\t{}\t{} tokens", word_of(action), share.segments, share.tokens));
  }
  if (plan.uncounted > 0) output.line(fmt::format("without a count\t{}", plan.uncounted));
  output.line(fmt::format("considered\t{}\t{} roots, {} reachable, {} pinned, {} kept",
                          plan.considered, plan.roots, plan.reachable, plan.pinned, plan.kept));
}

Result<Exit> plan(Context& context, const GcWords& words) {
  GcPlan plan;
  for (const View& view : TRY(context.views())) {  // one, or none: nobody has written to it
    plan = TRY(view.snapshot.plan_gc(options_of(words)));
  }
  Output& output = context.output;
  if (output.is_text()) {
    print_lines(output, plan, words.limit);
  } else if (output.form == Form::ndjson) {
    for (usize i = 0; i < std::min(words.limit, plan.candidates.size()); ++i) {
      output.object(json_of(plan.candidates[i]));
    }
  } else {
    print_object(output, plan, words.limit);
  }
  output.faults(plan.faults);
  return exit_for(true, plan.faults);
}

// --- run ----------------------------------------------------------------------------------------

// Of what has gone: all of the plan but what was left alone.
u64 tokens_freed(const GcPlan& plan, const Committed& done) {
  const std::unordered_set<std::string_view> left(done.missing.begin(), done.missing.end());
  u64 tokens = 0;
  for (const GcCandidate& one : plan.candidates) {
    if (!left.contains(one.id)) tokens += one.tokens.value_or(0);
  }
  return tokens;
}

Result<Exit> run(Context& context, const GcWords& words) {
  if (!words.confirmed) {
    return fail(ErrorCode::invalid_argument,
                "`gc run` erases segments: `--confirm` says that it may. `shale gc plan` tells "
                "which.");
  }
  GcPlan plan;
  Committed done;
  if (std::optional<Project> project = TRY(context.project_to_change())) {
    const Snapshot now = TRY(context.snapshot_of(*project));
    plan = TRY(now.plan_gc(options_of(words)));
    done = TRY(project->run_gc(plan));
    if (done.erased + done.updated > 0) context.keep_up(*project);
  }
  const u64 tokens = tokens_freed(plan, done);
  if (context.output.is_text()) {
    context.output.line(
        fmt::format("erased {}, stashed {}, {} tokens freed", done.erased, done.updated, tokens));
  } else {
    context.output.object({{"erased", done.erased},
                           {"stashed", done.updated},
                           {"tokens_freed", tokens},
                           {"left", done.missing},
                           {"lsn", done.lsn}});
  }
  if (!done.missing.empty()) {
    context.output.note(
        fmt::format("{} left alone: they were changed meanwhile", done.missing.size()));
  }
  return Exit::ok;
}

// --- on the command line ------------------------------------------------------------------------

void add_options(CLI::App& verb, GcWords& words) {
  verb.add_option("--task", words.task, "its messages stay, and what they lead to");
  verb.add_option("--file", words.file, "its segments stay, and what they lead to");
  verb.add_option("--target", words.target, "tokens to free (all that may go)")
      ->check(whole_number());
  verb.add_option("--where", words.where, "among which segments ('tier:working')")
      ->allow_extra_args(false);
}

void add_plan(CLI::App& gc, Context& context) {
  CLI::App* verb = add_verb(gc, "plan", "lists what could go, best first; changes nothing");
  auto words = std::make_shared<GcWords>();
  add_options(*verb, *words);
  verb->add_option("--limit", words->limit, "segments listed at most (100); the sums are of all")
      ->check(whole_number());
  verb->add_flag("--durable", context.globals.durable_only,
                 "leaves out what a power cut could still take back");
  verb->callback(
      [&context, words] { context.action = [&context, words] { return plan(context, *words); }; });
}

void add_run(CLI::App& gc, Context& context) {
  CLI::App* verb = add_verb(gc, "run", "plans, then erases and stashes");
  auto words = std::make_shared<GcWords>();
  add_options(*verb, *words);
  verb->add_flag("--confirm", words->confirmed, "that it may");
  verb->callback(
      [&context, words] { context.action = [&context, words] { return run(context, *words); }; });
}

}  // namespace

void add_gc_verb(CLI::App& app, Context& context) {
  CLI::App* gc = add_verb(app, "gc", "frees tokens and space: what could go, and its going");
  gc->require_subcommand(1);
  add_plan(*gc, context);
  add_run(*gc, context);
  add_retain(*gc, context);
}

}  // namespace shale::cli

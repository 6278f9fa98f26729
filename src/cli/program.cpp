#include "cli/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/context.hpp"
#include "cli/help.hpp"
#include "cli/verbs.hpp"

namespace shale::cli {

namespace {

struct Flags {
  bool json = false;
  bool ndjson = false;
  bool version = false;
};

void add_globals(CLI::App& app, Context& context, Flags& flags) {
  Globals& globals = context.globals;
  app.add_option("--store", globals.store, "folder of the store");
  app.add_option("--project", globals.project, "project inside it (default)");
  app.add_flag("--all-projects", globals.all_projects,
               "all (search list count sum usage export merge verify stats cache who tokens)");
  app.add_flag("--json", flags.json, "one JSON object");
  app.add_flag("--ndjson", flags.ndjson, "one JSON object per result");
  app.add_flag("--quiet", context.output.quiet, "no progress, no notes");
  app.add_flag("--no-merge", globals.no_merge, "no upkeep at the end of a verb that writes");
  app.add_flag("--any-file-system", globals.any_file_system,
               "write on network disks too, one process at a time");
  app.add_flag("--version", flags.version, "prints the version");
}

void add_help_verb(CLI::App& app, Context& context) {
  auto verb = std::make_shared<std::string>();
  CLI::App* help = add_verb(app, "help", "explains a verb, examples first");
  help->add_option("VERB", *verb, "the verb");
  help->callback([&app, &context, verb] {
    context.action = [&app, &context, verb]() -> Result<Exit> {
      const std::string text = verb->empty() ? overview_help(app) : verb_help(app, *verb);
      if (text.empty()) {
        return fail(ErrorCode::invalid_argument, fmt::format("There is no verb `{}`.", *verb));
      }
      context.output.raw(text);
      return Exit::ok;
    };
  });
}

// The parser takes a word `[a,b]` apart where several may stand; behind a mark it stays whole.
constexpr char whole_word_mark = '\x01';

void mark_whole(std::string& word) {
  if (word.starts_with('[') || word.starts_with(whole_word_mark))
    word.insert(0, 1, whole_word_mark);
}

void take_marks_off(CLI::App& app) {
  const auto take_off = [](const std::string& word) {
    return word.starts_with(whole_word_mark) ? word.substr(1) : word;
  };
  for (CLI::Option* option : app.get_options()) option->transform(take_off);
  for (CLI::App* verb : app.get_subcommands([](CLI::App*) { return true; })) take_marks_off(*verb);
}

// `--name=` is an empty value; the parser would take the next word instead.
std::vector<std::string> words_of(int count, char** arguments) {
  std::vector<std::string> words;
  bool options_over = false;
  for (int i = 1; i < count; ++i) {
    std::string word = arguments[i];
    options_over = options_over || word == "--";
    const bool empty_value = !options_over && word.starts_with("--") && word.ends_with('=');
    if (empty_value) word.pop_back();
    mark_whole(word);
    words.push_back(std::move(word));
    if (empty_value) words.emplace_back();
  }
  std::reverse(words.begin(), words.end());  // as the parser wants them
  return words;
}

// The others are about one project, or about the store and no project: there the option would be
// passed over in silence, and the answer taken for that of all. `projects` tells of all anyway.
constexpr std::string_view verbs_of_all_projects[] = {
    "search", "list",     "count", "sum",    "usage",  "merge", "verify",
    "stats",  "projects", "who",   "tokens", "export", "cache"};

bool takes_all_projects(std::string_view verb) {
  return std::find(std::begin(verbs_of_all_projects), std::end(verbs_of_all_projects), verb) !=
         std::end(verbs_of_all_projects);
}

Exit print_help(const CLI::App& app, Output& output) {
  const auto verbs = app.get_subcommands();
  output.raw(verbs.empty() ? overview_help(app) : verb_help(app, verbs[0]->get_name()));
  return Exit::ok;
}

Exit print_version(Output& output) {
  if (output.is_text()) {
    output.line(fmt::format("shale {}", version()));
  } else {
    output.object({{"version", version()}});
  }
  return Exit::ok;
}

Exit usage_error(const CLI::App& app, Output& output, std::string message) {
  if (!message.ends_with('.')) message += '.';
  const auto verbs = app.get_subcommands();
  const std::string help = verbs.empty() ? "shale help" : "shale help " + verbs[0]->get_name();
  return output.error(
      Error(ErrorCode::invalid_argument, fmt::format("{} See `{}`.", message, help)));
}

Exit parse_and_run(CLI::App& app, Context& context, Flags& flags, std::vector<std::string> words) {
  // A usage error is reported in the form asked for, wherever on the line that was said.
  const auto has = [&](std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  if (has("--json")) context.output.form = Form::json;
  if (has("--ndjson")) context.output.form = Form::ndjson;
  try {
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    return print_help(app, context.output);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, context.output, error.what());
  }
  context.output.form = flags.json ? Form::json : flags.ndjson ? Form::ndjson : Form::text;
  context.globals.project_given = app.get_option("--project")->count() > 0;
  if (flags.version) return print_version(context.output);
  if (!context.action) return usage_error(app, context.output, "A verb is missing.");
  context.globals.verb = app.get_subcommands().front()->get_name();
  if (context.globals.all_projects && !takes_all_projects(context.globals.verb)) {
    return usage_error(app, context.output,
                       fmt::format("`{}` does not take --all-projects: name one project with "
                                   "--project.",
                                   context.globals.verb));
  }
  const auto exit = context.action();
  return exit ? *exit : context.output.error(exit.error());
}

}  // namespace

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& description) {
  CLI::App* verb = app.add_subcommand(name, description);
  verb->fallthrough();
  return verb;
}

CLI::Validator whole_number() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        u64 value = 0;
        const char* const end = text.data() + text.size();
        const auto [rest, problem] = std::from_chars(text.data(), end, value);
        if (problem == std::errc() && rest == end) return {};
        return "must be a whole number, not \"" + text + '"';
      },
      "N");
}

void add_create_options(CLI::App& verb, CreateOptions& options) {
  verb.add_option("--analysis", options.analysis, "of a new store: english (the default) or plain")
      ->check(CLI::IsMember({"english", "plain"}));
  verb.add_option("--tokenizer", options.tokenizer,
                  "of a new store: o200k_base (the default), cl100k_base, or none")
      ->check(CLI::IsMember({"o200k_base", "cl100k_base", "none"}));
  verb.add_option("--shard-by", options.shard_by, "of a new store: none or month")
      ->check(CLI::IsMember({"none", "month"}));
  CLI::Option* const index =
      verb.add_option("--index", options.index,
                      "words of a new store: positions (the default), terms (no phrases), or none")
          ->check(CLI::IsMember({"positions", "terms", "none"}));
  verb.add_flag_callback(
          "--no-positions", [&options] { options.index = "terms"; }, "as --index terms")
      ->excludes(index);
}

int run_program(int count, char** arguments) {
  // Whoever started us may ignore it: a closed pipe must end the program all the same, silently.
  std::signal(SIGPIPE, SIG_DFL);
  // A limit on the length of files is an error like a full disk, not the end.
  std::signal(SIGXFSZ, SIG_IGN);
  Context context;
  Flags flags;
  CLI::App app("shale");
  app.require_subcommand(0, 1);
  add_globals(app, context, flags);
  add_write_verbs(app, context);
  add_ingest_verbs(app, context);
  add_sync_verb(app, context);
  add_import_verb(app, context);
  add_export_verb(app, context);
  add_backup_verbs(app, context);
  add_changes_verb(app, context);
  add_read_verbs(app, context);
  add_gc_verb(app, context);
  add_tokens_verb(app, context);
  add_care_verbs(app, context);
  add_cache_verb(app, context);
  add_help_verb(app, context);
  take_marks_off(app);
  const Exit exit = parse_and_run(app, context, flags, words_of(count, arguments));
  return int(context.output.finish(exit));
}

}  // namespace shale::cli

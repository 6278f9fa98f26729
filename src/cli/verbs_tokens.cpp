// tokens: exact counts of texts that are in no store, and those of a store made anew.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/map_guard.hpp"
#include "cli/input.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/verbs.hpp"
#include "text/count_tokens.hpp"

namespace shale::cli {

namespace {

constexpr u64 input_bytes_max = u64(1) << 30;

struct TokensOptions {
  std::string file = "-";
  std::string vocabulary = "o200k_base";
  std::string rules = "cl100k";
  bool recount = false;
};

Result<std::string> text_of(const std::string& file) {
  if (file == "-") return read_standard_input(input_bytes_max);
  return read_input_file(file, input_bytes_max);
}

Result<Exit> tokens(Context& context, const TokensOptions& options) {
  if (context.globals.all_projects) {
    return fail(ErrorCode::invalid_argument, "--all-projects needs --recount");
  }
  const TokenRules rules = options.rules == "o200k" ? TokenRules::o200k : TokenRules::cl100k;
  TRY(guard_maps());
  TokenCounter* const counter = TRY(thread_token_counter(options.vocabulary, rules));
  const u64 count = counter->count(TRY(text_of(options.file)));
  TRY(check_counted(*counter));
  if (context.output.is_text()) {
    context.output.line(std::to_string(count));
  } else {
    context.output.object({{"tokens", count}, {"tokenizer", options.vocabulary}});
  }
  return Exit::ok;
}

// A project with damage does not keep the others from theirs.
Result<Exit> recount(Context& context) {
  watch_for_interrupt();
  Json counted = Json::array();
  std::optional<Error> damage;
  for (Project project : TRY(context.projects_to_read(context.globals.all_projects))) {
    ProgressBar bar("recount " + project.name(), context.output.quiet);
    const Result<u64> count = project.recount_tokens(progress_on(bar));
    if (!count && count.error().code != ErrorCode::corrupt) return Unexpected{count.error()};
    if (!count && !damage) damage = count.error();
    if (!count) continue;
    counted.push_back({{"name", project.name()}, {"counted", *count}});
    if (context.output.is_text() && !context.output.quiet) {
      context.output.line(fmt::format("{}: counted {}", printable(project.name()), *count));
    }
  }
  if (damage) return Unexpected{*damage};
  if (!context.output.is_text()) context.output.object({{"projects", counted}});
  return Exit::ok;
}

}  // namespace

void add_tokens_verb(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "tokens", "counts the tokens of a text, or of all segments anew");
  auto options = std::make_shared<TokensOptions>();
  verb->add_option("FILE", options->file, "a file, or - for the standard input (the default)");
  verb->add_option("--vocab", options->vocabulary,
                   "o200k_base (the default), cl100k_base, or a file of ranks (.tiktoken)");
  verb->add_option("--rules", options->rules,
                   "of a file of ranks: text is cut as for cl100k (the default) or o200k")
      ->check(CLI::IsMember({"cl100k", "o200k"}));
  verb->add_flag("--recount", options->recount,
                 "counts every segment of the project anew, by the store's tokenizer")
      ->excludes("FILE")
      ->excludes("--vocab")
      ->excludes("--rules");
  verb->callback([&context, options] {
    context.action = [&context, options] {
      return options->recount ? recount(context) : tokens(context, *options);
    };
  });
}

}  // namespace shale::cli

// tokens: exact counts of texts that are in no store.
#include <fmt/format.h>

#include <memory>

#include "base/map_guard.hpp"
#include "cli/input.hpp"
#include "cli/verbs.hpp"
#include "text/count_tokens.hpp"

namespace shale::cli {

namespace {

constexpr u64 input_bytes_max = u64(1) << 30;

struct TokensOptions {
  std::string file = "-";
  std::string vocabulary = "o200k_base";
  std::string rules = "cl100k";
};

Result<std::string> text_of(const std::string& file) {
  if (file == "-") return read_standard_input(input_bytes_max);
  return read_input_file(file, input_bytes_max);
}

Result<Exit> tokens(Context& context, const TokensOptions& options) {
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

}  // namespace

void add_tokens_verb(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "tokens", "counts the tokens of a text");
  auto options = std::make_shared<TokensOptions>();
  verb->add_option("FILE", options->file, "a file, or - for the standard input (the default)");
  verb->add_option("--vocab", options->vocabulary,
                   "o200k_base (the default), cl100k_base, or a file of ranks (.tiktoken)");
  verb->add_option("--rules", options->rules,
                   "of a file of ranks: text is cut as for cl100k (the default) or o200k")
      ->check(CLI::IsMember({"cl100k", "o200k"}));
  verb->callback([&context, options] {
    context.action = [&context, options] { return tokens(context, *options); };
  });
}

}  // namespace shale::cli

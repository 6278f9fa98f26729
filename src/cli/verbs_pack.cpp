// pack: the best segments within a budget of tokens.
#include <memory>

#include "cli/packs.hpp"
#include "cli/questions.hpp"
#include "cli/verbs.hpp"
#include "pack/selection.hpp"

namespace shale::cli {

namespace {

struct PackOptions {
  std::vector<std::string> words;
  std::vector<std::string> where;
  std::string match = "auto";
  u64 tokens = 0;
  std::string format = "text";
  std::string tokenizer = PackQuery().tokenizer;
  std::string since;
};

PackQuery query_of(const PackOptions& options) {
  return {.text = joined(options.words),
          .where = joined(options.where),
          .match = match_of(options.match),
          .tokens = options.tokens,
          .format = options.format == "markdown" ? PackFormat::markdown : PackFormat::text,
          .tokenizer = options.tokenizer,
          .since = options.since};
}

void print_text(Output& output, const Pack& pack) {
  if (pack.unchanged) {
    output.line("unchanged");
  } else {
    output.raw(pack.body);
  }
  output.note(summary_of(pack));
  note_reach(output, pack.widened, pack.partial);
}

void print_objects(Output& output, const Pack& pack) {
  Json rest = json_of(pack);
  rest.erase("segments");
  rest.erase("skipped");
  for (const PackedSegment& segment : pack.segments) output.object(json_of(segment));
  for (const SkippedSegment& skipped : pack.skipped) output.object(json_of(skipped));
  output.object(rest);
}

// Nothing where the default project was never written.
Pack empty_pack(u64 tokens) {
  Pack pack;
  pack.left = tokens;
  pack.hash = pack::hash_of({});
  return pack;
}

Result<Exit> pack_segments(Context& context, const PackOptions& options) {
  Output& output = context.output;
  if (options.format == "json" && output.is_text()) output.form = Form::json;
  const std::vector<View> views = TRY(context.views());
  const Pack pack = views.empty() ? empty_pack(options.tokens)
                                  : TRY(views.front().snapshot.pack(query_of(options)));
  if (output.is_text()) {
    print_text(output, pack);
  } else if (output.form == Form::json) {
    output.object(json_of(pack));
  } else {
    print_objects(output, pack);
  }
  output.faults(pack.faults);
  return exit_for(!pack.segments.empty(), pack.faults);
}

}  // namespace

void add_pack_verb(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "pack", "the best segments that fit a budget of tokens");
  auto options = std::make_shared<PackOptions>();
  verb->add_option("QUERY", options->words,
                   "words to look for; none: the newest; after -- anything");
  verb->add_option("--tokens", options->tokens, "the budget: titles and empty lines count too")
      ->required()
      ->check(whole_number());
  add_where(*verb, options->where);
  add_match(*verb, options->match);
  verb->add_option("--format", options->format, "text, markdown, or json: the same as --json")
      ->check(CLI::IsMember({"text", "markdown", "json"}));
  verb->add_option("--since", options->since,
                   "a pack's hash: `unchanged` where it is still the same");
  verb->add_option("--tokenizer", options->tokenizer, "the vocabulary to count by (o200k_base)");
  verb->callback([&context, options] {
    context.action = [&context, options] { return pack_segments(context, *options); };
  });
}

}  // namespace shale::cli

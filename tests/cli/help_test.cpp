#include "cli/help.hpp"

#include "cli/verbs.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::cli;

namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("help: every verb has examples that call it, and they come first") {
  Context context;
  CLI::App app;
  app.add_option("--store", "folder of the store");
  add_write_verbs(app, context);
  add_ingest_verbs(app, context);
  add_import_verb(app, context);
  add_export_verb(app, context);
  add_read_verbs(app, context);
  add_gc_verb(app, context);
  add_tokens_verb(app, context);
  add_care_verbs(app, context);
  add_cache_verb(app, context);
  add_backup_verbs(app, context);
  add_changes_verb(app, context);
  const auto verbs = app.get_subcommands([](const CLI::App*) { return true; });
  CHECK(verbs.size() == 31);
  for (const CLI::App* verb : verbs) {
    const std::string name = verb->get_name();
    INFO(name);
    CHECK(contains(std::string(examples_of(name)), "shale " + name));
    const std::string help = verb_help(app, name);
    REQUIRE(contains(help, "Options:"));
    CHECK(help.find("Examples:") < help.find("Options:"));
    CHECK(contains(help, "--store"));
    CHECK(contains(overview_help(app), name));
  }
  for (const char* option : {"--match", "--cursor", "--facet", "--recency", "--explain"}) {
    CHECK(contains(verb_help(app, "search"), option));
  }
  for (const char* option : {"--by", "--where", "--query", "--match", "--times", "--durable"}) {
    CHECK(contains(verb_help(app, "sum"), option));
    CHECK(contains(verb_help(app, "count"), option));
  }
  CHECK(contains(verb_help(app, "usage"), "--limit"));
  CHECK(contains(verb_help(app, "stats"), "--watch"));
  CHECK(contains(verb_help(app, "stats"), "prometheus"));
  CHECK(contains(verb_help(app, "import"), "--on-conflict"));
  CHECK(contains(verb_help(app, "import"), "--from-project"));
  CHECK(contains(verb_help(app, "stash"), "--tag"));
  const std::string gc = verb_help(app, "gc");  // of the verbs below a verb, too
  CHECK(gc.find("`gc plan` lists") < gc.find("segments listed at most"));
  CHECK(gc.find("`gc run` plans") < gc.find("that it may"));
  CHECK(gc.find("that it may") < gc.find("Options of every verb:"));
  CHECK(contains(verb_help(app, "gc"), "`gc retain`"));
  CHECK(contains(verb_help(app, "gc"), "--max-age"));
}

TEST_CASE("help: there is none for what is no verb") {
  CLI::App app;
  CHECK(verb_help(app, "dance").empty());
  CHECK(examples_of("dance").empty());
}

TEST_CASE("help: every option has its line, in the order it was added") {
  CLI::App app;
  bool everywhere = false;
  app.add_flag("--everywhere", everywhere, "of every verb");
  CLI::App* verb = app.add_subcommand("dance", "moves");
  std::string where;
  int often = 0;
  verb->add_option("PLACE", where, "the place");
  verb->add_option("-n,--number", often, "how often");
  const std::string help = verb_help(app, "dance");
  INFO(help);
  CHECK(help.starts_with("shale dance: moves.\n\nExamples:\n\nOptions:\n"));
  CHECK(contains(help, "  PLACE                    the place\n"));
  CHECK(contains(help, "-n,--number"));
  CHECK(help.find("the place") < help.find("how often"));
  CHECK(help.find("how often") < help.find("Options of every verb:"));
  CHECK(help.find("Options of every verb:") < help.find("--everywhere"));
  CHECK(contains(overview_help(app), "  dance      moves\n"));
}

TEST_CASE("help: examples are lines, each with its end") {
  for (const char* verb : {"init", "search", "ingest", "help", "verify"}) {
    const std::string_view lines = examples_of(verb);
    INFO(verb);
    CHECK(lines.ends_with('\n'));
    CHECK(lines.find("\n\n") == std::string_view::npos);
  }
  CHECK(examples_of("").empty());
  CHECK(examples_of("Search").empty());
}

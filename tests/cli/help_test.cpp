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
  add_read_verbs(app, context);
  add_care_verbs(app, context);
  const auto verbs = app.get_subcommands([](const CLI::App*) { return true; });
  CHECK(verbs.size() == 20);
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
  CHECK(contains(verb_help(app, "search"), "--match"));
  CHECK(contains(verb_help(app, "stash"), "--tag"));
}

TEST_CASE("help: there is none for what is no verb") {
  CLI::App app;
  CHECK(verb_help(app, "dance").empty());
  CHECK(examples_of("dance").empty());
}

// gc: what a project may let go, by rules.
#include "cli/verbs.hpp"

namespace shale::cli {

void add_gc_verb(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "gc", "removes what is no longer to be kept");
  verb->require_subcommand(1);
  add_retain(*verb, context);
}

}  // namespace shale::cli

// The verbs of the program, in groups as they stand in its files.
//
// Each function adds the verbs of one group to the command line; parsing one sets
// Context::action, which program.cpp then runs. Used by program.cpp only.
#pragma once

#include <CLI/App.hpp>

#include "cli/context.hpp"

namespace shale::cli {

void add_write_verbs(CLI::App& app, Context& context);   // init stash update touch pin unpin rm
void add_ingest_verbs(CLI::App& app, Context& context);  // ingest add
void add_sync_verb(CLI::App& app, Context& context);     // sync
void add_import_verb(CLI::App& app, Context& context);   // import
void add_export_verb(CLI::App& app, Context& context);   // export
void add_backup_verbs(CLI::App& app, Context& context);  // backup restore
void add_read_verbs(CLI::App& app, Context& context);    // get search pack list and, with them:
void add_search_verb(CLI::App& app, Context& context);   // search
void add_pack_verb(CLI::App& app, Context& context);     // pack
void add_sum_verbs(CLI::App& app, Context& context);     // count sum usage
void add_gc_verb(CLI::App& app, Context& context);       // gc plan, gc run, and:
void add_retain(CLI::App& gc, Context& context);         // gc retain
void add_tokens_verb(CLI::App& app, Context& context);   // tokens
void add_changes_verb(CLI::App& app, Context& context);  // changes
void add_care_verbs(CLI::App& app, Context& context);    // merge verify inspect who ..., and:
void add_stats_verb(CLI::App& app, Context& context);    // stats
void add_cache_verb(CLI::App& app, Context& context);    // cache

// Options of the verbs that may make a store and say how.
void add_create_options(CLI::App& verb, CreateOptions& options);
// For options that take a number of things: digits only, where the parser would make -1 a huge one.
CLI::Validator whole_number();
// A verb whose unknown options are looked for among the global ones.
CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& description);

}  // namespace shale::cli

// What `shale help` says: examples first, options after.
//
// The texts are here, the options come from the command line parser. Used by program.cpp.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <string_view>

namespace shale::cli {

// The overview: what the program is, its verbs, the global options.
std::string overview_help(const CLI::App& app);
// One verb: examples, then its options. Empty where there is no such verb.
std::string verb_help(const CLI::App& app, const std::string& verb);
// The examples of a verb, one a line; empty for unknown verbs.
std::string_view examples_of(std::string_view verb);

}  // namespace shale::cli

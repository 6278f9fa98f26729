// What the verbs that ask snapshots have in common: their filter, their status, their faults.
//
// Used by verbs_read.cpp, verbs_search.cpp, verbs_pack.cpp and verbs_sums.cpp.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "cli/output.hpp"

namespace shale::cli {

// Damage outranks an empty answer: what is missing may be what is damaged.
Exit exit_for(bool found, const std::vector<Fault>& faults);
void append(std::vector<Fault>& faults, const std::vector<Fault>& more);
// With a blank between each two.
std::string joined(const std::vector<std::string>& words);
void add_where(CLI::App& verb, std::vector<std::string>& where);
// --match: all, any or auto.
void add_match(CLI::App& verb, std::string& match);
Match match_of(const std::string& name);
// What an answer found, in words, where that is not just what was asked for.
void note_reach(const Output& output, bool widened, bool partial);

}  // namespace shale::cli

#include "sync/tag_languages.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/integers.hpp"

namespace shale::sync {

namespace {

struct Ending {
  std::string_view text;  // in small letters
  std::string_view asked;
};

constexpr std::array<Ending, 69> endings = {{
    {"ada", "ada"},     {"adb", "adb"},   {"ads", "ads"},     {"awk", "awk"},     {"bas", "bas"},
    {"bash", "bash"},   {"bats", "bash"}, {"cbl", "cbl"},     {"clj", "clj"},     {"cljc", "cljc"},
    {"cljs", "cljs"},   {"cob", "cob"},   {"d", "d"},         {"dart", "dart"},   {"di", "di"},
    {"el", "el"},       {"elm", "elm"},   {"erl", "erl"},     {"ex", "ex"},       {"exs", "exs"},
    {"f", "f"},         {"f03", "f03"},   {"f08", "f08"},     {"f77", "f77"},     {"f90", "f90"},
    {"f95", "f95"},     {"for", "for"},   {"gemspec", "rb"},  {"hrl", "hrl"},     {"hs", "hs"},
    {"hx", "hx"},       {"jl", "jl"},     {"ksh", "ksh"},     {"lisp", "lisp"},   {"lsp", "lsp"},
    {"lua", "lua"},     {"m", "m"},       {"ml", "ml"},       {"mli", "mli"},     {"mm", "mm"},
    {"pas", "pas"},     {"php", "php"},   {"phtml", "php"},   {"pl", "pl"},       {"pl6", "pl6"},
    {"pm", "pm"},       {"pm6", "pm6"},   {"proto", "proto"}, {"ps1", "ps1"},     {"psm1", "psm1"},
    {"r", "r"},         {"rake", "rb"},   {"rb", "rb"},       {"rkt", "rkt"},     {"ru", "rb"},
    {"scala", "scala"}, {"scm", "scm"},   {"sh", "sh"},       {"sig", "sig"},     {"sml", "sml"},
    {"sql", "sql"},     {"sv", "sv"},     {"svh", "svh"},     {"swift", "swift"}, {"tcl", "tcl"},
    {"vhd", "vhd"},     {"vhdl", "vhdl"}, {"vim", "vim"},     {"zsh", "zsh"},
}};

constexpr bool before(const Ending& a, const Ending& b) { return a.text < b.text; }
static_assert(std::is_sorted(endings.begin(), endings.end(), before));

}  // namespace

std::string_view tag_ending(std::string_view path) {
  const usize dot = path.rfind('.');
  if (dot == std::string_view::npos) return {};
  std::string ending(path.substr(dot + 1));
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  const auto* found = std::lower_bound(endings.begin(), endings.end(), Ending{ending, {}}, before);
  const bool is_known = found != endings.end() && found->text == ending;
  return is_known ? found->asked : std::string_view();
}

}  // namespace shale::sync

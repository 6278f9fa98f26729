// For which files universal-ctags is asked where they are cut: source files of languages that no
// scanner here knows.
//
// Languages with a scanner are never asked about: those are cut alike on every machine. Nor are
// formats whose tags are no definitions (JSON, CSS, Make). A version of ctags that does not know a
// language finds nothing, and the file is cut by lines. Used by ctags.
#pragma once

#include <string_view>

namespace shale::sync {

// The ending by which ctags tells the language of a file so named, without the dot; empty where it
// is not to be asked. One of a fixed set: nothing else of a path ever reaches ctags.
std::string_view tag_ending(std::string_view path);

}  // namespace shale::sync

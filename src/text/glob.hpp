// Shell patterns: `*` any run without `/`, `**` any run, `?` one character but `/`, `[a-z]`,
// `[!a-z]` (never `/`), `\` quotes. A `[` that nothing closes stands for itself. All ways to match
// are followed at once: time is text times pattern at worst, there is no back-tracking. Not a
// regular expression and no file system: it compares strings, for `file:` filters.
#pragma once

#include <string_view>

namespace shale {

bool glob_match(std::string_view pattern, std::string_view text);
// The bytes before the first special character: every match begins with them.
std::string_view glob_literal_prefix(std::string_view pattern);
bool has_glob(std::string_view pattern);

}  // namespace shale

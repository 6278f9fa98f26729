// Finds the definitions of a text in a language with braces.
//
// It follows braces, parentheses and statements, has literals passed over by code_lexer and heads
// read by declaration_head. Where braces do not match it finds its way again: a `}` in column 0
// closes what began in column 0; of the branches of an #if that leave other braces open than they
// found, the first counts. Linear in the text, without recursion.
// Used by chunks.
#pragma once

#include <string_view>
#include <vector>

#include "sync/definitions.hpp"
#include "sync/languages.hpp"

namespace shale::sync {

std::vector<Definition> scan_braces(std::string_view text, Language language);

}  // namespace shale::sync

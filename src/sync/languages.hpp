// Which language a file is written in, by its name alone, as far as chunking has to know.
//
// Dialects that are cut alike are one: C and C++ (and CUDA), JavaScript and TypeScript. What the
// scanners know of a language stands with them: literals in code_lexer, words in declaration_head.
// Used by chunks and the scanners.
#pragma once

#include <string_view>

#include "base/integers.hpp"

namespace shale::sync {

enum class Language : u8 {
  unknown,
  cpp,
  csharp,
  java,
  kotlin,
  go,
  rust,
  javascript,
  python,
  markdown,
  restructured_text,
};

// By the extension, in any case of letters; `unknown` where it says nothing.
Language language_of(std::string_view path);

}  // namespace shale::sync

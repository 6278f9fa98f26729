// The words that tell what a declaration is, for each language with braces.
//
// One table, so that a language is added in one place. A word stands for itself only as a whole
// token outside of parentheses. Used by declaration_head.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "base/integers.hpp"
#include "sync/languages.hpp"

namespace shale::sync {

struct HeadWord {
  enum class Role : u8 {
    none,
    type,         // the name of a class follows; it holds members
    opaque_type,  // the name of something follows that is not looked into
    transparent,  // a namespace
    function,     // the name of a function follows
    variable,     // the name of a variable follows
    attribute,    // says nothing of the name, and a group behind it neither
    control,      // what has it is no declaration
    stop,         // the name stands before it
  };
  std::string_view text;
  u32 languages = 0;  // bits of Language
  Role role = Role::none;
  std::string_view kind = "";
};

constexpr u32 bit_of(Language language) { return 1u << u32(language); }

inline constexpr u32 cpp_bit = bit_of(Language::cpp);
inline constexpr u32 csharp_bit = bit_of(Language::csharp);
inline constexpr u32 java_bit = bit_of(Language::java);
inline constexpr u32 kotlin_bit = bit_of(Language::kotlin);
inline constexpr u32 go_bit = bit_of(Language::go);
inline constexpr u32 rust_bit = bit_of(Language::rust);
inline constexpr u32 javascript_bit = bit_of(Language::javascript);
inline constexpr u32 class_bits = cpp_bit | csharp_bit | java_bit | kotlin_bit | javascript_bit;

// Those of the C family that stand between type and name come as Linux and others write them.
inline constexpr auto head_words = std::to_array<HeadWord>({
    {"class", class_bits, HeadWord::Role::type, "class"},
    {"struct", cpp_bit | csharp_bit, HeadWord::Role::type, "struct"},
    {"union", cpp_bit, HeadWord::Role::type, "union"},
    {"interface", csharp_bit | java_bit | kotlin_bit, HeadWord::Role::type, "interface"},
    {"record", csharp_bit | java_bit, HeadWord::Role::type, "class"},
    {"enum", java_bit, HeadWord::Role::type, "enum"},
    {"object", kotlin_bit, HeadWord::Role::type, "class"},
    {"impl", rust_bit, HeadWord::Role::type, "impl"},
    {"trait", rust_bit, HeadWord::Role::type, "trait"},
    {"mod", rust_bit, HeadWord::Role::type, "module"},
    {"namespace", javascript_bit, HeadWord::Role::type, "namespace"},
    {"enum", cpp_bit | csharp_bit | kotlin_bit | rust_bit | javascript_bit,
     HeadWord::Role::opaque_type, "enum"},
    {"interface", javascript_bit, HeadWord::Role::opaque_type, "interface"},
    {"struct", rust_bit, HeadWord::Role::opaque_type, "struct"},
    {"union", rust_bit, HeadWord::Role::opaque_type, "union"},
    {"macro_rules", rust_bit, HeadWord::Role::opaque_type, "macro"},
    {"type", go_bit | javascript_bit, HeadWord::Role::opaque_type, "type"},
    {"namespace", cpp_bit | csharp_bit, HeadWord::Role::transparent},
    {"extern", rust_bit, HeadWord::Role::transparent},
    {"function", javascript_bit, HeadWord::Role::function, "function"},
    {"func", go_bit, HeadWord::Role::function, "function"},
    {"fn", rust_bit, HeadWord::Role::function, "function"},
    {"fun", kotlin_bit, HeadWord::Role::function, "function"},
    {"const", javascript_bit | rust_bit | go_bit, HeadWord::Role::variable},
    {"let", javascript_bit, HeadWord::Role::variable},
    {"static", rust_bit, HeadWord::Role::variable},
    {"val", kotlin_bit, HeadWord::Role::variable},
    {"var", javascript_bit | kotlin_bit | go_bit, HeadWord::Role::variable},
    {"__aligned", cpp_bit, HeadWord::Role::attribute},
    {"__attribute", cpp_bit, HeadWord::Role::attribute},
    {"__attribute__", cpp_bit, HeadWord::Role::attribute},
    {"__declspec", cpp_bit, HeadWord::Role::attribute},
    {"__exit", cpp_bit, HeadWord::Role::attribute},
    {"__init", cpp_bit, HeadWord::Role::attribute},
    {"__initconst", cpp_bit, HeadWord::Role::attribute},
    {"__initmv", cpp_bit, HeadWord::Role::attribute},
    {"__initdata", cpp_bit, HeadWord::Role::attribute},
    {"__maybe_unused", cpp_bit, HeadWord::Role::attribute},
    {"__packed", cpp_bit, HeadWord::Role::attribute},
    {"__printf", cpp_bit, HeadWord::Role::attribute},
    {"__read_mostly", cpp_bit, HeadWord::Role::attribute},
    {"__refdata", cpp_bit, HeadWord::Role::attribute},
    {"__ro_after_init", cpp_bit, HeadWord::Role::attribute},
    {"__scanf", cpp_bit, HeadWord::Role::attribute},
    {"__section", cpp_bit, HeadWord::Role::attribute},
    {"__used", cpp_bit, HeadWord::Role::attribute},
    {"alignas", cpp_bit, HeadWord::Role::attribute},
    {"decltype", cpp_bit, HeadWord::Role::attribute},
    {"explicit", cpp_bit, HeadWord::Role::attribute},
    {"final", cpp_bit, HeadWord::Role::attribute},
    {"noexcept", cpp_bit, HeadWord::Role::attribute},
    {"pub", rust_bit, HeadWord::Role::attribute},
    {"requires", cpp_bit, HeadWord::Role::attribute},
    {"throw", cpp_bit, HeadWord::Role::attribute},
    {"typeof", cpp_bit, HeadWord::Role::attribute},
    {"extends", java_bit | javascript_bit, HeadWord::Role::stop},
    {"implements", java_bit | javascript_bit, HeadWord::Role::stop},
    {"permits", java_bit, HeadWord::Role::stop},
    {"where", csharp_bit | kotlin_bit | rust_bit, HeadWord::Role::stop},
    {"catch", ~0u, HeadWord::Role::control},
    {"do", ~0u, HeadWord::Role::control},
    {"else", ~0u, HeadWord::Role::control},
    {"for", ~rust_bit, HeadWord::Role::control},  // `impl A for B`
    {"if", ~0u, HeadWord::Role::control},
    {"return", ~0u, HeadWord::Role::control},
    {"switch", ~0u, HeadWord::Role::control},
    {"try", ~0u, HeadWord::Role::control},
    {"while", ~0u, HeadWord::Role::control},
    {"with", javascript_bit, HeadWord::Role::control},
    {"import", javascript_bit, HeadWord::Role::control},
    {"use", rust_bit, HeadWord::Role::control},
    {"match", rust_bit, HeadWord::Role::control},
});

inline HeadWord find_head_word(std::string_view text, Language language) {
  const auto* found = std::find_if(head_words.begin(), head_words.end(), [&](const HeadWord& word) {
    return word.text == text && (word.languages & bit_of(language)) != 0;
  });
  return found == head_words.end() ? HeadWord{text} : *found;
}

}  // namespace shale::sync

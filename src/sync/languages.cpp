#include "sync/languages.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace shale::sync {

namespace {

struct Extension {
  std::string_view text;
  Language language;
};

constexpr std::array<Extension, 37> extensions = {{
    {"c", Language::cpp},
    {"cc", Language::cpp},
    {"cjs", Language::javascript},
    {"cpp", Language::cpp},
    {"cs", Language::csharp},
    {"cts", Language::javascript},
    {"cu", Language::cpp},
    {"cuh", Language::cpp},
    {"cxx", Language::cpp},
    {"go", Language::go},
    {"h", Language::cpp},
    {"hh", Language::cpp},
    {"hpp", Language::cpp},
    {"hxx", Language::cpp},
    {"inl", Language::cpp},
    {"ino", Language::cpp},
    {"ipp", Language::cpp},
    {"java", Language::java},
    {"js", Language::javascript},
    {"jsx", Language::javascript},
    {"kt", Language::kotlin},
    {"kts", Language::kotlin},
    {"markdown", Language::markdown},
    {"md", Language::markdown},
    {"mdc", Language::markdown},
    {"mdx", Language::markdown},
    {"mjs", Language::javascript},
    {"mkd", Language::markdown},
    {"mts", Language::javascript},
    {"py", Language::python},
    {"pyi", Language::python},
    {"pyw", Language::python},
    {"rs", Language::rust},
    {"rst", Language::restructured_text},
    {"tpp", Language::cpp},
    {"ts", Language::javascript},
    {"tsx", Language::javascript},
}};

constexpr bool before(const Extension& a, const Extension& b) { return a.text < b.text; }
static_assert(std::is_sorted(extensions.begin(), extensions.end(), before));

}  // namespace

Language language_of(std::string_view path) {
  const usize dot = path.rfind('.');
  if (dot == std::string_view::npos) return Language::unknown;
  std::string extension(path.substr(dot + 1));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  const auto* found = std::lower_bound(extensions.begin(), extensions.end(),
                                       Extension{extension, Language::unknown}, before);
  const bool known = found != extensions.end() && found->text == extension;
  return known ? found->language : Language::unknown;
}

}  // namespace shale::sync

#include "sync/tag_languages.hpp"

#include "sync/languages.hpp"
#include "tests/support/catch.hpp"

namespace shale::sync {

TEST_CASE("tag languages: by the ending, whatever else a path holds") {
  CHECK(tag_ending("a/b.rb") == "rb");
  CHECK(tag_ending("Rakefile.rake") == "rb");
  CHECK(tag_ending("X.F90") == "f90");
  CHECK(tag_ending("--options=x.php") == "php");
  CHECK(tag_ending("a\"\n,b.zsh") == "zsh");
  for (const char* path : {"", ".", "rb", "a.", "a.rb/b", "a.rb\n", "a.rbx", "a.json", "Makefile"})
    CHECK(tag_ending(path).empty());
}

TEST_CASE("tag languages: none that a scanner here knows") {
  for (const char* path :
       {"a.c", "a.hpp", "a.py", "a.rs", "a.go", "a.java", "a.ts", "a.kt", "a.md"})
    CHECK(tag_ending(path).empty());
  for (const char* path : {"a.rb", "a.php", "a.m", "a.d", "a.r", "a.ex"})
    CHECK(language_of(path) == Language::unknown);
}

}  // namespace shale::sync

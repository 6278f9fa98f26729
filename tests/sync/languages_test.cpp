#include "sync/languages.hpp"

#include "tests/support/catch.hpp"

using namespace shale::sync;

TEST_CASE("languages: the extension says it") {
  CHECK(language_of("a.c") == Language::cpp);
  CHECK(language_of("src/a.b/x.hpp") == Language::cpp);
  CHECK(language_of("x.PY") == Language::python);
  CHECK(language_of("x.tsx") == Language::javascript);
  CHECK(language_of("x.rs") == Language::rust);
  CHECK(language_of("x.go") == Language::go);
  CHECK(language_of("X.java") == Language::java);
  CHECK(language_of("x.cs") == Language::csharp);
  CHECK(language_of("x.kt") == Language::kotlin);
  CHECK(language_of("rules.mdc") == Language::markdown);
  CHECK(language_of("README.md") == Language::markdown);
  CHECK(language_of("index.rst") == Language::restructured_text);
}

TEST_CASE("languages: where it says nothing there is none") {
  CHECK(language_of("") == Language::unknown);
  CHECK(language_of("Makefile") == Language::unknown);
  CHECK(language_of("a.") == Language::unknown);
  CHECK(language_of("dir.c/file") == Language::unknown);
  CHECK(language_of("a.cc.txt") == Language::unknown);
  CHECK(language_of("a.c\xFF") == Language::unknown);
}

#!/usr/bin/env python3
"""Plants a violation of every rule of tests/tidy.py in a small clean tree and sees it reported.

A rule that stops looking would pass for ever; here it fails.
"""
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import tidy  # noqa: E402
from tidy_source import Source, cpp_functions, strip_cpp  # noqa: E402

HEADER = """// What it is.
// What it is not.
// Who uses it.
#pragma once

#include <string>

namespace shale {

inline int twice(int x) { return 2 * x; }

}  // namespace shale
"""
README = """# shale
```cpp
int main() {

  f();
}
```

## Where things are
| question | answer |
|---|---|
| where is it? | `src/base/thing.{hpp,cpp}`, `src/base/*.hpp`, `src/text/` |

## Limits
`src/not/checked.hpp` stands outside the map.
"""
EXAMPLE = """// A test.
// example begins
static void example() {
  f();
}
// example ends
"""
CLEAN = {
    "README.md": README,
    "include/shale/shale.hpp": HEADER.replace("<string>", "<shale/result.hpp>"),
    "include/shale/result.hpp": HEADER + "#define SHALE_API\n",
    "src/base/meson.build": "files('thing.cpp')\n",
    "src/base/thing.hpp": HEADER,
    "src/base/thing.cpp": '#include "base/thing.hpp"\n\n#include <shale/shale.hpp>\n',
    "src/text/words.hpp": HEADER.replace("<string>", '"base/thing.hpp"'),
    "tests/base/meson.build": "files('thing_test.cpp')\n",
    "tests/readme/meson.build": "files('example_test.cpp')\n",
    "tests/readme/example_test.cpp": EXAMPLE,
    "tests/base/thing_test.cpp": '#include "base/thing.hpp"\n' + "// a test\n" * 190,
}


def complaints(changes):
    """What is said of the clean tree with these files put in (None takes one away)."""
    files = {**CLEAN, **changes}
    return tidy.check(tidy.Tree({path: text for path, text in files.items() if text is not None}))


class TidyTest(unittest.TestCase):
    seen = set()

    def reported(self, rule, changes, path, line=None, words=""):
        found = [c for c in complaints(changes) if c.rule == rule and c.path == path]
        self.assertTrue(found, f"nothing said about {path} by {rule}")
        if line is not None:
            self.assertIn(line, [c.line for c in found])
        self.assertIn(words, " ".join(c.message for c in found))
        TidyTest.seen.add(rule)

    def silent(self, changes):
        self.assertEqual([], [str(c) for c in complaints(changes)])

    def header(self, body, path="src/base/thing.hpp"):
        return {path: HEADER + body}

    @classmethod
    def tearDownClass(cls):
        unplanted = set(tidy.RULES) - cls.seen
        if unplanted:
            raise AssertionError(f"no test plants a violation of {sorted(unplanted)}")


class Rules(TidyTest):
    def test_clean_tree_passes(self):
        self.silent({})

    def test_layers(self):
        def including(path, name):
            return {path: HEADER.replace("<string>", name)}
        line = 6
        for path, name in (("src/base/thing.hpp", '"text/words.hpp"'),
                           ("src/shard/a.hpp", '"delta/b.hpp"'),
                           ("src/query/a.hpp", '"store/b.hpp"'),
                           ("src/store/a.hpp", "<cli/b.hpp>"),
                           ("src/sync/a.hpp", '"exchange/b.hpp"')):
            self.reported("layers", including(path, name), path, line, "may not include")
        self.reported("layers", including("include/shale/shale.hpp", '"base/thing.hpp"'),
                      "include/shale/shale.hpp", line)
        self.reported("layers", including("include/shale/shale.hpp", "<unistd.h>"),
                      "include/shale/shale.hpp", line)
        self.reported("layers", including("src/base/thing.hpp", '"bytes.hpp"'),
                      "src/base/thing.hpp", line, "base/bytes.hpp")
        self.reported("layers", {"src/other/a.hpp": HEADER}, "src/other/a.hpp", 1, "LAYERS")
        for path, name in (("src/store/a.hpp", '"query/b.hpp"'), ("src/cli/a.hpp", '"sync/b.hpp"'),
                           ("src/delta/a.hpp", '"delta/b.hpp"'), ("src/base/a.hpp", "<unistd.h>")):
            self.silent(including(path, name))
        self.silent(self.header('// #include "cli/a.hpp"\nconst char* s = R"(\n'
                                '#include "cli/a.hpp"\n)";\n'))

    def test_homes(self):
        for name, home in (("roaring/roaring.h", "src/base/bitmap.hpp"),
                           ("zstd.h", "src/base/compress.hpp"),
                           ("zdict.h", "src/base/compress.hpp"),
                           ("xxhash.h", "src/base/checksum.hpp"),
                           ("boost/interprocess/file_mapping.hpp", "src/base/mapped_file.hpp"),
                           ("re2/re2.h", "src/query/regex.hpp"),
                           ("utf8proc.h", "src/text/words.hpp"),
                           ("libstemmer.h", "src/text/words.hpp"),
                           ("simdjson.h", "src/exchange/lines.hpp"),
                           ("nlohmann/json.hpp", "src/cli/out.hpp"),
                           ("toml++/toml.h", "src/store/options.hpp"),
                           ("sqlite3.h", "src/exchange/a.hpp"),
                           ("yaml-cpp/yaml.h", "src/exchange/a.hpp"),
                           ("CLI/CLI.hpp", "src/cli/a.hpp"), ("fmt/format.h", "src/cli/a.hpp")):
            text = HEADER.replace("string", name)
            self.reported("homes", {"src/model/a.hpp": text}, "src/model/a.hpp", 6, "src/")
            self.silent({home: text})
        roaring = HEADER.replace("string", "roaring/roaring.h")
        self.reported("homes", {"tests/text/a.hpp": roaring}, "tests/text/a.hpp", 6)
        self.silent({"tests/base/a.hpp": roaring})
        self.reported("homes", {"tests/base/a.hpp": HEADER.replace("string", "catch2/catch.hpp")},
                      "tests/base/a.hpp", 6, "tests/support/catch.hpp")

    def test_file_lines(self):
        self.reported("file-lines", self.header("\n" * 500), "src/base/thing.hpp", 501)
        self.reported("file-lines", {"run": "#!/bin/bash\n" * 501}, "run")
        self.reported("file-lines", {"tests/a.py": "x = 1\n" * 501}, "tests/a.py")
        self.silent({"run": "#!/bin/bash\n" * 500})

    def test_function_lines(self):
        body = "  call();\n" * 59
        path, rule = "src/base/thing.hpp", "function-lines"
        self.reported(rule, self.header("void f() {\n" + body + "}\n"), path, 13, "f has 61")
        self.reported(rule, self.header("class A {\n public:\n  void g() {\n" + body + "  }\n};\n"),
                      path, 15, "g has 61")
        lambda_inside = "void h() {\n  run([&] {\n" + body + "  });\n}\n"
        self.reported(rule, self.header(lambda_inside), path, 13, "h has 63")
        test = 'TEST_CASE("x") {\n' + body + "}\n"
        self.reported(rule, {"tests/base/thing_test.cpp": test}, "tests/base/thing_test.cpp", 1)
        self.reported(rule, {"run": "f() {\n" + body + "}\n"}, "run", 1)
        self.reported(rule, {"tests/a.py": "def f():\n" + "    x = 1\n" * 60}, "tests/a.py", 1)
        self.silent(self.header("void f() {\n" + body[10:] + "}\n"))
        self.silent(self.header("namespace a {\n" + "int x;\n" * 70 + "}\n"))
        self.silent(self.header("const int a[] = {\n" + "1,\n" * 70 + "};\n"))

    def test_columns(self):
        self.reported("columns", self.header("// " + "x" * 98 + "\n"), "src/base/thing.hpp", 13)
        self.reported("columns", {"run": "#" * 101}, "run", 1)
        self.silent(self.header("// " + "ü" * 97 + "\n"))

    def test_banned(self):
        for call in ("sprintf(a, b);", "std::strcpy(a, b);", "strcat(a, b);", "atoi(a);", "rand();",
                     "std::strtok(a, b);", "localtime(&t);", "return pwrite(f, b, n, o);",
                     "::fsync(f);", "if (x && fdatasync(f) != 0) return;", "ftruncate(f, 0);",
                     "::open(p, 0);", "::write(f, b, n);", "int x = rename(a, b);", "::unlink(p);",
                     "std::filesystem::rename(a, b);",
                     "::link(a, b);", "std::filesystem::create_hard_link(a, b);",
                     "madvise(p, n, 0);", "void* p = mmap(a);",
                     "::munmap(p, n);", "printf(a);", "std::cout << 1;", "std::fprintf(f, a);"):
            self.reported("banned", self.header(f"void f() {{\n  {call}\n}}\n", "src/store/a.hpp"),
                          "src/store/a.hpp", 14, "->")
        self.reported("banned", {"tests/base/a.hpp": HEADER + "int x = rand();\n"},
                      "tests/base/a.hpp", 13)
        trusting = "void f() { assert(x); }\nvoid g() { assert(ok &&\n  h->magic == 3); }\n"
        self.reported("banned", {"src/delta/a.hpp": HEADER + trusting},
                      "src/delta/a.hpp", 14, "disk")

    def test_early_return_from_braces(self):
        for line in ("return {name(), TRY(f(1))};", "make(A{b, {},\n  TRY(f())});"):
            self.reported("banned", self.header(line + "\n"), "src/base/thing.hpp", 13, "TRY")
        for line in ("for (;;) { keep(a, TRY(f())); }", "A a{TRY(f()), 3};",
                     "g({1, 2}, TRY(f()));"):
            self.silent(self.header(line + "\n"))

    def test_banned_leaves_namesakes_alone(self):
        for line in ("file.rename(a);", "Result<void> rename(int a);", "void unlink(Node* n);",
                     "log->write(a);", "shale::file::unlink(a);", "snprintf(a, 1, b);",
                     "// printf(a);", 'auto s = "printf(a)";', "open(a);", "int my_rand();"):
            self.silent(self.header(f"{line}\n", "src/store/a.hpp"))
        self.silent({"src/cli/out.hpp": HEADER + "void f() { std::printf(a); }\n"})
        self.silent({"src/base/file.hpp": HEADER + "void f() { ::fsync(f); ::open(p, 0); }\n"})
        self.silent({"tests/base/a.hpp": HEADER + "void f() { ::truncate(p, 0); }\n"})

    def test_casts(self):
        cast = "auto x = reinterpret_cast<char*>(p);\n"
        for path in ("src/base/thing.hpp", "tests/base/a.hpp", "bench/a.hpp"):
            self.reported("casts", self.header(cast, path), path, 13)
        self.silent({"src/base/bytes.hpp": HEADER + cast})

    def test_unfinished(self):
        for word in ("FIX" + "ME", "TO" + "DO", "X" + "XX", "HA" + "CK"):
            self.reported("unfinished", self.header(f"// {word}\n"), "src/base/thing.hpp", 13)
            self.reported("unfinished", {"src/base/meson.build": f"'thing.cpp')\n# {word}\n"},
                          "src/base/meson.build", 2)
        self.silent(self.header('auto s = "shale-XXXXXX";\n'))

    def test_namespaces(self):
        self.reported("namespaces", self.header("using namespace std;\n"), "src/base/thing.hpp", 13)
        self.silent({"src/base/thing.cpp": "using namespace std::chrono_literals;\n"})

    def test_macros(self):
        self.reported("macros", self.header("#define LIMIT 3\n"), "src/base/thing.hpp", 13, "LIMIT")
        self.reported("macros", self.header("#  define TRY(x) x\n"), "src/base/thing.hpp", 13)
        self.silent({"src/base/error.hpp": HEADER + "#define TRY(x) x\n"})
        switch = "\n#define XXH_INLINE_ALL\n"
        self.silent({"src/base/thing.cpp": switch})
        self.reported("macros", {"src/base/thing.cpp": switch + switch.replace("XXH_", "SHALE_")},
                      "src/base/thing.cpp", 4)
        self.reported("macros", self.header(switch), "src/base/thing.hpp", 14, "XXH_INLINE_ALL")

    def test_header_opening(self):
        rule, path = "header-opening", "src/base/thing.hpp"
        self.reported(rule, {path: HEADER.replace("// Who uses it.\n", "")}, path, 1, "2 lines")
        self.reported(rule, {path: "// line\n" * 58 + HEADER}, path, 1, "61 lines")
        self.reported(rule, {path: HEADER.replace("#pragma once", "")}, path, 1, "#pragma once")
        self.reported(rule, {"tests/base/a.hpp": "int x;\n"}, "tests/base/a.hpp", 1, "#pragma once")

    def test_twins(self):
        self.reported("twins", {"tests/base/thing_test.cpp": None,
                                "tests/base/other_test.cpp": CLEAN["tests/base/thing_test.cpp"]},
                      "src/base/thing.cpp", 1, "tests/base/thing_test.cpp")
        excused = next(iter(tidy.TWINLESS))
        folder, _, name = excused.rpartition("/")
        build = {excused: "int x;\n", f"{folder}/meson.build": f"'{name}'"}
        self.silent(build)
        twin = excused.replace("src/", "tests/").replace(".cpp", "_test.cpp")
        self.reported("twins", {**build, twin: "int x;\n"}, excused, 1, "TWINLESS")

        folder_alone = {f"{folder}/a.cpp": "int x;\n"}
        self.reported("twins", folder_alone, excused, 1, "is gone")

    def test_twins_of_a_header_in_parts(self):
        part = {"src/base/thing_writer.cpp": "int x;\n",
                "src/base/meson.build": "'thing.cpp' 'thing_writer.cpp'"}
        self.silent(part)
        own_header = {**part, "src/base/thing_writer.hpp": HEADER}
        self.reported("twins", own_header, "src/base/thing_writer.cpp", 1, "thing_writer_test.cpp")
        orphan = {"src/base/other_writer.cpp": "int x;\n"}
        self.reported("twins", orphan, "src/base/other_writer.cpp", 1, "other_writer_test.cpp")

    def test_built(self):
        self.reported("built", {"tests/base/meson.build": "files('my_thing_test.cpp2')\n"},
                      "tests/base/thing_test.cpp", 1, "tests/base/meson.build")
        self.reported("built", {"src/base/meson.build": None}, "src/base/thing.cpp", 1)
        self.silent({"tests/base/meson.build": None,
                     "tests/meson.build": "files('base/thing_test.cpp')\n"})

    def test_test_share(self):
        self.reported("test-share", {"src/base/a.hpp": HEADER + "// a line\n" * 300}, "tests")
        self.silent({"src/text/words.hpp": HEADER + "// a line\n" * 90})

    def test_map(self):
        gone = README.replace("thing.{hpp,cpp}", "thing.{hpp,cc}")
        self.reported("map", {"README.md": gone}, "README.md", 12, "src/base/thing.cc")
        for old in ("src/base/*.hpp", "src/text/"):
            self.reported("map", {"README.md": README.replace(old, "src/gone/*.hpp")},
                          "README.md", 12, "src/gone")
        self.reported("map", {"README.md": "# shale\n"}, "README.md", 1)
        self.reported("map", {"README.md": None}, "README.md", 1)


    def test_example(self):
        path = "tests/readme/example_test.cpp"
        self.reported("example", {path: EXAMPLE.replace("f()", "g()")}, "README.md", 3, "differs")
        self.reported("example", {path: EXAMPLE.replace("ends", "")}, "README.md", 1, "none")
        self.reported("example", {"README.md": README.replace("cpp", "c")}, "README.md", 1)


class Functions(unittest.TestCase):
    def found(self, code):
        return [(f.name, f.first, f.last) for f in cpp_functions(strip_cpp(code, strings=True))]

    def test_kinds_of_braces(self):
        self.assertEqual(self.found("int f(int a = g({1}))\n{\n  if (a) { }\n}\n"), [("f", 1, 4)])
        self.assertEqual(self.found("A::A(int x) : a_{x}, b_(1), c_{} {\n}\n"), [("A", 1, 2)])
        self.assertEqual(self.found("A::A(int x)\n    : B<int>{x}\n{}\nA::~A() {}\n"),
                         [("A", 1, 3), ("~A", 4, 4)])
        self.assertEqual(self.found("bool operator==(const A& b) const {\n}\nint x{3};\n"),
                         [("operator", 1, 2)])
        self.assertEqual(self.found("auto f = [](int a) {\n};\nenum class E : int { a, b };\n"),
                         [("f", 1, 2)])
        self.assertEqual(self.found("template <class T>\n  requires(B<T> && !C<T>)\nvoid f(T&& t)\n"
                                    "    noexcept(true) -> R<T> {\n}\n"), [("f", 1, 5)])
        self.assertEqual(self.found('extern "C" {\nint f() { return 0; }\n}\n'), [("f", 2, 2)])
        self.assertEqual(self.found("concept C = requires(T t) {\n  { t.f() };\n};\n"), [])

    def test_branches_of_the_preprocessor(self):
        self.assertEqual(self.found("#if A\nvoid f() {\n#else\nint f() {\n#endif\n}\nint g() {}"),
                         [("f", 2, 6), ("g", 7, 7)])
        self.assertEqual(self.found("#define M(x) \\\n  { x {\nint f() {\n}\n"), [("f", 3, 4)])

    def test_braces_that_are_text(self):
        self.assertEqual(self.found("void f() {\n  a('{', \"{\\\"\", 10'000, R\"x({)\")x\"); // {\n"
                                    "  /* { */\n}\nvoid g() {}\n"), [("f", 1, 4), ("g", 5, 5)])

    def test_lines_are_kept_when_stripped(self):
        text = 'int a; /* one\ntwo */ auto s = R"(x\ny)"; // three\n'
        stripped = strip_cpp(text, strings=True)
        self.assertEqual(len(text), len(stripped))
        self.assertEqual(text.count("\n"), stripped.count("\n"))
        self.assertNotIn("two", stripped)
        self.assertNotIn("y", stripped)
        source = Source("a.hpp", "// one\n\nint a; // two\n/* three\n*/\n")
        self.assertEqual(source.comment_lines, 3)


class Program(TidyTest):
    """The whole of it, on a tree on disk."""

    def run_tidy(self, files, *arguments):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tidy.py")
            return subprocess.run([sys.executable, "-B", script, *arguments, root], text=True,
                                  capture_output=True, check=False)

    def test_clean(self):
        done = self.run_tidy(CLEAN)
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))

    def test_violations_with_their_places(self):
        done = self.run_tidy({**CLEAN, "src/base/thing.hpp": HEADER + "#define A\n"})
        self.assertEqual(1, done.returncode)
        self.assertTrue(done.stdout.startswith("src/base/thing.hpp:13: macros: "), done.stdout)

    def test_build_folders_are_left_out(self):
        done = self.run_tidy({**CLEAN, "build-x/a.hpp": "#define A\n", ".cache/a.hpp": "TO" "DO"})
        self.assertEqual((0, ""), (done.returncode, done.stdout))

    def test_figures(self):
        done = self.run_tidy(CLEAN, "--figures")
        for words in ("median 12 lines, longest 13 (include/shale/result.hpp)", "twice"):
            self.assertIn(words, done.stdout)

    @classmethod
    def tearDownClass(cls):
        pass


if __name__ == "__main__":
    unittest.main()

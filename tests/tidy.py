#!/usr/bin/env python3
"""The house rules as a test: prints `file:line: rule: message`, ends with 1 if there is any.

It reads files and judges them; it changes nothing and needs the standard library alone. What it
cannot judge (names, reasons, taste) is for the reader, the compilers and clang-tidy. `--figures`
prints the measures of the tree as well. tests/tidy_test.py plants a violation of every rule.
"""
import os
import re
import statistics
import sys
from typing import NamedTuple

from tidy_source import CPP, Source, is_script

# A folder may include itself and folders on lines above; folders on one line never each other.
# include/shale stands above them all and includes the standard library alone.
LAYERS = [
    ["include/shale"],
    ["base"],
    ["text"],
    ["model"],
    ["shard", "delta", "catalog", "query", "pack"],
    ["store"],
    ["exchange", "sync", "backup"],
    ["unite"],
    ["cli"],
]

# One home per third-party library: pattern of the include -> where it may stand. A test may use
# what its own folder may.
HOMES = [
    (r"roaring/", ["src/base/bitmap"]),
    (r"zstd|zdict", ["src/base/compress"]),
    (r"xxh", ["src/base/checksum"]),
    (r"boost/interprocess/", ["src/base/mapped_file"]),
    (r"boost/", ["src/base/"]),
    (r"re2/", ["src/query/regex"]),
    (r"utf8proc|libstemmer", ["src/text/"]),
    (r"toml\+\+|toml\.hpp", ["src/store/options"]),
    (r"simdjson", ["src/exchange/"]),
    (r"nlohmann/", ["src/exchange/", "src/cli/"]),
    (r"sqlite3|yaml-cpp", ["src/exchange/", "bench/fts5_figures"]),
    (r"CLI/|fmt/", ["src/cli/"]),
    (r"catch2/", ["tests/support/catch.hpp"]),
]

FILE_LINES = 500
FUNCTION_LINES = 60
COLUMNS = 100
HEADER_COMMENT_LINES = (3, 60)  # 3 to 10 is the aim; those that define a format are longer


class Ban(NamedTuple):
    names: str  # regular expression of the function's name
    instead: str
    where: str = r"(src|include|tests|bench|fuzz)/"  # paths the ban holds for
    but: str = r"$^"  # paths it does not


LIBRARY = r"include/|src/(base|text|model|shard|delta|catalog|query|pack|store|backup|unite)/"
BANNED = [
    Ban("v?sprintf", "std::snprintf, or fmt in src/cli"),
    Ban("str(n?cpy|n?cat)", "std::string"),
    Ban("ato[ifl]|atoll|strto(l|ul|ll|ull|d|f)", "std::from_chars"),
    Ban("s?rand", "std::mt19937_64 with a seed that the test prints"),
    Ban("strtok", "std::string_view::find"),
    Ban("localtime|gmtime|asctime|ctime", "the <chrono> calendar"),
    Ban("fsync|syncfs|fdatasync|pwritev?2?|ftruncate|posix_fallocate|unlinkat|renameat2?",
        "base/file.hpp", "src/", r"src/base/(file|lock)"),
    Ban("rename|unlink|truncate|fallocate", "base/file.hpp", "src/", "src/base/"),
    Ban("mmap|munmap|madvise|mremap|msync|posix_madvise", "base/mapped_file.hpp", "src/",
        "src/base/"),
    Ban("v?f?printf|f?puts|putchar", "a Result, or the logger hook", LIBRARY,
        r"include/shale/result\.hpp"),
]
MEMBER = r"(?:[^][(){};]|\([^()]*\)|\{[^{};]*\}|\[[^][]*\])"  # of a braced initialiser
# Names too common to be banned everywhere: only with :: (or std::) before them.
QUALIFIED = [
    (r"(?<![\w>])::(open|openat|write|writev|rename|link|unlink|fallocate)\s*\(",
     "base/file.hpp", r"src/", r"src/base/(file|lock)"),
    (r"\b(?:filesystem|fs)::(rename|resize_file|copy_file|create_director(?:y|ies)|remove(?:_all)?"
     r"|create_hard_link)"
     r"\s*\(", "base/file.hpp", r"src/", r"src/base/file"),
    (r"\b(assert)\s*\([^;]*\b(magic|checksum|header|footer)\b",
     "a Result: bytes from disk are never trusted", r"src/", r"$^"),
    (r"\bstd::(cout|cerr|clog|cin)\b", "a Result, or the logger hook", LIBRARY, r"$^"),
    # Compilers forget to destroy the members made before it when it returns.
    (rf"\{{{MEMBER}*,{MEMBER}*\b(TRY)\(",
     "before the braces, not behind a member in them", r"", r"$^"),
]

MACROS = {
    "src/base/error.hpp": {"TRY"},
    "include/shale/result.hpp": {"SHALE_API"},
    "tests/support/catch_main.cpp": {"CATCH_CONFIG_MAIN"},
}

# What a third-party header asks to be configured with, in the .cpp that is its home.
SWITCHES = r"(XXH|ZSTD|ZDICT|TOML|SIMDJSON|BOOST)_[A-Z_]+$"

# Sources without a twin in tests/, each with the reason.
TWINLESS = {
    "src/cli/main.cpp": "the verbs' tests run the whole program",
}

UNFINISHED = re.compile(r"\b(" + "FIX" + "ME|TO" + "DO|X" + "XX|HA" + r"CK)\b")


class Complaint(NamedTuple):
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class Tree:
    """The files of the repository: path -> text; files that are no text of ours map to None."""

    def __init__(self, files):
        self.files = files
        self.sources = [Source(path, text) for path, text in sorted(files.items())
                        if text is not None and (path.endswith(CPP) or is_script(path))]
        self.cpp = [source for source in self.sources if source.cpp]

    @staticmethod
    def load(root):
        files = {}
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if not name.startswith("build")
                          and name not in ("subprojects", "__pycache__")
                          and (not name.startswith(".") or name == ".ci")]
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
                ours = path.endswith(CPP + (".md", "meson.build")) or is_script(path)
                files[path] = None
                if ours:
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        files[path] = file.read()
        return Tree(files)

    def holds(self, path):
        """Whether a file, a folder, or something that `*` stands for is there."""
        expression = re.escape(path.rstrip("/")).replace(r"\*", "[^/]*") + "(/|$)"
        return any(re.match(expression, name) for name in self.files)


# -- the rules: each takes the tree and yields (path, line, message) --

def folder_of(path):
    parts = path.split("/")
    if parts[0] == "include":
        return "include/shale"
    return parts[1] if len(parts) > 2 and parts[0] == "src" else None


def layer_of(folder):
    return next((level for level, names in enumerate(LAYERS) if folder in names), None)


def rule_layers(tree):
    for source in tree.cpp:
        if not source.path.startswith(("src/", "include/")):
            continue
        folder = folder_of(source.path)
        level = layer_of(folder)
        if level is None:
            yield source.path, 1, f"folder '{folder}' is not in LAYERS (tests/tidy.py)"
            continue
        for line, name in source.includes:
            first = name.split("/")[0]
            if first == "shale":
                continue
            if level == 0 and ("/" in name or "." in name):
                yield source.path, line, f"include/shale includes <shale/...> and std, not {name}"
            elif "/" not in name and name.endswith(".hpp"):
                yield source.path, line, f"name the folder: \"{folder}/{name}\""
            elif level != 0 and layer_of(first) is not None and first != folder \
                    and layer_of(first) >= level:
                yield source.path, line, f"'{folder}' may not include '{first}' ({name})"


def rule_homes(tree):
    for source in tree.cpp:
        test = re.match(r"tests/(\w+)/", source.path)
        for line, name in source.includes:
            homes = next((homes for pattern, homes in HOMES if re.match(pattern, name)), [])
            own = [home for home in homes if source.path.startswith(home)
                   or (test and home.startswith(f"src/{test.group(1)}/"))]
            if homes and not own:
                yield source.path, line, f"{name} stands only in {' or '.join(homes)}"


def rule_file_lines(tree):
    for source in tree.sources:
        if len(source.lines) > FILE_LINES:
            yield source.path, FILE_LINES + 1, f"{len(source.lines)} lines, {FILE_LINES} at most"


def rule_function_lines(tree):
    for source in tree.sources:
        for function in source.functions:
            if function.lines > FUNCTION_LINES:
                yield (source.path, function.first,
                       f"{function.name} has {function.lines} lines, {FUNCTION_LINES} at most")


def rule_columns(tree):
    for source in tree.sources:
        for number, line in enumerate(source.lines, 1):
            if len(line) > COLUMNS:
                yield source.path, number, f"{len(line)} columns, {COLUMNS} at most"


def calls(source, names):
    """Calls of the C functions `names`; not members, not others' namespaces, not declarations."""
    for line, match in source.find(rf"(?<!\w)({names})\s*\("):
        before = source.code[:match.start()].rstrip()[-80:]
        if before.endswith((".", "->")):
            continue
        if before.endswith("::"):
            before = re.sub(r"(\bstd)?\s*::$", "", before)
            if re.search(r"[\w>]$", before) and not re.search(r"\b(return|else)$", before):
                continue
        else:
            word = re.search(r"(\w+)$", before)
            if word and word.group(1) not in ("return", "else", "do", "not", "and", "or"):
                continue
            if re.search(r"(\w|>)\s*[&*]+$|[^-]>$", before) and not before.endswith("&&"):
                continue
        yield line, match.group(1)


def rule_banned(tree):
    for source in tree.cpp:
        for ban in BANNED:
            if re.match(ban.where, source.path) and not re.match(ban.but, source.path):
                for line, name in calls(source, ban.names):
                    yield source.path, line, f"{name}() -> {ban.instead}"
        for pattern, instead, where, but in QUALIFIED:
            if re.match(where, source.path) and not re.match(but, source.path):
                for line, match in source.find(pattern):
                    yield source.path, line, f"{match.group(1)} -> {instead}"


def rule_casts(tree):
    for source in tree.cpp:
        if source.path != "src/base/bytes.hpp":
            for line, _ in source.find(r"\breinterpret_cast\b"):
                yield source.path, line, "reinterpret_cast -> view_as, object_at, load (base/bytes)"


def rule_unfinished(tree):
    for path, text in tree.files.items():
        for number, line in enumerate((text or "").split("\n"), 1):
            if match := UNFINISHED.search(line):
                yield path, number, f"{match.group()}: finish it, or say what is so and why"


def rule_namespaces(tree):
    for source in tree.cpp:
        if source.path.endswith(".hpp"):
            for line, _ in source.find(r"\busing\s+namespace\b"):
                yield source.path, line, "no `using namespace` in a header"


def rule_macros(tree):
    for source in tree.cpp:
        for line, match in source.find(r"(?m)^[ \t]*#[ \t]*define[ \t]+(\w+)"):
            switch = re.match(SWITCHES, match.group(1)) and source.path.endswith(".cpp")
            if not switch and match.group(1) not in MACROS.get(source.path, ()):
                yield source.path, line, f"macro {match.group(1)} -> a function or a constant"


def rule_header_opening(tree):
    least, most = HEADER_COMMENT_LINES
    for source in tree.cpp:
        if not source.path.endswith(".hpp"):
            continue
        if not any(line.strip() == "#pragma once" for line in source.lines):
            yield source.path, 1, "no #pragma once"
        opening = next((number for number, line in enumerate(source.lines)
                        if not line.startswith("//")), len(source.lines))
        if source.path.startswith(("src/", "include/")) and not least <= opening <= most:
            yield (source.path, 1, f"opens with {opening} lines of comment, {least} to {most} say "
                   "what it is, what it is not, who uses it")


def twins_of(path, files):
    """The tests that may stand for a source: its own, or, where it has no header of its own because
    it is a part of a larger one (postings_writer.cpp of postings.hpp), the twin of that header."""
    folder, _, name = path[len("src/"):-len(".cpp")].rpartition("/")
    yield f"tests/{folder}/{name}_test.cpp"
    while f"src/{folder}/{name}.hpp" not in files and "_" in name:
        name = name.rpartition("_")[0]
        if f"src/{folder}/{name}.hpp" in files:
            yield f"tests/{folder}/{name}_test.cpp"


def rule_twins(tree):
    for source in tree.cpp:
        if not (source.path.startswith("src/") and source.path.endswith(".cpp")):
            continue
        twins = list(twins_of(source.path, tree.files))
        if not any(twin in tree.files for twin in twins):
            if source.path not in TWINLESS:
                yield source.path, 1, f"no twin {' or '.join(twins)}"
        elif source.path in TWINLESS:
            yield source.path, 1, "has its twin: take it out of TWINLESS (tests/tidy.py)"
    for path in TWINLESS:
        folder = path.rpartition("/")[0] + "/"
        if path not in tree.files and any(source.path.startswith(folder) and
                                          source.path.endswith(".cpp") for source in tree.cpp):
            yield path, 1, "is gone: take it out of TWINLESS (tests/tidy.py)"


def rule_built(tree):
    """A test that meson.build does not name passes for ever."""
    for source in tree.cpp:
        folder, _, name = source.path.rpartition("/")
        if name.endswith(".cpp") and source.path.startswith(("src/", "tests/")):
            places = [f"{folder}/meson.build", f"{folder.rpartition('/')[0]}/meson.build"]
            if not any(f"{name}'" in (tree.files.get(place) or "") for place in places):
                yield source.path, 1, f"{places[0]} does not name it: nobody builds it"


def rule_test_share(tree):
    """Test code at least as long as the code; checks of the sources themselves are no tests."""
    code = tests = 0
    for source in tree.sources:
        top, _, rest = source.path.partition("/")
        if top in ("src", "include"):
            code += len(source.lines)
        elif top == "tests" and ("/" in rest or rest.endswith("_test.py")):
            tests += len(source.lines)
    if tests < code:
        yield "tests", 1, f"{tests} lines of tests for {code} of code: as many at least"


def rule_map(tree):
    """Every path in README's map is there."""
    lines = (tree.files.get("README.md") or "").split("\n")
    start = next((i for i, line in enumerate(lines) if line == "## Where things are"), None)
    if start is None:
        yield "README.md", 1, "no section 'Where things are'"
        return
    for number, line in enumerate(lines[start + 1:], start + 2):
        if line.startswith("## "):
            break
        for path in re.findall(r"`([\w.*-]+/[\w./*{},-]*)`", line):
            group = re.search(r"\{(.*?)\}", path)
            for choice in group.group(1).split(",") if group else [""]:
                wanted = path.replace(group.group(), choice) if group else path
                if not tree.holds(wanted):
                    yield "README.md", number, f"{wanted} is not there"


def code_lines(text):
    return [line.strip() for line in text.split("\n") if line.strip()]


def rule_example(tree):
    """README's first C++ block is what tests/readme/example_test.cpp compiles and runs."""
    test = tree.files.get("tests/readme/example_test.cpp") or ""
    compiled = re.search(r"// example begins\n(.*)// example ends\n", test, re.S)
    shown = re.search(r"```cpp\n(.*?)```", tree.files.get("README.md") or "", re.S)
    if not (compiled and shown):
        yield "README.md", 1, "no example here, or none in tests/readme/example_test.cpp"
        return
    first = tree.files["README.md"].count("\n", 0, shown.start(1)) + 1
    expected = code_lines(compiled.group(1).replace("static void example()", "int main()"))
    if code_lines(shown.group(1)) != expected:
        yield "README.md", first, "differs from the example in tests/readme/example_test.cpp"


RULES = {name[len("rule_"):].replace("_", "-"): rule for name, rule in list(globals().items())
         if name.startswith("rule_")}


def check(tree):
    return sorted(Complaint(path, line, name, message) for name, rule in RULES.items()
                  for path, line, message in rule(tree))


def figures(tree):
    house = [source for source in tree.cpp if source.path.startswith(("src/", "include/"))]
    lengths = sorted((len(source.lines), source.path) for source in house) or [(0, "-")]
    functions = sorted((function.lines, f"{source.path}:{function.first} {function.name}")
                       for source in house for function in source.functions) or [(0, "-")]
    total = sum(length for length, _ in lengths)
    share = 100 * sum(source.comment_lines for source in house) / max(total, 1)
    tests = sum(len(source.lines) for source in tree.sources if source.path.startswith("tests/"))
    yield f"code       {total} lines in {len(house)} files, tests {tests} lines"
    yield f"file       median {statistics.median(n for n, _ in lengths):.0f} lines, " \
          f"longest {lengths[-1][0]} ({lengths[-1][1]})"
    yield f"function   median {statistics.median(n for n, _ in functions):.0f} lines, " \
          f"longest {functions[-1][0]} ({functions[-1][1]}), {len(functions)} in all"
    yield f"comments   {share:.0f} % of lines"


def main(arguments):
    roots = [argument for argument in arguments if not argument.startswith("-")]
    tree = Tree.load(roots[0] if roots else os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))))
    if "--figures" in arguments:
        print("\n".join(figures(tree)))
    complaints = check(tree)
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

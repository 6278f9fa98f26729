"""Reads source files for tests/tidy.py: strips comments and strings, finds functions.

A reader of this house's code, not a C++ parser: it counts braces and looks at the text before one.
"""
import ast
import re
from typing import NamedTuple

CPP = (".hpp", ".cpp")
SCRIPTS = ("run", ".ci/run")


class Function(NamedTuple):
    name: str
    first: int
    last: int

    @property
    def lines(self):
        return self.last - self.first + 1


# Numbers come first because of 10'000: its quote opens no character.
CPP_TOKEN = re.compile(
    r"(?P<number>(?<!\w)\d(?:'?[\w.])*)"
    r"|(?P<comment>//(?:[^\n\\]|\\.|\\\n)*|/\*.*?\*/)"
    r'|(?P<raw>R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")'
    r'|(?P<string>"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')', re.S)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def strip_cpp(text, strings):
    """`text` with comments as spaces, and with `strings` the insides of strings too."""
    def replace(match):
        token = match.group()
        if match.lastgroup == "comment":
            return blank(token)
        if strings and match.lastgroup in ("raw", "string", "mark"):
            return token[0] + blank(token[1:-1]) + token[-1]
        return token
    return CPP_TOKEN.sub(replace, text)


def without_directives(code):
    """Preprocessor lines and #else branches as spaces: the braces left over are balanced."""
    skipped, out, continued = [], [], False
    for line in code.split("\n"):
        directive = re.match(r"\s*#\s*(\w+)", line)
        if directive and not continued:
            word = directive.group(1)
            if word.startswith("if"):
                skipped.append(False)
            elif word.startswith("el") and skipped:
                skipped[-1] = True
            elif word == "endif" and skipped:
                skipped.pop()
        hidden = bool(directive) or continued
        continued = hidden and line.rstrip().endswith("\\")
        out.append(blank(line) if hidden or any(skipped) else line)
    return "\n".join(out)


def closing_brace(code, start):
    depth = 0
    for match in re.finditer(r"[{}]", code[start:]):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return start + match.start()
    return len(code) - 1


def flatten(head):
    """The text before a brace with (...) as @, {...} as %, and <...> and attributes gone."""
    head = re.sub(r"\[\[.*?\]\]", " ", head, flags=re.S)
    for pattern, mark in ((r"\([^()]*\)", "@"), (r"\{[^{}]*\}", "%"), (r"<[^<>;]*>", "")):
        before = None
        while before != head:
            before, head = head, re.sub(pattern, mark, head)
    head = re.sub(r"\b(alignas|__attribute__|decltype|noexcept|explicit|requires)\s*@", " ", head)
    return re.sub(r"\s+", " ", re.sub(r"\b(public|private|protected)\s*:|\btemplate\b", " ",
                                      head)).strip()


def kind_of(flat):
    """What a brace after `flat` opens: "scope", "function", "member" initialiser or "value"."""
    if re.match(r"(inline )?namespace\b|extern\b[ \"]*$", flat):
        return "scope"
    plain = re.sub(r"operator *[^\w\s@]+", "operator", flat)
    if "=" in plain:
        return "function" if re.search(r"\] ?(@[\w\s:*&>-]*)?$", plain) else "value"
    if re.match(r"((typedef|static|inline|friend) )*(class|struct|union|enum)\b", plain):
        return "scope"
    if "@" not in plain:
        return "value"
    if re.search(r"@[^:]*(?<!:):(?!:)", plain) and plain[-1] not in "@%":
        return "member"
    return "function"


def cpp_functions(code):
    """Every function outside functions; lambdas and local types count to the one around them."""
    code = without_directives(code)
    found, position, head, depth = [], 0, 0, 0
    token = re.compile(r"[\[\](){};]")
    while match := token.search(code, position):
        mark, position = match.group(), match.end()
        if mark in "([":
            depth += 1
        elif mark in ")]":
            depth -= 1
        elif mark == "{" and depth > 0:
            position = closing_brace(code, match.start()) + 1
        elif mark == "{":
            flat = flatten(code[head:match.start()])
            kind = kind_of(flat)
            if kind == "scope":
                head = position
                continue
            position = closing_brace(code, match.start()) + 1
            if kind == "function":
                label = re.match(r"(\s|\b(public|private|protected)\s*:)*", code[head:])
                first = code.count("\n", 0, head + label.end()) + 1
                name = re.search(r"(operator|[\w~]+)[^\w@]*@", flat)
                found.append(Function(name.group(1) if name else "lambda", first,
                                      code.count("\n", 0, position) + 1))
                head = position
        elif depth == 0:
            head = position
    return found


def script_functions(path, text):
    if path.endswith(".py"):
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return [Function(node.name, node.lineno, node.end_lineno)
                for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    found, name, first = [], None, 0
    for number, line in enumerate(text.split("\n"), 1):
        if opened := re.match(r"(\w+)\(\) [{(]$", line):
            name, first = opened.group(1), number
        elif line in ("}", ")") and name:
            found.append(Function(name, first, number))
            name = None
    return found


class Source:
    """One file of code, read once."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.lines = text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")
        self.cpp = path.endswith(CPP)
        self.code = strip_cpp(text, strings=True) if self.cpp else text
        self.includes = self._includes() if self.cpp else []
        self.functions = (cpp_functions(self.code) if self.cpp else
                          script_functions(path, text) if is_script(path) else [])

    def _includes(self):
        """(line, name) of each; one inside a string or a comment is none."""
        lines, code = strip_cpp(self.text, strings=False).split("\n"), self.code.split("\n")
        return [(number, match.group(1)) for number, line in enumerate(lines, 1)
                if (match := re.match(r'\s*#\s*include\s*[<"]([^>"]+)', line))
                and "#" in code[number - 1]]

    def find(self, pattern):
        for match in re.finditer(pattern, self.code):
            yield self.code.count("\n", 0, match.start()) + 1, match

    @property
    def comment_lines(self):
        bare = strip_cpp(self.text, strings=False).split("\n")
        return sum(1 for line, rest in zip(self.lines, bare) if line.strip() and not rest.strip())


def is_script(path):
    return path.endswith((".py", ".sh")) or path in SCRIPTS

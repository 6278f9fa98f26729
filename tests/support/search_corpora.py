"""What `./run prove search` searches: the kernel's sources, documents cut at their headings, and
the query texts that nobody thinks of.
"""
import json
import random
import re

from corpus import linux_pieces

# Each of them is a query; what is no syntax is words, and no text at all asks for every segment.
ODD_TEXTS = [
    "",
    "std::vector", "read-only", "don't", "src/index/mod.rs", "C++", "error: E0308", "(paren",
    '"unclosed', "foo(bar)", "a-b", "C:\\x", "what's", "*", "NOT", "AND OR", "a AND", "-", "~",
    "tag:", "x:y:z", "/re", "[", "{}", "\\", '""',
]

# The first of each query's texts is what it should find first.
FOUND_FIRST = {
    "std::vector": ["std::vector<int> numbers;",
                    "The std namespace has many containers; a vector is one of them.",
                    "Each vector has a std deviation: the std of a vector tells its spread."],
    "getUser": ["auto user = getUser(id);",
                "Whoever wants to get a user asks for one; users are what we get.",
                "The user gets user user user get get get."],
}


def write_linux_corpus(path, limit=None):
    """The kernel's sources as NDJSON, topic = uppermost folder; the number of pieces."""
    count = 0
    with open(path, "w", encoding="utf-8") as file:
        for name, first, last, text in linux_pieces(limit):
            topic = name.split("/")[0] if "/" in name else "top"
            file.write(json.dumps({"id": f"{name}#{first}", "type": "code", "file": name,
                                   "topic": topic, "text": text, "line_range": [first, last]},
                                  ensure_ascii=False) + "\n")
            count += 1
    return count


# Letters of several scripts, marks that are composed and some that are not, digits, full width.
SCRIPTS = ["abcdefgh_09", "äöüßéçñøåđ", "a\u0308o\u0308u\u0301q\u0303", "αβγδεΣσς", "бвгдЖЁй",
           "אבגד\u05b8", "中文字符漢", "かなカナー", "한국어말", "ไทยภาษา", "हिन्दी", "ABCXYZ",
           "ｆｕｌｌ０"]
BLANKS = [" ", "\n", ", ", "-", "::", " (", "’", "…", "\u00a0"]


def texts_in_scripts(seed, count):
    """Made-up texts: words of one script, now and then of two, between all sorts of punctuation."""
    chance = random.Random(seed)
    vocabulary = []
    for _ in range(400):
        letters = chance.choice(SCRIPTS) + (chance.choice(SCRIPTS) if chance.random() < .2 else "")
        vocabulary.append("".join(chance.choices(letters, k=chance.randint(1, 6))))
    texts = []
    for _ in range(count):
        few = vocabulary[:chance.choice((20, 100, 400))]
        texts.append("".join(chance.choice(few) + chance.choice(BLANKS)
                             for _ in range(chance.randint(1, 60))))
    return texts


def markdown_sections(text):
    """A document cut at its headings: each with what stands below it."""
    cuts, in_code = [0], False
    offset = 0
    for line in text.splitlines(keepends=True):
        if line.startswith("```"):
            in_code = not in_code
        elif not in_code and re.match(r"#{1,6} ", line) and offset > 0:
            cuts.append(offset)
        offset += len(line)
    sections = [text[begin:end] for begin, end in zip(cuts, cuts[1:] + [len(text)])]
    return [section for section in sections if section.strip()]

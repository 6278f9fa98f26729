"""What `./run prove tokens` counts: mixed text, and each kind of text by itself.

Natural text in other scripts comes from Debian packages that are installed where they are missing:
manual pages in Japanese and Chinese, and the translated names of languages and countries.
"""
import gzip
import os
import pathlib
import random
import struct
import subprocess

from corpus import sources

PACKAGES = ["iso-codes", "manpages-ja", "manpages-zh", "manpages-de", "manpages-fr", "manpages-ru"]
MIB = 1 << 20
# Of a folder of the kernel, by pattern: how much of it mixed text has.
MIXED_SOURCES = {"**/*.c": 9, "**/*.h": 3, "Documentation/**/*.rst": 4,
                 "Documentation/**/*.yaml": 2, "**/*.py": 1, "**/*.S": 1}
MIXED_MANUALS = ["de", "fr", "ja", "ru", "zh_CN"]
TRANSLATIONS = {"Japanese": "ja", "Chinese": "zh_CN", "Korean": "ko", "Arabic": "ar", "Thai": "th",
                "Hindi": "hi"}
RUNS = {"a": "a", "blank": " ", "dash": "-", "newline": "\n", "zero": "0", "ideograph": "中",
        "emoji": "🙂"}
EMOJI = ["👨‍👩‍👧", "❤️", "🇩🇪", "👍🏽", " "]


def install_packages():
    """False where they are missing and cannot be installed."""
    installed = subprocess.run(["dpkg-query", "-W", *PACKAGES], capture_output=True, check=False)
    if installed.returncode == 0:
        return True
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    done = subprocess.run([*sudo, "apt-get", "install", "-y", "-qq", *PACKAGES],
                          stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    return done.returncode == 0


def mixed_text(seed):
    """About 25 MB: sources, documentation and manual pages, files drawn by the seed."""
    chance = random.Random(seed)
    parts = [files_text(pattern, mib * MIB, chance) for pattern, mib in MIXED_SOURCES.items()]
    parts += [manual_text(language, MIB) for language in MIXED_MANUALS]
    return b"".join(parts)


def files_text(pattern, bytes_max, chance):
    paths = sorted(path for path in sources().glob(pattern) if path.is_file())
    chance.shuffle(paths)
    out = bytearray()
    for path in paths:
        out += path.read_bytes()
        if len(out) >= bytes_max:
            break
    return bytes(out[:bytes_max])


def manual_text(language, bytes_max):
    out = bytearray()
    for path in sorted(pathlib.Path("/usr/share/man", language).glob("man*/*.gz")):
        out += gzip.decompress(path.read_bytes())
        if len(out) >= bytes_max:
            break
    return bytes(out[:bytes_max])


def kinds_of_text(seed):
    """Yields (name, text): every kind by itself. A run is one text."""
    chance = random.Random(seed)
    for name, language in TRANSLATIONS.items():
        yield name, translated_text(language, chance)
    for name in ("ja", "zh_CN"):
        yield f"manual pages {name}", manual_text(name, 4 * MIB)
    for name, unit in RUNS.items():
        for length in (1024, 64 * 1024, 10 * MIB):
            yield f"run_{name}_{length}", (unit * (length // len(unit.encode()))).encode()
    yield "random bytes", chance.randbytes(4 * MIB)
    points = [*range(0x1F300, 0x1F650), *range(0x1F900, 0x1FA00)]
    emoji = [*EMOJI, *(chr(point) for point in points)]
    yield "emoji", "".join(chance.choices(emoji, k=400_000)).encode()


def translated_text(language, chance):
    """The translations of iso-codes in one language, in lines."""
    texts = []
    for path in sorted(pathlib.Path("/usr/share/locale", language, "LC_MESSAGES").glob("iso*.mo")):
        data = path.read_bytes()
        _, _, count, _, table = struct.unpack("<5I", data[:20])
        for i in range(count):
            length, begin = struct.unpack_from("<2I", data, table + 8 * i)
            texts.append(data[begin:begin + length])
    chance.shuffle(texts)
    return b"\n".join(texts)

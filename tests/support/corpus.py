"""The kernel's sources as pieces of text: input of the proofs and benchmarks.

linux-source-6.1 is a Debian package; it is installed where it is missing and unpacked once into the
user's cache folder.
"""
import os
import pathlib
import subprocess

ARCHIVE = pathlib.Path("/usr/src/linux-source-6.1.tar.xz")
ENDINGS = (".c", ".h", ".S", ".rst", ".txt")
PIECE_LINES = 30
PIECE_BYTES_MAX = 64 * 1024


def sources():
    """The folder of the unpacked kernel."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "shale"
    unpacked = cache / "linux-source-6.1"
    if unpacked.is_dir():
        return unpacked
    if not ARCHIVE.exists():
        sudo = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run([*sudo, "apt-get", "install", "-y", "-qq", "linux-source-6.1"], check=True,
                       stdin=subprocess.DEVNULL,
                       env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = cache / f"unpacking-{os.getpid()}"
    unfinished.mkdir()
    subprocess.run(["tar", "-xJf", str(ARCHIVE), "-C", str(unfinished)], check=True)
    (unfinished / "linux-source-6.1").rename(unpacked)
    unfinished.rmdir()
    return unpacked


def linux_pieces(limit=None):
    """Yields (path, first line, last line, text) of at most `limit` pieces, in path order."""
    root = sources()
    count = 0
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            path = pathlib.Path(folder) / name
            if path.is_symlink() or not (name.endswith(ENDINGS) or name.startswith("Kconfig")):
                continue
            text = path.read_text(encoding="utf-8", errors="replace").replace("\0", " ")
            lines = text.splitlines(keepends=True)
            for first in range(0, len(lines), PIECE_LINES):
                piece = "".join(lines[first:first + PIECE_LINES])[:PIECE_BYTES_MAX]
                if not piece.strip():
                    continue
                last = min(first + PIECE_LINES, len(lines))
                yield str(path.relative_to(root)), first + 1, last, piece
                count += 1
                if limit is not None and count >= limit:
                    return

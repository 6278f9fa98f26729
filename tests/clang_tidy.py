#!/usr/bin/env python3
"""Runs clang-tidy over a compile database: `clang_tidy.py BUILD`, ends with 1 on any finding.

All processors at once. A file that passed is not looked at again while its preprocessed text, its
flags, .clang-tidy and clang-tidy itself stay the same: BUILD/stamps holds one empty file for each
pass, so a second run costs the preprocessing alone. Catch2's macros put tests beyond the analyzer's
depth and cost seconds each: src/ alone is judged, the compilers' warnings judge the rest.
"""
import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def output_of(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)


def preprocess_command(entry):
    """The entry's command with -E instead of -c, without output files, comments kept (NOLINT)."""
    words, kept = shlex.split(entry["command"]), []
    words = words[1:] if os.path.basename(words[0]) == "ccache" else words
    while words:
        word = words.pop(0)
        if word in ("-o", "-MF", "-MQ", "-MT"):
            words.pop(0)
        elif word not in ("-c", "-MD", "-MMD"):
            kept.append(word)
    return kept + ["-E", "-C", "-w"]


def stamp_of(entry, salt):
    """A name for this file's contents, or None where it cannot be preprocessed."""
    command = preprocess_command(entry)
    done = output_of(command, entry["directory"])
    if done.returncode != 0:
        return None
    return hashlib.sha256(salt + " ".join(command).encode() + done.stdout).hexdigest()


def judge(entry, build, salt):
    """(file, seconds, findings); findings are empty for a pass, seconds 0 for an old one."""
    file = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
    stamp = stamp_of(entry, salt)
    path = os.path.join(build, "stamps", stamp or "none")
    if stamp and os.path.exists(path):
        return file, 0, ""
    start = time.monotonic()
    done = output_of(["clang-tidy", "--quiet", "-p", build, file], ROOT)
    seconds = time.monotonic() - start
    if done.returncode == 0 and stamp:
        with open(path, "w", encoding="utf-8"):
            pass
        return file, seconds, ""
    return file, seconds, (done.stdout + done.stderr).decode(errors="replace")


def salt_of_configuration():
    with open(os.path.join(ROOT, ".clang-tidy"), "rb") as file:
        return file.read() + output_of(["clang-tidy", "--version"], ROOT).stdout


def main(build):
    build = os.path.abspath(build)
    os.makedirs(os.path.join(build, "stamps"), exist_ok=True)
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    sources = os.path.join(ROOT, "src") + os.sep
    entries = {os.path.normpath(os.path.join(entry["directory"], entry["file"])): entry
               for entry in entries}
    entries = [entry for file, entry in entries.items() if file.startswith(sources)]
    salt, failed, fresh = salt_of_configuration(), 0, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, seconds, findings in pool.map(lambda e: judge(e, build, salt), entries):
            fresh += seconds > 0
            if findings:
                failed += 1
                print(f"-- {os.path.relpath(file, ROOT)}\n{findings}", flush=True)
    print(f"clang-tidy: {len(entries)} files ({fresh} new or changed), {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

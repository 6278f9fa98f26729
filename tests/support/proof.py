"""What every proof prints: one line for each thing it must show."""
import argparse
import json
import pathlib
import resource
import subprocess
import sys
import time


def arguments():
    """The command line of every proof: BUILD_FOLDER [--quick] [--json]."""
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


class Ran:
    """A finished process: its output, wall and CPU seconds, and its peak RSS in bytes."""

    def __init__(self, words):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        self.wall = time.monotonic() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in (0, 1):
            sys.exit(f"{' '.join(words)}: exit {done.returncode}: {done.stderr}")
        self.out = done.stdout
        self.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.rss = after.ru_maxrss * 1024


class Proof:
    def __init__(self, as_json):
        self.as_json = as_json
        self.failed = False

    def item(self, name, figure, limit, met):
        self.failed |= not met
        if self.as_json:
            print(json.dumps({"name": name, "figure": figure, "limit": limit, "met": bool(met)}))
        else:
            print(f"{'met    ' if met else 'NOT MET'}  {name}: {figure}  (must: {limit})")
        sys.stdout.flush()

    def skipped(self, name, reason):
        """An item that cannot be shown here; no failure."""
        if self.as_json:
            print(json.dumps({"name": name, "skipped": reason}))
        else:
            print(f"skipped  {name}: {reason}")
        sys.stdout.flush()

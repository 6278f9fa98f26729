#!/usr/bin/env python3
"""kill -9 at random moments: no acknowledged segment is lost, no batch is half there.

Usage: kill_writer.py PROGRAM [--kills N] [--seed S]

A child stashes numbered segments in batches through `shale ingest --ack=BATCH` while this script
kills it at a random moment (during stash, seal or merge: small delta limits make seals and folds
frequent). Every batch also rewrites and erases older segments, so that half a batch would show.
After each kill the store is opened again and compared with what was acknowledged (the newest
batches; all of them every so often and at the end); at the end `verify` must be clean. Exits 1 at
the first violation, with the seed.
"""
import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

BATCH = 20
IDS_AT_ONCE = 1000
WHOLE_CHECK_EVERY = 50  # kills; between them only the newest batches are looked at


def line(number, generation):
    text = f"segment {number} generation {generation} " + "word%d " % (number % 97) * (number % 40)
    return json.dumps({"id": f"s{number}", "text": text, "type": "note", "task": f"t{number % 7}"})


class Run:
    def __init__(self, program, store, seed):
        self.program, self.store = program, store
        self.random = random.Random(seed)
        self.acknowledged = 0  # batches
        self.kills = 0

    def shale(self, *arguments, **options):
        return subprocess.run([self.program, "--store", self.store, *arguments],
                              capture_output=True, text=True, **options)

    def batch(self, number):
        """Batch k stashes BATCH new segments and the first of batch k-1 again."""
        first = number * BATCH
        lines = [line(first + i, 0) for i in range(BATCH - 1)]
        lines.append(line(max(0, first - BATCH), number))
        return lines

    def write_until_killed(self):
        child = subprocess.Popen(
            [self.program, "--store", self.store, "ingest", "--ack=%d" % BATCH, "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        base = self.acknowledged
        deadline = time.monotonic() + self.random.uniform(0.01, 0.25)
        merger = None
        if self.random.random() < 0.4:
            merger = subprocess.Popen([self.program, "--store", self.store, "merge"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        out = child.stdout.fileno()
        os.set_blocking(out, False)
        sent, pending = base, b""
        try:
            while time.monotonic() < deadline:
                if sent < base + 400:
                    child.stdin.write(("\n".join(self.batch(sent)) + "\n").encode())
                    child.stdin.flush()
                    sent += 1
                pending += read_now(out)
        except BrokenPipeError:
            pass
        child.send_signal(signal.SIGKILL)
        if merger is not None and self.random.random() < 0.7:
            merger.send_signal(signal.SIGKILL)
        os.set_blocking(out, True)
        while more := os.read(out, 1 << 16):
            pending += more
        child.wait()
        if merger is not None:
            merger.wait()
        pending = pending.decode()
        acks = [int(l.split()[1]) for l in pending.splitlines() if l.startswith("ack ")]
        if acks:
            self.acknowledged = max(self.acknowledged, base + acks[-1] // BATCH)
        self.kills += 1
        return sent

    def ids_of(self, batches):
        """Which segments of these batches are there; or what went wrong."""
        ids = set()
        wanted = [f"s{number * BATCH + i}" for number in batches for i in range(BATCH - 1)]
        for first in range(0, len(wanted), IDS_AT_ONCE):
            result = self.shale("get", "--ndjson", *wanted[first:first + IDS_AT_ONCE])
            if result.returncode not in (0, 1):
                return ids, f"get failed with {result.returncode}: {result.stderr}"
            ids |= {json.loads(l)["id"] for l in result.stdout.split("\n") if l}
        return ids, None

    def check(self, first, sent):
        """Every acknowledged batch from `first` on is whole; the others are whole or absent."""
        ids, problem = self.ids_of(range(first, sent))
        if problem:
            return problem
        for number in range(first, sent):
            expected = {f"s{number * BATCH + i}" for i in range(BATCH - 1)}
            present = len(expected & ids)
            if number < self.acknowledged and present != len(expected):
                return f"batch {number} was acknowledged, {present} of {len(expected)} are there"
            if present not in (0, len(expected)):
                return f"batch {number} is half there: {present} of {len(expected)}"
            if present and number >= self.acknowledged:
                self.acknowledged = number + 1  # written though not acknowledged: now it counts
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "store")
        run = Run(options.program, store, options.seed)
        made = run.shale("stash", "--id", "first", "made before the first kill")
        if made.returncode != 0:
            sys.exit("the store could not be made: " + made.stderr)
        small_delta(os.path.join(store, "shale.toml"), 300)
        for _ in range(options.kills):
            before = run.acknowledged
            sent = run.write_until_killed()
            whole = run.kills % WHOLE_CHECK_EVERY == 0 or run.kills == options.kills
            problem = run.check(0 if whole else max(0, before - 10), sent)
            if problem:
                sys.exit(f"kill {run.kills}, seed {options.seed}: {problem}")
        verify = run.shale("verify")
        if verify.returncode != 0:
            sys.exit(f"seed {options.seed}: verify: {verify.returncode} {verify.stdout}")
        if run.acknowledged < run.kills // 4:
            sys.exit(f"seed {options.seed}: only {run.acknowledged} batches got through: too few")
        print(f"{run.kills} kills, {run.acknowledged} batches, 0 lost, seed {options.seed}")


def read_now(descriptor):
    try:
        return os.read(descriptor, 1 << 16)
    except BlockingIOError:
        return b""


def small_delta(path, segments):
    """Seals a log at so many segments, so that kills meet seals and folds."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    lines = [f"segments = {segments}" if l.startswith("segments") else l for l in lines]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Power cuts on a real file system: what was acknowledged before the cut is there afterwards.

Usage: power_cut.py PROGRAM --fs ext4|xfs [--cuts N] [--seed S]

Needs root, loop devices and mkfs. A file system in an image is mounted; one process stashes durable
batches, another merges; at a random moment the kernel is told to forget everything that has not
reached the disk (the shutdown ioctl of ext4 and xfs, without flushing the journal). Mounted again,
the store must hold every batch that was acknowledged before the cut began, none by half, verify
clean and take more. Prints one line; exits 1 at the first violation, 77 where it cannot run here.
"""
import argparse
import contextlib
import fcntl
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kill_writer import small_delta  # noqa: E402 (the folder is known only now)

PARTS = 3
SHUTDOWN = 0x8004587D
WITHOUT_JOURNAL = 2
IMAGE_BYTES = {"ext4": 96 << 20, "xfs": 320 << 20}
CANNOT_RUN = 77


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def lines_of(number):
    return "".join(json.dumps({"id": f"{number}-{part}", "text": f"batch {number} part {part} " +
                               "word " * (number % 40)}) + "\n" for part in range(PARTS)).encode()


class Machine:
    """A file system in a file: mounted, cut, mounted again."""

    def __init__(self, folder, kind):
        self.kind = kind
        self.fresh, self.image, self.mount_at = (folder / name for name in ("fresh", "disk", "mnt"))
        self.mount_at.mkdir()
        with open(self.fresh, "wb") as file:
            file.truncate(IMAGE_BYTES[kind])
        made = run(f"mkfs.{kind}", "-q", "-F" if kind == "ext4" else "-f", str(self.fresh))
        if made.returncode != 0:
            sys.exit(f"mkfs.{kind}: {made.stderr}")

    def renew(self):
        run("cp", "--sparse=always", str(self.fresh), str(self.image))

    def mount(self):
        mounted = run("mount", "-o", "loop", str(self.image), str(self.mount_at))
        if mounted.returncode != 0:
            print(f"cannot mount: {mounted.stderr}", file=sys.stderr)
            sys.exit(CANNOT_RUN)

    def is_mounted(self):
        return f" {self.mount_at} " in pathlib.Path("/proc/mounts").read_text(encoding="utf-8")

    def unmount(self):
        for _ in range(200):
            if not self.is_mounted() or run("umount", str(self.mount_at)).returncode == 0:
                return
            time.sleep(0.05)
        sys.exit("cannot unmount")

    def cut(self):
        folder = os.open(self.mount_at, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", WITHOUT_JOURNAL))
        finally:
            os.close(folder)


class PowerCut:
    def __init__(self, program, machine, seed):
        self.program, self.machine = program, machine
        self.random = random.Random(seed)
        self.store = str(machine.mount_at / "store")
        self.acknowledged = 0

    def shale(self, *words, data=None):
        return subprocess.run([self.program, "--store", self.store, *words], input=data,
                              capture_output=True, check=False)

    def once(self):
        """Empty, or what is wrong."""
        self.machine.renew()
        self.machine.mount()
        try:
            made = self.shale("stash", "--id", "first", "before the cut")
            if made.returncode != 0:
                return f"the store cannot be made: {made.stderr.decode()}"
            small_delta(os.path.join(self.store, "shale.toml"), 300)
            promised, sent = self.write_until_cut()
        finally:
            self.machine.unmount()
        self.machine.mount()
        try:
            return self.check(promised, sent)
        finally:
            self.machine.unmount()

    def write_until_cut(self):
        """How many batches were acknowledged before the cut began, and how many were sent."""
        child = subprocess.Popen([self.program, "--store", self.store, "ingest", f"--ack={PARTS}",
                                  "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        merges = subprocess.Popen(
            ["sh", "-c", 'while "$0" --store "$1" merge >/dev/null 2>&1; do sleep .02; done',
             self.program, self.store])
        counts = {"acknowledged": 0, "promised": None}

        def cut():
            time.sleep(self.random.uniform(0, 0.4))
            counts["promised"] = counts["acknowledged"]  # later ones may be false: the cut is on
            self.machine.cut()

        cutter = threading.Thread(target=cut)
        cutter.start()
        sent = 0
        with contextlib.suppress(BrokenPipeError):
            while True:
                child.stdin.write(lines_of(sent))
                child.stdin.flush()
                sent += 1
                if not child.stdout.readline().startswith(b"ack "):
                    break
                counts["acknowledged"] += 1
        cutter.join()
        child.kill()
        child.wait()
        merges.wait()
        self.acknowledged += counts["promised"]
        return counts["promised"], sent

    def check(self, promised, sent):
        there = {}
        out = self.shale("list", "--ndjson", "--limit", "1000000")
        if out.returncode not in (0, 1):
            return f"list: {out.returncode} {out.stderr.decode()}"
        for line in filter(None, out.stdout.decode().split("\n")):
            there.setdefault(json.loads(line)["id"].split("-")[0], []).append(line)
        for number in range(sent):
            parts = len(there.get(str(number), ()))
            if number < promised and parts != PARTS:
                return f"batch {number} of {promised} acknowledged: {parts} parts are there"
            if parts not in (0, PARTS):
                return f"batch {number} is half there"
        if "first" not in there:
            return "the first segment is gone"
        more = self.shale("ingest", f"--ack={PARTS}", "-", data=lines_of(10**6))
        if more.returncode != 0:
            return f"takes nothing more: {more.stderr.decode()}"
        verify = self.shale("verify")
        if verify.returncode != 0:
            return f"verify: {verify.returncode} {verify.stdout.decode()} {verify.stderr.decode()}"
        return ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--fs", choices=sorted(IMAGE_BYTES), required=True)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    if os.geteuid() != 0 or shutil.which(f"mkfs.{options.fs}") is None:
        print(f"needs root and mkfs.{options.fs}", file=sys.stderr)
        sys.exit(CANNOT_RUN)
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(pathlib.Path(folder), options.fs)
        cuts = PowerCut(str(options.program.resolve()), machine, options.seed)
        for number in range(options.cuts):
            problem = cuts.once()
            if problem:
                sys.exit(f"{options.fs}, seed {options.seed}, cut {number}: {problem}")
        print(f"{options.cuts} cuts on {options.fs}, {cuts.acknowledged} batches acknowledged, "
              f"0 lost; seed {options.seed}")


if __name__ == "__main__":
    main()

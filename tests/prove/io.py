#!/usr/bin/env python3
"""`./run prove io`: one line for each thing import, sync and watching must show, measured now.

Usage: io.py BUILD_FOLDER [--quick] [--json]

Folders are copies of linux-source-6.1 (a Debian package, installed if need be), 79,000 files;
--quick takes its folder `kernel` and fewer edits. The old store of 100,000 segments is made here,
in the form its program writes. Exits 1 when an item is not met.
"""
import json
import os
import pathlib
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from corpus import linux_pieces, sources  # noqa: E402 (the folder is known only now)
from proof import Proof, Ran, arguments  # noqa: E402

SEED = 20261130
ROUNDS = 7
SAVES = 40
BURST = 10_000
OLD_SEGMENTS = 100_000


class IoProof(Proof):
    def __init__(self, build, quick, as_json, work):
        super().__init__(as_json)
        self.build, self.quick, self.work = build, quick, work
        self.tree, self.store, self.old = work / "tree", work / "store", work / "old-store"

    def shale(self, store, *words):
        return Ran([str(self.build / "shale"), "--store", str(store), "--quiet", *words])

    def answer(self, store, *words):
        ran = self.shale(store, *words, "--json")
        return json.loads(ran.out), ran

    def measured(self, store, *words):
        """{wall, cpu, rss, exit} of the program alone."""
        done = subprocess.run(
            [sys.executable, "-B", str(ROOT / "tests" / "support" / "measured.py"),
             str(self.build / "shale"), "--store", str(store), "--quiet", *words],
            capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    # -- sync --

    def sync(self):
        # The tree's own ignore file leaves out all of it.
        return self.answer(self.store, "sync", str(self.tree), "--no-ignore")

    def first_sync(self):
        origin = sources() / "kernel" if self.quick else sources()
        shutil.copytree(origin, self.tree, symlinks=True)
        answer, ran = self.sync()
        self.lines = sum(path.read_bytes().count(b"\n") for path in self.files())
        print(f"         first sync: {answer['added']} files, {self.lines} lines, "
              f"{answer['bytes_read'] / 1e6:.0f} MB, {answer['stashed']} segments, "
              f"{ran.wall:.1f} s wall, {ran.cpu:.1f} s CPU")
        self.shale(self.store, "merge")
        disk = sum(path.stat().st_size for path in self.store.rglob("*") if path.is_file())
        per = disk / 1e6 / (self.lines / 1e5)
        self.item("disk for 100,000 lines", f"{per:.2f} MB", "< 50 MB", per < 50)

    def files(self):
        return [path for path in self.tree.rglob("*.[ch]") if not path.is_symlink()]

    def nothing_changed(self):
        walls, finds, read = [], [], 0
        for _ in range(ROUNDS):
            answer, ran = self.sync()
            read += answer["files_read"]
            walls.append(ran.wall)
            found = Ran(["find", str(self.tree), "-printf", "%s %T@\\n"])
            finds.append(found.wall)
        ratio = statistics.median(walls) / statistics.median(finds)
        self.item("nothing changed: files read", read, 0, read == 0)
        self.item("nothing changed: time over that of find -printf '%s %T@'",
                  f"{ratio:.2f} ({statistics.median(walls) * 1e3:.0f} against "
                  f"{statistics.median(finds) * 1e3:.0f} ms)", "<= 2", ratio <= 2 or self.quick)

    def some_changed(self):
        chance = random.Random(SEED)
        files = sorted(self.files())
        changed = chance.sample(files, len(files) // 100)
        for path in changed:
            lines = path.read_bytes().split(b"\n")
            lines.insert(chance.randrange(len(lines)), b"/* an edit */")
            path.write_bytes(b"\n".join(lines))
        answer, ran = self.sync()
        self.item(f"1 % of the files changed ({self.lines} lines)",
                  f"{ran.wall:.2f} s, {answer['files_read']} files read", "< 30 s, those alone",
                  ran.wall < 30 and answer["files_read"] == len(changed) == answer["changed"]
                  + answer["added"])
        words = ["search", "schedule", "timeout", "--limit", "10"]
        runs = [self.measured(self.store, *words) for _ in range(ROUNDS)]
        wall = statistics.median(run["wall"] for run in runs)
        rss = max(run["rss"] for run in runs)
        self.item("first query of a new process", f"{wall * 1e3:.1f} ms, {rss / 1e6:.0f} MB",
                  "< 20 ms, < 100 MB", wall < .02 and rss < 1e8)
        faults = self.answer(self.store, "verify")[0]["faults"]
        self.item("verify afterwards, faults", len(faults), 0, not faults)

    def edits(self):
        count = 100 if self.quick else 1000
        ran = subprocess.run([str(self.build / "tests" / "sync" / "sync_test"),
                              "mirror: after each*"], capture_output=True, text=True, check=False,
                             env={**os.environ, "SHALE_EDITS": str(count)})
        last = ran.stdout.strip().splitlines()[-1]
        self.item(f"{count} random edits, each followed by a sync", last,
                  "a fresh import every time", ran.returncode == 0 and "passed" in last)

    # -- watching --

    def watching(self):
        root, store = self.work / "watched", self.work / "watching"
        for i in range(1000):
            (root / f"d{i % 50}").mkdir(parents=True, exist_ok=True)
            (root / f"d{i % 50}" / f"f{i}.txt").write_text(f"file {i}\n")
        with subprocess.Popen([str(self.build / "shale"), "--store", str(store), "sync", "--watch",
                               str(root), "--ndjson"], stdout=subprocess.PIPE, text=True) as watch:
            watch.stdout.readline()
            self.saves(root, store, watch)
            self.burst(root, store)
            watch.send_signal(signal.SIGINT)

    def saves(self, root, store, watch):
        taken, missed = [], 0
        for i in range(SAVES):
            start = time.monotonic()
            (root / f"d{i}" / f"f{i}.txt").write_text(f"saved zebra{i}x\n")
            watch.stdout.readline()  # told once it is committed
            taken.append(time.monotonic() - start)
            hits = self.answer(store, "search", f"zebra{i}x", "--match", "all")[0]["total"]
            missed += hits != 1
        median = statistics.median(taken)
        self.item("from a save to when it is found", f"{median * 1e3:.1f} ms median, "
                  f"{max(taken) * 1e3:.1f} worst, {missed} not found", "< 50 ms median",
                  median < .05 and missed == 0)

    def burst(self, root, store):
        for i in range(BURST):
            (root / f"d{i % 50}" / f"burst{i}.txt").write_text(f"burst {i}\n")
        end = time.monotonic() + 60
        count = 0
        while count < BURST and time.monotonic() < end:
            count = self.answer(store, "count", "--where", "file:**burst*")[0]["count"]
        time.sleep(1)
        count = self.answer(store, "count", "--where", "file:**burst*")[0]["count"]
        self.item(f"{BURST} files written in a burst", f"{count} segments", BURST, count == BURST)

    # -- import --

    def make_old_store(self):
        """In the original's form: json.dump, two blanks, ASCII."""
        folder = self.work / "old" / "stashed"
        folder.mkdir(parents=True)
        segments = []
        for i, (path, first, last, text) in enumerate(linux_pieces(OLD_SEGMENTS)):
            segments.append({
                "segment_id": f"file-big-{1765152000 + i}.5", "text": text, "type": "code",
                "project_id": "big", "task_id": f"task-{i % 50}",
                "created_at": f"2025-12-08T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}",
                "last_touched_at": "2025-12-09T00:00:05.123456", "pinned": i % 100 == 0,
                "generation": "young", "gc_survival_count": 0, "refcount": 0, "file_path": path,
                "line_range": [first, last], "tags": ["kernel"], "topic_id": None,
                "tokens": len(text) // 4, "tokens_computed_at": "2025-12-09T00:00:06",
                "text_hash": None, "tier": "stashed"})
        with open(folder / "big.json", "w", encoding="utf-8") as file:
            json.dump({"segments": segments}, file, indent=2)
        return folder.parent

    def imports(self):
        folder = self.make_old_store()
        answer, ran = self.answer(self.old, "import", str(folder))
        tokens = self.answer(self.old, "--project", "big", "sum", "tokens")[0]["rows"][0]
        self.item(f"import of {OLD_SEGMENTS} segments, their counts trusted",
                  f"{ran.wall:.2f} s, {answer['counted']} counted",
                  "< 10 s", ran.wall < 10 and answer["stashed"] == OLD_SEGMENTS
                  and answer["counted"] == 0 and tokens["absent"] == 0)
        self.table()

    def table(self):
        """What users of the old form do, each in a process of its own; no musts."""
        one = "file-big-1765152007.5"
        for name, words in {
                "open": ["count"], "stash one": ["stash", "--id", "new", "a new one"],
                "get": ["get", one], "search, 100 hits": ["search", "lock", "--limit", "100"],
                "filter by task": ["list", "--where", "task:task-7"], "pin": ["pin", one],
                "delete": ["rm", one]}.items():
            ran = self.measured(self.old, "--project", "big", *words)
            print(f"         {name}: {ran['wall'] * 1e3:.1f} ms, {ran['cpu'] * 1e3:.1f} ms CPU, "
                  f"{ran['rss'] / 1e6:.0f} MB")

    def replays(self):
        for name in ("import", "export", "sync"):
            script = ROOT / "tests" / "cli" / f"program_{name}_test.py"
            program = (self.build / "shale").resolve()
            ran = subprocess.run([sys.executable, "-B", str(script)], capture_output=True,
                                 text=True, check=False,
                                 env={**os.environ, "SHALE_PROGRAM": str(program)})
            last = ran.stderr.strip().splitlines()[-1]
            self.item(f"behaviours of {name} ({script.name})", last, "OK", ran.returncode == 0)


def main():
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="shale-prove-") as work:
        proof = IoProof(asked.build.resolve(), asked.quick, asked.json, pathlib.Path(work))
        proof.first_sync()
        proof.nothing_changed()
        proof.some_changed()
        proof.edits()
        proof.watching()
        proof.imports()
        proof.replays()
    return 1 if proof.failed else 0


if __name__ == "__main__":
    sys.exit(main())

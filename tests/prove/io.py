#!/usr/bin/env python3
"""`./run prove io`: one line for each thing import, sync and backup must show, measured now.

Usage: io.py BUILD_FOLDER [--quick] [--json]

Folders are copies of linux-source-6.1 (a Debian package, installed if need be), 79,000 files;
--quick takes its folder `kernel` and fewer edits. The old store of 100,000 segments is made here,
in the form its program writes. Exits 1 when an item is not met.
"""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from corpus import linux_pieces, sources  # noqa: E402 (the folder is known only now)
from proof import Proof, Ran, arguments  # noqa: E402
from shared_data import WHERE, shared  # noqa: E402

SEED = 20261130
ROUNDS = 7
SAVES = 40
BURST = 10_000
BACKUPS = 5
OLD_SEGMENTS = 100_000


class Writer(threading.Thread):
    """A process that commits segments w<number>-0, -1, ... one by one, each durable when told."""

    def __init__(self, build, store, number):
        super().__init__()
        self.number, self.acknowledged, self.is_stopped = number, 0, False
        self.process = subprocess.Popen(
            [str(build / "shale"), "--store", str(store), "--quiet", "ingest", "--ack=1", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self):
        while not self.is_stopped:
            line = {"id": f"w{self.number}-{self.acknowledged}", "task": "backup",
                    "text": f"written while it is backed up: {self.acknowledged}"}
            self.process.stdin.write(json.dumps(line) + "\n")
            self.process.stdin.flush()
            if not self.process.stdout.readline().startswith("ack "):
                break
            self.acknowledged += 1
        self.process.stdin.close()
        self.process.wait()

    def stop(self):
        self.is_stopped = True
        self.join()


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

    # -- backup --

    def backups(self):
        """Of the kernel's store, while two processes commit to it one by one."""
        text = self.answer(self.store, "sum", "bytes")[0]["rows"][0]["sum"]
        before = self.answer(self.store, "count")[0]["count"]
        since = self.answer(self.store, "changes")[0]["lsn"]
        writers = [Writer(self.build, self.store, number) for number in range(2)]
        for writer in writers:
            writer.start()
        took, copies = [], []
        for n in range(BACKUPS):
            while min(writer.acknowledged for writer in writers) < 20 * (n + 1):
                time.sleep(.001)
            acknowledged = [writer.acknowledged for writer in writers]
            answer, ran = self.answer(self.store, "backup", str(self.work / f"backup{n}"))
            took.append(ran.wall)
            copies.append((self.work / f"backup{n}", answer["projects"][0]["lsn"], acknowledged))
        for writer in writers:
            writer.stop()
        told = self.answer(self.store, "changes", "--since", str(since))[0]["batches"]
        wrong = 0
        for copy, lsn, acknowledged in copies:
            wrong += not self.equals(copy, lsn, told, before, since, acknowledged)
            shutil.rmtree(copy)
        self.item(f"backup of {text / 1e9:.2f} GB of text beside two writers, {BACKUPS} times",
                  f"{statistics.median(took):.2f} s median, {max(took):.2f} worst", "< 1 s",
                  max(took) < 1 and (text > 1e9 or self.quick))
        self.item("backups that do not verify, or are not one moment of the store", wrong, 0,
                  wrong == 0)

    def equals(self, copy, lsn, told, before, since, acknowledged):
        """Whether a copy is the store as it was at an LSN, with all that was acknowledged."""
        if self.answer(copy, "verify")[0]["faults"]:
            return False
        expected = [batch for batch in told if batch["lsn"] <= lsn]
        if self.answer(copy, "changes", "--since", str(since))[0]["batches"] != expected:
            return False
        ids = {change["id"] for batch in expected for change in batch["changes"]}
        durable = {f"w{number}-{n}" for number, count in enumerate(acknowledged)
                   for n in range(count)}
        listed = self.answer(copy, "list", "--where", "task:backup", "--limit", "1000000")[0]
        return durable <= ids == {one["id"] for one in listed["segments"]} \
            and self.answer(copy, "count")[0]["count"] == before + len(ids)

    def crash_states(self):
        ran = subprocess.run([str(self.build / "tests" / "backup" / "backup_test"),
                              "whatever a crash leaves*"],
                             capture_output=True, text=True, check=False)
        states = sum(int(number) for number in re.findall(r"(\d+) looked at", ran.stdout))
        self.item("crash states of backup and restore", f"{states} looked at, "
                  f"exit {ran.returncode}", "no violation", ran.returncode == 0 and states > 1000)

    # -- behaviours --

    def program_test(self, name, what, *cases):
        script = ROOT / "tests" / "cli" / f"program_{name}_test.py"
        program = (self.build / "shale").resolve()
        ran = subprocess.run([sys.executable, "-B", str(script), *cases], capture_output=True,
                             text=True, check=False,
                             env={**os.environ, "SHALE_PROGRAM": str(program)})
        lines = ran.stderr.strip().splitlines()
        count = next((line for line in lines if line.startswith("Ran ")), "")
        self.item(f"{what} ({script.name})", f"{count}: {lines[-1]}", "OK",
                  ran.returncode == 0 and "skipped" not in lines[-1])

    def replays(self):
        if shared("data/formats"):
            self.program_test("import", "literal files, field by field, and back by both exports",
                              "LiteralFiles")
        else:
            self.skipped("literal files", f"they are not at {WHERE}")
        for name, what in {
                "replay": "what the stores that users come from promise",
                "import": "import", "export": "export", "changes": "changes",
                "union": "import of another store, kill -9 of that and of any import",
                "sync": "sync, kill -9 in the middle of it",
                "backup": "backup, bundle and restore, kill -9 in the middle of each"}.items():
            self.program_test(name, what)


def main():
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="shale-prove-") as work:
        proof = IoProof(asked.build.resolve(), asked.quick, asked.json, pathlib.Path(work))
        proof.first_sync()
        proof.nothing_changed()
        proof.some_changed()
        proof.backups()
        proof.crash_states()
        proof.edits()
        proof.watching()
        proof.imports()
        proof.replays()
    return 1 if proof.failed else 0


if __name__ == "__main__":
    sys.exit(main())

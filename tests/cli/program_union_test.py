#!/usr/bin/env python3
"""`shale import STORE`: the union of two stores, whatever the policy, whatever is killed."""
import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from program import HAS_SANITIZER, PROGRAM, Case
from segments import random_segments, seeded

COUNTS = ["added", "same", "conflicts", "mine", "theirs", "both", "synced", "stashed",
          "text_bytes"]
POLICIES = ["newest", "both", "mine", "theirs"]


def files_of(folder):
    """Every file with its size and time of change."""
    return {os.path.join(path, name): (os.stat(os.path.join(path, name)).st_size,
                                       os.stat(os.path.join(path, name)).st_mtime_ns)
            for path, _, names in os.walk(folder) for name in names}


class UnionCase(Case):
    def path(self, name):
        return os.path.join(self.folder, name)

    def fill(self, store, *segments):
        """Makes the store; what is said of it stays what it is, for nobody counts."""
        self.text("init", "--tokenizer", "none", "--analysis", "plain", "--store",
                  self.path(store))
        return self.ingest(*segments, SHALE_STORE=self.path(store))

    def held(self, store):
        lines = self.lines("export", "--all-projects", "--store", self.path(store))
        return {(line["project"], line["id"]): line for line in lines}

    def texts(self, store):
        return {name: line["text"] for (_, name), line in self.held(store).items()}

    def lsn(self, store):
        stats = self.json("stats", "--all-projects", "--store", self.path(store))
        return [project["committed_lsn"] for project in stats["projects"]]

    def take_in(self, into, other, *words, **options):
        return self.json("import", other, "--store", self.path(into), *words, **options)

    def copy(self, store, name):
        self.text("backup", name, "--copy", "--store", self.path(store))


class Policies(UnionCase):
    def setUp(self):
        super().setUp()
        self.fill("a", {"id": "only-a", "text": "a"}, {"id": "same", "text": "s", "touched_at": 9,
                                                       "created_at": 1},
                  {"id": "x", "text": "old", "touched_at": 1, "created_at": 1, "tags": ["mine"]},
                  {"id": "y", "text": "new", "touched_at": 5, "created_at": 1})
        self.fill("b", {"id": "only-b", "text": "b", "pinned": True, "attrs": {"k": [1]}},
                  {"id": "same", "text": "s", "touched_at": 9, "created_at": 1},
                  {"id": "x", "text": "newer", "touched_at": 2, "created_at": 1},
                  {"id": "y", "text": "older", "touched_at": 4, "created_at": 1})

    def test_each_decides_and_is_told(self):
        rest = {"only-a": "a", "only-b": "b", "same": "s"}
        for policy, wanted in [("mine", {"x": "old", "y": "new"}),
                               ("theirs", {"x": "newer", "y": "older"}),
                               ("newest", {"x": "newer", "y": "new"}),
                               ("both", {"x": "newer", "y": "new"})]:
            with self.subTest(policy):
                self.copy("a", policy)
                before = self.lsn(policy)
                dry = self.take_in(policy, "b", "--on-conflict", policy, "--dry-run")
                self.assertEqual(self.lsn(policy), before)
                wet = self.take_in(policy, "b", "--on-conflict", policy)
                self.assertEqual([dry.pop("dry_run"), wet.pop("dry_run")], [True, False])
                del dry["seconds"], wet["seconds"]
                self.assertEqual(dry, wet)
                got = self.texts(policy)
                beside = {name: text for name, text in got.items() if "~" in name}
                self.assertEqual({name: text for name, text in got.items() if "~" not in name},
                                 {**rest, **wanted})
                self.assertEqual(sorted(beside.values()),
                                 ["old", "older"] if policy == "both" else [])
                self.assertEqual((wet["added"], wet["same"], wet["conflicts"]), (1, 1, 2))
                self.assertEqual(wet["mine"] + wet["theirs"] + wet["both"], 2)
                self.assertEqual(wet["projects"][0]["conflicting"], ["x", "y"])
                taken = self.held(policy)["default", "only-b"]
                self.assertEqual(taken, self.held("b")["default", "only-b"])

    def test_without_one_a_conflict_is_an_error_and_nothing_is_written(self):
        before = self.held("a"), self.lsn("a")
        done = self.run_program("import", "b", "--store", self.path("a"), exit=2)
        self.assertEqual(done.stdout, b"")
        self.assertIn(b'2 segments differ from those of the same id here, the first is "x" of '
                      b'project "default". Nothing was written', done.stderr)
        self.assertEqual((self.held("a"), self.lsn("a")), before)
        dry = self.take_in("a", "b", "--dry-run", exit=2)
        self.assertEqual((dry["added"], dry["same"], dry["conflicts"], dry["mine"]), (1, 1, 2, 0))
        self.assertEqual(self.lsn("a"), before[1])
        # What both have the same is none.
        self.text("rm", "x", "y", "--store", self.path("a"))
        self.assertEqual(self.take_in("a", "b")["added"], 3)

    def test_what_is_printed(self):
        self.copy("a", "c")
        text = self.text("import", "b", "--on-conflict", "newest", "--store", self.path("c"))
        self.assertRegex(text, r"^default: 1 added, 1 same, 2 conflicts \(1 mine, 1 theirs\): x, y"
                               r"\n1 added, 1 same, 2 conflicts \(1 mine, 1 theirs\); 2 stashed, "
                               r"6 B in \d+\.\d\d s\n$")
        self.copy("a", "d")
        answer = self.take_in("d", "b", "--on-conflict", "both")
        self.assertEqual(list(answer), ["v", *COUNTS, "projects", "differences", "dry_run",
                                        "seconds"])
        self.assertEqual(list(answer["projects"][0]), ["name", "from", "is_new", *COUNTS,
                                                       "conflicting", "differences"])
        self.copy("a", "e")
        *conflicts, last = self.ndjson("import", "b", "--on-conflict", "both", "--store",
                                       self.path("e"))
        self.assertEqual([[c["project"], c["id"], c["kept"]] for c in conflicts],
                         [["default", "x", "both"], ["default", "y", "both"]])
        self.assertEqual({c["new_id"] for c in conflicts},
                         {name for name in self.texts("e") if "~" in name})
        self.assertEqual(last["conflicts"], 2)
        self.assertEqual(self.run_program("import", "b", "--on-conflict", "mine", "--quiet",
                                          "--store", self.path("e")).stdout, b"")


class RandomStores(UnionCase):
    def segments(self, rng):
        """Of 300 ids some, each in one of few versions."""
        chosen = [one for one in random_segments(300, random.Random(1)) if rng.random() < .7]
        for one in chosen:
            if rng.random() < .5:
                one["text"] = rng.choice(["alpha", "beta", "gamma"])
            if rng.random() < .3:
                one["touched_at"] = 1_700_000_000 + rng.randrange(20)
            if rng.random() < .2:
                one["pinned"] = rng.random() < .5
            one["project"] = rng.choice("pq") if rng.random() < .05 else "p"
        return chosen

    def test_neither_direction_matters_nor_how_often(self):
        for _ in range(2 if HAS_SANITIZER else 6):
            seed, rng = seeded()
            for policy in ["newest", "both"]:
                with self.subTest(seed=seed, policy=policy):
                    names = [f"{name}-{policy}-{seed}" for name in "ab"]
                    for name in names:
                        self.fill(name, *self.segments(rng))
                        if rng.random() < .5:
                            self.text("merge", "--all-projects", "--full", "--store",
                                      self.path(name))
                    self.copy(names[0], "whole")
                    self.take_in("whole", names[1], "--on-conflict", policy)
                    self.take_in(names[1], names[0], "--on-conflict", policy)
                    self.assertEqual(self.held("whole"), self.held(names[1]))
                    lsn = self.lsn("whole")
                    for name in names:
                        again = self.take_in("whole", name, "--on-conflict", policy)
                        self.assertEqual((again["added"], again["stashed"]), (0, 0))
                    self.assertEqual(self.lsn("whole"), lsn)
                    for store in ["whole", names[1]]:
                        self.assertEqual(self.json("verify", "--all-projects", "--store",
                                                   self.path(store))["faults"], [])
                    self.remove("whole")

    def remove(self, name):
        os.rename(self.path(name), self.path(f"old{random.random()}"))


class Places(UnionCase):
    def setUp(self):
        super().setUp()
        self.fill("b", {"id": "1", "text": "one", "project": "p"},
                  {"id": "2", "text": "two", "project": "q/ü"})

    def test_projects(self):
        self.fill("a", {"id": "1", "text": "one", "project": "r"})
        answer = self.take_in("a", "b")
        self.assertEqual([(p["name"], p["is_new"]) for p in answer["projects"]],
                         [("p", True), ("q/ü", True)])
        done = self.run_program("import", "b", "--project", "r", "--store", self.path("a"), exit=2)
        self.assertIn("Several projects (p, q/ü)".encode(), done.stderr)
        answer = self.take_in("a", "b", "--project", "r", "--from-project", "q/ü")
        self.assertEqual([(p["name"], p["from"], p["added"]) for p in answer["projects"]],
                         [("r", "q/ü", 1)])
        self.assertEqual(self.take_in("a", "b", "--from-project", "p")["same"], 1)
        self.assertEqual(sorted(self.held("a")), [("p", "1"), ("q/ü", "2"), ("r", "1"),
                                                  ("r", "2")])
        self.run_program("import", "b", "--from-project", "z", "--store", self.path("a"), exit=5)

    def test_a_new_store_is_made_like_the_other(self):
        self.text("import", "b", "--store", self.path("new"))
        other = self.json("config", "--store", self.path("b"))["config"]
        self.assertEqual(self.json("config", "--store", self.path("new"))["config"], other)
        self.assertIn('tokenizer = "none"', other)
        self.text("import", "b", "--tokenizer", "cl100k_base", "--store", self.path("said"))
        self.assertIn('tokenizer = "cl100k_base"',
                      self.json("config", "--store", self.path("said"))["config"])
        self.text("init", "--index", "none", "--store", self.path("bare"))
        self.text("import", "bare", "--store", self.path("as-bare"))
        self.assertIn('index = "none"',
                      self.json("config", "--store", self.path("as-bare"))["config"])
        self.text("import", "bare", "--index", "terms", "--store", self.path("terms"))
        self.assertIn('index = "terms"',
                      self.json("config", "--store", self.path("terms"))["config"])
        self.take_in("dry", "b", "--dry-run")
        self.assertFalse(os.path.exists(self.path("dry")))

    def test_settings_that_differ_are_told(self):
        self.text("init", "--store", self.path("a"))
        self.ingest({"id": "3", "text": "three", "project": "p"}, SHALE_STORE=self.path("a"))
        done = self.run_program("import", "b", "--store", self.path("a"))
        self.assertIn(b"tokenizer is o200k_base here and none there", done.stderr)
        self.assertIn(b"project p: analysis is english here and plain there", done.stderr)

    def test_the_store_itself(self):
        os.symlink("b", self.path("link"))
        for store, other in [("b", "b"), ("b", "link"), ("link", "b"), ("b", "./b/")]:
            done = self.run_program("import", other, "--store", self.path(store), exit=2)
            self.assertIn(b"into itself", done.stderr)
            self.run_program("import", other, "--dry-run", "--store", self.path(store), exit=2)

    def test_the_other_is_only_read(self):
        before = files_of(self.path("b"))
        for path, _, names in os.walk(self.path("b")):
            os.chmod(path, 0o500)
            for name in names:
                os.chmod(os.path.join(path, name), 0o400)
        self.assertEqual(self.take_in("a", "b")["added"], 2)
        self.assertEqual(files_of(self.path("b")), before)
        for path, _, _ in os.walk(self.path("b")):
            os.chmod(path, 0o700)

    def test_what_is_missing_or_damaged(self):
        self.run_program("import", "none", "--store", self.path("a"), exit=5)
        self.text("merge", "--all-projects", "--full", "--store", self.path("b"))
        shards = os.path.join(self.path("b"), "projects/p/shards")
        shard, = (name for name in os.listdir(shards) if name.endswith(".shard"))
        path = os.path.join(shards, shard)
        with open(path, "rb") as file:
            whole = file.read()
        self.write(path, whole[:len(whole) // 2])
        error = self.json("import", self.path("b"), "--store", self.path("a"), exit=3)["error"]
        self.assertEqual((error["code"], error["path"]), ("corrupt", path))
        # A byte of a text is found when that is read.
        place = whole.index(b"one") if b"one" in whole else len(whole) // 2
        self.write(path, whole[:place] + b"?" + whole[place + 1:])
        error = self.json("import", self.path("b"), "--store", self.path("a"), exit=3)["error"]
        self.assertEqual(error["path"], path)
        self.write(path, whole)
        self.assertEqual(self.take_in("a", "b")["added"], 2)

    def test_usage(self):
        self.write("x.ndjson", '{"id": "a", "text": "b"}\n')
        for words in [["b", "x.ndjson"], ["b", "--format", "ndjson"], ["b", "--with-deleted"],
                      ["b", "--sql", "select 1"], ["b", "--on-conflict", "first"],
                      ["x.ndjson", "--on-conflict", "mine"], ["x.ndjson", "--from-project", "p"],
                      ["b", "b"]]:
            self.run_program("import", *words, "--store", self.path("a"), exit=2)
        self.assertFalse(os.path.exists(self.path("a")))


class Ended(UnionCase):
    """Ended at any moment: what is there is whole, and the next call does the rest."""

    COUNT = 6_000 if HAS_SANITIZER else 100_000

    def lines_of(self, version, bytes_each):
        filler = "word " * (bytes_each // 5)
        return "".join(json.dumps({"id": f"s{n}", "text": f"{version} {n} {filler}",
                                   "created_at": 1, "touched_at": version}) + "\n"
                       for n in range(self.COUNT))

    def start(self, *words):
        return subprocess.Popen([PROGRAM, *words], cwd=self.folder, env=self.environment(),
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def versions(self):
        """How many are there of either version; each whole."""
        counts = {1: 0, 2: 0}
        for line in self.lines("export"):
            version, number, _ = line["text"].split(" ", 2)
            self.assertEqual((line["id"], line["touched_at"]),
                             (f"s{number}", f"1970-01-01T00:00:0{version}Z"))
            counts[int(version)] += 1
        return counts

    def loop(self, *words, rounds):
        """Kills, looks, and lets the last call come to its end."""
        began = time.monotonic()
        old = self.versions()[1]
        whole = None
        cut = 0
        seed, rng = seeded()
        with self.subTest(seed=seed):
            for number in range(rounds):
                process = self.start(*words)
                # The first round finds out how long it takes.
                time.sleep(rng.uniform(.02, whole or .5))
                is_last_kill = process.poll() is None
                process.send_signal(signal.SIGKILL)
                process.communicate()
                cut += is_last_kill
                counts = self.versions()
                self.assertGreaterEqual(sum(counts.values()), old)
                whole = max(.3, (time.monotonic() - began) / (number + 1) / 2)
                self.assertEqual(self.json("verify")["faults"], [])
            self.assertGreater(cut, 0)
            self.text(*words)
            self.assertEqual(self.versions(), {1: 0, 2: self.COUNT})
            self.assertEqual(self.json("verify")["faults"], [])

    def test_a_union_that_is_killed(self):
        self.text("init", "--tokenizer", "none", "--analysis", "plain")
        old = self.lines_of(1, 100).splitlines(keepends=True)
        self.run_program("ingest", stdin="".join(old[::2]))
        self.text("init", "--tokenizer", "none", "--store", self.path("b"))
        self.run_program("ingest", "--store", self.path("b"), stdin=self.lines_of(2, 100))
        self.loop("import", "b", "--on-conflict", "newest", rounds=4)

    def test_an_import_that_is_killed(self):
        self.text("init", "--tokenizer", "none", "--analysis", "plain")
        self.run_program("ingest", stdin=self.lines_of(1, 100))
        self.write("new.ndjson", self.lines_of(2, 100))
        self.loop("import", "new.ndjson", rounds=4)

    def test_a_long_import_that_is_killed(self):
        self.text("init", "--tokenizer", "none", "--analysis", "plain")
        self.run_program("ingest", stdin=self.lines_of(1, 20))
        self.write("new.ndjson", self.lines_of(2, 700))  # over 64 MiB: straight to shards
        self.loop("import", "new.ndjson", rounds=3)

    def test_a_union_that_is_interrupted(self):
        self.COUNT = max(self.COUNT, 20_000)  # several batches
        self.fill("b")
        self.run_program("ingest", "--store", self.path("b"), stdin=self.lines_of(2, 100))
        for _ in range(10):  # it may have been at its end already
            process = self.start("import", "b")
            while process.poll() is None and not self.has_some():
                pass
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate()
            self.assertIn(process.returncode, (0, 130))
            if int(self.text("count")) < self.COUNT:
                break
            shutil.rmtree(self.store)
        self.assertEqual(process.returncode, 130)
        self.assertRegex(errors, rb"\d+ segments are stashed, the rest is not")
        some = int(self.text("count"))
        self.assertTrue(0 < some < self.COUNT)
        self.assertEqual(self.json("import", "b")["same"], some)
        self.assertEqual(self.versions(), {1: 0, 2: self.COUNT})

    def has_some(self):
        return os.path.exists(self.store) and int(self.text("count", exit=(0, 5)) or 0) > 0


if __name__ == "__main__":
    unittest.main()

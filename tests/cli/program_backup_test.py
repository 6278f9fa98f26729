#!/usr/bin/env python3
"""`backup restore`: a store once more, while others write, whatever is killed."""
import json
import os
import random
import re
import signal
import subprocess
import threading
import time
import unittest

from program import HAS_SANITIZER, PROGRAM, Case


class Backup(Case):
    def setUp(self):
        super().setUp()
        self.ingest({"id": "a", "text": "one"}, {"id": "b", "text": "two", "project": "other"})
        self.text("merge", "--full")
        self.ingest({"id": "c", "text": "three"}, {"id": "d", "text": "gone"})
        self.text("rm", "d")

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def segments(self, store, *words):
        listed = self.ndjson("list", "--store", store, *words, exit=None)
        return {one["id"]: self.text("get", one["id"], "--store", store, *words) for one in listed}

    def check_same(self, store):
        for words in ([], ["--project", "other"]):
            self.assertEqual(self.segments(store, *words), self.segments(self.store, *words))
        self.assertEqual(self.json("verify", "--store", store)["faults"], [])

    def test_a_folder(self):
        self.assertRegex(self.text("backup", "copy"),
                         r"^default: edition \d+, LSN \d+\nother: edition \d+, LSN \d+\n"
                         r"\d+ files in copy: \d.* linked, \d.* copied in \d+\.\d\d s\n$")
        self.check_same(self.path("copy"))
        self.assertTrue(any(os.stat(os.path.join(folder, name)).st_nlink == 2
                            for folder, _, names in os.walk(self.path("copy")) for name in names))
        answer = self.json("backup", "second", "--copy", "--verify")
        self.assertEqual(list(answer), ["v", "files", "linked_files", "linked_bytes",
                                        "copied_bytes", "projects", "path", "seconds"])
        self.assertEqual([list(one) for one in answer["projects"]],
                         [["name", "edition", "lsn"]] * 2)
        self.assertEqual((answer["linked_files"], answer["path"]), (0, "second"))
        self.check_same(self.path("second"))
        self.assertEqual(self.run_program("backup", "third", "--quiet").stdout, b"")
        self.assertEqual(sorted(os.listdir(self.folder)), ["copy", "s", "second", "third"])

    def test_both_are_written_on(self):
        self.text("backup", "copy")
        for store, text in ((self.store, "here"), (self.path("copy"), "there")):
            self.text("stash", "--id", "a", text, "--store", store)
            self.text("merge", "--full", "--store", store)
            self.text("stash", "--id", "e", text, "--store", store)
        for store, text in ((self.store, "here"), (self.path("copy"), "there")):
            self.assertEqual([self.text("get", name, "--store", store) for name in ("a", "e", "c")],
                             [text, text, "three"])
            self.assertEqual(self.json("verify", "--store", store)["faults"], [])

    def test_a_bundle(self):
        answer = self.json("backup", "--bundle", "one.bundle")
        self.assertGreater(answer["copied_bytes"], 0)
        self.text("backup", "--bundle", "two.bundle", "--verify")
        self.assertEqual(self.read("one.bundle"), self.read("two.bundle"))
        self.assertRegex(self.text("restore", "one.bundle", "copy"), r"files in copy: 0 B linked")
        self.check_same(self.path("copy"))

    def test_restore_goes_where_the_store_would_be(self):
        self.text("backup", "copy")
        before = self.segments(self.store)
        self.text("restore", "copy", exit=2)  # it is there
        os.rename(self.store, self.path("away"))
        self.text("restore", "copy")
        self.assertEqual(self.segments(self.store), before)
        self.text("restore", self.path("copy"), "again", "--verify", "--copy")
        self.check_same(self.path("again"))

    def test_refusals(self):
        os.mkdir(self.path("full"))
        self.write("full/file", "mine")
        self.write("broken", "no bundle")
        for words, status in ((["backup"], 2), (["backup", "x", "--bundle", "y"], 2),
                              (["backup", "full"], 2), (["backup", "s/inside"], 2),
                              (["backup", "--bundle", "s/inside"], 2), (["restore"], 2),
                              (["restore", "s", "full"], 2), (["restore", "nothing", "x"], 5),
                              (["restore", "full", "x"], 5), (["restore", "broken", "x"], 3)):
            done = self.run_program(*words, exit=status)
            self.assertEqual(done.stdout, b"")
            self.assertNotEqual(done.stderr, b"")
        self.text("backup", "x", "--store", self.path("none"), exit=5)
        self.assertEqual(sorted(os.listdir(self.folder)), ["broken", "full", "s"])
        self.assertEqual(os.listdir(self.path("full")), ["file"])

    def test_damage_is_told_with_its_place_and_leaves_nothing(self):
        self.text("backup", "--bundle", "bundle")
        whole = self.read("bundle")
        for changed in (whole[:-1], whole[:5000], whole[:4200] + b"?" + whole[4201:]):
            self.write("bundle", changed)
            error = self.json("restore", "bundle", "copy", exit=3)["error"]
            self.assertEqual((error["code"], error["path"]), ("corrupt", "bundle"))
            self.assertEqual(sorted(os.listdir(self.folder)), ["bundle", "s"])

    def test_of_files_without_rights_to_write(self):
        for folder, _, names in os.walk(self.store):
            for name in names:
                os.chmod(os.path.join(folder, name), 0o400)
        self.text("backup", "copy")
        self.check_same(self.path("copy"))


class Writer:
    """A process that takes numbered lines and says which are durable."""

    def __init__(self, case, name):
        self.name, self.acked, self.over = name, 0, False
        self.process = subprocess.Popen([PROGRAM, "ingest", "--ack=3", "-"], cwd=case.folder,
                                        env=case.environment(), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.threads = [threading.Thread(target=self.write), threading.Thread(target=self.read)]
        for thread in self.threads:
            thread.start()

    def write(self):
        number = 0
        while not self.over:
            line = {"id": f"{self.name}{number:07}", "text": f"text {self.name} {number} " * 9}
            self.process.stdin.write(json.dumps(line).encode() + b"\n")
            self.process.stdin.flush()
            number += 1
        self.process.stdin.close()

    def read(self):
        for line in self.process.stdout:
            match = re.match(rb"ack (\d+)", line)
            if match:
                self.acked = int(match.group(1))

    def end(self):
        self.over = True
        for thread in self.threads:
            thread.join()
        self.process.wait()
        self.process.stdout.close()


class WhileOthersWrite(Case):
    def test_each_backup_has_what_was_durable_and_a_beginning_of_what_was_written(self):
        self.make_store()
        writers = [Writer(self, name) for name in "xy"]
        try:
            for number in range(6):
                time.sleep(.3)
                durable = [writer.acked for writer in writers]
                words = ["--bundle", f"b{number}"] if number % 3 == 2 else [f"b{number}"]
                self.text("backup", *words)
                copy = os.path.join(self.folder, f"b{number}")
                if number % 3 == 2:
                    self.text("restore", f"b{number}", f"r{number}")
                    copy = os.path.join(self.folder, f"r{number}")
                self.assertEqual(self.json("verify", "--store", copy)["faults"], [])
                for writer, least in zip(writers, durable):
                    last = f"{writer.name}{10 ** 7 - 1}"
                    count = int(self.text("count", "--where", f"id:{writer.name}*", "--store",
                                          copy))
                    self.assertGreaterEqual(count, least)
                    if count:
                        self.text("get", f"{writer.name}{count - 1:07}", "--store", copy)
                    self.text("get", f"{writer.name}{count:07}", "--store", copy, exit=1)
                    self.text("get", last, "--store", copy, exit=1)
        finally:
            for writer in writers:
                writer.end()
        self.assertEqual(self.json("verify")["faults"], [])


class Killed(Case):
    """kill -9 at any moment: the target is absent or whole, and the next call completes it."""

    def setUp(self):
        super().setUp()
        words = [f"word{n}" for n in range(5000)]
        chance = random.Random(7)
        count = 500 if HAS_SANITIZER else 8000
        self.ingest(*({"id": f"s{n}", "text": " ".join(chance.choices(words, k=300))}
                      for n in range(count)))
        self.text("merge", "--full")
        self.ingest(*({"id": f"t{n}", "text": " ".join(chance.choices(words, k=300))}
                      for n in range(count // 8)))
        self.count = self.text("count")

    def loop(self, target, *words, rounds=25):
        path = os.path.join(self.folder, target)

        def call():
            return subprocess.Popen([PROGRAM, *words], cwd=self.folder, env=self.environment(),
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        began = time.monotonic()
        self.assertEqual(call().wait(), 0)
        whole = time.monotonic() - began
        self.remove(path)
        chance = random.Random(rounds)
        cut = 0
        for _ in range(rounds):
            process = call()
            time.sleep(chance.uniform(0, whole))
            process.send_signal(signal.SIGKILL)
            process.wait()
            if os.path.exists(path):
                self.check(path)
                self.remove(path)
            cut += os.path.exists(path + ".tmp")
            # What it left behind is there for the next one, killed or not.
        self.text(*words)
        self.check(path)
        self.assertFalse(os.path.exists(path + ".tmp"))
        self.remove(path)
        self.assertGreater(cut, 0)

    def remove(self, path):
        if os.path.isdir(path):
            subprocess.run(["rm", "-r", path], check=True)
        else:
            os.remove(path)

    def check(self, path):
        store = path
        if os.path.isfile(path):
            store = os.path.join(self.folder, "checked")
            self.text("restore", path, store)
        self.assertEqual(self.text("count", "--store", store), self.count)
        self.assertEqual(self.json("verify", "--store", store)["faults"], [])
        if store != path:
            self.remove(store)

    def test_backup(self):
        self.loop("copy", "backup", "copy", "--copy")
        self.assertEqual(self.json("verify")["faults"], [])

    def test_bundle(self):
        self.loop("bundle", "backup", "--bundle", "bundle")

    def test_restore(self):
        self.text("backup", "folder")
        self.text("backup", "--bundle", "bundle")
        self.loop("copy", "restore", "folder", "copy")
        self.loop("copy", "restore", "bundle", "copy")


if __name__ == "__main__":
    unittest.main()

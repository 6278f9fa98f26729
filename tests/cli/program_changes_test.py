#!/usr/bin/env python3
"""`changes`: who stashed, superseded, updated and erased what; once, and as it happens."""
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
import unittest

from program import PROGRAM, Case


class Changes(Case):
    def setUp(self):
        super().setUp()
        self.text("stash", "--id", "a", "one")
        self.text("stash", "--id", "a", "two")
        self.text("pin", "a")
        self.text("stash", "--id", "b", "three")
        self.text("rm", "b")

    def kinds(self, *words, **options):
        return [(one["change"], one["id"]) for one in self.ndjson("changes", *words, **options)]

    def test_each_kind_folded_or_not(self):
        expected = [("stashed", "a"), ("superseded", "a"), ("updated", "a"), ("stashed", "b"),
                    ("erased", "b")]
        for _ in range(2):
            self.assertEqual(self.kinds(), expected)
            lines = self.text("changes").splitlines()
            self.assertEqual(len(lines), 5)
            for line, (kind, name) in zip(lines, expected):
                self.assertRegex(line, rf"^\d+\t20\d\d-\d\d-\d\dT[\d:.]+Z\t\d+\t{kind}\t{name}$")
            self.text("merge", "--full")
        changes = os.path.join(self.store, "projects", "default", "changes")
        name, = os.listdir(changes)
        told = self.text("inspect", os.path.join(changes, name))
        self.assertIn("batches: 5\nchanges in them: 5\n", told)

    def test_from_an_lsn_a_time_an_age_and_of_one_id(self):
        batches = self.json("changes")["batches"]
        self.assertEqual(len(batches), 5)
        since = self.json("changes", "--since", str(batches[1]["lsn"]))
        self.assertEqual(since["batches"], batches[2:])
        self.assertEqual(since["lsn"], batches[-1]["lsn"])
        self.assertEqual(since["kept_after"], 0)
        self.assertEqual(self.json("changes", "--since", str(since["lsn"]))["batches"], [])
        self.assertEqual(self.json("changes", "--since", "1h")["batches"], batches)
        self.assertEqual(self.json("changes", "--since", "2100-01-01")["batches"], [])
        at = batches[3]["committed_at"]
        self.assertEqual(self.json("changes", "--since", at)["batches"], batches[3:])
        self.assertEqual(self.kinds("--id", "b"), [("stashed", "b"), ("erased", "b")])
        self.assertEqual(len(self.json("changes", "--id", "b", "--id", "a")["batches"]), 5)
        self.assertEqual(self.text("changes", "--id", "c"), "")

    def test_what_a_power_cut_could_take_back_is_left_out_if_asked_for(self):
        self.assertEqual(len(self.json("changes", "--durable")["batches"]), 5)
        lsn = self.json("changes", "--durable")["lsn"]
        process, lines = self.follow("--durable", "--since", str(lsn))
        self.text("stash", "--id", "c", "text")
        self.assertEqual(lines.get(timeout=60)["id"], "c")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)

    def test_what_is_wrong_is_told(self):
        told = self.run_program("changes", "--since", "now", exit=2).stderr.decode()
        self.assertIn('not "now"', told)
        lsn = self.json("changes")["lsn"]
        told = self.run_program("changes", "--since", str(lsn + 1), exit=2).stderr.decode()
        self.assertIn(f"the newest is {lsn}", told)
        self.run_program("changes", "--project", "none", exit=5)
        self.run_program("changes", "--all-projects", exit=2)

    def test_an_ingest_tells_how_many_and_what_its_shards_hold(self):
        self.ingest({"id": "a", "text": "x"})
        texts = "x" * 40_000  # the first 64 MiB go through the log
        lines = "".join(json.dumps({"id": f"i{n}", "text": texts}) + "\n" for n in range(2_000))
        lines += json.dumps({"id": "a", "text": "bulk"})
        before = self.json("changes")["lsn"]
        self.text("ingest", "--quiet", stdin=lines + "\n")
        batches = [one for one in self.json("changes", "--since", str(before))["batches"]
                   if "ingest" in one]
        self.assertGreater(len(batches), 0)
        for batch in batches:
            self.assertEqual(len(batch["changes"]), batch["ingest"]["stashed"])
            self.assertEqual({one["change"] for one in batch["changes"]}, {"ingested"})
        self.assertEqual(batches[-1]["ingest"]["superseded"], 1)
        self.assertIn("a", [one["id"] for one in batches[-1]["changes"]])

    def test_what_is_not_kept_any_more_is_told(self):
        config = os.path.join(self.store, "shale.toml")
        with open(config, encoding="utf-8") as file:
            text = file.read()
        self.write(config, re.sub(r"keep_days = \d+", "keep_days = 0", text))
        lsn = self.json("changes")["batches"][0]["lsn"]
        self.text("merge", "--full")
        done = self.run_program("changes", "--since", str(lsn), "--json")
        self.assertIn("not kept any more", done.stderr.decode())
        answer = json.loads(done.stdout)
        self.assertEqual(answer["batches"], [])
        self.assertEqual(answer["kept_after"], answer["lsn"])
        self.assertEqual(self.run_program("changes").stderr, b"")

    def test_damage_is_told_beside_the_rest(self):
        self.text("merge", "--full")
        self.text("stash", "--id", "c", "four")
        changes = os.path.join(self.store, "projects", "default", "changes")
        name, = os.listdir(changes)
        path = os.path.join(changes, name)
        with open(path, "r+b") as file:
            file.seek(150)
            byte = file.read(1)
            file.seek(150)
            file.write(bytes([byte[0] ^ 1]))
        done = self.run_program("changes", "--json", exit=3)
        answer = json.loads(done.stdout)
        self.assertEqual([one["changes"] for one in answer["batches"]],
                         [[{"change": "stashed", "id": "c"}]])
        self.assertEqual(answer["faults"][0]["file"], path)
        self.assertIn(name, done.stderr.decode())
        self.run_program("verify", exit=3)

    def follow(self, *words):
        process = subprocess.Popen([PROGRAM, "changes", "--follow", "--ndjson", *words],
                                   stdout=subprocess.PIPE, env=self.environment(),
                                   cwd=self.folder)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        lines = queue.Queue()

        def read():
            for line in process.stdout:
                lines.put(json.loads(line))

        reader = threading.Thread(target=read)
        reader.start()
        self.addCleanup(reader.join)
        self.addCleanup(process.kill)
        return process, lines

    def test_a_follower_hears_of_everything_once(self):
        process, lines = self.follow()
        heard = [lines.get(timeout=60)["id"] for _ in range(5)]
        self.assertEqual(heard, ["a", "a", "a", "b", "b"])
        start = time.monotonic()
        for n in range(20):
            self.text("stash", "--id", f"n{n}", "text")
            if n % 5 == 4:
                self.text("merge")
        heard = [lines.get(timeout=60)["id"] for _ in range(20)]
        self.assertEqual(heard, [f"n{n}" for n in range(20)])
        self.assertLess(time.monotonic() - start, 60)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        self.assertTrue(lines.empty())

    def test_of_several_writers_each_is_told_by_its_process(self):
        writers = [subprocess.Popen([PROGRAM, "ingest", "--ack=1", "-"], stdin=subprocess.PIPE,
                                    stdout=subprocess.DEVNULL, env=self.environment(),
                                    cwd=self.folder) for _ in range(2)]
        for number, writer in enumerate(writers):
            lines = "".join(json.dumps({"id": f"w{number}-{n}", "text": "t"}) + "\n"
                            for n in range(50))
            writer.stdin.write(lines.encode())
            writer.stdin.flush()
        for writer in writers:
            writer.stdin.close()
        for writer in writers:
            self.assertEqual(writer.wait(timeout=60), 0)
        told = self.ndjson("changes")
        lsns = [one["lsn"] for one in told]
        self.assertEqual(lsns, sorted(lsns))
        for number, writer in enumerate(writers):
            self.assertEqual([one["id"] for one in told if one["pid"] == writer.pid],
                             [f"w{number}-{n}" for n in range(50)])


if __name__ == "__main__":
    unittest.main()

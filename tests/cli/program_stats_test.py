#!/usr/bin/env python3
"""`stats`: of one process and of all, in every form, once and as it goes on."""
import json
import queue
import re
import signal
import subprocess
import threading
import time
import unittest

from program import PROGRAM, Case

SAMPLE = re.compile(r'^([a-z_]+)\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+)\} (\S+)$')


class Stats(Case):
    def stats(self, *words, **options):
        one, = self.json("stats", *words, **options)["projects"]
        return one

    def follow(self, *words):
        process = subprocess.Popen([PROGRAM, "stats", *words], stdout=subprocess.PIPE,
                                   env=self.environment(), cwd=self.folder)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        lines = queue.Queue()

        def read():
            for line in process.stdout:
                lines.put(line.decode())

        threading.Thread(target=read, daemon=True).start()
        return process, lines

    def test_what_other_processes_did_is_told(self):
        self.text("stash", "--id", "a", "some text")
        for _ in range(3):
            self.text("search", "text")
        self.text("get", "a")
        self.text("merge")
        one = self.stats()
        operations = one["operations"]
        self.assertEqual(operations["commit_full"]["count"], 1)
        self.assertEqual(operations["commit_full"]["bytes"], len("some text"))
        self.assertEqual(operations["search"]["count"], 3)
        search = operations["search"]
        self.assertEqual(search["timed"], 3)
        self.assertTrue(0 < search["p50_us"] <= search["p90_us"] <= search["p99_us"]
                        <= search["longest_us"] <= search["total_us"])
        self.assertEqual(operations["get_many"]["count"] + operations["get"]["count"], 1)
        self.assertGreaterEqual(operations["sync"]["count"], 1)
        self.assertEqual(operations["pack"]["count"], 0)
        self.assertEqual(one["merges"]["folds"], 1)
        self.assertGreater(one["merges"]["written_bytes"], 0)
        self.assertEqual(one["faults_told"], 0)
        self.assertEqual(set(one["lock_waits"]), {"lease", "merge", "sync"})
        self.assertRegex(one["since"], r"^20\d\d-\d\d-\d\dT.*Z$")
        self.assertEqual(self.stats()["operations"]["search"], search)

    def test_the_state_of_the_delta_and_the_shards(self):
        self.text("stash", "--id", "a", "12345")
        self.text("merge")
        self.text("stash", "--id", "b", "123")
        one = self.stats()
        self.assertEqual((one["delta_segments"], one["delta_bytes"], one["sealed_logs"],
                          one["logs"]), (1, 3, 0, 1))
        self.assertEqual((one["durable_lag_bytes"], one["durable_lag_us"]), (0, 0))
        group, = one["shard_groups"]
        self.assertEqual((group["level"], group["month"], group["shards"], group["segments"],
                          group["text_bytes"]), (0, 0, 1, 1, 5))
        self.assertTrue(0 < one["log_bytes"] < one["disk_bytes"])

    def test_text_for_people(self):
        self.text("stash", "--id", "a", "some text")
        self.text("merge")
        self.text("search", "text")
        text = self.text("stats")
        self.assertEqual(text, self.text("stats", "--format", "text"))
        for part in ["project default\n", "  not yet durable      nothing\n", "  section ",
                     "of all processes since 20", "  waits for the lease  "]:
            self.assertIn(part, text)
        self.assertRegex(text, r"\n  operation +count +p50 +p90 +p99 +longest\n")
        self.assertRegex(text, r"\n  search +1( +[\d.]+ (ns|us|ms|s)){4}\n")
        self.assertNotRegex(text, r"\n  pack +0")

    def test_prometheus(self):
        odd = 'odd "name" \\ x'
        self.text("stash", "--id", "a", "some text")
        self.text("stash", "--id", "a", "text", "--project", odd)
        self.text("search", "text", "--project", odd)
        text = self.text("stats", "--all-projects", "--format", "prometheus")
        families, projects, found = {}, set(), {}
        for line in text.split("\n")[:-1]:
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.assertNotIn(name, families)
                families[name] = kind
            elif not line.startswith("# HELP "):
                name, labels, value = SAMPLE.match(line).groups()
                float(value)
                family = re.sub("_(bucket|sum|count)$", "", name)
                self.assertTrue(families.get(name, families.get(family)), line)
                projects.add(re.search(r'project="((?:[^"\\]|\\.)*)"', labels)[1])
                found[name, labels] = value
        self.assertEqual(projects, {"default", 'odd \\"name\\" \\\\ x'})
        self.assertEqual(found["shale_segments", 'project="default"'], "1")
        self.assertEqual(found["shale_operations_total",
                               'project="odd \\"name\\" \\\\ x",operation="search"'], "1")
        self.assertEqual(families["shale_operation_seconds"], "histogram")
        self.run_program("stats", "--format", "prometheus", "--json", exit=2)
        self.run_program("stats", "--format", "prometheus", "--watch", exit=2)
        self.run_program("stats", "--format", "xml", exit=2)

    def test_json_by_either_name(self):
        self.text("stash", "--id", "a", "text")
        once, = self.lines("stats", "--format", "json")
        self.assertEqual(once["v"], 1)
        self.assertEqual(set(once["projects"][0]), set(self.stats()))
        line, = self.ndjson("stats", "--all-projects")
        self.assertEqual(line["name"], "default")

    def test_watching_tells_rates_until_it_is_interrupted(self):
        self.text("stash", "--id", "a", "text")
        process, lines = self.follow("--watch", "0.3", "--json")
        first = json.loads(lines.get(timeout=60))["projects"][0]
        self.assertNotIn("per_second", first["operations"]["search"])
        for _ in range(5):
            self.text("search", "text")
        self.text("stash", "--id", "b", "more")
        rates, text_in, end = 0, 0, time.monotonic() + 60
        while time.monotonic() < end:
            one = json.loads(lines.get(timeout=60))["projects"][0]
            rates += one["operations"]["search"]["per_second"]
            text_in += one["text_in_bytes_per_second"]
            if one["operations"]["search"]["count"] == 5 and text_in > 0:
                break
        self.assertGreater(rates, 0)
        self.assertGreater(text_in, 0)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)

    def test_watching_as_text_on_a_pipe_is_blocks(self):
        self.text("stash", "--id", "a", "text")
        process, lines = self.follow("--watch", "0.2")
        blocks = 0
        while blocks < 2:
            line = lines.get(timeout=60)
            self.assertNotIn("\x1b", line)
            blocks += "per second" in line
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        for wrong in ["0", "-1", "soon", "1e9", "nan"]:
            self.run_program("stats", f"--watch={wrong}", exit=2)

    def test_figures_that_are_no_figures_are_not_believed(self):
        self.text("stash", "--id", "a", "text")
        self.text("search", "text")
        self.assertEqual(self.stats()["operations"]["search"]["count"], 1)
        with open(f"{self.store}/projects/default/volatile/STATS", "r+b") as file:
            file.write(b"other")
        self.assertEqual(self.stats()["operations"]["search"]["count"], 0)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""`shale pack`: budgets, forms of the answer, --since, exit statuses."""
import json
import os
import unittest

from program import Case

LINES = "".join(f"line {i} of the text\n" for i in range(1, 401))


class Packs(Case):
    def setUp(self):
        super().setUp()
        self.ingest({"id": "a", "text": "one needle\n", "file": "a.txt", "line_range": [3, 3]},
                    {"id": "b", "text": "two needle needle\n"},
                    {"id": "twin", "text": "two needle needle\n",
                     "created_at": "2020-01-01T00:00:00Z"},
                    {"id": "pinned", "text": "three, among many other words, a needle\n",
                     "pinned": True},
                    {"id": "long", "text": LINES + "the needle\n" + LINES, "file": "long.txt"})

    def ids(self, *words):
        return [s["id"] for s in self.json("pack", *words)["segments"]]

    def test_the_text_goes_to_stdout_and_the_rest_to_stderr(self):
        done = self.run_program("pack", "one needle", "--tokens", "100", "--match", "all")
        self.assertEqual(done.stdout.decode(), "# a.txt:3-3\none needle\n\n")
        self.assertRegex(done.stderr.decode(),
                         r"\d+ of 100 tokens, 1 segments, 0 left out, hash [0-9a-f]{32}\n$")
        markdown = self.text("pack", "one", "--tokens", "100", "--format", "markdown")
        self.assertEqual(markdown, "### a.txt:3-3\n```\none needle\n```\n\n")

    def test_pinned_come_first_and_twins_once(self):
        self.assertEqual(self.ids("needle", "--tokens", "20000")[0], "pinned")
        pack = self.json("pack", "needle", "--tokens", "20000")
        self.assertEqual([s for s in pack["skipped"] if s["id"] == "twin"],
                         [{"id": "twin", "reason": "identical", "of": "b"}])
        self.assertEqual(pack["matched"], 5)

    def test_a_long_one_is_cut_around_the_match(self):
        pack = self.json("pack", "needle", "--tokens", "500")
        long = next(s for s in pack["segments"] if s["id"] == "long")
        self.assertTrue(long["cut"])
        self.assertIn("the needle\n", long["text"])
        first, last = long["lines"]
        whole = (LINES + "the needle\n" + LINES).splitlines(True)
        self.assertEqual(long["text"], "".join(whole[first - 1:last]))
        self.assertLess(pack["left"], 25)

    def test_used_is_what_the_blocks_take(self):
        for budget in [1, 10, 30, 60, 300, 1000, 100000]:
            pack = self.json("pack", "needle", "--tokens", str(budget), exit=None)
            self.assertEqual(pack["used"] + pack["left"], budget)
            self.assertEqual(pack["used"], sum(s["tokens"] for s in pack["segments"]))

    def test_since(self):
        words = ["pack", "needle", "--tokens", "300"]
        first = self.json(*words)
        self.assertEqual(self.text(*words, "--since", first["hash"]), "unchanged\n")
        again = self.json(*words, "--since", first["hash"])
        self.assertTrue(again["unchanged"])
        self.ingest({"id": "new", "text": "needle, and needle again"})
        self.assertIn("needle, and needle again", self.text(*words, "--since", first["hash"]))
        self.run_program(*words, "--since", "abc", exit=2)

    def test_forms(self):
        words = ["pack", "needle", "--tokens", "300"]
        self.assertEqual(self.text(*words, "--format", "json"), self.text(*words, "--json"))
        objects = [json.loads(line) for line in self.text(*words, "--ndjson").splitlines()]
        pack = self.json(*words)
        self.assertEqual([o["id"] for o in objects if "text" in o],
                         [s["id"] for s in pack["segments"]])
        self.assertEqual(objects[-1]["hash"], pack["hash"])

    def test_statuses(self):
        self.run_program("pack", "nowhere", "--tokens", "100", exit=1)
        self.run_program("pack", "needle", "--tokens", "1", exit=1)
        self.run_program("pack", "needle", exit=2)
        self.run_program("pack", "needle", "--tokens", "x", exit=2)
        self.run_program("pack", "needle", "--tokens", "10", "--tokenizer", "none such", exit=2)
        self.run_program("pack", "needle", "--tokens", "10", "--where", "nosuch:1", exit=2)

    def test_damage_is_told_with_what_is_left(self):
        self.text("merge", "--full")
        folder = os.path.join(self.store, "projects", "default", "shards")
        shard, = [os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".shard")]
        self.ingest({"id": "behind", "text": "a needle in the log"})
        os.truncate(shard, os.path.getsize(shard) // 2)
        pack = self.json("pack", "needle", "--tokens", "300", exit=3)
        self.assertEqual([s["id"] for s in pack["segments"]], ["behind"])
        self.assertTrue(pack["faults"])
        self.text("pack", "nowhere", "--tokens", "300", exit=3)

    def test_counts_that_are_filled_in_change_nothing(self):
        words = ["pack", "needle", "--tokens", "300"]
        before = self.text(*words)
        self.ingest({"id": "b", "text": "two needle needle\n", "tokens": 9999})
        self.assertEqual(self.text(*words).split("\n\n")[0], before.split("\n\n")[0])


if __name__ == "__main__":
    unittest.main()

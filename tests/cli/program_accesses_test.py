#!/usr/bin/env python3
"""What was read, how often and when: `list --sort accessed`, filters, over processes."""
import datetime
import os
import unittest

from program import Case


class Accesses(Case):
    def setUp(self):
        super().setUp()
        for name in "abc":
            self.text("stash", "--id", name, "--type", "note", f"text {name}")

    def read(self, *ids, times=1):
        for _ in range(times):
            self.text("get", *ids)

    def listed(self, *words):
        return [segment["id"] for segment in self.json("list", *words)["segments"]]

    def counts(self):
        segments = self.json("list", "--sort", "accesses")["segments"]
        return {segment["id"]: segment["accesses"] for segment in segments}

    def test_a_read_of_one_process_is_told_by_the_next(self):
        before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
        self.read("b", times=3)
        self.read("c", "b")
        self.assertEqual(self.counts(), {"a": 0, "b": 4, "c": 1})
        self.assertEqual(self.listed("--sort", "accesses"), ["b", "c", "a"])
        self.assertEqual(self.listed("--sort", "-accesses"), ["a", "c", "b"])
        by_time = self.json("list", "--sort", "accessed")["segments"]
        self.assertNotIn("accessed_at", by_time[-1])
        last = datetime.datetime.fromisoformat(by_time[0]["accessed_at"].replace("Z", "+00:00"))
        self.assertGreaterEqual(last, before.replace(microsecond=0))

    def test_plain_listings_say_nothing_of_it(self):
        self.read("b")
        self.assertNotIn("accesses", self.json("list")["segments"][0])
        self.assertEqual(len(self.text("list").splitlines()[0].split("\t")), 4)
        columns = self.text("list", "--sort", "accesses").splitlines()[0].split("\t")
        self.assertEqual([columns[0], columns[4]], ["b", "1"])
        self.assertEqual(self.text("list", "--sort", "accesses").splitlines()[2].split("\t")[4:],
                         ["0", "-"])

    def test_filters(self):
        self.read("b", times=2)
        self.assertEqual(self.text("count", "--where", "accesses:>=2"), "1\n")
        self.assertEqual(self.text("count", "--where", "accessed:1h"), "1\n")
        self.assertEqual(sorted(self.listed("--where", "-accessed:*")), ["a", "c"])
        self.assertEqual(self.text("search", "text", "--where", "accesses:>1", "--count"), "1\n")

    def test_searches_listings_and_exports_are_no_reads_and_packs_are(self):
        self.text("search", "text")
        self.text("list")
        self.text("export")
        self.assertEqual(self.counts(), {"a": 0, "b": 0, "c": 0})
        self.text("pack", "text", "--tokens", "1000")
        self.assertEqual(self.counts(), {"a": 1, "b": 1, "c": 1})

    def test_merges_new_versions_and_backups_keep_the_counts(self):
        self.read("a", times=2)
        self.text("merge", "--full")
        self.read("a", "b")
        self.text("stash", "--id", "a", "another text")
        self.assertEqual(self.counts(), {"a": 3, "b": 1, "c": 0})
        self.text("merge", "--full")
        self.assertEqual(self.counts(), {"a": 3, "b": 1, "c": 0})
        copy, bundle = os.path.join(self.folder, "copy"), os.path.join(self.folder, "bundle")
        again = os.path.join(self.folder, "again")
        self.text("backup", copy)
        self.text("backup", "--bundle", bundle)
        self.text("restore", bundle, again)
        self.read("c", times=5)
        for store in (copy, again):
            self.text("get", "b", "--store", store)
            segments = self.json("list", "--sort", "accesses", "--store", store)["segments"]
            counts = {segment["id"]: segment["accesses"] for segment in segments}
            self.assertEqual(counts, {"a": 3, "b": 2, "c": 0})
        self.assertEqual(self.counts(), {"a": 3, "b": 1, "c": 5})

    def test_inspect_prints_a_file_of_counts(self):
        self.text("merge", "--full")
        self.read("a", times=2)
        shards = os.path.join(self.store, "projects/default/shards")
        name, = (name for name in os.listdir(shards) if name.endswith(".access"))
        lines = self.text("inspect", os.path.join(shards, name)).splitlines()
        self.assertIn("documents read: 1", lines)
        self.assertIn("accesses: 2", lines)
        self.assertEqual(os.stat(os.path.join(shards, name)).st_mode & 0o777, 0o600)

    def test_all_projects(self):
        self.text("stash", "--project", "other", "--id", "a", "of the other project")
        self.text("get", "a", "--project", "other")
        segments = self.json("list", "--sort", "accesses", "--all-projects")["segments"]
        self.assertEqual([(segments[0]["id"], segments[0]["accesses"]), segments[1]["accesses"]],
                         [("other/a", 1), 0])


if __name__ == "__main__":
    unittest.main()

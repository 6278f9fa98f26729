#!/usr/bin/env python3
"""`gc retain`: what the rules would remove, what they remove, and what is told of it."""
import datetime
import json
import os
import re
import unittest

from program import Case


def days_ago(days):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def month_ago(months):
    """The 15th of the month so many months before this one."""
    today = datetime.date.today()
    number = today.year * 12 + today.month - 1 - months
    return f"{number // 12}-{number % 12 + 1:02}-15T12:00:00Z"


class Retain(Case):
    def ids(self, *words):
        return sorted(one["id"] for one in self.ndjson("list", "--limit", "1000", *words,
                                                       exit=None))

    def rules(self, **values):
        config = os.path.join(self.store, "shale.toml")
        with open(config, encoding="utf-8") as file:
            text = file.read()
        for key, value in values.items():
            text = re.sub(rf"^{key} = \S+", f"{key} = {value}", text, flags=re.MULTILINE)
        self.write(config, text)

    def test_a_dry_run_changes_nothing_and_confirm_does_it(self):
        self.ingest({"id": "old", "text": "x" * 100, "created_at": days_ago(100), "tokens": 7},
                    {"id": "kept", "text": "y", "created_at": days_ago(100), "pinned": True},
                    {"id": "new", "text": "z"})
        done = self.run_program("gc", "retain", "--max-age", "90d")
        self.assertEqual(done.stdout.decode(),
                         "would remove 1 segments (100 B, 7 tokens); 1 stay because they are "
                         "pinned\n  max_age    1 segments, 100 B, 7 tokens\n")
        self.assertIn("--confirm", done.stderr.decode())
        self.assertEqual(self.ids(), ["kept", "new", "old"])
        answer = self.json("gc", "retain", "--max-age", "90d", "--confirm")
        self.assertEqual(list(answer), ["v", "project", "confirmed", "rules", "segments",
                                        "text_bytes", "tokens", "pinned", "left",
                                        "shards_dropped", "rows", "faults"])
        self.assertTrue(answer["confirmed"])
        self.assertEqual(answer["rules"], {"max_bytes": 0, "max_age_seconds": 90 * 86400,
                                           "keep_last": 0})
        self.assertEqual((answer["segments"], answer["text_bytes"], answer["tokens"],
                          answer["pinned"]), (1, 100, 7, 1))
        self.assertEqual([row["rule"] for row in answer["rows"]],
                         ["expires", "max_age", "keep_last", "max_bytes"])
        self.assertEqual(self.ids(), ["kept", "new"])
        self.text("merge", "--full")
        self.assertEqual(self.ids(), ["kept", "new"])

    def test_rules_of_the_store_and_of_the_command_line(self):
        self.make_store()
        self.rules(keep_last=2, max_age_days=30)
        self.assertIn("keep_last = 2", self.text("config"))
        self.ingest(*({"id": f"m{n}", "text": "t", "task": "perf", "created_at": days_ago(n)}
                      for n in range(5)), {"id": "old", "text": "t", "created_at": days_ago(31)})
        answer = self.json("gc", "retain")
        self.assertEqual({row["rule"]: row["segments"] for row in answer["rows"]},
                         {"expires": 0, "max_age": 1, "keep_last": 3, "max_bytes": 0})
        self.assertEqual(self.json("gc", "retain", "--keep-last", "0")["segments"], 1)
        self.assertEqual(self.json("gc", "retain", "--max-age", "0")["segments"], 3)
        self.assertEqual(self.json("gc", "retain", "--max-bytes", "1", "--max-age", "0",
                                   "--keep-last", "0")["segments"], 5)
        self.text("gc", "retain", "--confirm")
        self.assertEqual(self.ids(), ["m0", "m1"])

    def test_a_time_to_live(self):
        self.text("stash", "--id", "a", "--ttl", "0s", "gone at once")
        self.text("stash", "--id", "b", "--ttl", "7d", "next week")
        self.text("stash", "--id", "c", "--ttl", "0s", "kept after all")
        self.text("update", "c", "--no-ttl")
        self.text("stash", "--id", "d", "for ever")
        self.text("update", "d", "--ttl", "0s")
        self.ingest({"id": "e", "text": "t", "attrs": {".expires": "2020-01-01T00:00:00Z"}},
                    {"id": "f", "text": "t", ".expires": "2120-01-01"})
        self.assertEqual(self.ids(), ["a", "b", "c", "d", "e", "f"])  # until the rules are applied
        self.assertEqual(self.json("gc", "retain", "--confirm")["rows"][0]["segments"], 3)
        self.assertEqual(self.ids(), ["b", "c", "f"])
        told = self.run_program("stash", "--ttl", "soon", "text", exit=2).stderr.decode()
        self.assertIn("--ttl", told)
        for bad in ["soon", 1893456000, True]:
            lines = json.dumps({"id": "g", "text": "t", ".expires": bad})
            self.assertEqual(self.json("ingest", stdin=lines)["bad"], 1)
        exported = self.ndjson("export")
        self.assertIsInstance(exported[0]["attrs"][".expires"], int)

    def test_months_go_as_whole_shards_and_changes_tells_of_them(self):
        self.make_store("--shard-by", "month")
        self.ingest(*({"id": f"s{month}-{n}", "text": "word", "created_at": month_ago(month)}
                      for month in range(1, 7) for n in range(3)))
        self.text("merge", "--full")
        self.assertEqual(self.json("stats")["projects"][0]["shards"], 6)
        lsn = self.json("changes")["lsn"]
        dry = self.json("gc", "retain", "--max-age", "100d")
        done = self.json("gc", "retain", "--max-age", "100d", "--confirm")
        self.assertEqual(done["segments"], dry["segments"])
        self.assertEqual(done["shards_dropped"], dry["shards_dropped"])
        self.assertGreaterEqual(done["shards_dropped"], 2)
        self.assertEqual(len(self.ids()), 18 - done["segments"])
        drops = [one["drop"] for one in self.json("changes", "--since", str(lsn))["batches"]
                 if "drop" in one]
        self.assertEqual(sum(one["segments"] for one in drops), 3 * done["shards_dropped"])
        self.assertRegex(self.text("changes", "--since", str(lsn)),
                         r"\tdropped\t\d+ segments created from 20")
        line = self.ndjson("changes", "--since", str(lsn))[0]
        self.assertEqual((line["change"], line["drop"]), ("dropped", drops[0]))
        self.assertEqual(self.json("verify")["faults"], [])

    def test_automatic_rules_apply_with_a_merge(self):
        self.make_store()
        self.rules(keep_last=1)
        self.ingest(*({"id": f"m{n}", "text": "t", "task": "perf", "created_at": days_ago(n)}
                      for n in range(3)))
        self.assertNotIn("removed", self.json("merge")["projects"][0])
        self.assertEqual(len(self.ids()), 3)
        self.rules(automatic="true")
        self.assertEqual(self.json("merge")["projects"][0]["removed"]["segments"], 2)
        self.assertEqual(self.ids(), ["m0"])

    def test_what_is_wrong_is_told(self):
        self.run_program("gc", "retain", exit=5)
        self.text("stash", "--id", "a", "text")
        for words in [("--max-bytes", "much"), ("--max-age", "90"), ("--keep-last", "-1")]:
            told = self.run_program("gc", "retain", *words, exit=2).stderr.decode()
            self.assertIn(words[0], told)
        self.run_program("gc", exit=2)
        self.run_program("gc", "retain", "--all-projects", exit=2)
        self.run_program("gc", "retain", "--project", "none", exit=5)
        self.rules(max_bytes="-1")
        self.run_program("gc", "retain", exit=2)


if __name__ == "__main__":
    unittest.main()

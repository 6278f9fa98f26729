#!/usr/bin/env python3
"""The working set: what is of tier `working`, who comes in and who leaves, across restarts."""
import unittest

from program import Case
from segments import seeded

TIERS = ("working", "stashed", "archive")


class WorkingSet(Case):
    def working(self, task=None):
        where = "tier:working" + (f' task:"{task}"' if task else "")
        answer = self.json("list", "--where", where, "--sort", "touched", "--limit", "1000",
                           exit=None)
        return [one["id"] for one in answer["segments"]]

    def tokens(self, where="tier:working"):
        return self.json("sum", "tokens", "--where", where)["rows"][0]["sum"]

    def test_a_new_segment_is_stashed_unless_it_says_otherwise(self):
        self.text("stash", "--id", "a", "text")
        self.text("stash", "--id", "b", "--tier", "working", "text")
        self.ingest({"id": "c", "text": "text"}, {"id": "d", "text": "text", "tier": "working"})
        tiers = {one["id"]: one["tier"] for one in self.json("list")["segments"]}
        self.assertEqual(tiers, {"a": "stashed", "b": "working", "c": "stashed", "d": "working"})

    def test_every_call_is_another_process_and_finds_the_set_of_the_one_before(self):
        for number, task in enumerate(["one", "two", "one", "one"]):
            self.text("stash", "--id", f"m{number}", "--tier", "working", "--task", task,
                      "--touched", str(1_700_000_000 + number), "--tokens", str(10 + number),
                      f"message {number}")
        self.assertEqual(self.working(), ["m3", "m2", "m1", "m0"])
        self.assertEqual(self.working("one"), ["m3", "m2", "m0"])
        self.assertEqual(self.tokens(), 46)
        self.text("touch", "m0")
        self.assertEqual(self.working(), ["m0", "m3", "m2", "m1"])
        self.text("merge", "--full")
        self.assertEqual(self.working(), ["m0", "m3", "m2", "m1"])
        self.assertEqual(self.tokens(), 46)

    def test_tier_moves_without_the_text_being_written(self):
        self.text("stash", "--id", "a", "--tier", "working", "x" * 100_000)
        self.text("merge", "--full")
        before = self.json("stats")["projects"][0]["written_bytes"]
        for tier in ("stashed", "archive", "working", "archive"):
            self.text("update", "a", "--tier", tier)
            self.assertEqual(self.json("get", "a")["segments"][0]["tier"], tier)
            self.assertEqual(self.working(), ["a"] if tier == "working" else [])
        self.assertEqual(self.json("stats")["projects"][0]["written_bytes"], before)
        self.assertEqual(len(self.json("get", "a")["segments"][0]["text"]), 100_000)

    def test_pinned_and_tagged_in_the_set_and_out_of_it(self):
        self.ingest(*({"id": f"a{n}", "text": f"text {n}", "tier": TIERS[n % 2]}
                      for n in range(10)))
        self.text("pin", *(f"a{n}" for n in range(5)))
        self.text("update", "a0", "--add-tag", "kept")
        answer = self.json("list", "--where", "tier:working pinned:true", "--sort", "id")
        self.assertEqual({one["id"] for one in answer["segments"]}, {"a0", "a2", "a4"})
        answer = self.json("list", "--where", "tier:working tag:kept")
        self.assertEqual([one["id"] for one in answer["segments"]], ["a0"])
        self.text("unpin", "a0", "a2")
        self.assertEqual(self.json("count", "--where", "pinned:true")["count"], 3)

    def test_usage_is_that_of_the_set(self):
        self.ingest({"id": "a", "text": "t", "tier": "working", "tokens": 30, "type": "code"},
                    {"id": "b", "text": "t", "tier": "working", "tokens": 20, "type": "log"},
                    {"id": "c", "text": "t", "tokens": 1000})
        usage = self.json("usage", "--limit", "100", "--where", "tier:working")
        self.assertEqual((usage["segments"], usage["tokens"], usage["remaining"]), (2, 50, 50))
        self.text("update", "a", "--tier", "stashed")
        usage = self.json("usage", "--limit", "100", "--where", "tier:working")
        self.assertEqual((usage["segments"], usage["tokens"], usage["remaining"]), (1, 20, 80))

    def test_any_order_of_changes_agrees_with_a_dictionary(self):
        _, rng = seeded()
        known = {}
        self.make_store("--tokenizer", "none")
        for step in range(40):
            name = f"s{rng.randrange(8)}"
            what = rng.choice(["stash", "tier", "touch", "rm", "merge"])
            at = 1_700_000_000 + step
            if what == "stash":
                tier = rng.choice(TIERS)
                self.text("stash", "--id", name, "--tier", tier, "--touched", str(at), "text")
                known[name] = [tier, at]
            elif what == "tier" and name in known:
                known[name][0] = rng.choice(TIERS)
                self.text("update", name, "--tier", known[name][0])
            elif what == "touch" and name in known:
                known[name][1] = at
                self.text("update", name, "--touched", str(at))
            elif what == "rm" and name in known:
                del known[name]
                self.text("rm", name)
            elif what == "merge":
                self.text("merge", *rng.choice([[], ["--full"]]))
        expected = sorted((name for name, (tier, _) in known.items() if tier == "working"),
                          key=lambda name: -known[name][1])
        self.assertEqual(self.working(), expected)


if __name__ == "__main__":
    unittest.main()

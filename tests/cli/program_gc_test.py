#!/usr/bin/env python3
"""`gc plan` and `gc run`: what goes, in which order, and what a plan by hand says of it."""
import time
import unittest

from program import Case

HOUR = 3600


def segment(name, kind, age=48 * HOUR, **more):
    now = time.time()
    return {"id": name, "text": f"text of {name}", "type": kind, "tier": "working", "tokens": 10,
            "created_at": now - age, "touched_at": now - age, **more}


class GcTest(Case):
    def fill(self):
        self.ingest(
            segment("question", "message", task="perf", tags=["ref:answer"]),
            segment("answer", "note", topic="merge"),
            segment("same-topic", "code", topic="merge"),
            segment("in-file", "code", file="src/a.c"),
            segment("decided", "decision", age=60, tags=["ref:base"]),
            segment("base", "log"),
            segment("kept", "log", pinned=True),
            segment("old-log", "log", age=72 * HOUR, tokens=300),
            segment("log-b", "log", age=24 * HOUR),
            segment("log-a", "log", age=24 * HOUR),
            segment("fresh", "note", age=0, tokens=5),
            segment("summary", "summary", age=0),
            segment("outside", "log", tier="stashed"))

    def ids(self, *words):
        return [one["id"] for one in self.json("gc", "plan", *words)["candidates"]]

    def test_plan(self):
        self.fill()
        plan = self.json("gc", "plan", "--task", "perf", "--file", "src/a.c")
        self.assertEqual([one["id"] for one in plan["candidates"]][0], "old-log")
        self.assertEqual(sorted(one["id"] for one in plan["candidates"]),
                         ["fresh", "log-a", "log-b", "old-log"])
        self.assertEqual([one["action"] for one in plan["candidates"]],
                         ["erase", "erase", "erase", "stash"])
        first = plan["candidates"][0]
        self.assertAlmostEqual(first["score"], .4 * 3 + .3 + .2 + .03, places=2)
        self.assertEqual((first["tokens"], first["type"]), (300, "log"))
        self.assertEqual(plan["considered"], 12)
        self.assertEqual(plan["roots"], 3)
        self.assertEqual(plan["reachable"], 6)
        self.assertEqual(plan["pinned"], 1)
        self.assertEqual(plan["kept"], 1)
        self.assertEqual(plan["total"], 4)
        self.assertEqual(plan["erase"], {"count": 3, "tokens": 320})
        self.assertEqual(plan["stash"], {"count": 1, "tokens": 5})
        self.assertEqual(plan["tokens_freed"], 325)
        self.assertEqual(plan["uncounted"], 0)
        self.assertEqual(plan["faults"], [])

    def test_nothing_is_changed_by_a_plan(self):
        self.fill()
        before = self.text("export")
        self.ids("--target", "1")
        self.assertEqual(self.text("export"), before)

    def test_roots_and_filter(self):
        self.fill()
        self.assertIn("question", self.ids())
        self.assertIn("same-topic", self.ids("--file", "src/a.c"))
        self.assertNotIn("same-topic", self.ids("--task", "perf"))
        self.assertNotIn("base", self.ids())
        self.assertNotIn("outside", self.ids())
        self.assertIn("outside", self.ids("--where", "tier:*"))
        self.assertEqual(self.ids("--where", "tier:working", "--where", "type:note"),
                         ["answer", "fresh"])

    def test_target_and_limit(self):
        self.fill()
        self.assertEqual(self.ids("--target", "300"), ["old-log"])
        self.assertEqual(len(self.ids("--target", "301")), 2)
        plan = self.json("gc", "plan", "--task", "perf", "--limit", "2")
        self.assertEqual(len(plan["candidates"]), 2)
        self.assertGreater(plan["total"], 2)
        self.assertEqual(self.json("gc", "plan", "--limit", "0")["candidates"], [])
        lines = self.ndjson("gc", "plan", "--task", "perf", "--limit", "3")
        self.assertEqual([line["v"] for line in lines], [1, 1, 1])
        self.assertEqual(lines[0]["id"], "old-log")

    def test_text(self):
        self.fill()
        lines = self.text("gc", "plan", "--task", "perf", "--file", "src/a.c",
                          "--limit", "1").splitlines()
        score, action, tokens, kind, name = lines[0].split("\t")
        self.assertEqual((action, tokens, kind, name), ("erase", "300", "log", "old-log"))
        self.assertRegex(score, r"^1\.7\d\d$")
        self.assertEqual(lines[1:], [
            "... 3 more (--limit)", "erase\t3\t320 tokens", "stash\t1\t5 tokens",
            "considered\t12\t3 roots, 6 reachable, 1 pinned, 1 kept"])

    def test_run(self):
        self.fill()
        refused = self.run_program("gc", "run", "--task", "perf", exit=2)
        self.assertIn(b"--confirm", refused.stderr)
        self.assertEqual(self.json("count")["count"], 13)
        done = self.json("gc", "run", "--task", "perf", "--file", "src/a.c", "--confirm")
        self.assertEqual((done["erased"], done["stashed"], done["tokens_freed"]), (3, 1, 325))
        self.assertEqual(done["left"], [])
        self.assertEqual(self.json("count")["count"], 10)
        fresh, = self.lines("get", "--json", "fresh")[0]["segments"]
        self.assertEqual(fresh.get("tier", "stashed"), "stashed")
        self.assertEqual(self.ids("--task", "perf", "--file", "src/a.c"), [])
        told = self.text("gc", "run", "--confirm", "--task", "perf", "--target", "10")
        self.assertRegex(told, r"^erased \d+, stashed \d+, \d+ tokens freed\n$")
        self.assertEqual(self.json("verify")["faults"], [])

    def test_errors(self):
        self.run_program("gc", "plan", exit=5)
        self.fill()
        self.run_program("gc", exit=2)
        self.run_program("gc", "dance", exit=2)
        self.run_program("gc", "plan", "--target", "-1", exit=2)
        self.run_program("gc", "plan", "--where", "colour:red", exit=2)
        self.run_program("gc", "plan", "--all-projects", exit=2)
        self.run_program("gc", "plan", "--project", "none", exit=5)
        self.assertIn("gc run", self.text("help", "gc"))

    def test_nobody_has_written(self):
        self.make_store()
        plan = self.json("gc", "plan")
        self.assertEqual((plan["considered"], plan["total"]), (0, 0))
        self.assertEqual(self.json("gc", "run", "--confirm")["erased"], 0)

    def test_types_with_anything_in_them(self):
        kind = "a\tb\u202e\x1b[31m"
        self.ingest(segment("one", kind))
        self.assertEqual(self.json("gc", "plan")["candidates"][0]["type"], kind)
        self.assertNotIn("\x1b", self.text("gc", "plan"))
        self.assertEqual(len(self.text("gc", "plan").splitlines()[0].split("\t")), 5)
        self.text("gc", "run", "--confirm")
        self.assertEqual(self.json("count")["count"], 0)


if __name__ == "__main__":
    unittest.main()

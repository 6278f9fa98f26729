#!/usr/bin/env python3
"""`cache stats|warm|clear`: what the page cache holds of a store, and what was hot."""
import os
import random
import unittest

from program import Case


class Cache(Case):
    def setUp(self):
        super().setUp()
        chance = random.Random(7)
        self.ingest(*({"id": f"s{n}", "project": name,
                       "text": " ".join(str(chance.getrandbits(60)) for _ in range(400))}
                      for name in ["default", "q"] for n in range(100)))
        self.text("merge", "--full", "--all-projects")

    def shard_bytes(self, project="default"):
        folder = os.path.join(self.store, "projects", project, "shards")
        return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)
                   if name.endswith(".shard"))

    def test_stats(self):
        answer = self.json("cache", "stats")
        self.assertEqual(list(answer), ["v", "projects"])
        self.assertEqual([one["name"] for one in answer["projects"]], ["default", "q"])
        one = answer["projects"][0]
        self.assertEqual(list(one), ["name", "shards", "shard_bytes", "cached_bytes", "hot_bytes",
                                     "hot_saved_at"])
        self.assertEqual((one["shards"], one["shard_bytes"]), (1, self.shard_bytes()))
        self.assertLessEqual(one["cached_bytes"], one["shard_bytes"])
        # The program itself saves none: its verbs are over before it would be there.
        self.assertEqual((one["hot_bytes"], one["hot_saved_at"]), (0, None))
        self.assertRegex(self.text("cache", "stats", "--project", "q"),
                         r"^q: \d+\.\d [KM]iB of \d+\.\d [KM]iB in the page cache; no hot set "
                         r"saved\n$")
        lines = self.lines("cache", "stats", "--ndjson")
        self.assertEqual([(one["v"], one["name"]) for one in lines], [(1, "default"), (1, "q")])

    def test_clear_and_warm(self):
        self.json("cache", "clear", "--project", "default")
        warmed, = self.json("cache", "warm", "--all", "--project", "default")["projects"]
        self.assertEqual(warmed, {"name": "default", "warmed_bytes": self.shard_bytes()})
        standing, = self.json("cache", "stats", "--project", "default")["projects"]
        self.assertEqual(standing["cached_bytes"], standing["shard_bytes"])
        cleared = self.json("cache", "clear")["projects"]
        self.assertEqual([list(one) for one in cleared], [["name", "cached_bytes"]] * 2)
        self.assertEqual(self.json("cache", "warm", "--project", "q")["projects"],
                         [{"name": "q", "warmed_bytes": 0}])  # nothing is saved
        self.assertEqual(self.json("verify")["faults"], [])

    def test_whatever_stands_in_hot_is_no_reason_to_fail(self):
        hot = os.path.join(self.store, "projects", "default", "volatile", "HOT")
        with open(hot, "wb") as file:
            file.write(b"SHSHTHOT1" + os.urandom(1000))
        self.assertEqual(self.json("cache", "stats")["projects"][0]["hot_bytes"], 0)
        self.assertEqual(self.json("cache", "warm")["projects"][0]["warmed_bytes"], 0)
        self.json("cache", "clear")
        self.assertFalse(os.path.exists(hot))

    def test_wrong_words(self):
        self.run_program("cache", exit=2)
        self.run_program("cache", "melt", exit=2)
        self.run_program("cache", "stats", "--all", exit=2)
        self.run_program("cache", "stats", "--project", "none", exit=5)
        self.run_program("cache", "stats", exit=5, SHALE_STORE=os.path.join(self.folder, "none"))
        self.assertEqual(len(self.json("cache", "stats", "--all-projects")["projects"]), 2)


if __name__ == "__main__":
    unittest.main()

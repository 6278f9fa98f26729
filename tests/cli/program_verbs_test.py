#!/usr/bin/env python3
"""Every verb of the program, from the outside: what goes in comes out, keys, exit statuses."""
import json
import os
import unittest
import unittest.mock

from program import Case

HIT_KEYS = ["id", "project", "score", "snippet", "spans", "file", "line_range", "type", "tokens",
            "source"]


class Segments(Case):
    def test_stash_and_get(self):
        self.assertEqual(self.text("stash", "--id", "m1", "why is search slow"), "m1\n")
        self.assertEqual(self.text("get", "m1"), "why is search slow")
        self.assertEqual(self.json("stash", "--id", "m1", "again")["replaced"], 1)
        self.assertEqual(self.text("get", "m1"), "again")

    def test_stash_reads_standard_input_byte_for_byte(self):
        text = b"a\0b\xff\r\n\n"
        self.run_program("stash", "--id", "raw", "-", stdin=text)
        self.run_program("stash", "--id", "raw2", stdin=text)
        self.assertEqual(self.run_program("get", "raw").stdout, text)
        self.assertEqual(self.run_program("get", "raw2").stdout, text)
        self.assertEqual(self.json("get", "raw")["segments"][0]["text_base64"], "YQBi/w0KCg==")

    def test_ids_made_by_stash_are_in_the_order_of_time(self):
        ids = [self.text("stash", f"text {i}").strip() for i in range(5)]
        self.assertEqual(ids, sorted(ids))
        self.assertEqual(len(set(ids)), 5)

    def test_every_field_round_trips(self):
        segment = {
            "id": "full", "text": "body é", "type": "code", "task": "t", "file": "a/b.c",
            "topic": "", "line_range": [3, 9], "tags": ["z", "a"],
            "created_at": "2025-12-08T00:00:00.123456Z", "touched_at": "2025-12-08T00:00:05",
            "pinned": True, "tier": "archive", "generation": "old", "gc_survival_count": 2,
            "refcount": 3, "tokens": 12, "tokenizer": "o200k", "sha256": "ab" * 32,
            "tokens_computed_at": "2025-12-08T00:00:06Z",
            "attrs": {"s": "x", "i": -1, "d": 2.5, "b": False, "n": None, "o": {"k": [1, 2]}}}
        self.ingest(segment)
        got = self.json("get", "full")["segments"][0]
        self.assertEqual(got, {**segment, "project": "default"})
        # What comes out goes in again and comes out the same.
        line = self.text("get", "full", "--ndjson")
        self.run_program("rm", "full")
        self.run_program("ingest", stdin=line)
        self.assertEqual(self.text("get", "full", "--ndjson"), line)

    def test_get_answers_what_there_is(self):
        self.ingest({"id": "a", "text": "x\ny\nz"}, {"id": "b", "text": "w"})
        answer = self.json("get", "b", "none", "a", exit=1)
        self.assertEqual([s["id"] for s in answer["segments"]], ["b", "a"])
        self.assertEqual(answer["missing"], ["none"])
        self.assertEqual(answer["faults"], [])
        self.assertEqual(self.text("get", "a", "--lines", "2:9"), "y\nz")
        self.assertIn(b"none", self.run_program("get", "none", exit=1).stderr)

    def test_update_touch_pin(self):
        self.ingest({"id": "a", "text": "x", "task": "t", "tags": ["one", "two"],
                     "touched_at": 5, "attrs": {"k": "v"}})
        self.run_program("update", "a", "--type", "log", "--no-task", "--file", "f", "--topic", "o",
                         "--remove-tag", "one", "--add-tag", "new", "--tier", "working",
                         "--generation", "old", "--pinned", "true", "--attr", "n:=5",
                         "--remove-attr", "k", "--tokens", "9")
        got = self.json("get", "a")["segments"][0]
        self.assertNotIn("task", got)
        self.assertEqual((got["type"], got["file"], got["topic"], got["tier"], got["generation"]),
                         ("log", "f", "o", "working", "old"))
        self.assertEqual((got["tags"], got["attrs"], got["tokens"], got["pinned"], got["text"]),
                         (["two", "new"], {"n": 5}, 9, True, "x"))
        self.assertEqual(self.json("unpin", "a")["updated"], 1)
        self.assertEqual(self.json("pin", "none", exit=1)["missing"], ["none"])
        self.run_program("touch", "a")
        got = self.json("get", "a")["segments"][0]
        self.assertFalse(got["pinned"])
        self.assertGreater(got["touched_at"], "2020")

    def test_rm(self):
        self.ingest({"id": "a", "text": "x"}, {"id": "b", "text": "y"})
        answer = self.json("rm", "a", "zzz", exit=1)
        self.assertEqual((answer["erased"], answer["missing"]), (1, ["zzz"]))
        self.assertEqual(self.text("count"), "1\n")


class Questions(Case):
    def setUp(self):
        super().setUp()
        self.ingest(
            {"id": "m1", "text": "why is the search slow today", "type": "message", "task": "perf",
             "tokens": 6, "created_at": 100},
            {"id": "c1", "text": "// slow search\nvoid slow_search(Delta& delta);", "type": "code",
             "file": "src/search.cpp", "line_range": [10, 12], "tokens": 9, "created_at": 200},
            {"id": "d1", "text": "decision: keep the log", "type": "decision", "task": "perf",
             "created_at": 300},
            {"id": "o1", "text": "another search elsewhere", "project": "other"})

    def test_search(self):
        answer = self.json("search", "slow", "search")
        self.assertEqual(list(answer), ["v", "hits", "total", "widened", "cursor", "faults",
                                        "moved", "partial", "microseconds"])
        self.assertEqual(sorted(h["id"] for h in answer["hits"]), ["c1", "m1"])
        self.assertEqual((answer["total"], answer["cursor"], answer["faults"]), (2, None, []))
        for hit in answer["hits"]:
            self.assertEqual(list(hit), HIT_KEYS)
            self.assertEqual(hit["project"], "default")
        code = next(h for h in answer["hits"] if h["id"] == "c1")
        self.assertEqual((code["file"], code["line_range"], code["source"], code["tokens"]),
                         ("src/search.cpp", [10, 12], None, 9))
        begin, end = code["spans"][0]
        self.assertIn("slow", code["snippet"].encode()[begin:end].decode())

    def test_search_as_text(self):
        lines = self.text("search", "slow_search").splitlines()
        self.assertRegex(lines[0], r"^src/search\.cpp:10-12  \d+\.\d\d  .*slow_search")
        self.assertNotIn("\033", self.text("search", "slow", TERM="xterm"))

    def test_search_filters_limits_and_counts(self):
        self.assertEqual(self.text("search", "--count", "search"), "2\n")
        self.assertEqual(len(self.ndjson("search", "search", "--limit", "1")), 1)
        hits = self.ndjson("search", "search", "--where", "type:code")
        self.assertEqual([h["id"] for h in hits], ["c1"])
        hits = self.ndjson("search", "--where", "task:perf")
        self.assertEqual([h["id"] for h in hits], ["d1", "m1"])
        self.assertEqual(self.json("search", "search", "log", "--match", "all", exit=1)["hits"], [])
        self.assertEqual(self.json("search", "search", "log", "--match", "any")["total"], 3)
        self.assertTrue(self.json("search", "search", "log")["widened"])

    def test_nothing_found_is_status_1(self):
        self.assertEqual(self.json("search", "absent", exit=1)["total"], 0)
        self.assertEqual(self.json("search", "!!!", exit=1)["total"], 0)
        self.assertEqual(self.json("list", "--where", "type:log", exit=1)["segments"], [])

    def test_every_string_is_a_query(self):
        for query in ["std::vector", "read-only", "don't", "C++", "(paren", "\"open", "a AND", "*",
                      "type:", "file:[", "~3", "/[/", "x^2", "\\", "é\u4e2d", "a:b:c", "OR OR",
                      "--", "[a,b]", "-x"]:
            done = self.run_program("search", "--json", "--", query, exit=unittest.mock.ANY)
            self.assertIn(done.returncode, (0, 1), (query, done.stderr))

    def test_words_in_brackets_stay_whole(self):
        self.ingest({"id": "[a,b]", "text": "x"})
        self.assertEqual(self.text("get", "[a,b]"), "x")
        self.run_program("update", "[a,b]", "--task", "[c]")
        self.assertEqual(self.ndjson("get", "[a,b]")[0]["task"], "[c]")

    def test_all_projects(self):
        answer = self.json("search", "search", "--all-projects")
        self.assertEqual(sorted(h["id"] for h in answer["hits"]),
                         ["default/c1", "default/m1", "other/o1"])
        scores = [h["score"] for h in answer["hits"]]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual(self.json("count", "--all-projects")["count"], 4)
        self.assertEqual(self.text("--project", "other", "get", "o1"), "another search elsewhere")

    def test_list(self):
        answer = self.json("list")
        self.assertEqual([s["id"] for s in answer["segments"]], ["d1", "c1", "m1"])
        self.assertNotIn("text", answer["segments"][0])
        self.assertEqual([s["id"] for s in self.ndjson("list", "--sort", "-created")],
                         ["m1", "c1", "d1"])
        self.assertEqual(len(self.ndjson("list", "--limit", "2")), 2)
        self.assertEqual(self.text("list", "--where", "type:code"),
                         "c1\tcode\tsrc/search.cpp:10-12\t1970-01-01T00:03:20Z\n")
        self.run_program("list", "--sort", "nonsense", exit=2)

    def test_count_and_sum(self):
        self.assertEqual(self.json("count", "--where", "task:perf"),
                         {"v": 1, "count": 2, "faults": []})
        self.assertEqual(self.text("count", "--where", "type:log"), "0\n")
        answer = self.json("sum", "tokens", "--by", "type,task")
        self.assertEqual(answer["field"], "tokens")
        self.assertEqual(answer["rows"][0],
                         {"by": {"type": "code", "task": ""}, "count": 1, "sum": 9, "absent": 0})
        self.assertEqual(self.text("sum", "tokens"), "20\n")  # one came without a count
        self.run_program("sum", "nonsense", exit=2)

    def test_projects_and_stats(self):
        projects = self.json("projects")["projects"]
        self.assertEqual([(p["name"], p["segments"]) for p in projects],
                         [("default", 3), ("other", 1)])
        stats = self.json("stats")["projects"][0]
        for key in ["segments", "text_bytes", "disk_bytes", "disk_share", "shards", "logs",
                    "edition", "write_amplification", "sections"]:
            self.assertIn(key, stats)
        self.assertEqual(len(self.json("stats", "--all-projects")["projects"]), 2)

    def test_merge_keeps_the_answers(self):
        before = self.json("search", "slow", "search")["hits"]
        self.run_program("merge", "--full")
        self.assertEqual(self.json("stats")["projects"][0]["shards"], 1)
        after = self.json("search", "slow", "search")["hits"]
        self.assertEqual([h["id"] for h in after], [h["id"] for h in before])
        self.assertEqual(self.json("verify")["faults"], [])

    def test_verify_finds_damage(self):
        self.run_program("merge", "--full")
        folder = os.path.join(self.store, "projects", "default", "shards")
        shard = next(os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".shard"))
        self.assertIn("shard", self.text("inspect", shard))
        with open(shard, "r+b") as file:
            data = bytearray(file.read())
            middle = len(data) // 2
            for i in range(64):
                data[middle + i] ^= 0x55
            os.chmod(shard, 0o600)
            file.seek(0)
            file.write(data)
        answer = self.json("verify", exit=3)
        self.assertTrue(answer["faults"] or "error" in answer)

    def test_config(self):
        self.assertIn("analysis", self.text("config"))
        self.assertEqual(self.json("config")["path"], self.store)


class Places(Case):
    def test_init_makes_the_store_that_verbs_below_find(self):
        inner = os.path.join(self.folder, "a", "b")
        os.makedirs(inner)
        top = os.path.join(self.folder, "a")
        self.text("init", folder=top, SHALE_STORE="")
        with open(os.path.join(top, ".shale", ".gitignore"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "*\n")
        self.run_program("stash", "--id", "x", "y", folder=inner, SHALE_STORE="")
        self.assertEqual(self.text("count", "--store", os.path.join(top, ".shale")), "1\n")
        self.assertFalse(self.json("init", folder=top, SHALE_STORE="")["made"])

    def test_the_users_own_store_is_made_where_xdg_says(self):
        self.run_program("stash", "--id", "x", "y", SHALE_STORE="")
        self.assertTrue(os.path.isdir(os.path.join(self.folder, ".local", "share", "shale")))
        data = os.path.join(self.folder, "data", "home")
        self.run_program("stash", "--id", "x", "y", SHALE_STORE="", XDG_DATA_HOME=data)
        self.assertTrue(os.path.isdir(os.path.join(data, "shale")))

    def test_options_of_a_new_store(self):
        self.run_program("init", "--shard-by", "month", "--no-positions", "--analysis", "plain",
                         "--tokenizer", "none", "--store", self.store)
        self.assertIn("month", self.text("config"))
        self.run_program("init", "--tokenizer", "o200k", exit=2)

    def test_add(self):
        self.write("t/src/main.cpp", "int main() {\n  return 0;\n}\n" * 40)
        self.write("t/README.md", "about searching\n")
        self.write("t/.gitignore", "*.o\n")
        self.write("t/a.o", "ignored\n")
        self.write("t/picture.bin", b"\0\1\2")
        top = os.path.join(self.folder, "t")
        answer = self.json("add", ".", "--lines", "30", folder=top)
        self.assertEqual((answer["stashed"], answer["replaced"], answer["bad"]), (6, 0, 0))
        self.assertEqual(self.text("get", "README.md#1"), "about searching\n")
        got = self.json("get", "src/main.cpp#31")["segments"][0]
        self.assertEqual((got["file"], got["line_range"], got["type"]),
                         ("src/main.cpp", [31, 60], "code"))
        self.assertEqual(self.json("add", ".", "--lines", "30", folder=top)["replaced"], 6)
        self.run_program("add", "no/such/path", exit=5)

    def test_help(self):
        for verb in ["init", "ingest", "add", "stash", "get", "rm", "update", "touch", "pin",
                     "unpin", "search", "list", "count", "sum", "projects", "config", "merge",
                     "stats", "verify", "inspect"]:
            self.assertIn(f"shale {verb}", self.text("help", verb))
        self.assertEqual(json.loads(self.text("--version", "--json"))["v"], 1)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""What the stores that users come from promise in tests of their own, asked of the program.

Each class is one of them; each test names what is asked and, where the original fails its own
users, what holds here instead. How their files come in is tested by program_import_test.py.
"""
import json
import os
import subprocess
import threading
import time
import unittest

from program import HAS_SANITIZER, PROGRAM, Case

NONE = ["--tokenizer", "none"]


class ReplayCase(Case):
    def ids(self, *words, **options):
        return sorted(one["id"] for one in self.ndjson(*words, exit=None, **options))

    def found(self, query, *words):
        return self.ids("search", query, "--match", "all", *words)


class ContextServers(ReplayCase):
    """Out of Context: segments of projects, tasks and tags; several servers on one folder."""

    def setUp(self):
        super().setUp()
        self.ingest({"id": "s", "project": "a", "text": "why is search slow", "task": "t1",
                     "file": "src/x.py", "tags": ["red", "blue"], "type": "message"},
                    {"id": "s", "project": "b", "text": "another project", "task": "t1"},
                    {"id": "r", "project": "a", "text": "search again", "task": "t1",
                     "tags": ["red"], "type": "code"})

    def test_one_id_in_two_projects(self):
        self.assertEqual(self.text("get", "s", "--project", "a"), "why is search slow")
        self.assertEqual(self.text("get", "s", "--project", "b"), "another project")
        self.assertEqual(self.found("search", "--project", "b"), [])
        self.assertEqual(self.found("search OR another", "--all-projects"),
                         ["a/r", "a/s", "b/s"])

    def test_by_word_task_file_tag_and_type_alone_and_together(self):
        for where, wanted in {"task:t1": ["r", "s"], "task:none": [], "file:src/x.py": ["s"],
                              "tag:red": ["r", "s"], "tag:red tag:blue": ["s"],
                              "type:code": ["r"], "type:code tag:red task:t1": ["r"],
                              "type:code file:src/x.py": []}.items():
            with self.subTest(where):
                self.assertEqual(self.ids("list", "--project", "a", "--where", where), wanted)
        self.assertEqual(self.found("search", "--project", "a", "--where", "type:code"), ["r"])

    def test_a_new_text_leaves_no_old_word_and_a_new_tag_no_old_one(self):
        self.text("stash", "--id", "s", "--project", "a", "--tag", "green", "totally different")
        self.assertEqual(self.found("slow", "--project", "a"), [])
        self.assertEqual(self.found("different", "--project", "a"), ["s"])
        self.assertEqual(self.ids("list", "--project", "a", "--where", "tag:blue"), [])
        self.text("rm", "s", "--project", "a")
        self.assertEqual(self.found("different", "--project", "a"), [])
        for where in ("task:t1", "file:src/x.py", "tag:green"):
            self.assertNotIn("s", self.ids("list", "--project", "a", "--where", where))
        self.run_program("rm", "s", "--project", "a", exit=1)  # an id that is not there

    def test_times_with_and_without_a_zone_choose(self):
        for number, time_text in enumerate(["2023-12-31T23:59:59Z", "2024-01-01T00:00:00Z",
                                            "2024-01-01T00:00:00", "2024-06-01T12:00:00+02:00"]):
            self.ingest({"id": f"t{number}", "text": "x", "created_at": time_text})
        for where in ("created:>=2024-01-01T00:00:00Z", "created:>=2024-01-01T00:00:00",
                      "created:>=2024-01-01"):
            with self.subTest(where):
                self.assertEqual(self.ids("list", "--where", where), ["t1", "t2", "t3"])
        told = self.run_program("list", "--where", "created:>=yesterday-ish", exit=2)
        self.assertIn(b"yesterday-ish", told.stderr)
        self.run_program("list", "--where", "colour:red", exit=2)  # an unknown key is an error

    def test_working_segments_are_there_after_a_restart(self):
        self.ingest({"id": "w", "text": "at work", "tier": "working", "project": "a"})
        self.assertEqual(self.ids("list", "--project", "a", "--where", "tier:working"), ["w"])
        self.text("update", "w", "--project", "a", "--tier", "stashed")
        self.assertEqual(self.ids("list", "--project", "a", "--where", "tier:working"), [])
        self.assertEqual(self.text("get", "w", "--project", "a"), "at work")

    def test_newest_first_a_limit_cuts_and_the_total_counts_all(self):
        self.ingest(*[{"id": f"m{n}", "text": "x", "created_at": f"2024-01-0{n}"}
                      for n in range(1, 8)])
        answer = self.json("search", "", "--limit", "3")
        self.assertEqual([hit["id"] for hit in answer["hits"]], ["m7", "m6", "m5"])
        self.assertEqual(answer["total"], 7)

    def test_missing_ids_are_told_and_the_rest_is_done(self):
        answer = self.json("get", "s", "none", "--project", "a", exit=1)
        self.assertEqual(answer["missing"], ["none"])
        self.assertEqual([one["id"] for one in answer["segments"]], ["s"])
        self.run_program("pin", "s", "none", "--project", "a", exit=1)
        self.assertEqual(self.ids("list", "--project", "a", "--where", "pinned:true"), ["s"])

    def test_names_that_lead_elsewhere_stay_names(self):
        for name in ("../x", "/etc/passwd", "a/b", "."):
            self.ingest({"id": name, "project": name, "text": "stays"})
            self.assertEqual(self.text("get", name, "--project", name), "stays")
        inside = os.path.realpath(self.store)
        for folder, _, files in os.walk(self.folder):
            for file in files:
                path = os.path.realpath(os.path.join(folder, file))
                self.assertTrue(path.startswith(inside), path)

    def test_several_servers_on_one_store_lose_nothing(self):
        servers = [subprocess.Popen([PROGRAM, "ingest", "--ack=1", *NONE, "-"],
                                    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL, env=self.environment())
                   for _ in range(4)]
        for number, server in enumerate(servers):
            lines = "".join(json.dumps({"id": f"{number}-{n}", "text": "x", "project": "many"})
                            + "\n" for n in range(50))
            threading.Thread(target=server.communicate, args=(lines.encode(),)).start()
        for server in servers:
            self.assertEqual(server.wait(timeout=120), 0)
        self.assertEqual(self.json("count", "--project", "many")["count"], 200)

    def test_300_small_segments_are_stashed_and_found_within_half_a_second(self):
        lines = "".join(json.dumps({"id": f"q{n}", "text": f"tiny number{n}", "project": "q"})
                        + "\n" for n in range(300))
        start = time.monotonic()
        self.text("ingest", "--quiet", stdin=lines)
        hits = self.json("search", "tiny", "--project", "q", "--limit", "300")["hits"]
        took = time.monotonic() - start
        self.assertEqual(len(hits), 300)
        self.assertLess(took, 10 if HAS_SANITIZER else .5)  # the original takes 2.3 s

    def test_snapshots_are_copies_and_their_tokens_add_up(self):
        for one in self.ndjson("list", "--project", "a"):
            text = self.text("get", one["id"], "--project", "a")
            self.ingest({"id": f"snap-{one['id']}", "project": "a", "text": text, "tokens": 5,
                         "tags": ["snapshot/1/before"]})
        rows = self.json("sum", "tokens", "--project", "a", "--where",
                         "tag:snapshot/1/before")["rows"]
        self.assertEqual(rows[0]["sum"], 10)
        self.text("stash", "--id", "s", "--project", "a", "changed")
        self.assertEqual(self.text("get", "snap-s", "--project", "a"), "why is search slow")


class Documents(ReplayCase):
    """DocDevAI: documents with typed metadata, versions, transactions and ranking."""

    def setUp(self):
        super().setUp()
        self.ingest({"id": "d1", "text": "merge merge merge the logs", "topic": "Merging",
                     "type": "design", "attrs": {"owner": "ann", "pages": 3}},
                    {"id": "d2", "text": "merge once, and then something else altogether",
                     "type": "design"},
                    {"id": "d3", "text": "", "type": "readme"})

    def test_create_get_update_and_delete(self):
        self.assertEqual(self.text("get", "d3"), "")
        self.assertEqual(self.run_program("get", "none", exit=1).stdout, b"")
        before = self.json("list", "--where", "topic:Merging")["segments"][0]
        self.text("stash", "--id", "d1", "--type", "design", "new text")
        self.assertEqual(self.text("get", "d1"), "new text")
        self.text("rm", "d1")
        self.assertEqual(self.ids("list"), ["d2", "d3"])
        self.assertEqual(self.found("new"), [])
        self.run_program("rm", "d1", exit=1)
        self.run_program("update", "d1", "--type", "x", exit=1)
        self.assertEqual(before["attrs"], {"owner": "ann", "pages": 3})

    def test_a_text_makes_a_version_metadata_do_not(self):
        self.text("update", "d1", "--attr", "owner=bob")
        self.text("stash", "--id", "d1", "another text")
        kinds = [one["change"] for one in self.ndjson("changes", "--id", "d1")]
        self.assertEqual(kinds, ["stashed", "updated", "superseded"])

    def test_list_by_type_by_metadata_in_pages_in_order(self):
        self.assertEqual(self.ids("list", "--where", "type:design"), ["d1", "d2"])
        self.assertEqual(self.ids("list", "--where", "attr.owner:ann"), ["d1"])
        self.assertEqual(self.ids("list", "--where", "attr.pages:>2"), ["d1"])
        page = self.json("list", "--sort", "-id", "--limit", "2")
        self.assertEqual(([one["id"] for one in page["segments"]], page["total"]),
                         (["d1", "d2"], 3))
        reverse = self.json("list", "--sort", "id", "--limit", "3")
        self.assertEqual([one["id"] for one in reverse["segments"]], ["d3", "d2", "d1"])

    def test_more_occurrences_rank_first(self):
        hits = self.json("search", "merge")["hits"]
        self.assertEqual([hit["id"] for hit in hits], ["d1", "d2"])
        self.assertGreater(hits[0]["score"], hits[1]["score"])
        self.assertEqual(self.ids("list", "--where", "topic:Merging"), ["d1"])

    def test_a_transaction_is_whole_or_not_there(self):
        lines = '{"id":"t1","text":"one"}\n{"id":"","text":"bad"}\n{"id":"t2","text":"two"}\n'
        self.run_program("ingest", "--strict", stdin=lines, exit=2)
        self.assertEqual(self.ids("list"), ["d1", "d2", "d3"])
        self.text("ingest", "--strict", "--quiet", stdin=lines.replace('"id":""', '"id":"t0"'))
        self.assertEqual(self.ids("list"), ["d1", "d2", "d3", "t0", "t1", "t2"])

    def test_typed_metadata_come_back_as_what_they_were(self):
        attrs = {"s": "1.10", "i": 7, "n": 2.5, "b": True, "j": {"deep": [1, None, "x"]}}
        self.ingest({"id": "typed", "text": "x", "attrs": attrs})
        line, = [one for one in self.lines("export") if one["id"] == "typed"]
        self.assertEqual(line["attrs"], attrs)
        self.assertIs(line["attrs"]["b"], True)

    def test_bad_input_is_refused_with_its_place(self):
        done = self.run_program("ingest", stdin='{"id":"ok","text":"x"}\n{"text":1}\nno json\n')
        self.assertIn(b"2:", done.stderr)
        self.assertIn(b"3:", done.stderr)
        self.assertIn("ok", self.ids("list"))

    def test_figures_and_upkeep(self):
        stats = self.json("stats")["projects"][0]
        self.assertEqual(stats["segments"], 3)
        self.text("merge", "--full")
        self.assertEqual(self.json("stats")["projects"][0]["superseded"], 0)
        self.assertEqual(self.json("verify")["faults"], [])


class Code(ReplayCase):
    """parseltongue: functions of a folder that changes, and what depends on them."""

    SOURCE = "int one() {\n  return 1;\n}\n\nint two() {\n  return 2;\n}\n\nint three() {\n" \
             "  return 3;\n}\n"

    def setUp(self):
        super().setUp()
        self.save(self.SOURCE)
        self.sync()

    def save(self, source, name="root/a.c"):
        path = self.write(name, source)
        old = time.time() - 1000 - self.saved
        type(self).saved += 1
        os.utime(path, (old, old))

    saved = 0

    def sync(self, *words):
        return self.json("sync", "root", *NONE, *words)

    def keys(self):
        return self.ids("list", "--where", "file:a.c")

    def test_comment_lines_on_top_change_no_key(self):
        keys = self.keys()
        self.save("// a comment\n" * 10 + self.SOURCE)
        done = self.sync()
        self.assertEqual(self.keys(), keys)
        self.assertEqual((done["changed"], done["erased"]), (1, 0))

    def test_a_body_a_new_function_one_that_goes(self):
        keys = self.keys()
        self.save(self.SOURCE.replace("return 2", "return 22"))
        self.assertEqual(self.sync()["stashed"], 1)
        self.assertEqual(self.keys(), keys)
        self.save(self.SOURCE + "\nint four() {\n  return 4;\n}\n")
        self.sync()
        self.assertEqual(set(self.keys()) - set(keys), {"a.c#four"})
        self.save(self.SOURCE[self.SOURCE.index("int two"):])
        self.sync()
        self.assertEqual(self.keys(), ["a.c#three", "a.c#two"])

    def test_an_unchanged_file_is_no_work(self):
        done = self.sync()
        self.assertEqual((done["files_read"], done["stashed"], done["unchanged"]), (0, 0, 1))
        self.save(self.SOURCE)  # another time, the same bytes
        done = self.sync()
        self.assertEqual((done["stashed"], done["unchanged"]), (0, 1))

    def test_white_space_is_content(self):
        self.save(self.SOURCE.replace("  return 1", "   return 1"))
        self.assertEqual(self.sync()["changed"], 1)

    def test_same_content_wins_then_the_name(self):
        self.text("pin", "a.c#two")
        two = "int two() {\n  return 2;\n}\n\n"
        self.save(two + self.SOURCE.replace(two, ""))  # the same content in another place
        self.sync()
        self.assertEqual(self.ids("list", "--where", "pinned:true"), ["a.c#two"])
        self.save(self.SOURCE.replace("return 2", "return 2 + 2"))  # the same name, and place
        self.sync()
        self.assertEqual(self.ids("list", "--where", "pinned:true"), ["a.c#two"])
        self.save(self.SOURCE.replace("int two", "int due").replace("return 2", "return 9"))
        self.sync()
        self.assertEqual(self.keys(), ["a.c#due", "a.c#one", "a.c#three"])

    def test_several_kinds_of_files(self):
        self.save("def py():\n    return 1\n", "root/p.py")
        self.save("fn rs() -> i32 {\n    1\n}\n", "root/r.rs")
        self.save("# Title\n\ntext\n", "root/m.md")
        self.assertEqual(self.sync()["added"], 3)
        self.assertEqual(self.ids("list", "--where", "attr.name:py"), ["p.py#py"])
        self.assertEqual(self.ids("list", "--where", "attr.name:rs"), ["r.rs#rs"])

    def test_batches_of_every_size_and_the_last_of_one_key_counts(self):
        for count in (0, 1, 10, 100, 1_000, 10_000):
            lines = "".join(json.dumps({"id": f"k{n}", "text": f"v{count}", "project": "batch"})
                            + "\n" for n in range(count))
            self.text("ingest", "--quiet", *NONE, stdin=lines)
            if count:
                self.assertEqual(self.json("count", "--project", "batch")["count"], count)
        twice = '{"id":"k1","text":"first"}\n{"id":"k1","text":"second"}\n'
        self.text("ingest", "--quiet", stdin=twice)
        self.assertEqual(self.text("get", "k1"), "second")

    def test_quotes_backslashes_newlines_and_long_texts_are_intact(self):
        for number, text in enumerate(['a "quoted" \\ back\\slash', "lines\r\n\n\tand tabs\n",
                                       "é ü 漢字 \U0001f600 \u2028", "x" * 1_000_000]):
            self.ingest({"id": f"q{number}", "text": text})
            self.assertEqual(self.run_program("get", f"q{number}").stdout, text.encode())

    def test_edges_are_kept_once_and_followed_through_cycles(self):
        edges = [("a.c", "b.c"), ("b.c", "c.c"), ("c.c", "a.c"), ("d.c", "a.c"), ("e.c", "x.c")]
        lines = "".join(json.dumps({"from": one, "to": two}) + "\n" for one, two in edges * 3)
        self.run_program("sync", "root", *NONE, "--keep-deps", "-", stdin=lines)
        self.save(self.SOURCE + "// changed\n")
        plan = self.sync("--plan")
        self.assertEqual(sorted(plan["dependents"]), ["b.c", "c.c", "d.c"])
        self.assertEqual([one["path"] for one in plan["files"]], ["a.c"])

    def test_a_folder_read_by_many_threads_is_the_same_every_time(self):
        for n in range(200):
            self.save(self.SOURCE.replace("one", f"one{n}"), f"root/d{n % 7}/f{n}.c")
        self.sync()
        other = os.path.join(self.folder, "other")
        self.run_program("sync", "root", *NONE, SHALE_STORE=other)
        keys = [self.lines("export", SHALE_STORE=store) for store in (self.store, other)]
        told = [[(one["id"], one["text"], one["line_range"]) for one in sorted(
            lines, key=lambda line: line["id"])] for lines in keys]
        self.assertEqual(told[0], told[1])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""`shale import`: the files of other programs, whole, damaged and hostile."""
import base64
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

from program import PROGRAM, Case
from segments import seeded

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from shared_data import WHERE, shared  # noqa: E402

FORMATS = shared("data/formats")
KEYS = ["v", "stashed", "replaced", "counted", "bad", "skipped", "files", "damaged", "unread",
        "text_bytes", "dry_run", "seconds"]


def original(identifier, project="p", **more):
    """A segment as Out of Context has it since hashes are in."""
    return {"segment_id": identifier, "text": "some text", "type": "message",
            "project_id": project, "task_id": None, "created_at": "2025-12-08T00:00:00.123456",
            "last_touched_at": "2025-12-08T00:00:05", "pinned": False, "generation": "young",
            "gc_survival_count": 0, "refcount": 0, "file_path": None, "line_range": None,
            "tags": [], "topic_id": None, "tokens": 12, "tokens_computed_at": None,
            "text_hash": None, "tier": "stashed", **more}


def dump(value):
    return json.dumps(value, indent=2, default=str)


class ImportCase(Case):
    def shard(self, project, *segments, folder="o"):
        return self.write(f"{folder}/stashed/{project}.json", dump({"segments": list(segments)}))

    def exported(self, *words):
        """All segments as the export has them, by project and id."""
        lines = self.lines("export", *(words or ["--all-projects"]))
        return {(line["project"], line["id"]): line for line in lines}


@unittest.skipUnless(FORMATS, f"no literal files: {WHERE}")
class LiteralFiles(ImportCase):
    MESSAGE = {"id": "msg-proj-1-1765152000.123456-0", "text": "user: Why is search slow?",
               "project": "proj-1", "type": "message", "task": "task-1",
               "tags": ["chat", "ref:seg-2"], "created_at": "2025-12-08T00:00:00.123456",
               "touched_at": "2025-12-08T00:00:05", "pinned": False, "tier": "stashed",
               "generation": "young", "gc_survival_count": 0, "refcount": 0, "tokens": 12,
               "tokenizer": "unknown"}
    CODE = {"id": "seg-2", "text": "def f(x):\n    return x  # naïve é", "project": "proj-1",
            "type": "code", "file": "src/f.py", "line_range": [10, 12],
            "created_at": "2025-12-08T01:02:03Z", "touched_at": "2025-12-08T01:02:03",
            "pinned": True, "tier": "stashed", "generation": "young", "gc_survival_count": 0,
            "refcount": 0, "tokens": 9, "tokenizer": "unknown"}
    HASHED = {**CODE, "tokens_computed_at": "2025-12-08T01:02:04", "sha256": "ab" * 32}
    FILES = {"single-file/storage.json": [MESSAGE, CODE],
             "sharded": [{**MESSAGE, "tier": "working"}, HASHED],
             "sharded/stashed/proj-1.json": [HASHED],
             "sharded/evicted/msg-proj-1-1765152000.123456-0.json":
                 [{**MESSAGE, "tier": "working"}]}

    def come_back(self, wanted):
        """What is in the store is `wanted`, and comes back from both exports."""
        self.assertEqual(self.exported(), wanted)
        self.text("export", "--all-projects", "-o", "all.ndjson")
        self.text("export", "--all-projects", "--format", "json", "-o", "out")
        for number, path in enumerate(["all.ndjson", "out"]):
            again = {"SHALE_STORE": os.path.join(self.folder, f"again{number}")}
            self.assertEqual(self.json("import", "--tokenizer", "none", path, **again)
                             ["stashed"], len(wanted))
            lines = self.lines("export", "--all-projects", **again)
            self.assertEqual({(line["project"], line["id"]): line for line in lines}, wanted)

    def test_field_by_field(self):
        for name, segments in self.FILES.items():
            with self.subTest(name):
                shutil.rmtree(self.store, ignore_errors=True)
                shutil.rmtree(os.path.join(self.folder, "out"), ignore_errors=True)
                for number in range(2):
                    shutil.rmtree(os.path.join(self.folder, f"again{number}"), ignore_errors=True)
                answer = self.json("import", str(FORMATS / name))
                self.assertEqual(list(answer), KEYS)
                self.assertEqual((answer["stashed"], answer["bad"], answer["damaged"]),
                                 (len(segments), 0, 0))
                self.come_back({(s["project"], s["id"]): s for s in segments})

    def test_byte_for_byte(self):
        self.text("import", str(FORMATS / "sharded/stashed"))
        self.text("export", "--project", "proj-1", "--format", "json", "-o", "out")
        with open(os.path.join(self.folder, "out/stashed/proj-1.json"), "rb") as file:
            self.assertEqual(file.read(),
                             (FORMATS / "sharded/stashed/proj-1.json").read_bytes())
        # A single file's segments, with the keys that came later.
        self.text("import", str(FORMATS / "single-file"), "--project", "single")
        self.text("export", "--project", "single", "--format", "json", "-o", "out")
        with open(os.path.join(self.folder, "out/stashed/single.json"), encoding="utf-8") as file:
            got = file.read()
        single = json.loads((FORMATS / "single-file/storage.json").read_text())
        segments = []
        for segment in single["projects"]["proj-1"]["segments"]:
            segment["project_id"] = "single"
            tier = segment.pop("tier")
            segments.append({**segment, "tokens_computed_at": None, "text_hash": None,
                             "tier": tier})
        self.assertEqual(got, dump({"segments": segments}))

    def test_contexts(self):
        self.text("import", "--tokenizer", "none", str(FORMATS / "mdc"))
        rest = {"project": "default", "pinned": False, "tier": "stashed", "generation": "young",
                "gc_survival_count": 0, "refcount": 0}
        times = ["2025-12-16T10:00:00", "2026-11-20T11:49:36.116342"]
        self.come_back({
            ("default", "project-overview"): {
                "id": "project-overview", "type": "project-info",
                "text": "# Project Overview\n\nThis project is about...\n",
                "tags": ["overview", "documentation"], "created_at": times[0],
                "touched_at": times[0], **rest},
            ("default", "plain"): {"id": "plain", "type": "note", "text": "No metadata é\n",
                                   "created_at": times[1], "touched_at": times[1], **rest}})

    def test_a_store_opened_on_old_files_says_how_to_import_them(self):
        for name in ["single-file/storage.json", "sharded", "mdc/contexts"]:
            path = str(FORMATS / name)
            for words in [["list"], ["stash", "text"], ["rm", "a"]]:
                done = self.run_program(*words, "--store", path, exit=5)
                self.assertEqual(done.stderr.count(b"\n"), 1)
                self.assertIn(f"`shale --store DIR import {path}`".encode(), done.stderr)


class OutOfContext(ImportCase):
    def test_two_projects_with_the_same_id_stay_apart(self):
        self.shard("a", original("same", "a", text="of a"))
        self.shard("b", original("same", "b", text="of b"))
        self.assertEqual(self.json("import", "o")["stashed"], 2)
        self.assertEqual(self.text("get", "same", "--project", "a"), "of a")
        self.assertEqual(self.text("get", "same", "--project", "b"), "of b")
        self.assertEqual(self.json("search", "b", "--project", "a", exit=None)["hits"], [])

    def test_what_was_imported_is_found_by_word_task_file_tag_and_type(self):
        self.shard("p", original("1", text="slow search", task_id="t", tags=["x", "y"]),
                   original("2", text="fast search", task_id="t", file_path="a/b.py", type="code"),
                   original("3", text="other", tags=["x"], pinned=True))
        self.text("import", "o")
        for where, wanted in [("task:t", ["1", "2"]), ("file:a/b.py", ["2"]), ("tag:x", ["1", "3"]),
                              ("tag:x tag:y", ["1"]), ("type:code", ["2"]), ("pinned:true", ["3"]),
                              ("task:none", []),
                              ("created:>=2025-12-08T00:00:00Z", ["1", "2", "3"]),
                              ("task:t type:message", ["1"])]:
            found = self.ndjson("list", "--project", "p", "--where", where, exit=None)
            self.assertEqual(sorted(s["id"] for s in found), wanted, where)
        found = self.ndjson("search", "slow search", "--project", "p", "--match", "all")
        self.assertEqual([hit["id"] for hit in found], ["1"])

    def test_importing_again_replaces_and_drops_old_words_and_tags(self):
        self.shard("p", original("1", text="slow", tags=["old"]))
        self.text("import", "o")
        self.shard("p", original("1", text="different", tags=["new"]))
        answer = self.json("import", "o")
        self.assertEqual((answer["stashed"], answer["replaced"]), (1, 1))
        for words in [["search", "slow"], ["list", "--where", "tag:old"]]:
            self.run_program(*words, "--project", "p", exit=1)
        for words in [["search", "different"], ["list", "--where", "tag:new"]]:
            self.run_program(*words, "--project", "p")

    def test_trusted_tokens_stay_and_are_not_counted(self):
        self.shard("p", original("1", tokens=42), original("2", tokens=None))
        self.text("import", "o")
        self.text("merge", "--project", "p")
        got = {key[1]: line for key, line in self.exported().items()}
        self.assertEqual((got["1"]["tokens"], got["1"]["tokenizer"]), (42, "unknown"))
        self.assertEqual((got["2"]["tokens"], got["2"]["tokenizer"]), (2, "o200k_base"))

    def test_an_evicted_segment_is_recovered_and_gives_way_to_a_stashed_one(self):
        for identifier in ["both", "only"]:
            self.write(f"o/evicted/{identifier}.json",
                       dump(original(identifier, text="evicted", tier="working")))
        self.shard("p", original("both", text="stashed"))
        self.text("import", "o")
        self.assertEqual(self.text("get", "both", "--project", "p"), "stashed")
        self.assertEqual(self.text("get", "only", "--project", "p"), "evicted")
        self.assertEqual([s["id"] for s in self.ndjson("list", "--project", "p", "--where",
                                                       "tier:working")], ["only"])

    def test_a_corrupt_file_is_told_kept_and_taken_as_far_as_it_goes(self):
        whole = self.shard("good", original("g", "good"))
        bad = self.shard("bad", original("1", "bad"), original("2", "bad"))
        with open(bad, "rb") as file:
            content = file.read()
        cut = content[:content.index(b'"2"') + 2]
        self.write("o/stashed/bad.json", cut)
        self.write("o/stashed/empty.json", "")
        self.write("o/stashed/odd.json", "{not json")
        done = self.run_program("import", "o", "--json", exit=3)
        answer = json.loads(done.stdout)
        self.assertEqual((answer["stashed"], answer["damaged"], answer["files"]), (2, 3, 4))
        line = content[:content.index(b'"2"')].count(b"\n")
        errors = done.stderr.decode()
        self.assertIn(f"bad.json: damaged, line {line}, byte ", errors)
        self.assertIn("empty.json: damaged, line 1, byte 0: the file is empty.", errors)
        self.assertIn("odd.json: damaged, line 1, byte 1: ", errors)
        with open(bad, "rb") as file:
            self.assertEqual(file.read(), cut)
        self.assertTrue(os.path.exists(whole))
        self.assertEqual(sorted(os.listdir(os.path.join(self.folder, "o/stashed"))),
                         ["bad.json", "empty.json", "good.json", "odd.json"])
        self.assertEqual(self.text("count", "--all-projects"), "2\n")

    def test_a_file_that_cannot_be_read_is_told_and_the_rest_comes(self):
        os.makedirs(os.path.join(self.folder, "o/stashed/folder.json"))
        os.symlink("nowhere", os.path.join(self.folder, "o/stashed/link.json"))
        self.shard("p", original("1"))
        done = self.run_program("import", "o", "--json", exit=5)
        answer = json.loads(done.stdout)
        self.assertEqual((answer["stashed"], answer["unread"], answer["damaged"]), (1, 2, 0))
        for name in [b"folder.json", b"link.json"]:
            self.assertIn(name, done.stderr)

    def test_what_was_set_aside_is_left_alone_and_can_be_named(self):
        self.shard("p", original("1"))
        self.write("o/stashed/q.json.corrupt", dump({"segments": [original("2", "q")]})[:-4])
        self.write("o/stashed/p.json.tmp", "{")
        done = self.run_program("import", "o", "--json")
        self.assertEqual(json.loads(done.stdout)["skipped"], 2)
        self.assertEqual(done.stderr.count(b"left alone"), 2)
        self.assertEqual(self.json("import", "o/stashed/q.json.corrupt", exit=3)["stashed"], 1)
        self.assertEqual(self.text("count", "--project", "q"), "1\n")

    def test_segments_that_do_not_validate_are_told_with_their_line(self):
        path = self.shard("p", original("1"), original("2", tier="gold"), original(""),
                          original("4", created_at="noon"), "no object", {"text": "no id"},
                          {"segment_id": "no text"}, original("8"))
        done = self.run_program("import", path, "--json")
        answer = json.loads(done.stdout)
        self.assertEqual((answer["stashed"], answer["bad"]), (2, 6))
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        told = [int(error.split(".json:")[1].split(":")[0])
                for error in done.stderr.decode().splitlines()]
        self.assertEqual(told[0], lines.index('      "segment_id": "2",'))
        self.assertEqual(told[3], lines.index('    "no object",') + 1)
        self.assertEqual(told, sorted(told))

    def test_names_that_look_like_paths_stay_names(self):
        names = ["../x", "a/b", "/etc/passwd", ".hidden", "naïve é", "50%", "A"]
        self.write("storage.json", dump({"version": "1.0", "projects": {
            name: {"segments": [original("../../" + name, name)], "indexes": {}}
            for name in names}}))
        self.assertEqual(self.json("import", "storage.json")["stashed"], len(names))
        self.assertEqual(sorted(p["name"] for p in self.json("projects")["projects"]),
                         sorted(names))
        self.text("export", "--all-projects", "--format", "json", "-o", "out")
        self.assertEqual(len(os.listdir(os.path.join(self.folder, "out/stashed"))), len(names))
        self.assertEqual(sorted(os.listdir(self.folder)), ["out", "s", "storage.json"])
        again = {"SHALE_STORE": os.path.join(self.folder, "again")}
        self.text("import", "out", **again)
        self.assertEqual(self.lines("export", "--all-projects", **again),
                         self.lines("export", "--all-projects"))

    def test_a_month_of_a_project_needs_to_be_named(self):
        self.shard("p_2025-12", original("1"))
        self.shard("q", original("2", "q"))
        done = self.run_program("import", "o", "--json", exit=2)
        answer = json.loads(done.stdout)
        self.assertEqual((answer["stashed"], answer["unread"]), (1, 1))
        self.assertIn(b"--project", done.stderr)
        self.json("import", "o/stashed/p_2025-12.json", "--project", "p")
        self.assertEqual(self.text("count", "--project", "p"), "1\n")

    def test_a_segment_of_another_project_is_told_of_and_keeps_the_name(self):
        self.shard("q", original("1", "p"))
        done = self.run_program("import", "o")
        self.assertIn(b"1 segments name another project", done.stderr)
        self.assertEqual(self.exported()["q", "1"]["attrs"], {"project_id": "p"})
        self.run_program("import", "o", "--project", "r")
        self.assertNotIn("attrs", self.exported("--project", "r")["r", "1"])

    def test_unicode_and_long_texts(self):
        texts = ["", "\0", "é" * 1000, "😀\u2028\ufeff", '"\\\n\r\t\b\f\x7f', "x" * (1 << 20)]
        self.shard("p", *(original(str(i), text=text) for i, text in enumerate(texts)))
        self.text("import", "o")
        got = self.exported()
        self.assertEqual([got["p", str(i)]["text"] if "text" in got["p", str(i)] else
                          base64.b64decode(got["p", str(i)]["text_base64"]).decode()
                          for i in range(len(texts))], texts)
        self.shard("p", original("over", text="x" * ((16 << 20) + 1)),
                   original("far", text="x" * (40 << 20)), original("last"))
        answer = self.json("import", "o")
        self.assertEqual((answer["stashed"], answer["bad"]), (1, 2))

    def test_random_damage_never_ends_the_program(self):
        seed, rng = seeded()
        content = dump({"segments": [original(str(i), tags=["a"]) for i in range(5)]}).encode()
        with self.subTest(seed=seed):
            for number in range(25):
                damaged = bytearray(content)
                for _ in range(rng.randrange(1, 4)):
                    damaged[rng.randrange(len(damaged))] = rng.choice(b'\xff\0"\\{}[],:0x')
                if rng.random() < 0.4:
                    damaged = damaged[:rng.randrange(len(damaged))]
                path = self.write(f"o{number}/stashed/p.json", bytes(damaged))
                self.json("import", path, exit=(0, 3))
                with open(path, "rb") as file:
                    self.assertEqual(file.read(), damaged)


class DryRun(ImportCase):
    def test_it_counts_the_same_and_writes_nothing(self):
        self.shard("p", *(original(str(i)) for i in range(5)), original("4"), original(""))
        self.write("o/stashed/bad.json", "{")
        self.write("o/stashed/x.tmp", "{")
        dry = self.json("import", "--dry-run", "o", exit=3)
        self.assertFalse(os.path.exists(self.store))
        wet = self.json("import", "o", exit=3)
        self.assertEqual((dry.pop("dry_run"), wet.pop("dry_run")), (True, False))
        for key in ["seconds", "counted"]:
            del dry[key], wet[key]
        self.assertEqual(dry, wet)
        self.assertEqual((dry["stashed"], dry["replaced"], dry["bad"]), (5, 0, 1))
        before = self.json("stats", "--project", "p")["projects"][0]["committed_lsn"]
        self.assertEqual(self.json("import", "--dry-run", "o", exit=3)["replaced"], 5)
        self.assertEqual(self.json("stats", "--project", "p")["projects"][0]["committed_lsn"],
                         before)
        many = [original(f"m{i % 5000}") for i in range(9000)]
        self.shard("p", *many, folder="many")
        dry = self.json("import", "--dry-run", "many")
        wet = self.json("import", "many")
        self.assertEqual([dry[key] for key in ("stashed", "replaced", "text_bytes")],
                         [wet[key] for key in ("stashed", "replaced", "text_bytes")])
        self.assertIn("would stash 5", self.text("import", "--dry-run", "o", exit=3))


class Usage(ImportCase):
    def test_what_cannot_be_imported(self):
        self.write("text.txt", "just text")
        self.write("empty/x.txt", "")
        for words, exit in [(["none"], 5), (["text.txt"], 2), (["empty"], 2), ([], 2),
                            (["text.txt", "--format", "xml"], 2), (["o", "--all-projects"], 2)]:
            with self.subTest(words=words):
                self.run_program("import", *words, exit=exit)
        self.assertFalse(os.path.exists(self.store))

    def test_the_format_can_be_said(self):
        self.write("a.txt", "plain")
        self.write("b.txt", json.dumps({"id": "b", "text": "t", "x": 1}) + "\n")
        self.assertEqual(self.json("import", "a.txt", "--format", "mdc")["stashed"], 1)
        self.assertEqual(self.json("import", "b.txt", "--format", "ndjson")["stashed"], 1)
        self.assertEqual(self.text("get", "a"), "plain")

    def test_several_at_once(self):
        self.shard("p", original("1"))
        self.write("a.mdc", "plain")
        self.write("b.ndjson", json.dumps({"id": "b", "text": "t", "project": "q"}) + "\n")
        answer = self.json("import", "o", "a.mdc", "b.ndjson")
        self.assertEqual((answer["stashed"], answer["files"]), (3, 3))
        self.assertEqual(set(self.exported()), {("p", "1"), ("default", "a"), ("q", "b")})

    def test_an_interrupt_keeps_what_was_committed(self):
        rng = random.Random(1)
        words = " ".join(f"w{rng.randrange(10**6)}" for _ in range(3000))
        with open(os.path.join(self.folder, "big.ndjson"), "w", encoding="utf-8") as file:
            for number in range(12_000):
                file.write(json.dumps({"id": str(number), "text": f"{number} {words}"}) + "\n")
        with subprocess.Popen([PROGRAM, "import", "big.ndjson", "--tokenizer", "none"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=self.environment(), cwd=self.folder) as process:
            time.sleep(0.4)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(60), 130)
        if os.path.exists(self.store):
            self.assertEqual(self.json("verify", exit=None).get("faults", []), [])


class Databases(ImportCase):
    def make(self, name, script, *rows):
        database = sqlite3.connect(os.path.join(self.folder, name))
        database.executescript(script)
        for statement, values in rows:
            database.execute(statement, values)
        database.commit()
        database.close()

    def test_any_table(self):
        self.make("notes.db", "create table notes(key, body, author, rank, raw, at)",
                  ("insert into notes values ('a', 'text é', 'me', 3, x'00ff', "
                   "'2025-09-01 10:11:12.5')", ()),
                  ("insert into notes values (2, ?, null, 0.5, null, null)", (b"\xff\0",)),
                  ("insert into notes values (null, 'x', null, null, null, null)", ()))
        answer = self.json("import", "notes.db", "--project", "n", "--sql",
                           "select key as id, body as text, author, rank, raw, at as created_at "
                           "from notes")
        self.assertEqual((answer["stashed"], answer["bad"]), (2, 1))
        got = self.exported()
        self.assertEqual(got["n", "a"]["attrs"], {"author": "me", "rank": 3, "raw": "AP8="})
        self.assertEqual(got["n", "a"]["created_at"], "2025-09-01T10:11:12.500000")
        self.assertEqual(got["n", "2"]["attrs"], {"rank": 0.5})
        self.assertEqual(base64.b64decode(got["n", "2"]["text_base64"]), b"\xff\0")
        for statement in ["drop table notes", "select 1", "select 'a' as id, 'b' as text; drop "
                          "table notes", "attach 'x.db' as x"]:
            self.run_program("import", "notes.db", "--sql", statement, exit=2)
        self.assertNotIn("x.db", os.listdir(self.folder))
        done = self.run_program("import", "notes.db", exit=2)
        self.assertIn(b"--sql", done.stderr)

    def test_documents_of_docdevai(self):
        self.make("docdevai.db", """
            create table documents(id integer primary key, uuid text, title text, type text,
              status text, content text, content_hash text, created_at datetime,
              updated_at datetime);
            create table document_versions(id integer primary key, document_id integer,
              version_number integer, content text, created_at datetime, is_major boolean);
            create table metadata(id integer primary key, document_id integer, key text,
              value text, value_type text);
            create table audit_logs(id integer);
            insert into documents values (1, 'u-1', 'Guide', 'api', 'active', 'now', null,
              '2025-09-01 10:11:12', '2025-09-02 10:11:12.000345'),
              (2, 'u-2', 'Gone', 'api', 'deleted', 'old', null, null, null);
            insert into document_versions values (1, 1, 1, 'first', '2025-09-01 10:11:12', 0),
              (2, 1, 2, 'now', '2025-09-02 10:11:12', 0);
            insert into metadata values (1, 1, 'n', '7', 'number'), (2, 1, 'b', 'false', 'boolean'),
              (3, 1, 'j', '{"a": [1]}', 'json'), (4, 1, 's', '7', 'string');""")
        answer = self.json("import", "docdevai.db")
        self.assertEqual((answer["stashed"], answer["skipped"]), (3, 1))
        got = self.exported()
        guide = got["default", "u-1"]
        self.assertEqual(guide["attrs"], {"document_id": 1, "title": "Guide", "status": "active",
                                          "n": 7, "b": False, "j": {"a": [1]}, "s": "7"})
        self.assertEqual((guide["touched_at"], guide["type"]),
                         ("2025-09-02T10:11:12.000345", "api"))
        found = self.ndjson("list", "--where", "attr.document:u-1 attr.version:>=2")
        self.assertEqual([s["id"] for s in found], ["u-1@2"])
        self.assertEqual(self.text("get", "u-1@1"), "first")
        self.assertEqual(self.json("import", "docdevai.db", "--with-deleted")["stashed"], 4)
        self.assertEqual(self.text("get", "u-2"), "old")

    def test_a_database_that_is_damaged(self):
        self.make("d.db", "create table documents(id integer primary key, uuid text, content text)",
                  *(("insert into documents(uuid, content) values (?, ?)",
                     (f"u{i}", f"{i} " * 2000)) for i in range(100)))
        path = os.path.join(self.folder, "d.db")
        with open(path, "r+b") as file:
            file.truncate(200_000)
        answer = self.json("import", "d.db", exit=3)
        self.assertEqual(answer["damaged"], 1)
        self.assertEqual(os.path.getsize(path), 200_000)

    def test_a_database_with_a_log_is_read_where_nothing_may_be_written(self):
        os.makedirs(os.path.join(self.folder, "w"))
        self.make("w/d.db", "pragma journal_mode=wal; create table t(a); insert into t values (1)")
        answer = self.json("import", "w/d.db", "--sql", "select a as id, 'x' as text from t")
        self.assertEqual(answer["stashed"], 1)


class CodeGraph(ImportCase):
    def test_nodes_and_their_edges(self):
        self.write("isg.json", dump({
            "nodes": [{"hash": 1028706682788645131, "kind": "Struct", "name": "Boxed",
                       "signature": "struct Boxed", "file_path": "axum/src/boxed.rs", "line": 7},
                      {"hash": 14596918901130489526, "kind": "Trait", "name": "Into",
                       "signature": "trait Into", "file_path": "axum/src/into.rs", "line": 0}],
            "edges": [{"from": 1028706682788645131, "to": 14596918901130489526,
                       "kind": "Implements"}],
            "metadata": {"version": 1, "timestamp": 1758431486, "node_count": 2,
                         "edge_count": 1}}))
        self.assertEqual(self.json("import", "isg.json")["stashed"], 2)
        found = self.ndjson("list", "--where", "tag:Implements:14596918901130489526")
        self.assertEqual([s["id"] for s in found], ["1028706682788645131"])
        got = self.exported()["default", "14596918901130489526"]
        self.assertEqual(got["attrs"], {"hash": 14596918901130489526, "kind": "Trait",
                                        "name": "Into"})
        self.assertEqual((got["file"], got["line_range"], got["created_at"]),
                         ("axum/src/into.rs", [0, 0], "2025-09-21T05:11:26Z"))
        done = self.run_program("list", "--store", "isg.json", exit=5)
        self.assertIn(b"a snapshot of parseltongue", done.stderr)


if __name__ == "__main__":
    unittest.main()

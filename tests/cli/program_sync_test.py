#!/usr/bin/env python3
"""`sync`: a project made equal to a folder, by the program."""
import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from program import PROGRAM, Case

RUBY = "def f\n  1\nend\n\ndef g\n  2\nend\n"
CTAGS = shutil.which("ctags")
IS_UNIVERSAL = CTAGS is not None and b"Universal Ctags" in subprocess.run(
    [CTAGS, "--version"], capture_output=True, check=False).stdout
GREETING = "echo '{\"_type\": \"program\", \"name\": \"Universal Ctags\", \"version\": \"5\"}'\n"

SOURCE = "#include <a>\n\nint f() {\n  return 1;\n}\n\nint g() {\n  return 2;\n}\n"


class Sync(Case):
    def setUp(self):
        super().setUp()
        self.root = os.path.join(self.folder, "root")
        os.mkdir(self.root)

    def put(self, name, text, age=10):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        then = time.time() - age + .5e-6
        os.utime(path, (then, then))

    def sync(self, *words, **options):
        return self.json("sync", self.root, *words, **options)

    def texts(self):
        """What the segments of each file come to."""
        files = {}
        for segment in self.segments():
            files.setdefault(segment["file"], []).append(
                (segment["line_range"], segment["attrs"].get(".part", 0), segment["text"]))
        return {file: "".join(text for _, _, text in sorted(parts))
                for file, parts in files.items()}

    def segments(self):
        ids = [line["id"] for line in self.ndjson("list", "--limit", "100000", exit=None)]
        return self.json("get", *ids)["segments"] if ids else []

    def test_a_folder_comes_in_and_is_not_read_again(self):
        self.put("a.cpp", SOURCE)
        self.put("b/c.md", "# One\ntext\n# Two\n")
        answer = self.sync()
        self.assertEqual((answer["scanned"], answer["added"]), (2, 2))
        self.assertGreater(answer["tokens"], 10)
        self.assertEqual(self.texts(), {"a.cpp": SOURCE, "b/c.md": "# One\ntext\n# Two\n"})
        again = self.sync()
        self.assertEqual((again["unchanged"], again["bytes_read"], again["files_read"]), (2, 0, 0))
        self.assertEqual(again["tokens"], answer["tokens"])
        self.assertIn("2 unchanged", self.text("sync", self.root))
        self.assertEqual(self.text("sync", self.root, "--quiet"), "")

    def test_comment_lines_on_top_change_no_id(self):
        self.put("a.cpp", SOURCE)
        self.sync()
        before = sorted(segment["id"] for segment in self.segments())
        self.put("a.cpp", "// a comment\n" * 10 + SOURCE, age=5)
        answer = self.sync()
        self.assertEqual(answer["changed"], 1)
        self.assertEqual(sorted(segment["id"] for segment in self.segments()), before)
        self.put("a.cpp", "// a comment\n" * 10 + SOURCE + "\nint h() {\n  return 3;\n}\n", age=4)
        self.sync()
        after = sorted(segment["id"] for segment in self.segments())
        self.assertEqual(set(after) - set(before), {"a.cpp#h"})
        self.put("a.cpp", SOURCE, age=3)
        self.sync()
        self.assertEqual(sorted(segment["id"] for segment in self.segments()), before)

    def test_front_matter_says_what_sections_are(self):
        self.put("rule.mdc", "---\nname: style\ntype: rule\ntags: [a, b]\nglobs: '*.py'\n---\n"
                             "# One\ntext\n# Two\nmore\n")
        self.sync()
        segments = {segment["attrs"]["name"]: segment for segment in self.segments()}
        self.assertEqual(set(segments), {"One", "Two"})
        for segment in segments.values():
            self.assertEqual((segment["type"], segment["tags"], segment["topic"]),
                             ("rule", ["a", "b"], "style"))
            self.assertEqual(segment["attrs"]["globs"], "*.py")
        self.put("rule.mdc", "---\n: : no YAML [\n---\n# One\ntext\n", age=5)
        self.assertEqual(self.sync()["changed"], 1)

    def test_plans_and_dry_runs(self):
        self.run_program("sync", self.root, "--plan", exit=5)  # which makes no store
        self.put("a.txt", "one")
        self.sync()
        self.put("new.txt", "two")
        answer = self.sync("--plan")
        self.assertEqual(answer["files"], [{"path": "new.txt", "change": "added"}])
        self.assertEqual(self.text("count"), "1\n")
        os.remove(os.path.join(self.root, "new.txt"))
        shutil.move(os.path.join(self.root, "a.txt"), os.path.join(self.root, "b.txt"))
        self.assertEqual(self.text("sync", self.root, "--plan", "--quiet"),
                         "renamed  b.txt  (was a.txt)\n")
        self.assertEqual(self.sync("--dry-run")["renamed"], 1)
        self.assertEqual(self.texts(), {"a.txt": "one"})

    def test_what_depends_on_what_has_changed(self):
        for name in "abcd":
            self.put(f"{name}.c", name)
        self.sync()
        edges = self.write("edges.ndjson", "".join(
            json.dumps({"from": f"{one}.c", "to": f"{two}.c"}) + "\n"
            for one, two in ["ab", "bc", "ca", "da"]))
        self.put("c.c", "changed", age=5)
        self.assertEqual(self.sync("--plan", "--deps", edges)["dependents"],
                         ["a.c", "b.c", "d.c"])
        self.assertIn("depends  d.c\n", self.text("sync", self.root, "--plan", "--deps", edges))
        bad = self.write("bad.ndjson", '{"from": "a", "to": "b"}\n{"from": 1}\n')
        done = self.run_program("sync", self.root, "--plan", "--deps", bad, exit=2)
        self.assertIn(b"bad.ndjson:2:", done.stderr)

    def edges(self, *edges):
        return self.write("edges.ndjson", "".join(
            json.dumps({"from": one, "to": two}) + "\n" for one, two in edges))

    def plan(self, *words):
        return self.sync("--plan", *words)["dependents"]

    def test_dependencies_are_kept(self):
        for name in "abcde":
            self.put(f"{name}.c", name)
        edges = self.edges(["a.c", "b.c"], ["b.c", ["c.c", "x"]], ["c.c", "a.c"], ["d.c", ["a.c"]])
        answer = self.sync("--keep-deps", edges)
        self.assertEqual((answer["dependencies_kept"], answer["added"]), (4, 5))
        self.assertNotIn("dependents", answer)
        self.assertEqual(self.plan(), [])
        self.put("c.c", "changed", age=5)
        self.assertEqual(self.plan(), ["a.c", "b.c", "d.c"])
        self.assertIn("depends  d.c\n", self.text("sync", self.root, "--plan"))
        self.assertNotIn("depends", self.text("sync", self.root, "--dry-run"))
        self.assertEqual(self.sync("--dry-run")["dependents"], ["a.c", "b.c", "d.c"])
        self.text("merge", "--full")
        self.assertEqual(self.plan(), ["a.c", "b.c", "d.c"])
        # Edges that are given are all that count; they change nothing that is kept.
        given = self.write("given.ndjson", '{"from": "e.c", "to": "c.c"}\n')
        self.assertEqual(self.plan("--deps", given), ["e.c"])
        self.assertEqual(self.plan(), ["a.c", "b.c", "d.c"])
        # One file's take the place of those it had, the others stay.
        self.assertIn("dependencies of 2 files kept\n", self.text(
            "sync", self.root, "--keep-deps", self.edges(["b.c", []], ["e.c", "d.c"])))
        self.assertEqual(self.plan(), [])
        self.put("a.c", "changed", age=5)
        self.assertEqual(self.plan(), ["c.c", "d.c", "e.c"])
        # From the standard input; nothing of it where a line is wrong.
        self.sync("--keep-deps", "-", stdin='{"from": "b.c", "to": "a.c"}\n')
        done = self.run_program("sync", self.root, "--keep-deps", "-", exit=2,
                                stdin='{"from": "b.c", "to": []}\n{"from": "b.c"}\n')
        self.assertIn(b"the standard input:2:", done.stderr)
        self.put("a.c", "changed again", age=4)
        self.assertEqual(self.plan(), ["b.c", "c.c", "d.c", "e.c"])
        for option in ("--plan", "--dry-run"):
            self.run_program("sync", self.root, option, "--keep-deps", edges, exit=2)
        self.assertEqual(self.json("count", "--where", "type:dependencies")["count"], 5)

    def test_kept_dependencies_are_in_a_backup_and_in_an_export(self):
        for name in "ab":
            self.put(f"{name}.c", name)
        self.sync("--keep-deps", self.edges(["a.c", "b.c"]))
        self.put("b.c", "changed", age=5)
        self.assertEqual(self.plan(), ["a.c"])
        copy = os.path.join(self.folder, "copy")
        self.text("backup", copy)
        lines = self.text("export")
        self.store = copy
        self.assertEqual(self.plan(), ["a.c"])
        self.store = os.path.join(self.folder, "again")
        self.text("ingest", "-", stdin=lines)
        self.assertEqual(self.plan(), ["a.c"])

    def test_files_that_have_gone_depend_on_nothing(self):
        for name in "abc":
            self.put(f"{name}.c", name)
        self.sync("--keep-deps", self.edges(["a.c", "b.c"], ["b.c", "c.c"]))
        os.remove(os.path.join(self.root, "b.c"))
        self.assertEqual(self.plan(), ["a.c"])
        self.sync()
        self.put("c.c", "changed", age=5)
        self.assertEqual(self.plan(), [])
        self.put("b.c", "b")
        self.sync()
        self.put("c.c", "changed again", age=4)
        self.assertEqual(self.plan(), ["a.c", "b.c"])

    def test_dependents_that_may_be_missing_are_not_told(self):
        self.put("a.c", "a")
        self.sync("--keep-deps", self.edges(["a.c", "b.c"]))
        self.text("merge", "--full")
        self.text("stash", "--id", "more", "text")
        shards = os.path.join(self.store, "projects", "default", "shards")
        for name in os.listdir(shards):
            if name.endswith(".shard"):
                os.truncate(os.path.join(shards, name), 100)
        done = self.run_program("sync", self.root, "--plan", "--json", exit=3)
        self.assertNotIn("dependents", json.loads(done.stdout))
        self.assertIn(b"Dependents may be missing", done.stderr)

    def test_what_is_wrong(self):
        self.run_program("sync", os.path.join(self.folder, "absent"), exit=5)
        self.run_program("sync", exit=2)
        self.run_program("sync", self.root, "--chunk", "odd", exit=2)
        self.run_program("--store", os.path.join(self.folder, "none"), "sync", "--plan", self.root,
                         exit=5)
        with open(os.path.join(os.fsencode(self.root), b"bad\xff"), "w", encoding="utf-8") as file:
            file.write("x")
        self.put("good.txt", "x")
        done = self.run_program("sync", self.root, "--json", exit=5)
        self.assertEqual(json.loads(done.stdout)["problems"][0]["path"][:3], "bad")
        self.assertEqual(self.texts(), {"good.txt": "x"})

    def test_killed_at_any_moment_each_file_is_old_or_new_and_the_next_run_completes_it(self):
        def content(round_):
            body = f"() {{\n  return {round_};\n}}\n" * 3 + "x" * 2000
            return {f"d{i % 7}/f{i}.cpp": f"int f{i}{body}" for i in range(300)}
        for name, text in content(0).items():
            self.put(name, text, age=1000)
        self.sync()
        for round_ in range(1, 9):
            for name, text in content(round_).items():
                self.put(name, text, age=1000 - round_)
            process = subprocess.Popen([PROGRAM, "sync", self.root, "--quiet"],
                                       env=self.environment())
            time.sleep(.004 * round_)
            process.send_signal(signal.SIGKILL)
            process.wait()
            before, after = content(round_ - 1), content(round_)
            held = self.texts()
            self.assertEqual(set(held), set(after))
            for name, text in held.items():
                self.assertIn(text, (before[name], after[name]), name)
            self.sync()
            self.assertEqual(self.texts(), after)

    def test_hits_tell_whether_their_files_are_still_the_same(self):
        for name in ["same", "changed", "gone"]:
            self.put(f"{name}.txt", f"zebra {name}")
        self.sync()
        self.text("stash", "--id", "note", "zebra note")
        self.put("changed.txt", "lion", age=5)
        os.remove(os.path.join(self.root, "gone.txt"))
        hits = {hit["id"]: hit["source"] for hit in self.json("search", "zebra")["hits"]}
        self.assertEqual(hits, {"same.txt#1": "same", "changed.txt#1": "changed",
                                "gone.txt#1": "gone", "note": None})
        lines = self.text("search", "zebra").splitlines()
        self.assertEqual(sorted(line.split("(")[1] for line in lines if "(" in line),
                         ["changed)", "gone)"])
        fresh = self.json("search", "zebra", "--fresh-only")
        self.assertEqual({hit["id"] for hit in fresh["hits"]}, {"same.txt#1", "note"})
        # Pages are filled up from those behind them.
        one = self.json("search", "zebra", "--fresh-only", "--limit", "1")
        two = self.json("search", "zebra", "--fresh-only", "--limit", "1", "--cursor",
                        one["cursor"])
        self.assertEqual({hit["id"] for page in (one, two) for hit in page["hits"]},
                         {"same.txt#1", "note"})
        self.assertEqual(len(one["hits"]), 1)

    def test_watching(self):
        self.put("a.txt", "one")
        watcher = subprocess.Popen([PROGRAM, "sync", self.root, "--watch", "--ndjson"],
                                   env=self.environment(), stdout=subprocess.PIPE, text=True)
        self.addCleanup(watcher.stdout.close)
        self.assertEqual(json.loads(watcher.stdout.readline())["added"], 1)
        # Another one has the folder.
        self.run_program("sync", self.root, exit=4)
        self.put("b.txt", "two")
        end = time.monotonic() + 60
        while self.texts() != {"a.txt": "one", "b.txt": "two"}:
            self.assertLess(time.monotonic(), end)
        watcher.send_signal(signal.SIGINT)
        self.assertEqual(watcher.wait(60), 130)

    def ids(self):
        return sorted(segment["id"] for segment in self.segments())

    def fake_ctags(self, script):
        """A $PATH with one program."""
        path = self.write("bin/ctags", "#!/bin/sh\n" + script)
        os.chmod(path, 0o700)
        return os.path.dirname(path)

    @unittest.skipUnless(IS_UNIVERSAL, "no Universal Ctags here")
    def test_files_of_further_languages_are_cut_by_ctags(self):
        self.put("a.rb", RUBY)
        self.put("--options=x\n.php", "<?php\nfunction f() {\n}\n\nfunction g() {\n}\n")
        self.put("-.lua", "function f()\nend\n")
        self.put("e.swift", "func f() {\n}\n")
        self.assertNotIn("warnings", self.sync())
        segments = self.lines("export")
        names = {(segment["file"], segment["attrs"].get("name")) for segment in segments}
        self.assertEqual(names, {
            ("a.rb", "f"), ("a.rb", "g"), ("-.lua", "f"), ("e.swift", None),
            ("--options=x\n.php", "f"), ("--options=x\n.php", "g")})
        self.assertEqual("".join(segment["text"] for segment in segments
                                 if segment["file"] == "a.rb"), RUBY)
        self.store = os.path.join(self.folder, "other")
        self.sync("--no-ctags")
        self.assertEqual({segment["attrs"].get("name") for segment in self.lines("export")}, {None})

    @unittest.skipUnless(IS_UNIVERSAL, "no Universal Ctags here")
    def test_ids_when_ctags_comes_and_goes(self):
        none = os.path.join(self.folder, "empty")
        os.mkdir(none)
        self.put("same.rb", RUBY)
        self.put("a.rb", RUBY)
        self.sync()
        same = ["same.rb#f", "same.rb#g"]
        self.assertEqual(self.ids(), ["a.rb#f", "a.rb#g", *same])
        self.text("pin", "same.rb#f")
        # Without it nothing is read again, but what has changed.
        self.assertEqual(self.sync(PATH=none)["files_read"], 0)
        self.put("a.rb", RUBY + "\ndef h\nend\n", age=5)
        self.assertNotIn("warnings", self.sync(PATH=none))
        self.assertEqual(self.ids(), ["a.rb#1", *same])
        self.assertEqual(self.sync()["files_read"], 0)
        self.put("a.rb", RUBY, age=4)
        self.sync()
        self.assertEqual(self.ids(), ["a.rb#f", "a.rb#g", *same])
        self.assertEqual(self.texts(), {"a.rb": RUBY, "same.rb": RUBY})
        self.assertTrue(self.json("get", "same.rb#f")["segments"][0]["pinned"])

    def test_a_ctags_that_fails_is_told_once_and_files_are_cut_by_lines(self):
        for name in "abc":
            self.put(f"{name}.rb", RUBY)
        for number, (script, reason) in enumerate([
                ("IFS= read -r q\n", "did not answer in time"),
                ("echo 'Exuberant Ctags 5.8'\n", "another program"),
                ("exit 1\n", "ended before it had answered"),
                (GREETING + "IFS= read -r q\nexit 1\n", "ended before it had answered"),
                (GREETING + "IFS= read -r q\nwhile :; do echo garbage; done\n", "no sense")]):
            self.store = os.path.join(self.folder, f"s{number}")
            done = self.run_program("sync", self.root, "--json", PATH=self.fake_ctags(script))
            warning, = json.loads(done.stdout)["warnings"]
            self.assertIn(reason, warning)
            self.assertEqual(done.stderr.decode(), f"shale: {warning}\n")
            self.assertEqual(self.ids(), ["a.rb#1", "b.rb#1", "c.rb#1"])
            self.assertEqual(set(self.texts().values()), {RUBY})


if __name__ == "__main__":
    unittest.main()

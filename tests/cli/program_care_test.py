#!/usr/bin/env python3
"""`merge stats projects config inspect help`: what a store is, in every form."""
import base64
import os
import subprocess
import unittest

from program import PROGRAM, Case

VERBS = ["init", "stash", "update", "touch", "pin", "unpin", "rm", "ingest", "add", "get", "search",
         "pack", "list", "count", "sum", "usage", "tokens", "merge", "verify", "stats", "projects",
         "who", "config", "inspect", "backup", "restore", "gc", "help"]


class Merge(Case):
    def test_it_says_what_is_left(self):
        self.ingest({"id": "a", "text": "x"}, {"id": "b", "text": "y"})
        self.text("rm", "b")
        self.assertRegex(self.text("merge", "--full"),
                         r"^default: 1 segments in 1 shards, \d+\.\d [KM]iB\n$")
        answer = self.json("merge", "--full")
        self.assertEqual(list(answer), ["v", "projects", "faults"])
        self.assertEqual(list(answer["projects"][0]), ["name", "segments", "shards", "disk_bytes"])
        self.assertEqual(self.run_program("merge", "--quiet").stdout, b"")

    def test_full_drops_what_was_superseded(self):
        for text in ["first", "second"]:
            self.ingest(*({"id": f"s{i}", "text": text} for i in range(5)))
            self.text("merge")
        self.text("merge", "--full")
        stats, = self.json("stats")["projects"]
        self.assertEqual((stats["segments"], stats["superseded"], stats["shards"],
                          stats["delta_segments"]), (5, 0, 1, 0))
        self.assertEqual(self.text("search", "first", exit=1), "")

    def test_nothing_is_left_of_a_project_whose_segments_are_gone(self):
        self.ingest({"id": "a", "text": "x"})
        self.text("merge", "--full")
        self.text("rm", "a")
        self.text("merge", "--full")
        stats, = self.json("stats")["projects"]
        self.assertEqual((stats["segments"], stats["shards"], stats["text_bytes"]), (0, 0, 0))
        self.assertEqual(self.json("verify")["faults"], [])

    def test_one_project_or_all_of_them(self):
        self.ingest(*({"id": "a", "text": "x", "project": name} for name in ["p", "q", "default"]))
        self.assertEqual([p["name"] for p in self.json("merge", "--full")["projects"]], ["default"])
        self.assertEqual([p["name"] for p in self.json("merge", "--project", "q")["projects"]],
                         ["q"])
        self.assertEqual([p["name"] for p in self.json("merge", "--all-projects")["projects"]],
                         ["default", "p", "q"])

    def test_shards_by_month(self):
        self.text("init", "--shard-by", "month", "--store", self.store)
        self.ingest(*({"id": f"{month}", "text": "word", "created_at": f"2024-{month:02}-15"}
                      for month in [1, 2, 3] for _ in range(2)))
        self.text("merge", "--full")
        self.assertEqual(self.json("stats")["projects"][0]["shards"], 3)
        self.assertEqual(self.text("search", "word", "--count"), "3\n")

    def test_without_positions_everything_is_found_all_the_same(self):
        self.text("init", "--no-positions", "--store", self.store)
        self.ingest({"id": "a", "text": "one two one"})
        before = self.ndjson("search", "one")
        self.text("merge", "--full")
        self.assertEqual(self.ndjson("search", "one"), before)


    def test_without_an_index_of_words_fields_find_and_words_are_an_error(self):
        self.text("init", "--index", "none", "--store", self.store)
        self.assertRegex(self.text("config"), '(?m)^index = "none"')
        self.ingest({"id": "a", "text": "one two", "type": "decision"},
                    {"id": "b", "text": "three"})
        for _ in range(2):
            for words in [["search", "one"], ["search", "x -one"], ["search", "one*"],
                          ["pack", "one", "--tokens", "9"], ["sum", "tokens", "--query", "one"]]:
                error = self.json(*words, exit=2)["error"]
                self.assertIn('index = "none"', error["message"])
            for verb in [["search", "type:decision"], ["list", "--where", "type:decision"]]:
                self.assertEqual([s["id"] for s in self.ndjson(*verb)], ["a"])
            self.assertEqual(self.text("get", "a"), "one two")
            self.assertEqual(self.json("sum", "tokens")["rows"][0]["sum"], 3)
            packed = self.json("pack", "", "--tokens", "99")["segments"]
            self.assertEqual({one["id"] for one in packed}, {"a", "b"})
            self.assertEqual(self.json("verify")["faults"], [])
            self.text("merge", "--full")
        manifest = os.path.join(self.store, "projects", "default", "MANIFEST")
        self.assertIn("index none", self.text("inspect", manifest))

    def test_the_index_is_said_once_and_known(self):
        self.run_program("init", "--index", "words", "--store", self.store, exit=2)
        self.run_program("init", "--index", "none", "--no-positions", exit=2)
        self.text("init", "--no-positions", "--store", self.store)
        self.assertRegex(self.text("config"), '(?m)^index = "terms"')


class Figures(Case):
    def setUp(self):
        super().setUp()
        self.ingest({"id": "a", "text": "four", "tokens": 7}, {"id": "b", "text": "sixsix"})
        self.ingest({"id": "c", "text": "x", "project": "other"})

    def test_stats_add_up(self):
        self.ingest({"id": "b", "text": "seven77", "tokens": 2})
        stats, = self.json("stats")["projects"]
        self.assertEqual((stats["name"], stats["segments"], stats["text_bytes"], stats["tokens"]),
                         ("default", 2, 11, 9))
        self.assertEqual((stats["superseded"], stats["shards"], stats["logs"]), (1, 0, 1))
        self.assertGreaterEqual(stats["committed_lsn"], stats["durable_lsn"])
        self.assertAlmostEqual(stats["disk_share"], stats["disk_bytes"] / 11)
        self.text("update", "a", "--tokens", "1")
        self.assertEqual(self.json("stats")["projects"][0]["tokens"], 3)

    def test_sections_are_within_the_disk(self):
        self.text("merge", "--full")
        stats, = self.json("stats")["projects"]
        total = sum(section["bytes"] for section in stats["sections"])
        self.assertTrue(0 < total <= stats["disk_bytes"])
        text = self.text("stats")
        for section in stats["sections"]:
            self.assertIn(f"section {section['name']}", text)

    def test_every_form_and_every_project(self):
        self.assertEqual([p["name"] for p in self.ndjson("stats", "--all-projects")],
                         ["default", "other"])
        self.assertEqual([p["v"] for p in self.ndjson("projects")], [1, 1])
        self.assertEqual(self.text("projects"), "default\t2\t10 B\nother\t1\t1 B\n")
        self.assertEqual(list(self.json("projects")["projects"][0]),
                         ["name", "segments", "text_bytes", "tokens"])
        lines = self.text("stats", "--all-projects").splitlines()
        self.assertEqual([line for line in lines if not line.startswith("  ")],
                         ["project default", "project other"])

    def test_a_store_without_projects(self):
        self.store = os.path.join(self.folder, "new")
        self.text("init", "--store", self.store)
        for verb in ["projects", "stats", "who"]:
            self.assertEqual(self.json(verb), {"v": 1, "projects": []})
        self.assertEqual(self.json("merge"), {"v": 1, "projects": [], "faults": []})
        self.assertEqual(self.json("verify"), {"v": 1, "faults": [], "checked_bytes": 0})

    def test_projects_of_every_name(self):
        names = ["A b/c", "..", "%2e", "é", "x" * 255, "-dash", "\x1b[31mred"]
        for name in names:
            self.assertEqual(self.json("stash", "--id", "i", f"--project={name}", "t")["project"],
                             name)
        found = [p["name"] for p in self.json("projects")["projects"]]
        self.assertEqual(sorted(found), sorted(names + ["default", "other"]))
        for name in names:
            self.assertEqual(self.text("count", f"--project={name}"), "1\n")
        self.assertNotIn("\x1b", self.text("projects"))
        self.assertEqual(self.text("count", "--all-projects"), f"{3 + len(names)}\n")
        self.run_program("stash", "--project=", "--id", "i", "t", exit=2)


class Who(Case):
    def setUp(self):
        super().setUp()
        self.ingest({"id": "a", "text": "x"})

    def start(self, *words):
        """A program that has taken its first line, and stays until its input ends."""
        process = subprocess.Popen([PROGRAM, *words], env=self.environment(), cwd=self.folder,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        process.stdin.write(b'{"id":"b","text":"y"}\n')
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b"ack 1\n")
        return process

    def test_it_is_there_itself(self):
        one, = self.json("who")["projects"][0]["open_by"]
        self.assertEqual(list(one), ["pid", "start_time", "pid_namespace", "opened_at", "program",
                                     "self", "holds_lease", "holds_merge"])
        self.assertEqual((one["program"], one["self"]), ("who", True))
        self.assertFalse(one["holds_lease"] or one["holds_merge"])
        self.assertRegex(one["opened_at"], r"^20\d\d-\d\d-\d\dT[0-9:.]+Z$")

    def test_another_process_is_there_until_it_is_killed(self):
        process = self.start("ingest", "--ack")
        other, own = self.json("who")["projects"][0]["open_by"]
        self.assertEqual((other["pid"], other["program"], other["self"]),
                         (process.pid, "ingest", False))
        with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
            self.assertEqual(other["start_time"], int(file.read().rsplit(")", 1)[1].split()[19]))
        self.assertEqual(other["pid_namespace"], os.stat(f"/proc/{process.pid}/ns/pid").st_ino)
        self.assertEqual(own["program"], "who")
        first, second = self.text("who").splitlines()
        self.assertRegex(first, rf"^default\t{process.pid}\tingest\t20[^\t]+Z$")
        self.assertRegex(second, r"^default\t\d+\twho\t20[^\t]+Z\t\(this process\)$")
        process.kill()
        process.wait()
        self.assertEqual([one["program"] for one in self.json("who")["projects"][0]["open_by"]],
                         ["who"])

    def test_every_project(self):
        self.ingest({"id": "a", "text": "x", "project": "p"})
        lines = self.ndjson("who", "--all-projects")
        self.assertEqual([(line["v"], line["project"], line["program"]) for line in lines],
                         [(1, "default", "who"), (1, "p", "who")])
        self.assertEqual([p["name"] for p in self.json("who", "--project=p")["projects"]], ["p"])


class Config(Case):
    def setUp(self):
        super().setUp()
        self.ingest({"id": "a", "text": "x"})

    def test_effective_options_are_those_of_the_file_and_the_defaults(self):
        self.write("s/shale.toml", "[delta]\nsegments = 7\n")
        text = self.text("config")
        self.assertRegex(text, r"(?m)^segments = 7\b")
        for key in ["analysis", "tokenizer", "shard_by", "index", "fast_reads", "text_bytes",
                    "age_seconds"]:
            self.assertRegex(text, rf"(?m)^{key} = ")
        answer = self.json("config")
        self.assertEqual((list(answer), answer["config"]), (["v", "path", "config"], text))
        # What it prints can be the file.
        self.write("s/shale.toml", text)
        self.assertEqual(self.text("config"), text)

    def test_options_take_effect(self):
        self.write("s/shale.toml", "[delta]\nsegments = 3\n")
        for i in range(10):
            self.text("stash", "--id", f"s{i}", "t")
        self.assertGreater(self.json("stats")["projects"][0]["shards"], 0)
        self.assertEqual(self.text("count"), "11\n")

    def test_a_file_that_makes_no_sense_is_named_with_its_option(self):
        for content, part in [("colour = 1", "colour"), ("[delta]\nsegments = 0", "segments"),
                              ("analysis = 5", "analysis"), ("positions = \"yes\"", "positions"),
                              ("a = = b", "Line 1"), ("shard_by = 'week'", "shard_by"),
                              ("[delta.deeper]\nx = 1", "deeper")]:
            self.write("s/shale.toml", content)
            for words in [["config"], ["count"], ["stash", "--id", "b", "t"]]:
                error = self.json(*words, exit=2)["error"]
                self.assertIn(part, error["message"], content)
                self.assertTrue(error["path"].endswith("shale.toml"))


class Inspect(Case):
    def setUp(self):
        super().setUp()
        self.ingest(*({"id": f"s{i}", "text": "some words"} for i in range(4)))
        self.text("merge", "--full")
        self.text("rm", "s0")
        self.text("update", "s1", "--task", "t")
        self.text("merge")
        self.ingest({"id": "new", "text": "x"})
        self.text("update", "new", "--task", "t")
        self.text("rm", "new")
        self.project = os.path.join(self.store, "projects", "default")

    def files(self, part):
        found = [os.path.join(folder, name) for folder, _, names in os.walk(self.project)
                 for name in names if part in name]
        return sorted(found)

    def values(self, path):
        lines = self.text("inspect", path).splitlines()
        return dict(line.split(": ", 1) for line in lines)

    def test_a_shard(self):
        path, = self.files(".shard")
        values = self.values(path)
        self.assertEqual((values["documents"], values["text bytes"], values["words"]),
                         ("4", "40", "8"))
        self.assertEqual((values["analysis"], values["positions"]), ("english", "yes"))
        self.assertTrue(os.path.basename(path).startswith(values["shard"]))
        sections = sum(int(v) for k, v in values.items() if k.startswith("section "))
        self.assertTrue(0 < sections <= os.path.getsize(path))

    def test_a_log(self):
        counted = [self.values(path) for path in self.files(".log")]
        for kind in ["stashes", "updates", "erases"]:
            self.assertEqual(sum(int(values[kind]) for values in counted), 1, kind)
        self.assertFalse(any("damaged at" in values for values in counted))

    def test_overlays(self):
        dead, = self.files(".dead.")
        patch, = self.files(".patch.")
        shard = os.path.basename(self.files(".shard")[0])
        self.assertTrue(shard.startswith(self.values(dead)["dead documents of"]))
        self.assertTrue(shard.startswith(self.values(patch)["patches of"]))

    def test_a_manifest_is_its_own_text(self):
        path, = self.files("MANIFEST")
        with open(path, encoding="utf-8") as file:
            content = file.read()
        self.assertEqual(self.text("inspect", path), content)
        self.assertEqual(self.json("inspect", path), {"v": 1, "path": path, "text": content})

    def test_what_is_no_file_of_a_store(self):
        path = self.write("some.txt", "text")
        empty = self.write("empty", "")
        options = os.path.join(self.store, "shale.toml")
        for name, exit in [(path, 2), (empty, 2), (options, 2), (self.folder, 5),
                           (os.path.join(self.folder, "none"), 5)]:
            error = self.json("inspect", name, exit=exit)["error"]
            self.assertIn(name, (error["path"], error["path"] + "/"))
        self.run_program("inspect", exit=2)

    def test_damaged_files_are_told_as_damaged(self):
        for part in [".shard", "MANIFEST"]:
            path, = self.files(part)
            size = os.path.getsize(path)
            os.chmod(path, 0o600)
            os.truncate(path, size - size // 3)
            self.assertEqual(self.json("inspect", path, exit=3)["error"]["code"], "corrupt", part)
        log = self.files(".log")[-1]
        with open(log, "rb") as file:
            start = file.read(40)
        error = self.json("inspect", self.write("cut.log", start), exit=3)["error"]
        self.assertEqual(error["code"], "corrupt")


class Help(Case):
    def test_every_verb_explains_itself_without_a_store(self):
        overview = self.text("help")
        for verb in VERBS:
            text = self.text("help", verb)
            self.assertTrue(text.startswith(f"shale {verb}: "))
            self.assertLess(text.index("Examples:"), text.index("Options:"))
            self.assertEqual(self.text(verb, "--help"), text)
            self.assertRegex(overview, rf"(?m)^  {verb} +\w")
            for line in text.splitlines():
                self.assertLessEqual(len(line), 110, line)
        self.assertFalse(os.path.exists(self.store))

    def test_the_overview_has_every_exit_status_and_global_option(self):
        overview = self.text("--help")
        for part in ["0 ok", "1 nothing found", "2 usage", "3 damaged", "4 busy", "5 I/O", "6 ",
                     "130 interrupted"]:
            self.assertIn(part, overview)
        for option in ["--store", "--project", "--all-projects", "--json", "--ndjson", "--quiet",
                       "--no-merge", "--any-file-system", "--version"]:
            self.assertIn(option, overview)
        self.assertEqual(overview, self.text("help"))

    def test_the_examples_work(self):
        self.write("src/main.cpp", "int main() {}\n")
        self.write("include/a.hpp", "#pragma once\n")
        self.write("README.md", "about\n")
        self.write("build.log", "failed\n")
        self.write("my.tiktoken", "".join(f"{base64.b64encode(bytes([byte])).decode()} {byte}\n"
                                          for byte in range(256)))
        for name in ["segments.ndjson", "day.ndjson"]:
            self.write(name, '{"id":"m1","text":"t"}\n{"id":"m2","text":"u"}\n')
        start = "producer() { cat segments.ndjson; }; "
        path = os.path.dirname(PROGRAM) + os.pathsep + os.environ["PATH"]
        environment = self.environment(SHALE_STORE="", PATH=path)
        for verb in ["init", "ingest", "add", *VERBS]:
            text = self.text("help", verb)
            lines = text.split("Examples:\n")[1].split("\n\n")[0].split("\n")
            self.assertGreater(len(lines), 0)
            for line in lines:
                if "--watch" in line:  # goes on until Ctrl-C
                    continue
                done = subprocess.run(["sh", "-c", start + line], env=environment, timeout=60,
                                      cwd=self.folder, capture_output=True, check=False)
                self.assertIn(done.returncode, (0, 1), (line, done.stderr))
        self.assertTrue(os.path.isdir(os.path.join(self.folder, "notes", ".shale")))

    def test_what_is_no_verb(self):
        for words in [["help", "dance"], ["dance"], ["help", "get", "rm"]]:
            done = self.run_program(*words, exit=2)
            self.assertTrue(done.stderr.startswith(b"shale: "))
            self.assertEqual(done.stdout, b"")
        self.assertIn("`dance`", self.json("help", "dance", exit=2)["error"]["message"])

    def test_versions(self):
        version = self.json("--version")["version"]
        self.assertEqual(self.text("--version"), f"shale {version}\n")


if __name__ == "__main__":
    unittest.main()

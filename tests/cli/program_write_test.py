#!/usr/bin/env python3
"""`stash update touch pin unpin rm get init`: every option, every refusal, every form."""
import os
import unittest

from program import Case

CROCKFORD = r"^[0-9a-hjkmnp-tv-z]{26}\n$"


class Stash(Case):
    def stashed(self, *options):
        self.text("stash", "--id", "a", *options, "text")
        return self.json("get", "a")["segments"][0]

    def test_every_option_sets_its_field(self):
        got = self.stashed(
            "--type", "log", "--task", "t", "--file", "f", "--topic", "o", "--lines", "3-9",
            "--touched", "2024-01-02T03:04:05+01:00", "--pinned", "true", "--tier", "archive",
            "--generation", "old", "--tokens", "0", "--tokenizer", "o200k", "--tag", "one",
            "--tag", "two", "--tag", "one", "--created", "1700000000", "--attr", "s=a=b",
            "--attr", "e=", "--attr", "n:=-3")
        self.assertEqual(got, {
            "id": "a", "text": "text", "project": "default", "type": "log", "task": "t",
            "file": "f", "topic": "o", "line_range": [3, 9], "tags": ["one", "two"],
            "created_at": "2023-11-14T22:13:20Z", "touched_at": "2024-01-02T02:04:05Z",
            "pinned": True, "tier": "archive", "generation": "old", "gc_survival_count": 0,
            "refcount": 0, "tokens": 0, "tokenizer": "o200k",
            "attrs": {"e": "", "n": -3, "s": "a=b"}})

    def test_what_is_not_said_is_absent_or_now(self):
        got = self.stashed()
        self.assertEqual(sorted(got), ["created_at", "gc_survival_count", "generation", "id",
                                       "pinned", "project", "refcount", "text", "tier",
                                       "tokenizer", "tokens", "touched_at", "type"])
        self.assertEqual((got["type"], got["tier"], got["generation"], got["pinned"]),
                         ("note", "stashed", "young", False))
        self.assertEqual(got["created_at"], got["touched_at"])
        self.assertTrue(got["created_at"].endswith("Z"))

    def test_attributes_of_every_kind(self):
        for text, value in [("1", 1), ("-9223372036854775808", -2**63), ("1.0", 1.0),
                            ("1e3", 1000.0), ("true", True), ("null", None), ('"s"', "s"),
                            ("[1,{}]", [1, {}]), ('{"a":[]}', {"a": []}),
                            ("18446744073709551615", 2**64 - 1)]:
            got = self.stashed("--attr", "k:=" + text)["attrs"]["k"]
            self.assertEqual((got, type(got)), (value, type(value)), text)

    def test_values_that_make_no_sense_name_their_option(self):
        for option, value in [("--lines", "0:1"), ("--lines", "2:1"), ("--lines", "a"),
                              ("--lines", "1:4294967296"), ("--touched", "yesterday"),
                              ("--created", "2024-02-30"), ("--tier", "gold"),
                              ("--generation", "middle"), ("--tokens", "-1"),
                              ("--tokens", "4294967296"), ("--pinned", "perhaps"),
                              ("--attr", "novalue"), ("--attr", "=x"), ("--attr", ":=1"),
                              ("--attr", "k:=[1"), ("--attr", "k:=")]:
            done = self.run_program("stash", "--id", "a", option, value, "text", exit=2)
            self.assertIn(option.encode(), done.stderr, (option, value))
        self.assertFalse(os.path.exists(self.store))

    def test_fields_beyond_their_limits_are_refused_before_a_store_is_made(self):
        for words, part in [(["--type", ""], "type"), (["--tag", ""], "empty tag"),
                            (["--task", "x" * 4097], "4097"), (["--file", "\udcff"], "UTF-8"),
                            (["--attr", "x" * 4097 + "=v"], "4097")]:
            answer = self.json("stash", "--id", "a", *words, "text", exit=2)
            self.assertIn(part, answer["error"]["message"])
        self.assertFalse(os.path.exists(self.store))
        self.stashed("--task", "x" * 4096)

    def test_an_id_is_made_where_none_is_given(self):
        made = self.text("stash", "text")
        self.assertRegex(made, CROCKFORD)
        answer = self.json("stash", "text")
        self.assertEqual(list(answer), ["v", "id", "project", "stashed", "replaced", "lsn"])
        self.assertGreater(answer["id"] + "\n", made)
        self.assertEqual(self.text("get", made.strip()), "text")

    def test_a_stash_replaces_every_field(self):
        self.stashed("--task", "t", "--tag", "x", "--attr", "k=v", "--tokens", "5")
        answer = self.json("stash", "--id", "a", "other")
        self.assertEqual((answer["stashed"], answer["replaced"]), (1, 1))
        got = self.json("get", "a")["segments"][0]
        self.assertEqual(got["text"], "other")
        self.assertFalse({"task", "tags", "attrs"} & set(got))
        self.assertEqual((got["tokens"], got["tokenizer"]), (1, "o200k_base"))

    def test_an_empty_text_is_a_text(self):
        self.text("stash", "--id", "empty", "")
        self.text("stash", "--id", "nothing", stdin=b"")
        self.assertEqual(self.json("get", "empty", "nothing")["missing"], [])
        self.assertEqual(self.text("get", "empty", "nothing"), "")

    def test_words_that_look_like_options_stand_behind_two_dashes(self):
        self.text("stash", "--id", "a", "--", "--json")
        self.assertEqual(self.text("get", "a"), "--json")
        self.run_program("stash", "--id", "a", "two", "words", exit=2)


class Update(Case):
    WHOLE = {"id": "a", "text": "body", "type": "code", "task": "t", "file": "f", "topic": "o",
             "line_range": [1, 2], "tags": ["x", "y"], "tier": "archive", "generation": "old",
             "pinned": True, "tokens": 4, "tokenizer": "v", "attrs": {"k": "v", "m": 1},
             "created_at": "2024-01-01T00:00:00Z", "touched_at": "2024-01-01T00:00:00Z",
             "refcount": 2, "gc_survival_count": 3, "sha256": "0f" * 32}

    def setUp(self):
        super().setUp()
        self.ingest(self.WHOLE)

    def whole(self):
        segment, = self.json("get", "a")["segments"]
        self.assertEqual(segment.pop("project"), "default")
        return segment

    def test_each_option_changes_its_field_and_no_other(self):
        for merged in [False, True]:
            if merged:
                self.text("merge", "--full")
            for option, key, value in [
                    (["--type", "note"], "type", "note"), (["--task", ""], "task", ""),
                    (["--file", "g"], "file", "g"), (["--topic", "p"], "topic", "p"),
                    (["--lines", "5"], "line_range", [5, 5]),
                    (["--touched", "5"], "touched_at", "1970-01-01T00:00:05Z"),
                    (["--pinned", "false"], "pinned", False),
                    (["--tier", "working"], "tier", "working"),
                    (["--generation", "young"], "generation", "young"),
                    (["--tokenizer", "w"], "tokenizer", "w"),
                    (["--add-tag", "z", "--add-tag", "x"], "tags", ["x", "y", "z"]),
                    (["--remove-tag", "x", "--remove-tag", "none"], "tags", ["y"]),
                    (["--attr", "k:=2"], "attrs", {"k": 2, "m": 1}),
                    (["--remove-attr", "m", "--remove-attr", "none"], "attrs", {"k": "v"}),
                    (["--no-task"], "task", None), (["--no-file"], "file", None),
                    (["--no-topic"], "topic", None), (["--no-lines"], "line_range", None)]:
                self.assertEqual(self.text("update", "a", *option), "updated 1\n")
                expected = {**self.WHOLE, key: value}
                if value is None:
                    del expected[key]
                self.assertEqual(self.whole(), expected, option)
                self.ingest(self.WHOLE)

    def test_a_count_without_its_vocabulary_is_an_importers(self):
        self.text("update", "a", "--tokens", "7")
        self.assertEqual((self.whole()["tokens"], self.whole()["tokenizer"]), (7, "unknown"))

    def test_searches_see_the_change_at_once_and_after_a_merge(self):
        self.text("merge", "--full")
        self.text("update", "a", "--task", "new", "--no-file", "--tier", "working")
        for _ in range(2):
            self.assertEqual(self.text("count", "--where", "task:new -file:* tier:working"), "1\n")
            self.assertEqual(self.text("count", "--where", "task:t"), "0\n")
            self.assertEqual(self.ndjson("search", "body", "--where", "task:new")[0]["file"], None)
            self.text("merge", "--full")
        self.assertEqual(self.whole()["task"], "new")

    def test_several_ids_some_of_them_missing(self):
        self.ingest({"id": "b", "text": ""})
        answer = self.json("update", "none", "a", "b", "gone", "--task", "u", exit=1)
        self.assertEqual(list(answer), ["v", "updated", "missing", "lsn"])
        self.assertEqual((answer["updated"], answer["missing"]), (2, ["none", "gone"]))
        self.assertEqual(self.text("count", "--where", "task:u"), "2\n")

    def test_a_refused_update_changes_nothing(self):
        for words in [["a"], ["a", "--tier", "gold"], ["a", "", "--task", "u"],
                      ["a", "--add-tag", ""], ["a", "--task", "x" * 4097], ["--task", "u"],
                      ["a", "x" * 256, "--task", "u"], ["a", "--type", ""]]:
            self.run_program("update", *words, exit=2)
            self.assertEqual(self.whole(), self.WHOLE, words)

    def test_touch_moves_the_time_of_use_alone(self):
        self.assertEqual(self.text("touch", "a"), "updated 1\n")
        after = self.whole()
        self.assertGreater(after.pop("touched_at"), "2025")
        self.assertEqual(after, {k: v for k, v in self.WHOLE.items() if k != "touched_at"})

    def test_pins_are_set_and_taken_back_twice_without_harm(self):
        self.ingest({"id": "b", "text": ""})
        for verb, pinned in [("unpin", 0), ("unpin", 0), ("pin", 2), ("pin", 2)]:
            self.assertEqual(self.text(verb, "a", "b"), "updated 2\n")
            self.assertEqual(self.text("count", "--where", "pinned:true"), f"{pinned}\n")

    def test_missing_ids_of_the_fixed_changes(self):
        for verb in ["touch", "pin", "unpin"]:
            done = self.run_program(verb, "a", "none\x7f", exit=1)
            self.assertEqual(done.stdout, b"updated 1\n")
            self.assertEqual(done.stderr, b'shale: there is no segment "none "\n')


class Rm(Case):
    def test_what_is_gone_is_gone_everywhere(self):
        self.ingest(*({"id": f"s{i}", "text": "words", "task": "t"} for i in range(6)))
        self.text("merge", "--full")
        self.ingest({"id": "s6", "text": "words", "task": "t"})
        answer = self.json("rm", "s0", "s6", "s3")
        self.assertEqual(list(answer), ["v", "erased", "missing", "lsn"])
        self.assertEqual((answer["erased"], answer["missing"]), (3, []))
        for _ in range(2):
            self.assertEqual(self.json("get", "s0", "s6", "s3", exit=1)["missing"],
                             ["s0", "s6", "s3"])
            for words in [["count"], ["search", "words", "--count"], ["sum", "words"]]:
                self.assertEqual(self.text(*words, "--where", "task:t"), "4\n")
            self.text("merge", "--full")

    def test_an_id_is_free_again(self):
        self.ingest({"id": "a", "text": "old", "task": "t"})
        self.text("rm", "a")
        self.assertEqual(self.ingest({"id": "a", "text": "new"})["replaced"], 0)
        self.assertEqual(self.text("get", "a"), "new")
        self.assertEqual(self.text("count", "--where", "task:*"), "0\n")

    def test_other_projects_keep_theirs(self):
        self.ingest({"id": "a", "text": "1"}, {"id": "a", "text": "2", "project": "p"})
        self.text("rm", "a", "--project", "p")
        self.assertEqual(self.text("get", "a"), "1")
        self.run_program("get", "a", "--project", "p", exit=1)

    def test_quiet_says_nothing_of_what_went_well(self):
        self.ingest({"id": "a", "text": "1"})
        done = self.run_program("rm", "a", "none", "--quiet", exit=1)
        self.assertEqual(done.stdout, b"")
        self.assertIn(b"none", done.stderr)


class Get(Case):
    def test_lines_within_the_segment(self):
        self.ingest({"id": "a", "text": "1\n2\r\n\n4"}, {"id": "b", "text": "only\n"})
        for lines, text in [("1", b"1\n"), ("2:2", b"2\r\n"), ("3-3", b"\n"), ("4:4", b"4"),
                            ("1:4", b"1\n2\r\n\n4"), ("3:4294967295", b"\n4"), ("5:9", b"")]:
            self.assertEqual(self.run_program("get", "a", "--lines", lines).stdout, text, lines)
        got = self.json("get", "a", "b", "--lines", "2:3")["segments"]
        self.assertEqual([s["text"] for s in got], ["2\r\n\n", ""])
        for lines in ["0", "3:2", "x", "1:", ":1", "1:2:3", "4294967296", "-1"]:
            self.run_program("get", "a", "--lines", lines, exit=2)

    def test_the_same_id_twice_is_answered_twice(self):
        self.ingest({"id": "a", "text": "x"})
        self.assertEqual(self.text("get", "a", "a"), "xx")
        self.assertEqual(self.json("get", "n", "n", exit=1)["missing"], ["n", "n"])

    def test_ids_of_every_kind(self):
        ids = ["a b", "-", "[x]", "é\u4e2d", "p/q#1", '"', "a\\b", "%h", "\x7f", "x" * 255]
        self.ingest(*({"id": name, "text": f"text of {name}"} for name in ids))
        answer = self.json("get", *ids)
        self.assertEqual([s["id"] for s in answer["segments"]], ids)
        for name in ids:
            self.assertEqual(self.text("get", "--", name), f"text of {name}")
        # Ids nobody can have stashed are only missing.
        self.assertEqual(self.json("get", "", "x" * 256, exit=1)["missing"], ["", "x" * 256])


class Init(Case):
    def test_json_says_where_and_whether_it_is_new(self):
        for made in [True, False]:
            answer = self.json("init", "sub/dir", SHALE_STORE="")
            self.assertEqual(answer, {"v": 1, "path": "sub/dir/.shale", "made": made})
            self.assertTrue(os.path.isdir(os.path.join(self.folder, "sub/dir/.shale/projects")))

    def test_init_leaves_what_is_there_alone(self):
        self.ingest({"id": "a", "text": "x"})
        self.write("s/.gitignore", "mine\n")
        done = self.run_program("init", "--store", self.store, "--shard-by", "month")
        self.assertEqual((done.stdout, b"already" in done.stderr), (b"", True))
        with open(os.path.join(self.store, ".gitignore"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine\n")
        self.assertIn('shard_by = "none"', self.text("config"))
        self.assertEqual(self.text("get", "a"), "x")

    def test_the_store_is_the_owners_alone(self):
        self.text("init", "--store", self.store)
        self.assertEqual(os.stat(self.store).st_mode & 0o777, 0o700)

    def test_options_of_a_new_store_are_checked(self):
        for words in [["--analysis", "fancy"], ["--shard-by", "week"], ["--tokenizer", "o200k"]]:
            self.run_program("init", *words, "--store", self.store, exit=2)
        self.assertFalse(os.path.exists(self.store))

    def test_a_place_that_is_taken_by_a_file(self):
        self.write("taken/.shale", "x")
        self.run_program("init", "taken", exit=5, SHALE_STORE="")


if __name__ == "__main__":
    unittest.main()

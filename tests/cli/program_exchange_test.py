#!/usr/bin/env python3
"""What goes in comes out: NDJSON round trips, hostile lines, inputs of every kind, `add`."""
import base64
import json
import os
import random
import unittest

from program import Case
from segments import seeded


def random_text(rng):
    """Text with everything that is awkward to quote."""
    alphabet = ["a", "B", " ", "\n", "\r\n", "\t", '"', "\\", "/", "\0", "\x01", "\x1f", "\x7f",
                "\u0080", "é", "\u2028", "\ufeff", "中", "\ufffd", "😀", "\U0010ffff"]
    return "".join(rng.choice(alphabet) for _ in range(rng.randrange(30)))


def name_text(rng):
    return random_text(rng) or "x"


def random_value(rng, depth=0):
    kinds = [lambda: random_text(rng), lambda: rng.randrange(-2**63, 2**63), lambda: None,
             lambda: rng.choice([0.5, -0.0, 1e300, 5e-324, 0.1, 1e22, 3.0]),
             lambda: rng.random() < 0.5]
    if depth < 3:
        kinds.append(lambda: [random_value(rng, depth + 1) for _ in range(rng.randrange(3))])
        kinds.append(lambda: {random_text(rng): random_value(rng, depth + 1)
                              for _ in range(rng.randrange(3))})
    return rng.choice(kinds)()


def random_time(rng):
    fraction = f".{rng.randrange(1, 10**6):06}" if rng.random() < 0.5 else ""
    return (f"{rng.randrange(10000):04}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
            f"T{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"
            f"{fraction}{rng.choice(['', 'Z'])}")


def random_whole(number, rng):
    """A segment in the form `get --json` has it; any field but the first may be absent."""
    whole = {"id": f"s{number}", "project": "default", "type": name_text(rng),
             "created_at": random_time(rng), "touched_at": random_time(rng),
             "pinned": rng.random() < 0.5, "tier": rng.choice(["working", "stashed", "archive"]),
             "generation": rng.choice(["young", "old"]), "gc_survival_count": rng.randrange(2**32),
             "refcount": rng.randrange(2**32)}
    if rng.random() < 0.2:
        whole["text_base64"] = base64.b64encode(rng.randbytes(20) + b"\xff").decode()
    else:
        whole["text"] = random_text(rng)
    attributes = {random_text(rng).replace("\0", "") + "k": random_value(rng) for _ in range(3)}
    optional = {"task": random_text(rng), "file": random_text(rng), "topic": random_text(rng),
                "line_range": [rng.randrange(2**32), rng.randrange(2**32)],
                "tags": list(dict.fromkeys(name_text(rng) for _ in range(3))),
                "tokens_computed_at": random_time(rng), "sha256": rng.randbytes(32).hex(),
                "attrs": attributes}
    whole.update({key: value for key, value in optional.items() if rng.random() < 0.6})
    if rng.random() < 0.6:
        whole.update(tokens=rng.randrange(2**32), tokenizer=random_text(rng) or "none")
    return whole


class RoundTrips(Case):
    def test_everything_comes_back_and_goes_on_to_another_store(self):
        seed, rng = seeded()
        segments = [random_whole(number, rng) for number in range(60)]
        ids = [s["id"] for s in segments]
        self.make_store("--tokenizer", "none")
        with self.subTest(seed=seed):
            self.assertEqual(self.ingest(*segments)["bad"], 0)
            for merged in [False, True]:
                if merged:
                    self.text("merge", "--full")
                self.assertEqual(self.json("get", *ids)["segments"], segments)
                # repr tells 1 from 1.0 and True
                got = [s.get("attrs") for s in self.ndjson("get", *ids)]
                self.assertEqual(repr([sorted((a or {}).items()) for a in got]),
                                 repr([sorted(s.get("attrs", {}).items()) for s in segments]))
            lines = self.run_program("get", *ids, "--ndjson").stdout
            there = {"SHALE_STORE": os.path.join(self.folder, "there")}
            answer = self.json("ingest", "--tokenizer", "none", stdin=lines, **there)
            self.assertEqual(answer["stashed"], len(ids))
            self.assertEqual(self.run_program("get", *ids, "--ndjson", **there).stdout, lines)

    def test_listings_are_what_get_says_without_the_text(self):
        seed, rng = seeded()
        self.ingest(*(random_whole(number, rng) for number in range(20)))
        with self.subTest(seed=seed):
            for listed in self.ndjson("list"):
                whole, = self.ndjson("get", listed["id"])
                self.assertEqual({k: v for k, v in whole.items()
                                  if k not in ("text", "text_base64")}, listed)

    def test_other_names_of_fields(self):
        self.ingest({"segment_id": 5, "text": "t", "task_id": 7, "file_path": "f", "topic_id": "o",
                     "project_id": "p", "last_touched_at": 1.5, "text_hash": "AB" * 32,
                     "extra": {"deep": [None]}, "nothing": None})
        got, = self.ndjson("get", "5", "--project", "p")
        self.assertEqual((got["task"], got["file"], got["topic"]), ("7", "f", "o"))
        self.assertEqual(got["touched_at"], "1970-01-01T00:00:01.500000Z")
        self.assertEqual(got["sha256"], "ab" * 32)
        self.assertEqual(got["attrs"], {"extra": {"deep": [None]}, "nothing": None})

    def test_a_hash_belongs_to_its_text(self):
        self.ingest({"id": "a", "text": "t", "sha256": "00" * 32})
        self.text("update", "a", "--task", "x")
        self.assertEqual(self.ndjson("get", "a")[0]["sha256"], "00" * 32)
        self.text("stash", "--id", "a", "other")
        self.assertNotIn("sha256", self.ndjson("get", "a")[0])


class Hostile(Case):
    def taken(self, *lines):
        """Which of the lines were refused, by number; the program must go on behind each."""
        content = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
        last = b'\n{"id":"last","text":"still here"}\n'
        done = self.run_program("ingest", "--json", stdin=content + last)
        answer = json.loads(done.stdout)
        errors = done.stderr.decode().split("\n")[:-1]
        self.assertEqual(len(errors), answer["bad"])
        self.assertEqual(self.text("get", "last"), "still here")
        return [int(error.split("line ")[1].split(":")[0]) for error in errors]

    def test_no_nesting_breaks_the_program(self):
        deep = ['{"id":"a%d","text":"t","k":%s%s}' % (depth, "[" * depth, "]" * depth)
                for depth in [10, 500, 5000, 100_000]]
        open_ended = '{"id":"b","text":"t","k":' + "[" * 100_000
        objects = '{"id":"c","text":"t","k":' + '{"k":' * 50_000 + "1" + "}" * 50_001
        self.assertEqual(self.taken(*deep, open_ended, objects)[-2:], [5, 6])
        self.assertEqual(len(self.ndjson("get", "a10", "a500")), 2)

    def test_numbers_beyond_every_type(self):
        good = ["99999999999999999999", "-99999999999999999999", "9223372036854775808",
                "1e308", "1E-400", "0.1e1", "-0", "1" * 400]
        lines = ['{"id":"g%d","text":"t","n":%s}' % (i, n) for i, n in enumerate(good)]
        bad = ["1e999", "-1e999", "01", "+1", ".5", "5.", "1e", "0x10", "NaN", "Infinity", "--1",
               "1_000", "-"]
        lines += ['{"id":"b%d","text":"t","n":%s}' % (i, n) for i, n in enumerate(bad)]
        for key, value in [("refcount", "-1"), ("tokens", "4294967296"), ("tokens", "1.5"),
                           ("refcount", "1e2"), ("line_range", "[1,4294967296]"),
                           ("created_at", "9223372036855"), ("touched_at", "1e300")]:
            lines.append(f'{{"id":"x","text":"t","{key}":{value}}}')
        self.assertEqual(self.taken(*lines), list(range(len(good) + 1, len(lines) + 1)))
        got = {s["id"]: s["attrs"]["n"] for s in
               self.ndjson("get", *(f"g{i}" for i in range(len(good))))}
        self.assertEqual((got["g0"], got["g1"], got["g2"], got["g7"]),
                         (10**20 - 1, 1 - 10**20, 2**63, int("1" * 400)))

    def test_strings_that_are_none(self):
        bad = [r'"\ud800"', r'"\ud800\u0041"', r'"\udc00"', r'"\x41"', r'"\u12"', '"\t"', '"open',
               b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe4\xb8"',
               b'"\0"']
        bad = [value if isinstance(value, bytes) else value.encode() for value in bad]
        lines = [b'{"id":"a","text":' + value + b"}" for value in bad]
        lines += [b'{"id":"a","text":"t","task":' + value + b"}" for value in bad]
        lines += [b'{"id":"a","text":"t","k":[' + value + b"]}" for value in bad]
        self.assertEqual(self.taken(*lines), list(range(1, len(lines) + 1)))
        self.assertEqual(self.taken(r'{"id":"ok","text":"\ud83d\ude00\u0000\/\b\f"}'), [])
        self.assertEqual(self.text("get", "ok"), "\U0001f600\0/\b\f")

    def test_lines_that_are_nearly_objects(self):
        lines = ['{"id":"a","text":"t"', '{"id":"a","text":"t",}', '{"id":"a" "text":"t"}',
                 '{"id":"a","text":"t"}}', '{"id":"a","text":"t"} {"id":"b","text":"t"}',
                 '{"id":"a","text":"t"},', "[]", "null", "1", '"s"', "{}", '{"id":"a"}',
                 '{id:"a","text":"t"}', "{'id':'a','text':'t'}", '{"id":"a","text":null}',
                 '{"id":null,"text":"t"}', '{"id":"a","text":1}', '{"id":["a"],"text":"t"}',
                 '{"id":"a","text":"t","tags":"x"}', '{"id":"a","text":"t","tags":[[]]}',
                 '{"id":"a","text":"t","tags":[""]}', '{"id":"a","text":"t","attrs":[]}',
                 '{"id":"a","text":"t","pinned":1}', '{"id":"a","text":"t","tier":"gold"}',
                 '{"id":"a","text":"t","sha256":"12"}', '{"id":"a","text":"t","type":""}',
                 '{"id":"a","text_base64":"?"}', '{"id":"a","text":"t","project":""}',
                 '{"id":"a","text":"t","line_range":[1,2,3]}', '{"id":"a\\n","text":"t"}']
        self.assertEqual(self.taken(*lines), list(range(1, len(lines) + 1)))
        self.run_program("get", "a", exit=1)

    def test_more_metadata_than_a_segment_may_have(self):
        many = json.dumps({"id": "m", "text": "t", **{f"k{i}": i for i in range(20_000)}})
        much = json.dumps({"id": "n", "text": "t", "k": "x" * (1 << 20)})
        key = json.dumps({"id": "o", "text": "t", "k" * 4097: 1})
        self.assertEqual(self.taken(many, much, key), [2, 3])
        self.assertEqual(len(self.ndjson("get", "m")[0]["attrs"]), 20_000)

    def test_marks_and_line_ends(self):
        mark, line = b"\xef\xbb\xbf", b'{"id":"%d","text":"t"}'
        content = mark + line % 1 + b"\r\n\r\n \t\r\n" + mark + line % 2 + b"\n" + line % 3 + b"\r"
        done = self.run_program("ingest", "--json", stdin=content)
        self.assertEqual(json.loads(done.stdout)["stashed"], 2)
        self.assertIn(b"line 4: ", done.stderr)  # the mark belongs to the start of an input alone
        self.assertEqual(self.json("get", "1", "3")["missing"], [])

    def test_random_damage_to_lines_never_ends_the_program(self):
        seed, rng = seeded()
        lines = []
        for number in range(150):
            line = bytearray(json.dumps(random_whole(number, rng), ensure_ascii=False).encode())
            for _ in range(rng.randrange(1, 4)):
                line[rng.randrange(len(line))] = rng.choice(b'\xff\0"\\{}[],:0x')
            if rng.random() < 0.3:
                line = line[:rng.randrange(1, len(line) + 1)]
            lines.append(bytes(line))
        with self.subTest(seed=seed):
            refused = self.taken(*lines)
            self.assertGreater(len(refused), 50)
            for segment in self.ndjson("list", "--all-projects", "--limit", "999"):
                self.assertIn("created_at", segment)
            self.assertEqual(self.json("verify")["faults"], [])


class Inputs(Case):
    LINE = '{"id":"%s","text":"t"}\n'

    def test_files_and_the_standard_input_in_the_order_given(self):
        self.write("one", self.LINE % "a" + '{"id":"x","text":"from one"}')
        self.write("two", '{"id":"x","text":"from two"}')
        answer = self.json("ingest", "one", "-", "two", stdin=self.LINE % "b")
        self.assertEqual(answer["bad"], 0)
        self.assertEqual(self.text("get", "x"), "from two")
        self.assertEqual(self.text("count"), "3\n")

    def test_inputs_that_cannot_be_read_end_it(self):
        self.write("good", self.LINE % "a")
        self.run_program("ingest", "none", exit=5)
        error = self.json("ingest", self.folder, exit=5)["error"]
        self.assertIn(self.folder, error["message"] + error["path"])
        os.symlink("loop", os.path.join(self.folder, "loop"))
        done = self.run_program("ingest", "good", "loop", exit=5)
        self.assertIn(b"loop", done.stderr)

    def test_a_lines_own_project_wins(self):
        self.ingest({"id": "a", "text": "1"}, {"id": "b", "text": "2", "project": "own"})
        self.json("ingest", "--project", "named", stdin=self.LINE % "c"
                  + '{"id":"d","text":"t","project":"own"}\n'
                  + '{"id":"e","text":"t","project":null}')
        counts = {p["name"]: p["segments"] for p in self.json("projects")["projects"]}
        self.assertEqual(counts, {"default": 1, "named": 2, "own": 2})

    def test_strict_takes_nothing_of_any_file(self):
        self.write("one", self.LINE % "a")
        self.write("two", self.LINE % "b" + "bad\n" + self.LINE % "c")
        error = self.json("ingest", "--strict", "one", "two", exit=2)["error"]
        self.assertIn("Line 2", error["message"])
        self.assertIn("Nothing was applied", error["message"])
        self.assertEqual(self.text("count"), "0\n")
        self.assertEqual(self.json("ingest", "--strict", "one")["stashed"], 1)

    def test_acknowledgements_count_every_line_there_was(self):
        lines = self.LINE % "a" + "\n" + "bad\x1b[31m\n" + self.LINE % "b" + self.LINE % "c"
        done = self.run_program("ingest", "--ack=2", stdin=lines)
        out = done.stdout.decode().splitlines()
        self.assertEqual([out[0], out[2], out[3]], ["ack 2", "ack 4", "ack 5"])
        self.assertRegex(out[1], "^error 3 [ -~]+$")
        self.assertIn(b"stashed 3", done.stderr)
        self.assertEqual(self.text("ingest", "--ack", stdin=""), "")

    def test_replaced_segments_are_counted(self):
        self.ingest(*({"id": f"s{i}", "text": "t"} for i in range(5)))
        answer = self.ingest(*({"id": f"s{i}", "text": "tt"} for i in range(3, 9)))
        self.assertEqual((answer["stashed"], answer["replaced"], answer["text_bytes"]), (6, 2, 12))


class Add(Case):
    def test_a_tree_with_everything_in_it(self):
        self.write("t/a.py", "x = 1\n")
        self.write("t/sub/b.log", "line\n")
        self.write("t/sub/.gitignore", "*.tmp\n!keep.tmp\n")
        self.write("t/sub/c.tmp", "no\n")
        self.write("t/sub/keep.tmp", "yes\n")
        self.write("t/.git/config", "no\n")
        self.write("t/empty", "")
        self.write("t/binary", b"a\0b")
        self.write("t/latin", b"caf\xe9\n")
        os.symlink(".", os.path.join(self.folder, "t/loop"))
        os.symlink("a.py", os.path.join(self.folder, "t/link.py"))
        os.mkfifo(os.path.join(self.folder, "t/pipe"))
        self.text("init", "t", SHALE_STORE="")
        answer = self.json("add", "t")
        self.assertEqual(list(answer), ["v", "stashed", "replaced", "counted", "bad", "text_bytes",
                                        "seconds"])
        found = {s["id"]: s["type"] for s in self.ndjson("list")}
        self.assertEqual(found, {"t/a.py#1": "code", "t/sub/b.log#1": "log", "t/latin#1": "note",
                                 "t/sub/keep.tmp#1": "note", "t/sub/.gitignore#1": "note"})
        self.assertEqual(self.run_program("get", "t/latin#1").stdout, b"caf\xe9\n")

    def test_paths_outside_are_absolute_and_named_links_are_followed(self):
        path = self.write("elsewhere/x.md", "text\n")
        os.makedirs(os.path.join(self.folder, "here"))
        os.symlink(path, os.path.join(self.folder, "here/link.md"))
        self.text("add", path, "link.md", folder=os.path.join(self.folder, "here"))
        self.assertEqual(sorted(s["id"] for s in self.ndjson("list")),
                         [os.path.realpath(path) + "#1", "link.md#1"])

    def test_what_cannot_be_read_is_told_and_the_rest_is_stashed(self):
        self.write("t/good.txt", "good\n")
        os.symlink("loop", os.path.join(self.folder, "loop"))
        done = self.run_program("add", "none", "loop", "t", "--json", exit=5)
        answer = json.loads(done.stdout)
        self.assertEqual((answer["stashed"], answer["bad"]), (1, 2))
        self.assertEqual(done.stderr.count(b"\n"), 2)
        self.assertEqual(self.text("get", "t/good.txt#1"), "good\n")

    def test_pieces_are_the_whole_file(self):
        rng = random.Random(1)
        text = "".join("x" * rng.randrange(200) + "\n" for _ in range(3000)) + "end"
        self.write("big.txt", text)
        for options in [[], ["--lines", "100"]]:
            self.text("add", "big.txt", *options, "--project", f"p{len(options)}")
            pieces = self.ndjson("list", "--sort", "-line_first", "--project", f"p{len(options)}")
            self.assertGreater(len(pieces), 3)
            whole = "".join(self.text("get", s["id"], "--project", s["project"]) for s in pieces)
            self.assertEqual(whole, text)
            for one, next_one in zip(pieces, pieces[1:]):
                self.assertEqual(one["line_range"][1] + 1, next_one["line_range"][0])
            self.assertEqual(pieces[-1]["line_range"][1], 3001)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""`shale export`: both forms give everything back, in a known order, whole or not at all."""
import base64
import json
import os
import unittest

from program import Case
from program_exchange_test import random_whole
from segments import seeded


class ExportCase(Case):
    def there(self, name="there"):
        return {"SHALE_STORE": os.path.join(self.folder, name)}

    def whole(self, **environment):
        """Every segment of the store, by project and id."""
        lines = self.lines("export", "--all-projects", **environment)
        return {(line["project"], line["id"]): line for line in lines}


class RoundTrips(ExportCase):
    def test_random_segments_come_back_from_both_forms(self):
        seed, rng = seeded()
        projects = ["p", "a/b", "é", "default"]
        segments = [{**random_whole(number, rng), "project": rng.choice(projects)}
                    for number in range(80)]
        self.make_store("--tokenizer", "none")
        with self.subTest(seed=seed):
            self.assertEqual(self.ingest(*segments)["bad"], 0)
            wanted = {(s["project"], s["id"]): s for s in segments}
            self.assertEqual(self.whole(), wanted)
            self.text("export", "--all-projects", "-o", "all.ndjson")
            self.text("export", "--all-projects", "--format", "json", "-o", "out")
            for path in ["all.ndjson", "out"]:
                answer = self.json("import", "--tokenizer", "none", path, **self.there(path + ".s"))
                self.assertEqual((answer["stashed"], answer["bad"]), (len(segments), 0))
                self.assertEqual(self.whole(**self.there(path + ".s")), wanted)
                # repr tells 1 from 1.0 and True
                again = self.whole(**self.there(path + ".s"))
                for key, line in wanted.items():
                    self.assertEqual(repr(sorted(again[key].get("attrs", {}).items())),
                                     repr(sorted(line.get("attrs", {}).items())))

    def test_counts_of_the_store_come_along(self):
        self.ingest({"id": "a", "text": "one two three"})
        self.text("merge", "--full")
        wanted = self.whole()
        self.assertEqual(wanted["default", "a"]["tokenizer"], "o200k_base")
        self.text("export", "-o", "f.ndjson")
        self.text("import", "f.ndjson", **self.there())
        self.assertEqual(self.whole(**self.there()), wanted)

    def test_what_python_reads_is_what_is_stored(self):
        text = "\0\x1f\x7f\"\\/é\u2028\ufffd😀\n"
        self.ingest({"id": "a", "text": text, "type": "code", "tags": ["é", "x"],
                     "line_range": [1, 2], "created_at": "2025-12-08T01:02:03Z",
                     "touched_at": "2025-12-08T01:02:03.000400", "tokens": 5},
                    {"id": "b", "text": ""})
        self.text("export", "--format", "json", "-o", "out")
        path = os.path.join(self.folder, "out/stashed/default.json")
        with open(path, encoding="ascii") as file:
            content = file.read()
        whole = json.loads(content)
        by_id = {segment["segment_id"]: segment for segment in whole["segments"]}
        self.assertEqual(by_id["a"]["text"], text)
        self.assertEqual(by_id["a"]["last_touched_at"], "2025-12-08T01:02:03.000400")
        self.assertEqual(content, json.dumps(whole, indent=2))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)


class Choice(ExportCase):
    def setUp(self):
        super().setUp()
        self.ingest(*({"id": f"s{number:02}", "text": "t", "project": "pq"[number % 2],
                       "type": ["code", "log"][number // 2 % 2],
                       "created_at": 1_700_000_000 + 40 - number} for number in range(40)))

    def ids(self, *words):
        return [line["id"] for line in self.lines("export", *words)]

    def test_oldest_first_of_one_project_or_all(self):
        self.assertEqual(self.ids("--project", "p"), [f"s{i:02}" for i in range(38, -1, -2)])
        self.assertEqual(self.ids(), [])
        self.assertEqual(len(self.ids("--all-projects")), 40)

    def test_a_filter_chooses(self):
        self.assertEqual(self.ids("--project", "p", "--where", "type:code", "--where", "id:s0*"),
                         ["s08", "s04", "s00"])
        self.run_program("export", "--project", "p", "--where", "colour:red", exit=2)

    def test_many_of_one_moment_come_once_each(self):
        self.ingest(*({"id": f"e{number}", "text": "t", "created_at": 5, "project": "many"}
                      for number in range(20_000)))
        ids = self.ids("--project", "many")
        self.assertEqual(ids, sorted(ids))
        self.assertEqual(len(set(ids)), 20_000)

    def test_the_answer_of_an_export_to_a_file(self):
        answer = self.json("export", "--all-projects", "-o", "f.ndjson")
        self.assertEqual(list(answer), ["v", "exported", "files", "bytes", "seconds", "faults"])
        size = os.path.getsize(os.path.join(self.folder, "f.ndjson"))
        self.assertEqual((answer["exported"], answer["files"], answer["bytes"]), (40, 1, size))
        answer = self.json("export", "--all-projects", "--format", "json", "-o", "out")
        self.assertEqual((answer["exported"], answer["files"]), (40, 2))
        self.assertIn("exported 20", self.text("export", "--project", "p", "-o", "g"))
        self.assertEqual(self.run_program("export", "--quiet").stderr, b"")

    def test_what_the_original_has_no_place_for_is_told_once(self):
        done = self.run_program("export", "--all-projects", "--format", "json", "-o", "out")
        self.assertEqual(done.stderr.count(b"no place"), 1)
        self.ingest({"id": "x", "text": "t", "attrs": {"k": 1}, "type": "other", "project": "r"})
        done = self.run_program("export", "--project", "r", "--format", "json", "-o", "out")
        self.assertIn(b"the attributes of 1", done.stderr)
        self.assertIn(b"the type of 1", done.stderr)

    def test_errors(self):
        self.run_program("export", "--format", "json", exit=2)
        self.run_program("export", "--format", "xml", exit=2)
        self.run_program("export", "-o", "no/such/folder", exit=5)
        self.run_program("export", "--project", "none", exit=5)
        self.run_program("export", exit=5, **self.there())

    def test_a_file_stays_what_it_was_where_the_disk_is_full(self):
        self.write("f.ndjson", "old")
        self.run_program("export", "--all-projects", "-o", "f.ndjson", exit=5, file_bytes=2000)
        with open(os.path.join(self.folder, "f.ndjson"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "old")
        self.assertNotIn("f.ndjson.tmp", os.listdir(self.folder))


class Damage(ExportCase):
    def test_damage_is_told_once_and_the_rest_comes(self):
        seed, rng = seeded()
        texts = [rng.randbytes(3000) for _ in range(20)]  # which no compression changes
        self.ingest(*({"id": f"s{number}", "text_base64": base64.b64encode(text).decode()}
                      for number, text in enumerate(texts)))
        self.text("merge", "--full")
        folder = os.path.join(self.store, "projects/default/shards")
        shard, = (name for name in os.listdir(folder) if name.endswith(".shard"))
        with open(os.path.join(folder, shard), "rb") as file:
            content = bytearray(file.read())
        content[content.index(texts[5][1000:1100])] ^= 0xFF
        os.chmod(os.path.join(folder, shard), 0o600)
        with open(os.path.join(folder, shard), "wb") as file:
            file.write(content)
        with self.subTest(seed=seed):
            done = self.run_program("export", exit=3)
            self.assertEqual(done.stdout.count(b"\n"), 19)
            self.assertEqual(done.stderr.count(b"damaged: "), 1)
            answer = self.json("export", "--format", "json", "-o", "out", exit=3)
            self.assertEqual((answer["exported"], answer["faults"][0]["ids"]), (19, ["s5"]))


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""`list`, `count` and `sum`: columns against a look at every segment."""
import datetime
import json
import os
import struct
import unittest

from program import Case
from segments import TAGS, newest_first, random_segments, seeded, words_of

START = 1_700_000_000


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


# What a sort, a sum or a group calls a field -> its value in a segment; None where it has none.
NUMBERS = {
    "created": lambda s: s["created_at"], "touched": lambda s: s["touched_at"],
    "tokens": lambda s: s.get("tokens"), "refcount": lambda s: s["refcount"],
    "bytes": lambda s: len(s["text"]), "words": lambda s: len(words_of(s["text"])),
}
GROUPS = {
    "type": lambda s: [s["type"]], "task": lambda s: [s.get("task", "")],
    "topic": lambda s: [s.get("topic", "")], "file": lambda s: [s.get("file", "")],
    "tag": lambda s: s.get("tags") or [""], "tier": lambda s: [s.get("tier", "stashed")],
    "generation": lambda s: [s.get("generation", "young")],
    "pinned": lambda s: ["true" if s.get("pinned") else "false"],
    "day": lambda s: [moment(s["created_at"]).strftime("%Y-%m-%d")],
}
FILTERS = {
    "type:code": lambda s: s["type"] == "code",
    "type:[cl]o*": lambda s: s["type"] in ("code", "log"),
    "task:*": lambda s: "task" in s,
    "-task:*": lambda s: "task" not in s,
    "task:one": lambda s: s.get("task") == "one",
    'topic:"x y"': lambda s: s.get("topic") == "x y",
    'topic:""': lambda s: s.get("topic") == "",
    "file:src/a/*": lambda s: s.get("file", "").startswith("src/a/"),
    "file:**/3.c": lambda s: s.get("file", "").endswith("/3.c"),
    "file:src/*": lambda s: False,
    "tag:red": lambda s: "red" in s.get("tags", []),
    "-tag:red tag:green": lambda s: "green" in s.get("tags", []) and "red" not in s["tags"],
    "tier:stashed": lambda s: s.get("tier", "stashed") == "stashed",
    "-tier:archive": lambda s: s.get("tier") != "archive",
    "generation:young": lambda s: s.get("generation", "young") == "young",
    "pinned:true": lambda s: s.get("pinned", False),
    "tokens:*": lambda s: "tokens" in s,
    "tokens:10..20": lambda s: 10 <= s.get("tokens", -1) <= 20,
    "tokens:<10": lambda s: s.get("tokens", 99) < 10,
    "-tokens:>=10": lambda s: s.get("tokens", 0) < 10,
    "bytes:<=11": lambda s: len(s["text"]) <= 11,
    "words:..2": lambda s: len(words_of(s["text"])) <= 2,
    "refcount:>2": lambda s: s["refcount"] > 2,
    "attr.n:4": lambda s: s.get("attrs", {}).get("n") == 4,
    "attr.n:>=0 attr.n:<5": lambda s: 0 <= s.get("attrs", {}).get("n", -1) < 5,
    "-attr.n:*": lambda s: "attrs" not in s,
    "created:2023-11-15": lambda s: moment(s["created_at"]).day == 15,
    "created:>=2023-11-16": lambda s: moment(s["created_at"]).day >= 16,
    "created:..2023-11-15T10:00:00Z": lambda s: moment(s["created_at"]) <= moment(1_700_042_400),
    "touched:2023-11-14T22:13:21Z": lambda s: s["touched_at"] == START + 1,
    "id:s00*": lambda s: s["id"].startswith("s00"),
    'id:"s00*"': lambda s: False,
    "-id:s001": lambda s: s["id"] != "s001",
}


class Model(Case):
    """Segments partly in a shard, partly in the log, some of them patched."""

    def setUp(self):
        super().setUp()
        self.seed, self.rng = seeded()
        self.segments = random_segments(80, self.rng)
        self.make_store("--tokenizer", "none")
        self.ingest(*self.segments[:50])
        self.text("merge", "--full")
        self.ingest(*self.segments[50:])
        for segment in self.rng.sample(self.segments, 6):
            self.text("update", segment["id"], "--task", "one", "--add-tag", "red", "--tokens",
                      "15", "--tier", "working", "--attr", "n:=4", "--pinned", "true")
            tags = segment.get("tags", [])
            segment.update(task="one", tokens=15, tier="working", attrs={"n": 4}, pinned=True,
                           tags=tags if "red" in tags else tags + ["red"])
        for segment in self.rng.sample(self.segments, 4):
            self.text("rm", segment["id"])
            self.segments.remove(segment)

    def passing(self, where):
        return [s for s in self.segments if FILTERS[where](s)]


class Filtered(Model):
    def test_every_kind_of_clause_passes_what_the_model_passes(self):
        for where in FILTERS:
            with self.subTest(seed=self.seed, where=where):
                expected = [s["id"] for s in newest_first(self.passing(where))]
                answer = self.json("list", "--where", where, exit=None if expected else 1)
                self.assertEqual([s["id"] for s in answer["segments"]], expected)
                self.assertEqual(answer["total"], len(expected))

    def test_several_clauses_must_all_hold(self):
        for _ in range(8):
            some = self.rng.sample(sorted(FILTERS), 2)
            expected = len([s for s in self.passing(some[0]) if FILTERS[some[1]](s)])
            with self.subTest(seed=self.seed, where=some):
                self.assertEqual(self.text("count", "--where", " ".join(some)), f"{expected}\n")
                self.assertEqual(self.text("count", "--where", some[0], "--where", some[1]),
                                 f"{expected}\n")


class Sorted(Model):
    def expected(self, name, ascending):
        value = NUMBERS[name]
        with_value = [s for s in newest_first(self.segments) if value(s) is not None]
        without = [s for s in newest_first(self.segments) if value(s) is None]
        with_value.sort(key=lambda s: value(s) if ascending else -value(s))
        return [s["id"] for s in with_value + without]

    def listed(self, sort, limit):
        return [s["id"] for s in self.ndjson("list", "--sort", sort, "--limit", str(limit))]

    def test_every_number_in_both_directions(self):
        for name in NUMBERS:
            for sign in ["", "-"]:
                limit = self.rng.randrange(1, 90)
                with self.subTest(seed=self.seed, sort=sign + name, limit=limit):
                    self.assertEqual(self.listed(sign + name, limit),
                                     self.expected(name, bool(sign))[:limit])

    def test_by_id(self):
        ids = sorted(s["id"] for s in self.segments)
        self.assertEqual(self.listed("-id", 90), ids)
        self.assertEqual(self.listed("id", 7), ids[:-8:-1])

    def test_the_default_is_newest_first_and_a_hundred(self):
        self.ingest(*({"id": f"old{i:03}", "text": "", "created_at": 0} for i in range(60)))
        answer = self.json("list")
        ids = [s["id"] for s in newest_first(self.segments)] + [f"old{i:03}" for i in range(60)]
        self.assertEqual([s["id"] for s in answer["segments"]], ids[:100])
        self.assertEqual(answer["total"], len(ids))

    def test_text_cannot_be_sorted_by(self):
        for name in ["type", "text", "tag", "attr.n", "", "-", "--id"]:
            answer = self.json("list", f"--sort={name}", exit=2)
            self.assertIn("sort", answer["error"]["message"])

    def test_a_limit_of_nothing_still_says_how_many_there_are(self):
        answer = self.json("list", "--limit", "0")
        self.assertEqual((answer["segments"], answer["total"]), ([], len(self.segments)))


class Summed(Model):
    def expected(self, field, by, segments):
        rows = {}
        for segment in segments:
            keys = [()]
            for name in by:
                keys = [key + (value,) for key in keys for value in GROUPS[name](segment)]
            for key in keys:
                count, amount, absent = rows.get(key, (0, 0, 0))
                number = NUMBERS[field](segment)
                rows[key] = (count + 1, amount + (number or 0), absent + (number is None))
        order = sorted(rows, key=lambda key: (-rows[key][1], -rows[key][0], key))
        return [{"by": dict(zip(by, key)), "count": rows[key][0], "sum": rows[key][1],
                 "absent": rows[key][2]} for key in order]

    def test_every_group_of_every_field(self):
        for name in GROUPS:
            with self.subTest(seed=self.seed, by=name):
                answer = self.json("sum", "tokens", "--by", name)
                self.assertEqual(list(answer), ["v", "field", "rows", "faults"])
                self.assertEqual(answer["rows"], self.expected("tokens", [name], self.segments))

    def test_several_groups_at_once_and_a_filter(self):
        for _ in range(6):
            by = self.rng.sample(sorted(GROUPS), self.rng.choice([2, 3]))
            field = self.rng.choice(["tokens", "bytes", "words", "refcount"])
            where = self.rng.choice(sorted(FILTERS))
            with self.subTest(seed=self.seed, by=by, field=field, where=where):
                answer = self.json("sum", field, "--by", ",".join(by), "--where", where)
                self.assertEqual(answer["rows"], self.expected(field, by, self.passing(where)))

    def test_counts_by_groups_are_those_of_sums(self):
        for name in GROUPS:
            with self.subTest(seed=self.seed, by=name):
                rows = {row["by"][name]: row["count"] for row in
                        self.expected("tokens", [name], self.segments)}
                answer = self.json("count", "--by", name)
                self.assertEqual(list(answer), ["v", "rows", "faults"])
                self.assertEqual({row["by"][name]: row["count"] for row in answer["rows"]}, rows)

    def test_times_are_the_first_and_the_last_of_a_group(self):
        for row in self.json("sum", "tokens", "--by", "type", "--times")["rows"]:
            with self.subTest(seed=self.seed, type=row["by"]["type"]):
                group = [s for s in self.segments if s["type"] == row["by"]["type"]]
                for name in ["created", "touched"]:
                    seconds = [NUMBERS[name](s) for s in group]
                    told = [datetime.datetime.fromisoformat(row[name][end].replace("Z", "+00:00"))
                            for end in ["first", "last"]]
                    self.assertEqual([time.timestamp() for time in told],
                                     [min(seconds), max(seconds)])

    def test_a_query_restricts_what_is_summed(self):
        word = self.rng.choice([w for s in self.segments for w in words_of(s["text"])])
        for match in ["all", "any", "auto"]:
            with self.subTest(seed=self.seed, word=word, match=match):
                hits = self.json("search", word, "--match", match, "--limit", "1000")["hits"]
                found = {hit["id"] for hit in hits}
                answer = self.json("sum", "bytes", "--by", "type,tag", "--query", word,
                                   "--match", match)
                self.assertEqual(answer["rows"],
                                 self.expected("bytes", ["type", "tag"],
                                               [s for s in self.segments if s["id"] in found]))
                self.assertEqual(list(answer), ["v", "field", "rows", "faults", "widened",
                                                "partial"])

    def test_usage_is_the_sum_of_its_parts(self):
        usage = self.json("usage", "--limit", "1000")
        counted = [s for s in self.segments if s.get("tokens") is not None]
        tokens = sum(s["tokens"] for s in counted)
        self.assertEqual((usage["segments"], usage["tokens"], usage["uncounted"]),
                         (len(self.segments), tokens, len(self.segments) - len(counted)))
        self.assertEqual(usage["remaining"], 1000 - tokens)
        for field in ["type", "task", "tier"]:
            rows = self.expected("tokens", [field], self.segments)
            with self.subTest(seed=self.seed, field=field):
                self.assertEqual(
                    [(s[field], s["count"], s["tokens"], s["uncounted"])
                     for s in usage[field + "s"]],
                    [(r["by"][field], r["count"], r["sum"], r["absent"]) for r in rows])

    def test_without_groups_there_is_one_row_even_of_nothing(self):
        total = sum(NUMBERS["bytes"](s) for s in self.segments)
        self.assertEqual(self.text("sum", "bytes"), f"{total}\n")
        self.assertEqual(self.json("sum", "bytes", "--where", "type:absent")["rows"],
                         [{"by": {}, "count": 0, "sum": 0, "absent": 0}])
        answer = self.json("sum", "bytes", "--by", "type", "--where", "type:absent")
        self.assertEqual(answer["rows"], [])

    def test_text_has_the_groups_before_the_sum(self):
        rows = self.expected("words", ["tag", "tier"], self.segments)
        lines = [f"{r['by']['tag']}\t{r['by']['tier']}\t{r['sum']}" for r in rows]
        self.assertEqual(self.text("sum", "words", "--by", "tag", "--by", "tier").splitlines(),
                         lines)
        self.assertTrue(any(tag in "\n".join(lines) for tag in TAGS))

    def test_what_is_no_number_and_no_group_is_refused_by_name(self):
        for words, part in [(["type"], "type"), (["nothing"], "nothing"), (["id"], "id"),
                            (["tokens", "--by", "id"], "id"), (["tokens", "--by", "x"], "x"),
                            (["tokens", "--by", "type,tokens"], "tokens"),
                            (["tokens", "--by", "attr.n"], "attr.n")]:
            answer = self.json("sum", *words, exit=2)
            self.assertIn(f'"{part}"', answer["error"]["message"])


class Forms(Case):
    def test_a_listing_is_columns_that_no_value_can_break(self):
        self.ingest({"id": "a\x7fb", "type": "no\tte", "text": "x", "file": "f\n\x1b]0;t\x07",
                     "line_range": [1, 2], "created_at": "2024-02-29T23:59:59.5"})
        self.assertEqual(self.text("list"),
                         "a b\tno te\tf  ]0;t :1-2\t2024-02-29T23:59:59.500000\n")
        # In JSON every value is whole.
        self.assertEqual(self.json("list")["segments"][0]["file"], "f\n\x1b]0;t\x07")

    def test_listings_have_no_text_and_every_other_field(self):
        self.ingest({"id": "a", "text": "x", "tokens": 3, "tags": ["t"], "attrs": {"k": None}})
        listed, = self.json("list")["segments"]
        whole, = self.json("get", "a")["segments"]
        self.assertEqual(whole.pop("text"), "x")
        self.assertEqual(listed, whole)
        self.assertEqual(self.ndjson("list"), [listed])

    def test_all_projects(self):
        for name in ["default", "b", "a"]:
            self.ingest({"id": "same", "text": "x y", "project": name})
        answer = self.json("list", "--all-projects")
        self.assertEqual([s["id"] for s in answer["segments"]],
                         ["a/same", "b/same", "default/same"])
        self.assertEqual(answer["total"], 3)
        self.assertEqual(self.json("count", "--all-projects")["count"], 3)
        self.assertEqual(self.json("count", "--project", "a")["count"], 1)

    def in_one_project(self, segments):
        """A store that has them all in one project: what all projects together must answer."""
        store = os.path.join(self.folder, "whole")
        lines = "".join(json.dumps({**s, "project": "default"}) + "\n" for s in segments)
        self.json("ingest", "--store", store, stdin=lines)
        return store

    def test_all_projects_are_listed_in_one_order_and_share_one_limit(self):
        seed, rng = seeded()
        segments = random_segments(60, rng)
        for segment in segments:
            segment["project"] = rng.choice(["default", "a", "b/c"])
        self.ingest(*segments)
        whole = self.in_one_project(segments)
        for field in ["created", "-created", "touched", "bytes", "-words", "tokens", "-tokens",
                      "id", "-id"]:
            with self.subTest(seed=seed, field=field):
                listed = self.json("list", "--all-projects", "--sort", field)["segments"]
                expected = self.json("list", "--store", whole, "--sort", field)["segments"]
                projects = {s["id"]: s["project"] for s in segments}
                self.assertEqual([s["id"] for s in listed],
                                 [f"{projects[s['id']]}/{s['id']}" for s in expected])
                few = self.json("list", "--all-projects", "--sort", field, "--limit", "7")
                self.assertEqual((few["segments"], few["total"]), (listed[:7], 60))

    def test_all_projects_are_summed_by_exact_addition(self):
        seed, rng = seeded()
        segments = random_segments(60, rng)
        for segment in segments:
            segment["project"] = rng.choice(["a", "b/c"])  # nobody wrote to `default`
        self.ingest(*segments)
        whole = self.in_one_project(segments)
        for words in [["tokens"], ["bytes", "--by", "type,task"], ["words", "--by", "tag"],
                      ["refcount", "--by", "type", "--where", "pinned:true"]]:
            with self.subTest(seed=seed, words=words):
                self.assertEqual(self.json("sum", *words, "--all-projects")["rows"],
                                 self.json("sum", *words, "--store", whole)["rows"])

    def test_counts_are_never_nothing_found(self):
        self.text("init", "--store", self.store)
        self.assertEqual(self.json("count"), {"v": 1, "count": 0, "faults": []})
        self.assertEqual(self.text("sum", "tokens"), "0\n")
        self.assertEqual(self.text("list", exit=1), "")
        self.assertEqual(self.json("list", exit=1)["segments"], [])


class Durable(Case):
    def test_what_is_not_synced_is_left_out_where_asked_for(self):
        self.ingest({"id": "a", "text": "word", "tokens": 3})
        self.text("stash", "--id", "b", "word")
        path = os.path.join(self.store, "projects/default/volatile/CONTROL")

        def durable(value=None):
            """The word that says what is durable, taken back to `value`."""
            with open(path, "r+b") as file:
                file.seek(192)
                before, = struct.unpack("<Q", file.read(8))
                if value is not None:
                    file.seek(192)
                    file.write(struct.pack("<Q", value))
            return before

        def answers(*options):
            return [self.text("count", *options), self.text("sum", "tokens", *options),
                    self.text("search", "word", "--count", *options, exit=None),
                    len(self.json("list", *options, exit=None)["segments"]),
                    self.json("get", "a", *options, exit=None)["missing"]]
        synced = durable()
        both = ["2\n", "4\n", "2\n", 2, []]  # one is counted here
        self.assertEqual(answers("--durable"), both)
        durable(0)
        self.assertEqual(answers("--durable"), ["0\n", "0\n", "0\n", 0, ["a"]])
        self.assertEqual(answers(), both)
        durable(synced)
        self.assertEqual(answers("--durable"), both)
        self.text("merge", "--full")
        durable(0)  # what a shard holds was durable before an edition named it
        self.assertEqual(answers("--durable"), both)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""`shale search` page by page: cursors, facets, recency, counts, --explain; one project and all."""
import collections
import unittest

from program import Case
from segments import WORDS, random_segments, seeded

FIELDS = ["type", "task", "file", "topic", "tag", "tier", "generation", "pinned", "day"]
DEFAULTS = {"tier": "stashed", "generation": "young", "pinned": "false"}


def values_of(segment, field):
    """What a facet counts a segment under."""
    if field == "tag":
        return segment.get("tags") or [""]
    if field == "pinned":
        return ["true" if segment.get("pinned") else "false"]
    if field == "day":
        days = segment["created_at"] // 86400  # of 1.7e9 and three days more
        return [f"2023-11-{14 + days - 19675:02}"]
    return [segment.get(field) or DEFAULTS.get(field, "")]


def facet_of(segments, field, most=20):
    counts = collections.Counter(value for s in segments for value in values_of(s, field))
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {"distinct": len(rows),
            "rows": [{"value": value, "count": count} for value, count in rows[:most]]}


class Pages(Case):
    def setUp(self):
        super().setUp()
        self.seed, self.rng = seeded()
        self.segments = random_segments(60, self.rng)
        self.ingest(*self.segments)

    def pages(self, *words, limit=None, **environment):
        """All pages of a search, by the cursors that it gives."""
        cursor = []
        while True:
            size = str(limit or self.rng.choice([1, 3, 10]))
            answer = self.json("search", *words, "--limit", size, *cursor, exit=None,
                               **environment)
            yield answer
            if answer["cursor"] is None:
                return
            self.assertEqual(len(answer["hits"]), int(size))
            cursor = ["--cursor", answer["cursor"]]

    def check_pages(self, *words):
        words = [*words, "--match", "any"]
        whole = self.json("search", *words, "--limit", "1000", exit=None)
        self.assertIsNone(whole["cursor"])
        hits = []
        for answer in self.pages(*words):
            self.assertEqual((answer["total"], answer["moved"]), (whole["total"], False))
            hits += answer["hits"]
        self.assertEqual(hits, whole["hits"])

    def test_pages_make_the_whole_order_in_processes_of_their_own(self):
        with self.subTest(seed=self.seed):
            self.text("merge", "--full")
            extra = {**self.segments[0], "id": "extra"}
            self.ingest(extra)  # shards and a log
            self.check_pages("alpha", "beta")
            self.check_pages()
            self.check_pages("alp*", "--where", "type:code")

    def test_a_change_between_pages_is_told(self):
        words = ["alpha", "beta", "gamma", "--match", "any", "--limit", "3"]
        with self.subTest(seed=self.seed):
            first = self.json("search", *words)
            self.ingest({"id": "new", "text": "omega", "created_at": 1})
            second = self.json("search", *words, "--cursor", first["cursor"])
            self.assertTrue(second["moved"])
            third = self.json("search", *words, "--cursor", second["cursor"], exit=None)
            self.assertFalse(third["moved"])
            done = self.run_program("search", *words, "--cursor", first["cursor"])
            self.assertIn(b"has changed since the page before", done.stderr)
            self.assertIn(b"next page: --cursor A", done.stderr)
            quiet = self.run_program("search", *words, "--cursor", first["cursor"], "--quiet")
            self.assertEqual((quiet.stderr, quiet.stdout), (b"", done.stdout))

    def test_what_is_no_cursor_of_the_search_is_a_usage_error(self):
        cursor = self.json("search", "--limit", "1")["cursor"]
        for words, part in [(["--cursor", "garbage"], "no cursor"),
                            (["alpha", "--cursor", cursor], "another query"),
                            (["--where", "type:code", "--cursor", cursor], "another query"),
                            (["--match", "any", "--cursor", cursor], "another query"),
                            (["--recency", "7d", "--cursor", cursor], "another query"),
                            (["--cursor", cursor[:-1]], "no cursor"),
                            (["--all-projects", "--cursor", cursor], "--all-projects")]:
            with self.subTest(words=words):
                answer = self.json("search", *words, exit=2)
                self.assertEqual(answer["error"]["code"], "invalid_argument")
                self.assertIn(part, answer["error"]["message"])
        joined = self.json("search", "--limit", "1", "--all-projects")["cursor"]
        answer = self.json("search", "--cursor", joined, exit=2)
        self.assertIn("--all-projects", answer["error"]["message"])

    def test_facets_count_all_matches_exactly(self):
        with self.subTest(seed=self.seed):
            matching = [s for s in self.segments if "alpha" in s["text"].split()]
            asked = [word for field in FIELDS for word in ("--facet", field)]
            for limit in ["0", "2", "100"]:
                answer = self.json("search", "alpha", "--limit", limit, *asked, exit=None)
                self.assertEqual(list(answer["facets"]), FIELDS)
                for field in FIELDS:
                    self.assertEqual(answer["facets"][field], facet_of(matching, field), field)
            some = self.json("search", "--facet", "task,file", "--facet-rows", "2")
            self.assertEqual(some["facets"]["file"], facet_of(self.segments, "file", 2))
            self.assertNotIn("facets", self.json("search"))

    def test_facets_in_lines(self):
        rows = facet_of(self.segments, "type")["rows"]
        lines = "".join(f"type\t{row['value']}\t{row['count']}\n" for row in rows)
        with self.subTest(seed=self.seed):
            self.assertEqual(self.text("search", "--count", "--facet", "type"), "60\n\n" + lines)
            done = self.run_program("search", "--limit", "1", "--facet", "type",
                                    "--facet-rows", "1")
            self.assertEqual(done.stdout.decode().count("\n"), 3)
            self.assertIn(b"type: 1 of 4 values", done.stderr)
            objects = self.ndjson("search", "--limit", "1", "--facet", "type")
            self.assertEqual(objects[1], {"v": 1, "facet": "type",
                                          **facet_of(self.segments, "type")})
        self.run_program("search", "--facet", "colour", exit=2)

    def test_recency_prefers_what_is_new_and_changes_no_total(self):
        now = 4_000_000_000  # in the future: of age 0
        self.ingest({"id": "old", "text": "omega omega", "created_at": 1},
                    {"id": "new", "text": "omega other words", "created_at": now})
        plain = self.json("search", "omega")
        recent = self.json("search", "omega", "--recency", "7d")
        self.assertEqual([h["id"] for h in plain["hits"]], ["old", "new"])
        self.assertEqual([h["id"] for h in recent["hits"]], ["new", "old"])
        self.assertEqual(recent["total"], plain["total"])
        scores = {h["id"]: h["score"] for h in plain["hits"]}
        for hit in recent["hits"]:
            factor = 1 if hit["id"] == "new" else 0.5
            self.assertAlmostEqual(hit["score"], scores[hit["id"]] * factor, places=5)
        for wrong in ["", "7", "0d", "-1d", "soon"]:
            self.run_program("search", "omega", f"--recency={wrong}", exit=(0, 2))
        self.assertIn("7d", self.json("search", "x", "--recency", "7", exit=2)["error"]["message"])

    def test_a_count_is_that_of_the_search_and_says_that_it_widened(self):
        self.ingest({"id": "w1", "text": "onlyhere"}, {"id": "w2", "text": "onlythere"})
        done = self.run_program("search", "onlyhere", "onlythere", "--count")
        self.assertEqual(done.stdout, b"2\n")
        self.assertIn(b"every word", done.stderr)
        answer = self.json("search", "onlyhere", "onlythere", "--count")
        self.assertEqual((answer["widened"], answer["hits"], answer["cursor"]), (True, [], None))
        with self.subTest(seed=self.seed):
            for limit in ["0", "1", "5", "60"]:
                words = ["search", *self.rng.sample(WORDS, 2), "--limit", limit]
                found = self.json(*words, exit=None)
                counted = self.json(*words, "--count", exit=None)
                self.assertEqual((found["total"], found["widened"]),
                                 (counted["total"], counted["widened"]))

    def test_explain_tells_the_plan_and_where_the_time_went(self):
        answer = self.json("search", "alpha -beta", "--explain", exit=None)
        shown = self.text("search", "alpha -beta", "--explain", exit=None)
        for text in [answer["explanation"], shown]:
            for part in ['(words "alpha") (not (words "beta"))', '(word "alpha")', "edition ",
                         "live, ", "time       parse ", "snippets "]:
                self.assertIn(part, text)
        self.assertNotIn("explanation", self.json("search", "alpha", exit=None))


class AllProjects(Case):
    def setUp(self):
        super().setUp()
        self.seed, self.rng = seeded()
        self.segments = random_segments(40, self.rng)
        for number, segment in enumerate(self.segments):
            segment["project"] = ["default", "p2", "p3"][number % 3]
            segment["id"] = f"s{number // 3}"  # the same ids in all
        self.ingest(*self.segments)

    def test_pages_make_the_whole_order_of_all_projects(self):
        with self.subTest(seed=self.seed):
            for words in [["alpha", "beta", "--match", "any"], []]:
                words = ["search", *words, "--all-projects", "--limit"]
                whole = self.json(*words, "1000", exit=None)
                self.assertIsNone(whole["cursor"])
                keys = [(-h["score"], -self.created(h), h["id"].split("/")[1],
                         h["project"]) for h in whole["hits"]]
                self.assertEqual(keys, sorted(keys))
                hits, cursor = [], []
                while True:
                    answer = self.json(*words, "4", *cursor, exit=None)
                    hits += answer["hits"]
                    self.assertEqual(answer["total"], whole["total"])
                    self.assertFalse(answer["moved"])
                    if answer["cursor"] is None:
                        break
                    cursor = ["--cursor", answer["cursor"]]
                self.assertEqual(hits, whole["hits"])

    def created(self, hit):
        project, _, name = hit["id"].partition("/")
        return next(s["created_at"] for s in self.segments
                    if (s["project"], s["id"]) == (project, name))

    def test_facets_and_totals_add_up(self):
        with self.subTest(seed=self.seed):
            answer = self.json("search", "--all-projects", "--limit", "1", "--facet", "type,day",
                               "--facet-rows", "2")
            self.assertEqual(answer["total"], 40)
            for field in ["type", "day"]:
                self.assertEqual(answer["facets"][field], facet_of(self.segments, field, 2))
            counted = self.text("search", "--all-projects", "--count")
            self.assertEqual(counted, "40\n")

    def test_a_project_that_comes_or_goes_between_pages_is_told(self):
        words = ["search", "--all-projects", "--limit", "5"]
        first = self.json(*words)
        self.ingest({"id": "x", "text": "alpha", "project": "p4"})
        second = self.json(*words, "--cursor", first["cursor"])
        self.assertTrue(second["moved"])
        self.assertEqual(second["total"], 40)
        self.assertNotIn("p4", {h["project"] for h in second["hits"]})
        explained = self.json(*words, "--explain")["explanation"]
        self.assertEqual(explained.count("project    "), 4)


if __name__ == "__main__":
    unittest.main()

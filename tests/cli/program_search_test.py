#!/usr/bin/env python3
"""`shale search`: ranking against a model, widening, limits, snippets, forms of the answer."""
import json
import os
import unittest

from program import Case
from segments import WORDS, newest_first, random_segments, scores, seeded, words_of

HIT_KEYS = ["id", "project", "score", "snippet", "spans", "file", "line_range", "type", "tokens",
            "source"]


class Ranking(Case):
    def setUp(self):
        super().setUp()
        self.seed, self.rng = seeded()
        self.segments = random_segments(60, self.rng)
        self.by_id = {s["id"]: s for s in self.segments}
        self.ingest(*self.segments)

    def matching(self, terms, every):
        wanted = all if every else any
        return [s for s in self.segments if wanted(t in words_of(s["text"]) for t in terms)]

    def check_order(self, hits, terms):
        expected = scores(self.segments, terms)
        for hit in hits:
            self.assertAlmostEqual(hit["score"], expected[hit["id"]], places=4)
        for one, next_one in zip(hits, hits[1:]):
            self.assertGreaterEqual(one["score"], next_one["score"])
            if one["score"] == next_one["score"]:
                ends = [self.by_id[one["id"]], self.by_id[next_one["id"]]]
                self.assertEqual(ends, newest_first(ends))

    def check_query(self, terms, match):
        answer = self.json("search", *terms, "--match", match, "--limit", "100", exit=None)
        hits = answer["hits"]
        every = self.matching(terms, True)
        widened = match == "auto" and len(terms) > 1  # 60 segments are fewer than the limit
        expected = every if match != "any" and not widened else self.matching(terms, False)
        self.assertEqual(sorted(h["id"] for h in hits), sorted(s["id"] for s in expected))
        self.assertEqual((answer["total"], answer["widened"]), (len(expected), widened))
        self.check_order(hits, terms)
        return hits

    def test_matches_scores_and_order_are_those_of_the_model(self):
        for _ in range(4):
            terms = self.rng.sample(WORDS, self.rng.choice([1, 2, 3]))
            for match in ["all", "any", "auto"]:
                with self.subTest(seed=self.seed, terms=terms, match=match):
                    self.check_query(terms, match)

    def test_a_merge_changes_neither_scores_nor_order(self):
        terms = self.rng.sample(WORDS, 2)
        with self.subTest(seed=self.seed, terms=terms):
            before = self.check_query(terms, "any")
            self.text("merge", "--full")
            self.assertEqual(self.check_query(terms, "any"), before)

    def test_replaced_and_erased_segments_count_in_no_score(self):
        self.text("merge", "--full")
        gone = self.segments.pop()
        self.text("rm", gone["id"])
        self.segments[0]["text"] = "alpha alpha omega"
        self.ingest(self.segments[0])
        with self.subTest(seed=self.seed):
            self.check_query(["alpha"], "all")
            self.check_query(["omega", "beta"], "any")

    def test_a_smaller_limit_is_the_start_of_a_larger_one(self):
        with self.subTest(seed=self.seed):
            query = ["search", "alpha", "beta", "--match", "any", "--limit"]
            every = self.ndjson(*query, "60")
            for limit in [1, 2, len(every) - 1, len(every), len(every) + 1]:
                answer = self.json(*query, str(limit))
                self.assertEqual([h["id"] for h in answer["hits"]],
                                 [h["id"] for h in every][:limit])
                self.assertEqual(answer["total"], len(every))

    def test_no_words_at_all_means_everything_newest_first(self):
        with self.subTest(seed=self.seed):
            for words in [[], [""]]:
                answer = self.json("search", "--limit", "25", *words)
                self.assertEqual([h["id"] for h in answer["hits"]],
                                 [s["id"] for s in newest_first(self.segments)[:25]])
                self.assertEqual((answer["total"], answer["widened"]), (60, False))
                self.assertEqual({h["score"] for h in answer["hits"]}, {0})

    def test_filters_cut_the_matches_and_leave_the_scores(self):
        with self.subTest(seed=self.seed):
            every = self.ndjson("search", "alpha", "--limit", "60")
            some = self.ndjson("search", "alpha", "--limit", "60", "--where", "-type:code",
                               "--where", "refcount:>=1", exit=None)
            passing = [h for h in every if h["type"] != "code"
                       and self.by_id[h["id"]]["refcount"] >= 1]
            self.assertEqual(some, passing)

    def test_a_count_is_the_total_whatever_the_limit(self):
        with self.subTest(seed=self.seed):
            for match in ["all", "any"]:
                words = ["alpha", "beta", "--match", match]
                total = self.json("search", *words, exit=None)["total"]
                counted = self.text("search", *words, "--count", "--limit", "1", exit=None)
                self.assertEqual(counted, f"{total}\n")
                answer = self.json("search", *words, "--count", exit=None)
                self.assertEqual((answer["hits"], answer["total"]), ([], total))
                line = self.ndjson("search", *words, "--count", exit=None)
                self.assertEqual([one["total"] for one in line], [total])

    def test_a_count_is_widened_like_the_search_itself(self):
        self.ingest({"id": "w1", "text": "onlyhere"}, {"id": "w2", "text": "onlythere"})
        self.assertEqual(self.json("search", "onlyhere", "onlythere")["total"], 2)
        self.assertEqual(self.text("search", "onlyhere", "onlythere", "--count"), "2\n")


class Words(Case):
    def setUp(self):
        super().setUp()
        self.ingest({"id": "a", "text": "Größe Überfluss ÇA naïve"},
                    {"id": "b", "text": "snake_case CamelCase x2 42"},
                    {"id": "c", "text": "bad \ufffd end"},
                    {"id": "d", "text_base64": "bGVmdP9yaWdodA=="})  # left, 0xff, right

    def found(self, *words):
        return sorted(h["id"] for h in self.ndjson("search", *words, exit=None))

    def test_case_is_folded_in_every_script(self):
        for word in ["GRÖSSE", "größe", "ÜBERFLUSS", "ça", "NAÏVE"]:
            expected = [] if word == "GRÖSSE" else ["a"]  # simple folding: one letter for one
            self.assertEqual(self.found(word), expected, word)

    def test_words_are_runs_of_letters_digits_and_underscores(self):
        for word in ["SNAKE_CASE", "camelcase", "X2", "42"]:
            self.assertEqual(self.found(word), ["b"], word)
        for word in ["nake_", "amel", "4"]:
            self.assertEqual(self.found(word), [], word)
        self.assertEqual(self.found("snake_"), ["b"])  # by its part

    def test_words_are_found_by_their_parts_and_stems(self):
        for word in ["snake", "snakes", "case", "camel", "x", "2"]:
            self.assertEqual(self.found(word), ["b"], word)
        self.assertEqual(self.found("CamelCases"), ["b"])

    def test_a_plain_store_knows_whole_words_alone(self):
        self.store = os.path.join(self.folder, "plain")
        self.run_program("init", "--analysis", "plain", "--store", self.store)
        self.ingest({"id": "p", "text": "the snake_case CamelCase"})
        for word in ["snake_case", "camelcase", "the"]:
            self.assertEqual(self.found(word), ["p"], word)
        for word in ["snake", "case", "CamelCases"]:
            self.assertEqual(self.found(word), [], word)

    def test_bytes_that_are_not_utf8_separate_words(self):
        self.assertEqual(self.found("left"), ["d"])
        self.assertEqual(self.found("right"), ["d"])
        self.assertEqual(self.found("leftright"), [])

    def test_several_words_and_one_argument_are_the_same_query(self):
        self.assertEqual(self.found("camelcase 42"), self.found("camelcase", "42"))
        self.assertEqual(self.found("camelcase,42!"), ["b"])

    def test_widening_is_said_once_and_not_under_quiet(self):
        done = self.run_program("search", "camelcase", "left")
        self.assertEqual(done.stdout.count(b"\n"), 2)
        self.assertEqual(done.stderr.count(b"\n"), 1)
        self.assertIn(b"every word", done.stderr)
        self.assertEqual(self.run_program("search", "camelcase", "left", "--quiet").stderr, b"")
        # One word alone has nothing to be widened to.
        self.assertFalse(self.json("search", "camelcase")["widened"])


class Snippets(Case):
    def hit(self, text, *query):
        self.ingest({"id": "a", "text": text})
        hits = self.ndjson("search", *query)
        self.assertEqual(len(hits), 1)
        return hits[0]

    def test_spans_cover_the_words_that_matched(self):
        hit = self.hit("É Été été; the slow été SLOW", "été", "slow")
        snippet = hit["snippet"].encode()
        self.assertEqual([snippet[a:b].decode() for a, b in hit["spans"]],
                         ["Été", "été", "slow", "été", "SLOW"])

    def test_spans_are_what_the_query_matched(self):
        text = "Search: a slow search é, getUserName merges colours; draft"
        for query, expected in [('"slow search"', ["slow", "search"]),
                                ("user", ["getUserName"]), ("merging", ["merges"]),
                                ("merg* -nothing", ["merges"]), ("colour~", ["colours"]),
                                ("search -absent type:note", ["Search", "search"]),
                                ('"search slow"~3', ["Search", "slow", "search"])]:
            with self.subTest(query=query):
                hit = self.hit(text, query)
                snippet = hit["snippet"].encode()
                self.assertEqual([snippet[a:b].decode() for a, b in hit["spans"]], expected)

    def test_a_phrase_is_shown_where_it_stands(self):
        text = "slow slow slow " + "filler " * 100 + "one slow search " + "filler " * 100
        self.assertIn("one slow search", self.hit(text, '"slow search"')["snippet"])

    def test_a_long_text_is_shown_where_it_matches(self):
        hit = self.hit("filler " * 5000 + "the needle here " + "filler " * 5000, "needle")
        self.assertLessEqual(len(hit["snippet"].encode()), 160)
        (begin, end), = hit["spans"]
        self.assertEqual(hit["snippet"].encode()[begin:end], b"needle")
        self.assertIn("the needle here", hit["snippet"])

    def test_a_snippet_is_one_line_without_control_characters(self):
        text = "one\r\n\ttwo\0 three\x1b[31m \x7fneedle\u0085\u2028end"
        hit = self.hit(text, "needle")
        self.assertEqual(hit["snippet"], "one two three [31m needle end")
        shown = self.text("search", "needle")
        self.assertEqual(shown.count("\n"), 1)
        self.assertNotRegex(shown[:-1], "[\0-\x1f\x7f]")

    def test_bytes_that_are_not_utf8_become_replacement_characters(self):
        self.ingest({"id": "raw", "text_base64": "bmVlZGxlIP/+IGVuZA=="})
        hit, = self.ndjson("search", "needle")
        self.assertEqual(hit["snippet"], "needle \ufffd\ufffd end")

    def test_without_words_the_start_is_shown_and_nothing_marked(self):
        self.ingest({"id": "a", "text": "  the start\nof it"}, {"id": "empty", "text": ""})
        hits = {h["id"]: h for h in self.ndjson("search")}
        self.assertEqual((hits["a"]["snippet"], hits["a"]["spans"]), ("the start of it", []))
        self.assertEqual(hits["empty"]["snippet"], "")


class Forms(Case):
    def setUp(self):
        super().setUp()
        self.ingest({"id": "m1", "text": "a needle", "created_at": 2},
                    {"id": "c1", "text": "needle needle", "type": "code", "file": "a b/\x1b[2J.c",
                     "line_range": [7, 7], "tokens": 0, "created_at": 1},
                    {"id": "other", "text": "needle", "project": "p2"})

    def test_json_is_one_object_with_every_key(self):
        answer = self.json("search", "needle")
        self.assertEqual(list(answer)[:6], ["v", "hits", "total", "widened", "cursor", "faults"])
        for hit in answer["hits"]:
            self.assertEqual(list(hit), HIT_KEYS)
        code, message = answer["hits"]
        self.assertEqual((code["line_range"], code["tokens"]), ([7, 7], 0))
        self.assertEqual((code["file"], code["source"]), ("a b/\x1b[2J.c", None))
        self.assertEqual((message["file"], message["line_range"], message["tokens"]),
                         (None, None, 2))

    def test_ndjson_is_one_versioned_object_for_each_hit(self):
        lines = self.text("search", "needle", "--ndjson").splitlines()
        self.assertEqual([list(json.loads(line)) for line in lines], [["v"] + HIT_KEYS] * 2)
        self.assertEqual(self.text("search", "absent", "--ndjson", exit=1), "")

    def test_text_has_source_score_and_snippet(self):
        lines = self.text("search", "needle").splitlines()
        self.assertRegex(lines[0], r"^a b/ \[2J\.c:7-7  \d\.\d\d  needle needle$")
        self.assertRegex(lines[1], r"^m1  \d\.\d\d  a needle$")

    def test_all_projects_shares_one_limit_and_says_whose_hit_it_is(self):
        answer = self.json("search", "needle", "--all-projects", "--limit", "2")
        self.assertEqual((len(answer["hits"]), answer["total"]), (2, 3))
        hits = self.ndjson("search", "needle", "--all-projects")
        self.assertEqual({h["id"]: h["project"] for h in hits},
                         {"default/m1": "default", "default/c1": "default", "p2/other": "p2"})
        shown = self.text("search", "needle", "--all-projects")
        self.assertIn("p2/other  ", shown)

    def test_a_filter_that_does_not_parse_is_named(self):
        for where, part in [("nonsense:x", "nonsense:x"), ("type", "no `:`"), ("type:", "no value"),
                            ("tier:gold", "tier"), ("tokens:many", "not a number"),
                            ("created:noon", "neither a date"), ('task:"open', "quotes"),
                            ("type:code bytes:x", "clause 2"), ("attr.:1", "no name")]:
            answer = self.json("search", "needle", "--where", where, exit=2)
            self.assertEqual(answer["error"]["code"], "invalid_argument")
            self.assertIn(part, answer["error"]["message"], where)

    def test_numbers_that_are_none_are_usage_errors(self):
        for words in [["search", "x", "--limit", "-1"], ["list", "--limit", ""],
                      ["list", "--limit", "1e3"], ["ingest", "--ack=-1"],
                      ["search", "x", "--limit", "99999999999999999999"]]:
            with self.subTest(words=words):
                self.assertIn(b"must be a whole number",
                              self.run_program(*words, exit=2).stderr)

    def test_limits_that_are_no_numbers_are_usage_errors(self):
        for limit in ["x", "1.5", "3x"]:
            self.run_program("search", "needle", "--limit", limit, exit=2)
        self.assertEqual(len(self.ndjson("search", "needle", "--limit", "18446744073709551615")), 2)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Damaged files: `verify` finds every changed byte, and questions never answer a silent lie."""
import json
import os
import unittest

from program import HAS_SANITIZER, Case
from segments import random_segments, seeded, words_of


class Damaged(Case):
    """A project with a shard, its overlays and a log, and ways to spoil them."""

    def setUp(self):
        super().setUp()
        self.seed, self.rng = seeded()
        segments = random_segments(50, self.rng)
        self.ingest(*segments)
        self.text("merge", "--full")
        self.text("rm", "s000", "s001")
        self.text("update", "s002", "s003", "--task", "patched")
        self.texts = {s["id"]: s["text"] for s in segments[2:]}

    def files(self, part, project="default"):
        top = os.path.join(self.store, "projects", project)
        found = [os.path.join(folder, name) for folder, _, names in os.walk(top)
                 for name in names if part in name and "volatile" not in folder]
        return sorted(found)

    def spoil(self, path, at, mask):
        os.chmod(path, 0o600)
        with open(path, "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ mask]))

    def spoil_anywhere(self, path):
        """Changes one byte; what to say when that went unnoticed, and the way back."""
        at = self.rng.randrange(os.path.getsize(path))
        mask = self.rng.randrange(1, 256)
        self.spoil(path, at, mask)
        return {"seed": self.seed, "file": os.path.basename(path), "at": at, "mask": mask}

    def restore(self, path, where):
        self.spoil(path, where["at"], where["mask"])

    def answer(self, *words):
        """What was answered, maybe an error, and the status: 3 wherever something is wrong."""
        done = self.run_program(*words, "--json", exit=(0, 1, 3, 6))
        answer = json.loads(done.stdout)
        if "error" not in answer:
            self.assertEqual(done.returncode == 3, answer["faults"] != [])
            return answer, done.returncode
        # The byte of a version may be the one that changed.
        code = {3: "corrupt", 6: "too_new"}[done.returncode]
        self.assertEqual(answer["error"]["code"], code)
        return answer, 3


class Shards(Damaged):
    def setUp(self):
        super().setUp()
        self.text("merge")
        self.shard, = self.files(".shard")

    def test_verify_finds_any_byte_and_names_the_file(self):
        for path in [self.shard] * 12 + self.files(".dead.") * 3 + self.files(".patch.") * 3:
            where = self.spoil_anywhere(path)
            with self.subTest(**where):
                answer, status = self.answer("verify")
                self.assertEqual(status, 3)
                places = [f["file"] for f in answer.get("faults", [])]
                places.append(answer.get("error", {}).get("path", ""))
                self.assertTrue(any(os.path.basename(path) in place for place in places), answer)
            self.restore(path, where)
        self.assertEqual(self.json("verify")["faults"], [])

    def test_a_fault_says_where_in_every_form(self):
        where = self.spoil_anywhere(self.shard)
        with self.subTest(**where):
            answer, _ = self.answer("verify")
            if "error" in answer:
                return
            for fault in answer["faults"]:
                self.assertEqual(list(fault), ["project", "file", "section", "offset", "message",
                                               "ids"])
                self.assertEqual(fault["project"], "default")
                self.assertLessEqual(fault["offset"], os.path.getsize(self.shard))
            done = self.run_program("verify", exit=3)
            self.assertIn(b"damaged places", done.stdout)
            self.assertIn(b"shale: damaged: ", done.stderr)
            self.assertIn(os.path.basename(self.shard).encode(), done.stderr)

    def test_get_answers_whole_texts_and_names_what_is_hidden(self):
        for _ in range(15):
            where = self.spoil_anywhere(self.shard)
            with self.subTest(**where):
                answer, status = self.answer("get", *self.texts)
                if "error" not in answer:
                    for segment in answer["segments"]:
                        self.assertEqual(segment["text"], self.texts[segment["id"]])
                    got = {s["id"] for s in answer["segments"]}
                    # Whoever is not answered is not answered for a reason.
                    self.assertTrue(status == 3 or got == set(self.texts), answer["missing"])
            self.restore(self.shard, where)

    def test_questions_are_right_or_say_that_they_may_not_be(self):
        word = "alpha"
        expected = sorted(i for i, text in self.texts.items() if word in words_of(text))
        for _ in range(10):
            where = self.spoil_anywhere(self.shard)
            with self.subTest(**where):
                answer, status = self.answer("search", word, "--limit", "99", "--match", "all")
                if status != 3:
                    self.assertEqual(sorted(h["id"] for h in answer["hits"]), expected)
                answer, status = self.answer("list", "--where", "task:patched")
                if status != 3:
                    self.assertEqual(sorted(s["id"] for s in answer["segments"])[:2],
                                     ["s002", "s003"])
                answer, status = self.answer("count")
                if status != 3:
                    self.assertEqual(answer["count"], 48)
            self.restore(self.shard, where)

    def test_a_shard_that_is_cut_short_or_gone_hides_its_segments_only(self):
        self.ingest({"id": "in the log", "text": "alpha safe"})
        size = os.path.getsize(self.shard)
        os.chmod(self.shard, 0o600)
        with open(self.shard, "rb") as file:
            content = file.read()
        for length in [size - 1, size // 2, 100, 0, None]:
            if length is None:
                os.unlink(self.shard)
            else:
                os.truncate(self.shard, length)
            with self.subTest(length=length):
                answer, status = self.answer("get", "in the log")
                self.assertEqual([s["text"] for s in answer["segments"]], ["alpha safe"])
                answer, status = self.answer("search", "alpha", "--match", "all")
                self.assertIn("in the log", [h["id"] for h in answer["hits"]])
                self.assertEqual(status, 3)
                self.assertIn(os.path.basename(self.shard), answer["faults"][0]["file"])
                self.assertEqual(self.answer("verify")[1], 3)
            with open(self.shard, "wb") as file:
                file.write(content)
        self.assertEqual(self.json("verify")["faults"], [])

    def test_a_merge_refuses_damage_or_does_not_need_what_is_damaged(self):
        questions = [["get", *self.texts], ["list", "--limit", "99"], ["sum", "words", "--by=tag"],
                     ["search", "alpha", "beta", "--match", "any", "--limit", "99"]]

        def answers():
            whole = [self.json(*words) for words in questions]
            for answer in whole:
                answer.pop("microseconds", None)
            return whole

        before = answers()
        for _ in range(4):
            where = self.spoil_anywhere(self.shard)
            with self.subTest(**where):
                done = self.run_program("merge", "--full", exit=(0, 3))
                if done.returncode == 3:
                    self.assertTrue(os.path.exists(self.shard))
                    self.restore(self.shard, where)
                self.assertEqual(answers(), before)
            if not os.path.exists(self.shard):
                self.assertEqual(self.json("verify")["faults"], [])
                return


    def test_a_merge_tells_what_it_left_out_and_names_what_it_refuses_to_go_on_without(self):
        for share in [0.5, 0, None]:
            shard, = self.files(".shard")
            name = os.path.basename(shard)
            with open(shard, "rb") as file:
                content = file.read()
            os.chmod(shard, 0o600)
            if share is None:
                os.unlink(shard)
            else:
                os.truncate(shard, int(share * len(content)))
            with self.subTest(share=share):
                self.text("stash", "--no-merge", "--id", f"new {share}", "alpha")
                done = self.run_program("merge", exit=3)
                self.assertIn(b"shale: damaged: ", done.stderr)
                self.assertIn(name.encode(), done.stderr)
                self.assertRegex(done.stdout, rb"^default: 1 segments in 2 shards")
                answer, status = self.answer("merge")
                self.assertEqual(status, 3)
                self.assertIn(name, answer["faults"][0]["file"])
                self.assertEqual(answer["projects"][0]["name"], "default")
                done = self.run_program("merge", "--full", exit=3)
                self.assertIn(name.encode(), done.stderr)
            with open(shard, "wb") as file:
                file.write(content)
            self.text("merge", "--full")
        self.assertEqual(self.text("count"), "51\n")

    def test_a_damaged_project_does_not_keep_the_others_from_their_merge(self):
        self.ingest({"id": "a", "text": "x", "project": "sound"})
        self.spoil(self.shard, os.path.getsize(self.shard) - 1, 1)
        self.run_program("merge", "--full", "--all-projects", exit=3)
        self.assertEqual(self.json("stats", "--project", "sound")["projects"][0]["shards"], 1)

    @unittest.skipIf(HAS_SANITIZER, "a sanitizer opens pipes of its own, and dies without")
    def test_out_of_descriptors_is_an_error_and_no_damage(self):
        self.text("stash", "--id", "in the log", "alpha safe")
        whole = {words: self.text(*words) for words in [("count",), ("get", "s005", "in the log"),
                                                        ("list",), ("sum", "words"), ("verify",),
                                                        ("stats",)]}
        refusals = 0
        for most in range(4, 32):
            for words, expected in whole.items():
                done = self.run_program(*words, exit=(0, 5, 127), descriptors=most)
                with self.subTest(most=most, words=words):
                    refused = done.returncode != 0
                    refusals += refused
                    # What was done up to then, which stands at the end of stats, goes on.
                    told, expected = (text.split("  of all processes since ")[0]
                                      for text in (done.stdout.decode(), expected))
                    self.assertEqual(told, "" if refused else expected)
                    self.assertNotIn(b"damaged", done.stderr)
                    self.assertEqual(refused, b"Too many open files" in done.stderr)
        self.assertGreater(refusals, 4)
        self.assertEqual(self.answer("verify")[1], 0)


class Manifests(Damaged):
    def test_a_changed_manifest_is_refused_by_every_verb(self):
        path, = self.files("MANIFEST")
        for _ in range(4):
            where = self.spoil_anywhere(path)
            with self.subTest(**where):
                for words in [["count"], ["get", "s005"], ["search", "alpha"], ["verify"],
                              ["stash", "--id", "a", "x"], ["merge"]]:
                    done = self.run_program(*words, "--json", exit=(3, 6))
                    self.assertIn(json.loads(done.stdout)["error"]["code"], ["corrupt", "too_new"])
            self.restore(path, where)
        self.assertEqual(self.text("count"), "48\n")

    def test_a_damaged_project_leaves_the_others_alone(self):
        self.ingest({"id": "a", "text": "x", "project": "sound"})
        path, = self.files("MANIFEST")
        self.spoil_anywhere(path)
        with self.subTest(seed=self.seed):
            self.assertEqual(self.text("get", "a", "--project", "sound"), "x")
            self.text("stash", "--project", "sound", "--id", "b", "y")
            self.assertEqual(self.json("verify", "--project", "sound")["faults"], [])
            self.run_program("count", exit=(3, 6))


class Logs(Damaged):
    def setUp(self):
        super().setUp()
        self.store = os.path.join(self.folder, "logs")
        self.ingest({"id": "one", "text": "first words"})
        self.ingest({"id": "two", "text": "second words"})
        self.ingest({"id": "three", "text": "third words"})
        self.log, = self.files(".log")

    def place_of(self, text):
        with open(self.log, "rb") as file:
            return file.read().index(text)

    def test_verify_finds_damage_in_what_was_committed(self):
        for text in [b"first words", b"second words"]:
            at = self.place_of(text)
            self.spoil(self.log, at, 0x20)
            answer, status = self.answer("verify")
            self.assertEqual(status, 3, text)
            self.assertEqual([os.path.basename(f["file"]) for f in answer["faults"]],
                             [os.path.basename(self.log)])
            self.assertEqual(answer["faults"][0]["section"], "log")
            self.assertLessEqual(answer["faults"][0]["offset"], at)
            self.spoil(self.log, at, 0x20)
        self.assertEqual(self.answer("verify")[1], 0)

    def test_what_stands_before_the_damage_is_still_read(self):
        self.spoil(self.log, self.place_of(b"second words"), 0x20)
        # As after a restart: nothing of the log's index is left to fall back on.
        volatile = os.path.join(os.path.dirname(os.path.dirname(self.log)), "volatile")
        for name in os.listdir(volatile):
            os.unlink(os.path.join(volatile, name))
        answer, status = self.answer("get", "one", "two", "three")
        self.assertEqual([s["text"] for s in answer.get("segments", [])],
                         ["first words"])
        self.assertEqual(status, 3)
        for _ in range(2):  # the log is neither cut nor written over
            with open(self.log, "rb") as file:
                self.assertIn(b"third words", file.read())
            self.run_program("stash", "--id", "four", "x", exit=3)
        # Nobody is told who has it open where that is the reason, not who asks.
        error = self.json("who", exit=3)["error"]
        self.assertEqual(error["code"], "corrupt")
        self.assertIn(os.path.basename(self.log), error["path"])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""`tokens`: exact counts of texts that are in no store."""
import base64
import os
import subprocess
import unittest

from program import Case


class Tokens(Case):
    def got(self, segment):
        return self.json("get", segment)["segments"][0]

    def test_of_the_standard_input_or_a_file(self):
        self.assertEqual(self.text("tokens", stdin="Why is search slow?"), "5\n")
        self.assertEqual(self.text("tokens", "-", stdin=""), "0\n")
        path = self.write("notes.md", "Why is search slow?")
        self.assertEqual(self.text("tokens", path), "5\n")
        self.assertEqual(self.json("tokens", path),
                         {"v": 1, "tokens": 5, "tokenizer": "o200k_base"})

    def test_by_vocabulary(self):
        text = "antidisestablishmentarianism"
        for vocabulary, tokens in [("cl100k_base", 6), ("o200k_base", 6)]:
            answer = self.json("tokens", "--vocab", vocabulary, stdin=text)
            self.assertEqual(answer, {"v": 1, "tokens": tokens, "tokenizer": vocabulary})

    def test_of_text_that_is_no_utf8_and_of_special_tokens(self):
        self.assertEqual(self.text("tokens", stdin=b"\xff\xfe"), self.text("tokens", stdin="��"))
        self.assertGreater(int(self.text("tokens", stdin="<|endoftext|>")), 1)

    def test_by_a_file_of_ranks(self):
        tokens = [bytes([byte]) for byte in range(256)] + [b"th", b"the", b"//"]
        ranks = "".join(f"{base64.b64encode(token).decode()} {rank}\n"
                        for rank, token in enumerate(tokens))
        path = self.write("mine.tiktoken", ranks)
        self.assertEqual(self.text("tokens", "--vocab", path, stdin="the the"), "3\n")
        for rules in ["cl100k", "o200k"]:
            self.text("tokens", "--vocab", path, "--rules", rules, stdin="{\n//")
        bad = self.write("bad.tiktoken", ranks.replace(" 7\n", " 8\n"))
        error = self.run_program("tokens", "--vocab", bad, stdin="a", exit=2).stderr.decode()
        self.assertIn("Line 8 of the ranks", error)

    def test_what_there_is_not(self):
        error = self.run_program("tokens", "--vocab", "gpt2", stdin="a", exit=2).stderr.decode()
        self.assertIn("o200k_base", error)
        self.run_program("tokens", "absent.txt", exit=5)
        self.run_program("tokens", "--rules", "gpt2", stdin="a", exit=2)

    def test_without_a_folder_for_images(self):
        for environment in [{"XDG_CACHE_HOME": self.write("file", "")},
                            {"XDG_CACHE_HOME": "", "HOME": ""}]:
            self.assertEqual(self.text("tokens", stdin="Why is search slow?", **environment), "5\n")

    def test_counts_are_kept_with_segments(self):
        lines = "".join(f'{{"id":"s{n}","text":"Why is search slow? {n}"}}\n' for n in range(3))
        imported = '{"id":"mine","text":"Why is search slow?","tokens":9}\n'
        self.json("ingest", "-", stdin=lines + imported)
        self.assertEqual(self.got("s1")["tokens"], 7)
        self.assertEqual(self.json("sum", "tokens")["rows"][0]["sum"], 3 * 7 + 9)
        self.text("merge")
        kept = self.got("s1")
        self.assertEqual((kept["tokens"], kept["tokenizer"]), (7, "o200k_base"))
        self.json("ingest", "-", stdin=lines)
        self.text("merge")
        again = self.got("s1")
        self.assertEqual(again["tokens_computed_at"], kept["tokens_computed_at"])
        self.assertEqual(self.got("mine")["tokenizer"], "unknown")
        answer = self.json("tokens", "--recount")
        self.assertEqual(answer["projects"], [{"name": "default", "counted": 4}])
        self.assertEqual(self.text("tokens", "--recount", "--all-projects"), "default: counted 4\n")
        self.assertEqual(self.got("mine")["tokens"], 5)

    def test_of_another_tokenizer_or_none(self):
        self.make_store("--tokenizer", "none")
        self.text("stash", "--id", "a", "Why is search slow?")
        self.assertNotIn("tokens", self.got("a"))
        self.run_program("tokens", "--recount", exit=2)
        self.run_program("tokens", "--recount", "--vocab", "cl100k_base", exit=2)
        self.run_program("tokens", "--all-projects", stdin="a", exit=2)
        config = os.path.join(self.store, "shale.toml")
        with open(config, encoding="utf-8") as file:
            text = file.read()
        with open(config, "w", encoding="utf-8") as file:
            file.write(text.replace('tokenizer = "none"', 'tokenizer = "cl100k_base"'))
        self.assertEqual(self.got("a")["tokenizer"], "cl100k_base")

    def test_of_a_pipe_by_its_name(self):
        fifo = os.path.join(self.folder, "pipe")
        os.mkfifo(fifo)
        writer = subprocess.Popen(["sh", "-c", f"printf 'Why is search slow?' > '{fifo}'"])
        self.assertEqual(self.text("tokens", fifo), "5\n")
        self.assertEqual(writer.wait(timeout=60), 0)

    def test_an_image_is_private_and_made_once(self):
        cache = os.path.join(self.folder, "cache")
        self.text("tokens", stdin="a", XDG_CACHE_HOME=cache)
        folder = os.path.join(cache, "shale")
        name, = os.listdir(folder)
        self.assertEqual(os.stat(folder).st_mode & 0o777, 0o700)
        before = os.stat(os.path.join(folder, name))
        self.assertEqual(before.st_mode & 0o777, 0o600)
        self.text("tokens", stdin="a", XDG_CACHE_HOME=cache)
        self.assertEqual(os.stat(os.path.join(folder, name)).st_ino, before.st_ino)


if __name__ == "__main__":
    unittest.main()

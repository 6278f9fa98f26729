#!/usr/bin/env python3
"""`shale ingest`: bad input, acknowledgement, all-or-nothing, large inputs."""
import json
import os
import signal
import subprocess
import time
import unittest

from program import PROGRAM, Case

LIMIT = 16 << 20


def line(identifier, text="text", **more):
    return json.dumps({"id": identifier, "text": text, **more}) + "\n"


class BadInput(Case):
    def test_bad_lines_are_numbered_counted_and_passed_over(self):
        lines = [line("a").encode(), b"{nonsense\n", b"\n", b"[1]\n", b'{"id":"b"}\n',
                 line("").encode(), line("x" * 256).encode(), b'{"id":"\xff","text":""}\n',
                 line("c", created_at="noon").encode(), b'{"text":"no id"}\n',
                 line("d", line_range=[1]).encode(), line("e").encode().rstrip()]
        done = self.run_program("ingest", "--json", stdin=b"".join(lines))
        answer = json.loads(done.stdout)
        self.assertEqual(list(answer), ["v", "stashed", "replaced", "counted", "bad", "text_bytes",
                                        "seconds"])
        self.assertEqual((answer["stashed"], answer["bad"]), (2, 9))
        errors = done.stderr.decode().splitlines()
        self.assertEqual([int(e.split("line ")[1].split(":")[0]) for e in errors],
                         [2, 4, 5, 6, 7, 8, 9, 10, 11])
        self.assertIn("created_at", errors[6])
        self.assertEqual(self.text("count"), "2\n")

    def test_lines_of_files_are_named_with_their_file(self):
        self.write("one.ndjson", line("a") + "bad\n")
        self.write("two.ndjson", "bad\n" + line("b"))
        done = self.run_program("ingest", "one.ndjson", "two.ndjson")
        self.assertIn(b"one.ndjson:2: ", done.stderr)
        self.assertIn(b"two.ndjson:1: ", done.stderr)
        self.assertIn(b"stashed 2 (0 replaced)", done.stdout)
        self.assertIn(b"2 refused", done.stdout)
        self.run_program("ingest", "none.ndjson", exit=5)

    def test_text_up_to_the_limit(self):
        fits = line("fits", "x" * LIMIT)
        over = line("over", "x" * (LIMIT + 1))
        far_over = line("far", "x" * (40 << 20))
        answer = self.json("ingest", stdin=fits + over + far_over + line("last"))
        self.assertEqual((answer["stashed"], answer["bad"]), (2, 2))
        self.assertEqual(len(self.run_program("get", "fits").stdout), LIMIT)
        self.run_program("stash", "--id", "over", stdin="x" * (LIMIT + 1), exit=2)

    def test_ids_up_to_the_limit(self):
        self.assertEqual(self.ingest({"id": "x" * 255, "text": ""})["stashed"], 1)
        self.run_program("stash", "--id", "x" * 256, "text", exit=2)
        self.run_program("stash", "--id", "\udcff", "text", exit=2)

    def test_nul_bytes_and_bytes_that_are_not_utf8(self):
        answer = self.ingest({"id": "nul", "text": "a\0b"}, {"id": "raw", "text_base64": "/wD+"},
                             {"id": "nul\0id", "text": "t"})
        self.assertEqual((answer["stashed"], answer["bad"]), (2, 1))
        self.assertEqual(self.run_program("get", "nul").stdout, b"a\0b")
        self.assertEqual(self.run_program("get", "raw").stdout, b"\xff\0\xfe")

    def test_the_last_of_one_id_wins(self):
        answer = self.ingest({"id": "a", "text": "first"}, {"id": "a", "text": "second"})
        self.assertEqual(self.text("get", "a"), "second")
        self.assertEqual(self.text("count"), "1\n")
        self.assertEqual(answer["bad"], 0)

    def test_byte_order_mark_and_crlf(self):
        content = b"\xef\xbb\xbf" + line("a").replace("\n", "\r\n").encode() * 2
        self.assertEqual(self.json("ingest", stdin=content)["bad"], 0)

    def test_nothing_at_all(self):
        self.assertEqual(self.json("ingest")["stashed"], 0)
        self.assertEqual(self.text("count"), "0\n")


class Strict(Case):
    def test_all_or_nothing(self):
        answer = self.json("ingest", "--strict", stdin=line("a") * 10 + "bad\n" + line("b"), exit=2)
        self.assertEqual(answer["error"]["code"], "invalid_argument")
        self.assertIn("Line 11", answer["error"]["message"])
        self.assertEqual(self.text("count"), "0\n")
        good = "".join(line(f"s{i}") for i in range(10_000))
        self.assertEqual(self.json("ingest", "--strict", stdin=good)["stashed"], 10_000)

    def test_large(self):
        lines = "".join(line(f"s{i}", "word " * 200_000) for i in range(70))
        self.json("ingest", "--strict", stdin=lines + "bad\n", exit=2)
        self.assertEqual(self.text("count"), "0\n")
        self.assertEqual(self.json("ingest", "--strict", stdin=lines)["stashed"], 70)
        self.assertEqual(self.text("count"), "70\n")


class Acknowledged(Case):
    def test_each_line_as_it_comes(self):
        with subprocess.Popen([PROGRAM, "ingest", "--ack", "--quiet"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, env=self.environment(),
                              cwd=self.folder) as process:
            for number in range(1, 6):
                process.stdin.write(line(f"s{number}").encode())
                process.stdin.flush()
                self.assertEqual(process.stdout.readline(), f"ack {number}\n".encode())
                self.assertEqual(self.text("count"), f"{number}\n")
            process.stdin.write(b"bad\n")
            process.stdin.flush()
            self.assertTrue(process.stdout.readline().startswith(b"error 6 The line"))
            self.assertEqual(process.stdout.readline(), b"ack 6\n")
            process.kill()
        self.assertEqual(self.text("count"), "5\n")

    def test_every_n_lines_and_the_rest(self):
        lines = "".join(line(f"s{i}", project=f"p{i % 3}") for i in range(25))
        self.assertEqual(self.text("ingest", "--ack=10", "--quiet", stdin=lines),
                         "ack 10\nack 20\nack 25\n")
        self.assertEqual(self.text("count", "--all-projects"), "25\n")

    def test_a_file_behind_the_flag_is_a_file(self):
        self.write("in.ndjson", line("a"))
        self.assertEqual(self.text("ingest", "--ack", "in.ndjson", "--quiet"), "ack 1\n")


class Large(Case):
    def test_the_bulk_way(self):
        path = os.path.join(self.folder, "big.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            for i in range(150):
                file.write(line(f"s{i}", f"unique{i} " + "word " * 200_000))
            file.write(line("s0", "replaced in the same input"))
        answer = self.json("ingest", path)
        self.assertEqual((answer["stashed"], answer["bad"]), (151, 0))
        self.assertEqual(self.text("count"), "150\n")
        self.assertEqual(self.text("get", "s0"), "replaced in the same input")
        found = self.ndjson("search", "unique149", "--match", "all")
        self.assertEqual([h["id"] for h in found], ["s149"])
        self.assertEqual(self.json("verify")["faults"], [])

    def test_an_interrupt_keeps_what_was_committed(self):
        with subprocess.Popen([PROGRAM, "ingest", "--ack"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=self.environment(), cwd=self.folder) as process:
            process.stdin.write(line("a").encode())
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), b"ack 1\n")
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(10), 130)
        self.assertEqual(self.text("count"), "1\n")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""What tests/tally.py makes of the closing lines that Catch2, unittest and crashes leave."""
import contextlib
import io
import json
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import tally  # noqa: E402


def entry(stdout="", result="OK", stderr=""):
    return json.dumps({"name": "x", "result": result, "stdout": stdout, "stderr": stderr}) + "\n"


class Tally(unittest.TestCase):
    def counted(self, *entries):
        return tally.tally(entries)

    def test_catch_all_passed(self):
        rule = "=" * 79 + "\n"
        self.assertEqual((7, 0), self.counted(
            entry(rule + "All tests passed (1234 assertions in 7 test cases)\n")))
        self.assertEqual((1, 0), self.counted(
            entry("All tests passed (1 assertion in 1 test case)\n")))

    def test_catch_some_failed(self):
        text = ("test cases:  12 |  10 passed | 2 failed\n"
                "assertions: 999 | 900 passed | 99 failed\n")
        self.assertEqual((10, 2), self.counted(entry(text, "FAIL")))
        self.assertEqual((0, 1), self.counted(entry("test cases: 1 | 1 failed\n", "FAIL")))
        expected = "test cases: 3 | 2 passed | 1 failed as expected\n"
        self.assertEqual((2, 0), self.counted(entry(expected)))

    def test_catch_without_tests(self):
        self.assertEqual((0, 0), self.counted(entry("=====\nNo tests ran\n")))

    def test_crash_counts_as_a_failure(self):
        self.assertEqual((0, 1), self.counted(entry("", "FAIL")))
        self.assertEqual((0, 1), self.counted(entry("", "TIMEOUT")))
        leak = "All tests passed (3 assertions in 2 test cases)\n"
        self.assertEqual((2, 1), self.counted(entry(leak, "FAIL", "LeakSanitizer: ...")))

    def test_unittest(self):
        self.assertEqual((25, 0), self.counted(
            entry("", "OK", "." * 25 + "\nRan 25 tests in 0.6s\n\nOK\n")))
        self.assertEqual((1, 3), self.counted(entry(
            "", "FAIL", "Ran 5 tests in 0.6s\n\nFAILED (failures=1, errors=2, skipped=1)\n")))

    def test_anything_else_is_one(self):
        self.assertEqual((1, 1), self.counted(entry("fine\n"), entry("bad\n", "FAIL")))
        self.assertEqual((1, 0), self.counted(entry("fine\n"), entry("not here\n", "SKIP")))

    def test_nothing_ran(self):
        self.assertEqual((0, 1), self.counted())

    def printed(self, path):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = tally.main(path)
        return status, out.getvalue()

    def test_program(self):
        with tempfile.NamedTemporaryFile("w") as log:
            log.write(entry("All tests passed (3 assertions in 2 test cases)\n"))
            log.flush()
            self.assertEqual((0, "2 passed, 0 failed\n"), self.printed(log.name))
            log.write(entry("", "FAIL"))
            log.flush()
            self.assertEqual((1, "2 passed, 1 failed\n"), self.printed(log.name))
        self.assertEqual((1, "0 passed, 1 failed\n"), self.printed("/nonexistent/log"))


if __name__ == "__main__":
    unittest.main()

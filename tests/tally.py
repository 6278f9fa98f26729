#!/usr/bin/env python3
"""Counts test cases in a log of `meson test`: prints `N passed, N failed`, ends with 1 on failures.

`tally.py BUILD/meson-logs/testlog.json`. A Catch2 program counts as its test cases, a unittest
script as its tests, anything else as one. A program that fails without naming a failed case (it
crashed, hung, or a sanitizer ended it) is one failure more; without a log nothing passed and one
thing failed. Used by `run`.
"""
import json
import re
import sys

GOOD = ("OK", "EXPECTEDFAIL", "UNEXPECTEDPASS")


def catch_counts(text):
    """(passed, failed) of Catch2's closing line, or None where there is none."""
    if match := re.search(r"^All tests passed \(.*?(\d+) test cases?\)", text, re.M):
        return int(match.group(1)), 0
    if match := re.search(r"^test cases: +\d+ (\|.*)$", text, re.M):
        count = {word: int(number) for number, word in
                 re.findall(r"\| +(\d+) (passed|failed)(?! as)", match.group(1))}
        return count.get("passed", 0), count.get("failed", 0)
    return (0, 0) if re.search(r"^No tests ran", text, re.M) else None


def unittest_counts(text):
    ran = re.search(r"^Ran (\d+) tests? in ", text, re.M)
    if not ran:
        return None
    closing = re.findall(r"(failures|errors|skipped)=(\d+)", text[ran.end():])
    other = {word: int(number) for word, number in closing}
    failed = other.get("failures", 0) + other.get("errors", 0)
    return int(ran.group(1)) - failed - other.get("skipped", 0), failed


def counts_of(test):
    """(passed, failed) of one entry of the log."""
    text = test.get("stdout", "") + "\n" + test.get("stderr", "")
    if test["result"] == "SKIP":
        return 0, 0
    good = test["result"] in GOOD
    passed, failed = catch_counts(text) or unittest_counts(text) or (int(good), 0)
    return passed, failed + (not good and failed == 0)


def tally(lines):
    counts = [counts_of(json.loads(line)) for line in lines if line.strip()]
    if not counts:
        return 0, 1
    return sum(passed for passed, _ in counts), sum(failed for _, failed in counts)


def main(path):
    try:
        with open(path, encoding="utf-8") as file:
            passed, failed = tally(file)
    except FileNotFoundError:
        passed, failed = 0, 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

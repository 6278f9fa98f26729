#!/usr/bin/env python3
"""`./run prove workingset`: one line for each thing the working set must show, measured now.

Usage: workingset.py BUILD_FOLDER [--quick] [--json]

Texts are pieces of linux-source-6.1 (a Debian package, installed if need be); --quick takes fewer
of them. Exits 1 when an item is not met.
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from corpus import linux_pieces  # noqa: E402 (the folder is known only now)
from proof import Proof, Ran, arguments  # noqa: E402

SEED = 20261130
READS = 1_000_000


class WorkingSetProof(Proof):
    def __init__(self, build, quick, as_json, work):
        super().__init__(as_json)
        self.build, self.quick, self.work = build, quick, work
        self.pieces = work / "pieces.ndjson"
        self.ids = work / "ids"
        self.store = work / "store"

    def shale(self, store, *words):
        return Ran([str(self.build / "shale"), "--store", str(store), "--quiet", *words])

    def figures(self, program, *words):
        """What a program of bench/ prints, and whether it ended well."""
        ran = subprocess.run([str(self.build / "bench" / program), *map(str, words)],
                             capture_output=True, text=True, check=False)
        if ran.returncode not in (0, 1):
            sys.exit(f"{program} {words}: exit {ran.returncode}: {ran.stderr}")
        return json.loads(ran.stdout), ran.returncode == 0

    def fill(self):
        ids = []
        with open(self.pieces, "w", encoding="utf-8") as file:
            for name, first, last, text in linux_pieces(100_000):
                ids.append(f"{name}#{first}")
                file.write(json.dumps({"id": ids[-1], "type": "code", "file": name, "text": text,
                                       "line_range": [first, last]}) + "\n")
        random.Random(SEED).shuffle(ids)
        self.ids.write_text("\n".join(ids) + "\n", encoding="utf-8")
        self.shale(self.store, "init", "--tokenizer", "none")
        self.shale(self.store, "ingest", str(self.pieces))

    # -- 1 --

    def tests(self, program, what, cases):
        ran = subprocess.run([str(self.build / "tests" / program), cases], capture_output=True,
                             text=True, check=False)
        self.item(what, ran.stdout.strip().splitlines()[-1], "all pass",
                  ran.returncode == 0 and "No tests ran" not in ran.stdout)

    def active_segments(self):
        self.tests("base/base_test", "least recently used first, budgets, against a list",
                   "[lru]")
        self.tests("store/store_test", "evicted and read again byte for byte, right in every view",
                   "[active]")
        got, _ = self.figures("get_figures", self.store, self.ids)
        self.item("get of a segment kept decoded", f"{got['hit_ns']:.0f} ns", "<= 100 ns",
                  got["hit_ns"] <= 100)
        one, two, eight = (got[f"hit_gets_per_s_{n}"] for n in (1, 2, 8))
        self.item("gets of 10,000 hot segments, 2 threads", f"{two / 1e6:.1f} M/s",
                  ">= 5 M/s", two >= 5e6)
        self.item("8 threads beside one, on two cores",
                  f"{eight / one:.2f} times ({one / 1e6:.1f} and {eight / 1e6:.1f} M/s)",
                  ">= 1.6 times", eight / one >= 1.6)
        self.item("80 % hits, 20 % decoded, one thread", f"{got['mixture_gets_per_s']:.0f} gets/s",
                  ">= 200,000", got["mixture_gets_per_s"] >= 200_000)
        self.item("10 in one call", f"{got['batch_of_10_us']:.1f} us "
                  f"(one by one {got['ten_gets_us']:.1f})", "< 100 us",
                  got["batch_of_10_us"] < 100)
        self.item("10 threads x 1,000 queries", f"{got['queries_per_s']:.0f}/s, again "
                  f"{got['repeated_queries_per_s']:.0f}/s from answers kept (hits: "
                  f"{100 * got['result_hit_share']:.0f} %)", "printed", True)
        self.item("a get cold and warm, hits of a zipf-like draw of all",
                  f"{got['cold_get_us']:.1f} and {got['warm_get_us']:.2f} us, "
                  f"{100 * got['hit_share']:.0f} %", "printed", True)

    def pins(self):
        got, _ = self.figures("beside_figures", "pins", self.store, 100_000)
        self.item(f"{got['segments']} pins", f"{got['worst_seconds']:.2f} s, the worst of five",
                  "< 1 s", got["segments"] == 100_000 and got["worst_seconds"] < 1)

    # -- 4 --

    def coherence(self):
        reads = READS // 20 if self.quick else READS
        got, is_well = self.figures("beside_figures", "coherent", self.work / "coherent", reads)
        self.item(f"{got['reads']} reads of two processes beside {got['supersedes']} supersedes",
                  f"{got['older']} older than the snapshot, {got['mixed']} of two batches",
                  "0, 0", is_well and got["reads"] >= reads and got["supersedes"] > 1000)
        self.item(f"{got['repeated_searches']} searches asked twice", f"{got['stale']} stale",
                  "0", got["stale"] == 0 and got["repeated_searches"] > 0)

    # -- 6 --

    def beside_a_merge(self):
        store = self.work / "large"
        self.shale(store, "init", "--tokenizer", "none")
        pieces = self.work / "large.ndjson"
        with open(pieces, "w", encoding="utf-8") as file:
            for name, first, _, text in linux_pieces(100_000 if self.quick else None):
                file.write(json.dumps({"id": f"{name}#{first}", "file": name, "text": text}) + "\n")
        self.shale(store, "ingest", str(pieces))
        got, _ = self.figures("beside_figures", "merge", store, 5 if self.quick else 20)
        self.item(f"{got['commits']} stashes of each kind beside merges of "
                  f"{got['written_bytes'] / 1e9:.2f} GB: relaxed, p99.9",
                  f"{got['relaxed_p999_us'] / 1e3:.2f} ms (median {got['relaxed_p50_us']:.0f} us)",
                  "< 10 ms", got["relaxed_p999_us"] < 10_000)
        over = got["full_p999_us"] - got["bare_p999_us"]
        self.item("the same durable, p99.9 over that of a bare write and fdatasync",
                  f"{over / 1e3:.2f} ms ({got['full_p999_us'] / 1e3:.2f} and "
                  f"{got['bare_p999_us'] / 1e3:.2f})", "< 10 ms", over < 10_000)


def main():
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="shale-prove-") as work:
        proof = WorkingSetProof(asked.build.resolve(), asked.quick, asked.json, pathlib.Path(work))
        proof.fill()
        proof.active_segments()
        proof.pins()
        proof.coherence()
        proof.beside_a_merge()
    return 1 if proof.failed else 0


if __name__ == "__main__":
    sys.exit(main())

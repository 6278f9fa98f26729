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
        self.item("the same of segments that were pinned since",
                  f"{got['changed_hit_ns']:.0f} ns", "printed", True)
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

    # -- 2 --

    def large_store(self):
        """A store of 5 GB of text at rest, merged as is due, and its ids in random order."""
        store, ids = self.work / "large", self.work / "large-ids"
        self.shale(store, "init", "--tokenizer", "none")
        text_bytes = 500_000_000 if self.quick else 5_000_000_000
        with subprocess.Popen([sys.executable, "-B",
                               str(ROOT / "tests" / "support" / "large_corpus.py"),
                               str(text_bytes)], stdout=subprocess.PIPE) as corpus:
            subprocess.run([str(self.build / "shale"), "--store", str(store), "--quiet", "ingest",
                            "-"], stdin=corpus.stdout, stdout=subprocess.DEVNULL, check=True)
        self.shale(store, "merge")
        listed = subprocess.run([str(self.build / "bench" / "memory_figures"), "ids", str(store)],
                                capture_output=True, text=True, check=True).stdout.splitlines()
        random.Random(SEED).shuffle(listed)
        ids.write_text("\n".join(listed) + "\n", encoding="utf-8")
        return store, ids, text_bytes

    def memory(self):
        store, ids, text_bytes = self.large_store()
        ran = subprocess.run([str(self.build / "bench" / "memory_figures"), "memory", str(store),
                              str(ids), "64", "2"], capture_output=True, text=True, check=False)
        if ran.returncode not in (0, 1):
            sys.exit(f"memory_figures: exit {ran.returncode}: {ran.stderr}")
        got = {}
        for line in ran.stdout.splitlines():
            got.update(json.loads(line))
        self.item(f"highest of {got['samples']} looks at the resident set, budget 64 MiB, "
                  f"{text_bytes / 1e9:.1f} GB of text",
                  f"{got['highest_bytes'] / 2 ** 20:.1f} MiB ({got['searches']} searches, every "
                  f"segment read)", "<= 96 MiB",
                  ran.returncode == 0 and got["missing"] == 0 and got["samples"] > 10
                  and got["highest_bytes"] <= 96 << 20)
        # 20 texts: what their searches read is 94 MB of the 5 GB, more than either budget.
        for budget, said in ((0, "no memory_budget"), (64, "memory_budget = 64 MiB")):
            got, _ = self.figures("memory_figures", "restart", store, ids, budget,
                                  3 if self.quick else 7, 20)
            self.item(f"p99 of the first 1,000 searches for 20 texts, cold, with a saved hot set, "
                      f"{said}", f"{got['p99_ratio']:.2f} of without "
                      f"({got['with']['p99'] / 1e3:.1f} and {got['without']['p99'] / 1e3:.1f} ms; "
                      f"warm {got['warm']['p99'] / 1e3:.1f})", "<= 1/3",
                      got["p99_ratio"] <= 1 / 3)

    # -- 3 --

    def accesses(self):
        reads = READS // 10 if self.quick else READS
        got, is_exact = self.figures("access_figures", self.work / "accesses", 20_000, reads, 4)
        exact = got["exact"]
        self.item(f"4 processes x {reads} reads beside upserts and merges",
                  f"{exact['counted']} counted, {exact['after_merge']} behind a merge",
                  4 * reads, is_exact and exact["counted"] == 4 * reads)
        decoded = got["decoded"]
        self.item("a get that decodes, with and without counting",
                  f"{decoded['percent']:.1f} % ({decoded['with_ns']:.0f} and "
                  f"{decoded['without_ns']:.0f} ns)", "< 5 %", decoded["percent"] < 5)
        hit = got["hit"]
        self.item("a hit, with and without", f"{hit['with_ns'] - hit['without_ns']:.1f} ns "
                  f"({hit['with_ns']:.0f} and {hit['without_ns']:.0f})", "<= 15 ns",
                  hit["with_ns"] - hit["without_ns"] <= 15)

    # -- 4 --

    def coherence(self):
        reads = READS // 20 if self.quick else READS
        got, is_well = self.figures("beside_figures", "coherent", self.work / "coherent", reads)
        self.item(f"{got['reads']} reads of two processes beside {got['supersedes']} supersedes",
                  f"{got['older']} older than the snapshot, {got['mixed']} of two batches",
                  "0, 0", is_well and got["reads"] >= reads and got["supersedes"] > 1000)
        self.item(f"{got['repeated_searches']} searches asked twice", f"{got['stale']} stale",
                  "0", got["stale"] == 0 and got["repeated_searches"] > 0)

    # -- 5 --

    def collection(self):
        segments = 100_000 if self.quick else 1_000_000
        got, is_right = self.figures("gc_figures", self.work / "gc", segments, segments // 10)
        for name, plan in got["plans"].items():
            self.item(f"gc plan over {got['segments']} segments of {got['topics']} topics: {name}",
                      f"{plan['wall_ms']['median']:.0f} ms, the first "
                      f"{plan['wall_ms']['first']:.0f} ({plan['candidates']} may go)", "< 1 s",
                      plan["wall_ms"]["median"] < 1000 and plan["wall_ms"]["first"] < 1000)
        self.item("the same as a direct slow one, 10,000 segments",
                  f"{'equal' if got['right'] else 'different'} (slow: "
                  f"{got['plain_ms_of_10000']:.0f} ms)", "equal", is_right and got["right"])

    def retention(self):
        few, many = (12_000, 120_000 if self.quick else 1_200_000)
        took = {}
        for segments in (few, many):
            got, is_right = self.figures("retention_figures", self.work / f"retain-{segments}",
                                         segments)
            took[segments] = got["retain_ms"] - got["plan_ms"]
            self.item(f"{got['removed']} of {segments} segments go by month",
                      f"{got['shards_dropped']} shards dropped, {got['retain_ms']:.1f} ms, "
                      f"{got['plan_ms']:.1f} of it to choose and to add up", "11 shards",
                      is_right and got["shards_dropped"] == 11)
        self.item(f"dropping them, {many // few} times as many segments",
                  f"{took[many]:.1f} against {took[few]:.1f} ms", "<= 3 times, or 20 ms more",
                  took[many] <= max(3 * took[few], took[few] + 20))

    # -- 6 --

    def beside_a_merge(self):
        store = self.work / "merged"
        self.shale(store, "init", "--tokenizer", "none")
        pieces = self.work / "merged.ndjson"
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
        proof.accesses()
        proof.coherence()
        proof.collection()
        proof.retention()
        proof.beside_a_merge()
        proof.memory()
    return 1 if proof.failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""`./run prove store`: one line for each thing the store must show, measured now.

Usage: store.py BUILD_FOLDER [--quick] [--json]

The corpus is linux-source-6.1 (a Debian package, installed if need be) in 30-line pieces, 1.1
million segments; --quick takes the first 100,000 of them and fewer kills. Input is seeded; figures
are medians. Exits 1 when an item is not met.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from corpus import linux_pieces  # noqa: E402 (the folder is known only now)
from proof import Proof, Ran, arguments  # noqa: E402

SEED = 20261120


class StoreProof(Proof):
    def __init__(self, build, quick, as_json, work):
        super().__init__(as_json)
        self.build, self.quick, self.work = build, quick, work
        self.program = str(build / "shale")
        self.figures = str(build / "bench" / "store_figures")
        self.store = str(work / "store")

    def shale(self, *arguments):
        """Runs the program; returns its output, wall seconds, CPU seconds, peak RSS in bytes."""
        ran = Ran([self.program, "--store", self.store, "--quiet", *arguments])
        return ran.out, ran.wall, ran.cpu, ran.rss

    def ingest(self, corpus):
        out, wall, cpu, rss = self.shale("ingest", "--analysis", "plain", "--tokenizer", "none",
                                         "--json", "--no-merge", str(corpus.path))
        stashed = json.loads(out)["stashed"]
        rate = corpus.text_bytes / 1e6 / cpu
        self.item("segments ingested", stashed, corpus.segments, stashed == corpus.segments)
        self.item("bulk ingest, MB of text per CPU second",
                  f"{rate:.1f} ({corpus.text_bytes / 1e6 / wall:.1f} MB/s wall)",
                  ">= 40 on the whole corpus", rate >= 40 or self.quick)
        self.item("bulk ingest, peak RSS", f"{rss / 2**20:.0f} MiB", "< 1024 MiB", rss < 2**30)

    def merge_and_verify(self, corpus):
        _, wall, cpu, rss = self.shale("merge")
        print(f"         merge: {wall:.1f} s wall, {cpu:.1f} s CPU, {rss / 2**20:.0f} MiB")
        out, wall, _, _ = self.shale("verify", "--json")
        faults = json.loads(out)["faults"]
        self.item("verify after the merge, faults", len(faults), 0, not faults)
        stats = json.loads(self.shale("stats", "--json")[0])["projects"][0]
        share = stats["disk_bytes"] / corpus.text_bytes
        self.item("store, share of the text", f"{share:.3f}", "<= .56 on the whole corpus",
                  share <= .56 or self.quick)
        for section in stats["sections"]:
            print(f"         section {section['name']:<18} {section['bytes']:>12}")

    def search(self, corpus):
        walls, inside = [], []
        for query in corpus.queries[:60]:
            out, wall, _, _ = self.shale("search", "--json", "--match", "all", query)
            walls.append(wall * 1000)
            inside.append(json.loads(out)["microseconds"] / 1000)
        walls.sort()
        inside.sort()
        self.item("2-word AND search, whole process", f"{walls[30]:.1f} ms median, "
                  f"{walls[-1]:.1f} worst", "< 50 ms", walls[30] < 50)
        self.item("2-word AND search, inside the process", f"{inside[30]:.2f} ms median, "
                  f"{inside[-1]:.2f} worst", "< 5 ms", inside[30] < 5)

    def reads(self, corpus):
        done = subprocess.run([self.figures, "reads", self.store, str(corpus.ids_path),
                               str(corpus.queries_path)],
                              capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout)
        self.item("get, inside a process", f"{figures['get_p50_us']} us median, "
                  f"{figures['get_p99_us']} p99", "< 20 us", figures["get_p50_us"] < 20)
        self.item("search, inside a warm process", f"{figures['search_p50_us']} us median, "
                  f"{figures['search_p99_us']} p99", "< 5000 us", figures["search_p50_us"] < 5000)
        self.item("RSS after 10,000 gets and 1,000 searches",
                  f"{figures['rss_bytes'] / 2**20:.0f} MiB", "< 160 MiB",
                  figures["rss_bytes"] < 160 * 2**20)
        self.item("snapshot when nothing changed", f"{figures['snapshot_ns']:.0f} ns", "< 500 ns",
                  figures["snapshot_ns"] < 500)

    def stash(self):
        ratios = []
        for n in range(5):
            done = subprocess.run([self.figures, "stash", str(self.work / f"stash{n}"), "1000"],
                                  capture_output=True, text=True, check=True)
            ratios.append(json.loads(done.stdout))
        ratios.sort(key=lambda f: f["ratio"])
        middle = ratios[2]
        self.item("durable stash over bare write and sync", f"{middle['ratio']:.2f} "
                  f"({middle['stash_p50_us']} against {middle['bare_p50_us']} us)", "<= 1.5",
                  middle["ratio"] <= 1.5)

    def kills(self):
        count = 50 if self.quick else 500
        done = subprocess.run([sys.executable, str(ROOT / "tests/crash/kill_writer.py"),
                               self.program, "--kills", str(count), "--seed", str(SEED)],
                              capture_output=True, text=True, check=False)
        said = (done.stdout + done.stderr).strip().splitlines()
        self.item(f"kill -9 at {count} random moments", said[-1] if said else "no output",
                  "0 lost, 0 half-visible, verify clean", done.returncode == 0)

    def oracle(self):
        start = time.monotonic()
        done = subprocess.run([str(self.build / "tests/store/store_test"), "[oracle]"],
                              capture_output=True, text=True, check=False)
        lines = done.stdout.strip().splitlines()
        seeds = [l.strip() for l in lines if l.strip().startswith("seed")]
        self.item("oracle, 100,000 steps", f"{lines[-1] if lines else 'no output'} "
                  f"({', '.join(seeds)}; {time.monotonic() - start:.0f} s)", "agrees",
                  done.returncode == 0)

    def tidy(self):
        done = subprocess.run([sys.executable, "-B", str(ROOT / "tests/tidy.py"), "--figures"],
                              capture_output=True, text=True, check=False)
        self.item("tests/tidy.py", done.stdout.strip().replace("\n", "; ")[-300:],
                  "clean", done.returncode == 0)


class Corpus:
    """linux-source-6.1 in 30-line pieces as NDJSON, with ids and queries drawn from it."""

    def __init__(self, work, limit):
        self.path, self.ids_path, self.queries_path = (
            work / "corpus.ndjson", work / "ids.txt", work / "queries.txt")
        self.segments = self.text_bytes = 0
        chance = random.Random(SEED)
        ids, queries = [], []
        with open(self.path, "w", encoding="utf-8") as file:
            for path, first, last, text in linux_pieces(limit):
                name = f"{path}#{first}"
                self.segments += 1
                self.text_bytes += len(text.encode())
                file.write(json.dumps({"id": name, "type": "code", "file": path, "text": text,
                                       "line_range": [first, last]}, ensure_ascii=False) + "\n")
                reservoir(ids, 10_000, self.segments, name, chance)
                words = sorted({w for w in text.split() if w.isalnum() and len(w) > 2})
                if len(words) > 4:
                    query = " ".join(chance.sample(words, 2))
                    reservoir(queries, 1_000, self.segments, query, chance)
        self.queries = queries
        self.ids_path.write_text("\n".join(ids) + "\n", encoding="utf-8")
        self.queries_path.write_text("\n".join(queries) + "\n", encoding="utf-8")


def reservoir(kept, size, seen, value, chance):
    if len(kept) < size:
        kept.append(value)
    elif (at := chance.randrange(seen)) < size:
        kept[at] = value


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="shale-prove-", dir=os.environ.get("TMPDIR")) as folder:
        work = pathlib.Path(folder)
        proof = StoreProof(options.build.resolve(), options.quick, options.json, work)
        corpus = Corpus(proof.work, 100_000 if options.quick else None)
        print(f"         corpus: {corpus.segments} segments, {corpus.text_bytes} bytes of text, "
              f"seed {SEED}")
        proof.ingest(corpus)
        proof.merge_and_verify(corpus)
        proof.search(corpus)
        proof.reads(corpus)
        proof.stash()
        proof.kills()
        proof.oracle()
        proof.tidy()
        sys.exit(1 if proof.failed else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""`./run prove tokens`: one line for each thing counts, sums and packs must show, measured now.

Usage: tokens.py BUILD_FOLDER [--quick] [--json]

Counts are held against npm's tiktoken where npm and node are present, on fresh text: files drawn
anew each time; the seed is printed. Figures are medians of one thread's CPU time. The corpus of the
stores is linux-source-6.1 (kept_tokens.py); --quick takes its first 100,000 pieces and fewer packs.
Exits 1 when an item is not met.
"""
import base64
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests" / name) for name in ("support", "text")]
from kept_tokens import KeptTokens  # noqa: E402 (the folders are known only now)
import token_corpora  # noqa: E402 (the folders are known only now)
from proof import Proof, arguments  # noqa: E402
from token_counts import ORACLE_PACKAGE, counted_by_oracle, fetch_oracle  # noqa: E402

SEED = 20261130
FRESH_BYTES = 20_000_000
FRESH_TEXT_BYTES = 20_000
VOCABULARIES = {"cl100k_base": 60, "o200k_base": 50}  # MB/s of mixed text


class TokensProof(Proof):
    def __init__(self, build, quick, as_json, work):
        super().__init__(as_json)
        self.build, self.quick, self.work = build, quick, work
        self.figures = str(build / "bench" / "token_figures")

    def run(self, *words):
        done = subprocess.run([self.figures, *words], capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def check(self, name, path):
        figures, = self.run("check", str(path))
        differ = figures["cl100k_differ"] + figures["o200k_differ"]
        self.item(name, f"{differ} of 2 x {figures['rows']} counts differ "
                  f"({figures['bytes'] / 1e6:.1f} MB)", "0", differ == 0 and figures["rows"] > 0)

    def golden(self):
        self.check("rows in tests/text", ROOT / "tests" / "text" / "token_counts.tsv")
        shared = pathlib.Path(os.environ.get("SHALE_SHARED", ROOT / "../shared"))
        rows = shared / "data" / "tokens-golden.tsv"
        if not rows.exists():
            self.skipped("golden rows", "no tokens-golden.tsv (environment: SHALE_SHARED)")
            return
        columns = [line.split("\t") for line in rows.read_text().splitlines()[1:]]
        plain = self.work / "golden.tsv"
        plain.write_text("".join(f"{c[3]}\t{c[4]}\t{c[5] or '='}\n" for c in columns))
        self.check("golden rows", plain)

    def fresh(self):
        if not shutil.which("npm") or not shutil.which("node"):
            self.skipped("fresh text against tiktoken", "no npm here")
            return
        oracle = fetch_oracle(self.work)
        if oracle is None:
            self.skipped("fresh text against tiktoken", f"npm gives no {ORACLE_PACKAGE} here")
            return
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"         fresh text: seed {seed}")
        whole = token_corpora.mixed_text(seed)
        size = FRESH_BYTES // 20 if self.quick else FRESH_BYTES
        chance = random.Random(seed)
        texts, taken = [], 0
        while taken < size:
            begin = chance.randrange(len(whole))
            texts.append(whole[begin:begin + FRESH_TEXT_BYTES])
            taken += len(texts[-1])
        rows = self.work / "fresh.tsv"
        rows.write_text(counted_by_oracle(oracle, texts))
        self.check("fresh text against tiktoken", rows)

    def speed(self):
        if not token_corpora.install_packages():
            self.skipped("speed", "packages with text in other scripts cannot be installed here")
            return
        mixed = self.work / "mixed"
        mixed.write_bytes(token_corpora.mixed_text(SEED))
        kinds = {}
        for name, text in token_corpora.kinds_of_text(SEED):
            path = self.work / name.replace(" ", "_")
            path.write_bytes(text)
            kinds[str(path)] = name
        for vocabulary, must in VOCABULARIES.items():
            figure, = self.run("speed", vocabulary, str(mixed))
            rate = figure["mb_per_s"]
            self.item(f"{vocabulary}, mixed text", f"{rate:.1f} MB/s", f">= {must}", rate >= must)
            rates = sorted((f["mb_per_s"], kinds[f["file"]])
                           for f in self.run("speed", vocabulary, *kinds))
            slowest = ", ".join(f"{name} {rate:.1f}" for rate, name in rates[:8])
            self.item(f"{vocabulary}, the slowest kinds of text", f"{slowest} MB/s",
                      "each >= 20", rates[0][0] >= 20)

    def opening(self):
        for vocabulary in VOCABULARIES:
            figure, = self.run("open", vocabulary)
            self.item(f"{vocabulary}: opened, verified, and a word counted",
                      f"{figure['median']} us median, {figure['p99']} p99", "< 1000 us",
                      figure["median"] < 1000)


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="shale-prove-", dir=os.environ.get("TMPDIR")) as folder:
        proof = TokensProof(options.build.resolve(), options.quick, options.json,
                            pathlib.Path(folder))
        proof.golden()
        proof.fresh()
        proof.speed()
        proof.opening()
        kept = KeptTokens(proof)
        kept.ingests()
        kept.sums()
        kept.packs()
        sys.exit(1 if proof.failed else 0)


if __name__ == "__main__":
    main()

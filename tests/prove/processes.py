#!/usr/bin/env python3
"""`./run prove processes`: many processes on one project, some of them killed.

Usage: processes.py BUILD_FOLDER [--quick] [--json]

Kills are seeded; --quick runs for 15 seconds instead of two minutes. Exits 1 when an item is not
met.
"""
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from proof import Proof, arguments  # noqa: E402 (the folder is known only now)

SEED = 20261120
ROUNDS = 5
STASHES = 500  # of each writer


def durable_rate(program, writers):
    """Durable stashes a second of `writers` processes on a new store."""
    with tempfile.TemporaryDirectory() as folder:
        store = str(pathlib.Path(folder) / "store")
        subprocess.run([program, "--store", store, "stash", "--id", "first", "text"], check=True,
                       stdout=subprocess.DEVNULL)
        children = []
        for writer in range(writers):
            lines = "".join(json.dumps({"id": f"{writer}-{n}", "text": f"text {n} of {writer}"}) +
                            "\n" for n in range(STASHES))
            path = pathlib.Path(folder) / f"{writer}.ndjson"
            path.write_text(lines, encoding="utf-8")
        start = time.monotonic()
        for writer in range(writers):
            children.append(subprocess.Popen(
                [program, "--store", store, "--quiet", "ingest", "--ack=1",
                 str(pathlib.Path(folder) / f"{writer}.ndjson")], stdout=subprocess.DEVNULL))
        codes = [child.wait() for child in children]
        seconds = time.monotonic() - start
    if any(codes):
        sys.exit(f"a writer failed: {codes}")
    return writers * STASHES / seconds


class Processes:
    def __init__(self, proof, build, quick):
        self.proof, self.quick = proof, quick
        self.program = str(build / "shale")
        self.figures = str(build / "bench" / "store_figures")

    def poll(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([self.figures, "poll", str(pathlib.Path(folder) / "store"),
                                   "1000"], capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout)
        self.proof.item("a polling reader sees a stash", f"{figures['seen_p50_us']} us median, "
                        f"{figures['seen_p99_us']} p99 after commit was called", "< 50 us",
                        figures["seen_p50_us"] < 50)
        self.proof.item("its idle check", f"{figures['idle_ns']:.0f} ns", "< 200 ns",
                        figures["idle_ns"] < 200)

    def swarm(self):
        seconds = 15 if self.quick else 120
        done = subprocess.run(
            [sys.executable, "-B", str(ROOT / "tests/crash/swarm.py"), self.program, "--seconds",
             str(seconds), "--seed", str(SEED)], capture_output=True, text=True, check=False)
        said = (done.stdout + done.stderr).strip().splitlines()
        self.proof.item(f"8 writers, 2 searching, 1 merging, kill -9 every 50 ms, {seconds} s",
                        said[-1] if said else "no output", "0 lost, 0 half-visible, no error",
                        done.returncode == 0)
        worst = re.search(r"(\d+) ms \(worst\)", done.stdout)
        if worst:
            self.proof.item("worst batch among them, fsync included", f"{worst[1]} ms",
                            "< 100 ms beyond fsync", int(worst[1]) < 100)

    def group_commit(self):
        ratios = []
        for _ in range(ROUNDS):
            one = durable_rate(self.program, 1)
            ratios.append(durable_rate(self.program, 4) / one)
        ratio = statistics.median(ratios)
        self.proof.item("4 durable writers against one", f"{ratio:.2f} times the stashes",
                        ">= 2.5", ratio >= 2.5)


def main():
    options = arguments()
    proof = Proof(options.json)
    processes = Processes(proof, options.build.resolve(), options.quick)
    processes.poll()
    processes.group_commit()
    processes.swarm()
    sys.exit(1 if proof.failed else 0)


if __name__ == "__main__":
    main()

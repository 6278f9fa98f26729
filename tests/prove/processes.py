#!/usr/bin/env python3
"""`./run prove processes`: many processes on one project, and every crash they may meet.

Usage: processes.py BUILD_FOLDER [--quick] [--json]

Kills are seeded. --quick takes a tenth of the crash states, 15 seconds of kills instead of two
minutes, and leaves out what needs a build of its own (broken builds, sanitizers) or root (power
cuts). Exits 1 when an item is not met.
"""
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from proof import Proof, arguments  # noqa: E402 (the folder is known only now)

SEED = 20261120
ROUNDS = 9
STASHES = 2000  # of each writer
STATES = 200_000
QUICK_STATES = 20_000
CUTS = 200
CANNOT_RUN = 77


def durable_rate(figures, writers, delay_us=0):
    """Durable stashes a second of `writers` processes on a new store, and syncs for each."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([figures, "writers", str(pathlib.Path(folder) / "store"),
                               str(writers), str(STASHES), str(delay_us)], capture_output=True,
                              text=True, check=True)
    answer = json.loads(done.stdout)
    return answer["stashes_per_second"], answer["syncs_per_stash"]


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False)


def last_line(done):
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[-1] if lines else "no output"


def in_two_halves(*command):
    """Runs a program that takes --share on both cores; its figures added up, and what it found."""
    halves = [subprocess.Popen([*map(str, command), "--share", f"{n}/2"], stdout=subprocess.PIPE,
                               text=True) for n in range(2)]
    sums, violations = {}, []
    for half in halves:
        out = half.communicate()[0].strip().splitlines()
        figures = json.loads(out[-1]) if out else {"violation": f"it died: {half.returncode}"}
        if figures.pop("violation") or half.returncode != 0:
            violations.append(out[-1] if out else f"it died: {half.returncode}")
        for name, value in figures.items():
            sums[name] = sums.get(name, 0) + value
    return sums, "; ".join(violations)


class Processes:
    def __init__(self, proof, build, quick):
        self.proof, self.build, self.quick = proof, build, quick
        self.program = str(build / "shale")
        self.figures = str(build / "bench" / "store_figures")

    def poll(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([self.figures, "poll", str(pathlib.Path(folder) / "store"),
                                   "1000"], capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout)
        self.proof.item("a polling reader sees a stash", f"{figures['seen_p50_us']} us median, "
                        f"{figures['seen_p99_us']} p99 after its frame was in the log "
                        f"({figures['called_p50_us']} after commit was called)", "< 50 us",
                        figures["seen_p50_us"] < 50)
        self.tests("polling takes no system call", "a reader sees what others commit without*")
        self.proof.item("its idle check", f"{figures['idle_ns']:.0f} ns", "< 200 ns",
                        figures["idle_ns"] < 200)

    def swarm(self):
        seconds = 15 if self.quick else 120
        done = run(sys.executable, "-B", ROOT / "tests/crash/swarm.py", self.program, "--seconds",
                   seconds, "--seed", SEED)
        self.proof.item(f"8 writers, 2 searching, 1 merging, kill -9 every 50 ms, {seconds} s",
                        last_line(done), "0 lost, 0 half-visible, no error", done.returncode == 0)
        worst = re.search(r"(\d+) ms \(worst\), a bare write and sync (\d+) ms", done.stdout)
        batch, bare = map(int, worst.groups()) if worst else (0, 0)
        self.proof.item("worst batch among them", f"{batch} ms, a bare write and sync {bare} ms",
                        "< 100 ms beyond", bool(worst) and batch - bare < 100)

    def group_commit(self):
        """On this disk, and where a sync takes a millisecond more: here one may cost no more CPU
        than the stashes it makes durable, and two cores are soon busy."""
        for delay, disk in [(0, "on this disk"), (1000, "where a sync takes 1 ms more")]:
            ratios, ones, fours, syncs = [], [], [], []
            for _ in range(ROUNDS):
                one, _ = durable_rate(self.figures, 1, delay)
                four, each = durable_rate(self.figures, 4, delay)
                ratios.append(four / one)
                ones.append(one)
                fours.append(four)
                syncs.append(each)
            ratio = statistics.median(ratios)
            self.proof.item(f"4 durable writers against one, {disk}",
                            f"{ratio:.2f} times the stashes ({min(ratios):.2f} to "
                            f"{max(ratios):.2f}; {statistics.median(ones):.0f} and "
                            f"{statistics.median(fours):.0f} a second, "
                            f"{statistics.median(syncs):.2f} syncs for each)", ">= 2.5",
                            ratio >= 2.5)

    def stopped_and_stepped(self):
        for program, what in [("stopped_holder", "a holder of the lease is stopped, and goes on"),
                              ("step_publish", "killed at every instruction of a publication")]:
            done = run(self.build / "tests" / "crash" / program)
            self.proof.item(what, last_line(done), "0 violations", done.returncode == 0)

    def crash_states(self):
        wanted = QUICK_STATES if self.quick else STATES
        length, stride = (2, 2) if self.quick else (3, 1)
        sums, violation = in_two_halves(self.build / "tests/crash/laboratory", "--length", length,
                                        "--stride", stride, "--nested", "400", "--seed", SEED)
        count = sum(sums.values())
        self.proof.item(f"distinct crash states, both profiles, sequences of up to {length} steps",
                        violation or f"{sums}: {count} in all", f">= {wanted}, 0 violations",
                        not violation and count >= wanted)

    def broken_builds(self):
        done = run(sys.executable, "-B", ROOT / "tests/crash/broken_builds.py")
        sys.stderr.write(done.stdout)
        self.proof.item("builds broken on purpose", last_line(done), "every one caught",
                        done.returncode == 0)

    def power_cuts(self):
        if os.geteuid() == 0 and shutil.which("mkfs.xfs") is None:
            run("apt-get", "install", "-y", "-qq", "xfsprogs")
        for kind in ("ext4", "xfs"):
            done = run(sys.executable, "-B", ROOT / "tests/crash/power_cut.py", self.program,
                       "--fs", kind, "--cuts", CUTS, "--seed", SEED)
            if done.returncode == CANNOT_RUN:
                self.proof.skipped(f"power cuts on {kind}", last_line(done))
                continue
            self.proof.item(f"power cuts on {kind}", last_line(done), f"{CUTS} cuts, 0 lost",
                            done.returncode == 0)

    def faults(self):
        options = ["--stride", "8"] if self.quick else []
        sums, violation = in_two_halves(self.build / "tests/crash/faults", *options)
        self.proof.item("every call failing in every way, a full disk, no descriptors",
                        violation or str(sums), "0 violations", not violation)

    def tests(self, what, names):
        """Some of the store's tests, which must all pass, and be there."""
        done = run(self.build / "tests/store/store_test", "--warn", "NoTests", names)
        self.proof.item(what, last_line(done), "passed", done.returncode == 0)

    def long_reader(self):
        self.tests("a reader across 1,000 merges stays small, space comes back",
                   "a reader alive*,what a merge removed*")

    def sanitizers(self):
        """The fault tests under ASan say what leaks; the thread tests under TSan what races."""
        for command in ("asan", "tsan"):
            done = run(ROOT / "run", command)
            self.proof.item(f"./run {command}", last_line(done), "0 failed", done.returncode == 0)


def main():
    options = arguments()
    proof = Proof(options.json)
    processes = Processes(proof, options.build.resolve(), options.quick)
    processes.poll()
    processes.group_commit()
    processes.swarm()
    processes.stopped_and_stepped()
    processes.long_reader()
    processes.faults()
    processes.crash_states()
    if not options.quick:
        processes.power_cuts()
        processes.broken_builds()
        processes.sanitizers()
    sys.exit(1 if proof.failed else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Many processes on one project, some of them killed: what was acknowledged is there, whole.

Usage: swarm.py PROGRAM [--seconds N] [--writers N] [--seed S]

Writers stash batches of three through `shale ingest --ack=3`; two processes search, one merges, all
the time; every 50 ms one writer is killed with SIGKILL and another takes its place. No process but
the killed may fail, and no answer may speak of damage. At the end every acknowledged batch is there
with its text, no batch is half there, and `verify` is clean. Prints the worst time a batch took
until it was acknowledged (not the first of a process: that one includes its start), and beside it
the worst of a meter: one more process, that answers each line once it has written and synced a
block of its own file there, and does nothing else. What a batch takes beyond it is ours, the rest
is the disk's and the scheduler's. All threads here wait while one of them has the interpreter: so
nothing grows by rehashing, and nothing is collected. Exits 1 at the first violation, with the seed.
"""
import argparse
import array
import contextlib
import gc
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kill_writer import small_delta  # noqa: E402 (the folder is known only now)

PARTS = 3
KILL_EVERY = 0.05
IDS_AT_ONCE = 500
METER_BYTES = 4096
METER_PAUSE = 0.005  # s


def text_of(slot, number, part):
    return f"writer {slot} batch {number} part {part} " + "word%d " % (number % 89) * (number % 23)


def lines_of(slot, number):
    lines = [json.dumps({"id": f"{slot}-{number}-{part}", "text": text_of(slot, number, part)})
             for part in range(PARTS)]
    return ("\n".join(lines) + "\n").encode()


class Swarm:
    def __init__(self, program, store, seed):
        self.program, self.store = program, store
        self.random = random.Random(seed)
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.writers = {}  # slot -> process
        self.acknowledged = {}  # slot -> for each batch sent, 1 where it was acknowledged
        self.latencies = array.array("d")  # s
        self.metered = []
        self.kills = 0
        self.searches = 0
        self.merges = 0
        self.problem = None

    def fail(self, what):
        with self.lock:
            self.problem = self.problem or what
        self.stop.set()

    def start(self, *arguments, **options):
        return subprocess.Popen([self.program, "--store", self.store, *arguments],
                                stderr=subprocess.PIPE, **options)

    def write(self, slot):
        """One writer after the other, until the swarm stops; each goes on behind the last batch."""
        self.acknowledged[slot] = bytearray()
        while not self.stop.is_set():
            child = self.start("ingest", f"--ack={PARTS}", "-", stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
            with self.lock:
                self.writers[slot] = child
            self.feed(slot, child)
            with contextlib.suppress(BrokenPipeError):
                child.stdin.close()
            errors = child.stderr.read().decode()
            code = child.wait()
            with self.lock:
                self.writers.pop(slot, None)
            if code not in (0, -signal.SIGKILL):
                self.fail(f"writer {slot} ended with {code}: {errors}")

    def feed(self, slot, child):
        acknowledged = self.acknowledged[slot]
        first = number = len(acknowledged)
        try:
            while not self.stop.is_set():
                acknowledged.append(0)
                started = time.monotonic()
                child.stdin.write(lines_of(slot, number))
                child.stdin.flush()
                answer = child.stdout.readline()
                if not answer.startswith(b"ack "):
                    return
                acknowledged[number] = 1
                if number > first:
                    self.latencies.append(time.monotonic() - started)
                number += 1
        except BrokenPipeError:
            pass

    def meter(self):
        child = subprocess.Popen([sys.executable, "-B", __file__, "--meter", self.store + ".meter"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        due = time.monotonic()  # a pause that lasts too long is time that a batch lost as well
        while not self.stop.is_set():
            child.stdin.write(b"line\n")
            child.stdin.flush()
            if not child.stdout.readline():
                self.fail("the meter ended")
            answered = time.monotonic()
            self.metered.append(answered - due)
            due = answered + METER_PAUSE
            time.sleep(METER_PAUSE)
        child.stdin.close()
        child.wait()

    def search(self):
        while not self.stop.is_set():
            child = self.start("search", "--json", "--match", "any", "writer batch word7",
                               stdout=subprocess.PIPE)
            out, errors = child.communicate()
            if child.returncode not in (0, 1):
                return self.fail(f"a search ended with {child.returncode}: {errors.decode()}")
            if json.loads(out)["faults"]:
                return self.fail(f"a search found damage: {out.decode()}")
            self.searches += 1

    def merge(self):
        while not self.stop.is_set():
            child = self.start("merge", stdout=subprocess.DEVNULL)
            errors = child.communicate()[1]
            if child.returncode != 0:
                return self.fail(f"a merge ended with {child.returncode}: {errors.decode()}")
            self.merges += 1
            time.sleep(0.2)

    def kill(self):
        while not self.stop.wait(KILL_EVERY):
            with self.lock:
                children = list(self.writers.values())
            if children:
                self.random.choice(children).send_signal(signal.SIGKILL)
                self.kills += 1

    def run(self, seconds, writers):
        jobs = [lambda slot=slot: self.write(slot) for slot in range(writers)]
        jobs += [self.search, self.search, self.merge, self.kill, self.meter]
        threads = [threading.Thread(target=job) for job in jobs]
        for thread in threads:
            thread.start()
        self.stop.wait(seconds)
        self.stop.set()
        for thread in threads:
            thread.join()
        return self.problem or self.check()

    def check(self):
        texts = {}
        batches = [(slot, number, is_acknowledged)
                   for slot, flags in sorted(self.acknowledged.items())
                   for number, is_acknowledged in enumerate(flags)]
        ids = [f"{slot}-{number}-{part}" for slot, number, _ in batches for part in range(PARTS)]
        for first in range(0, len(ids), IDS_AT_ONCE):
            child = self.start("get", "--ndjson", *ids[first:first + IDS_AT_ONCE],
                               stdout=subprocess.PIPE)
            out, errors = child.communicate()
            if child.returncode not in (0, 1):
                return f"get ended with {child.returncode}: {errors.decode()}"
            for line in filter(None, out.decode().split("\n")):
                segment = json.loads(line)
                texts[segment["id"]] = segment["text"]
        for slot, number, is_acknowledged in batches:
            expected = {f"{slot}-{number}-{part}": text_of(slot, number, part)
                        for part in range(PARTS)}
            present = [id for id, text in expected.items() if texts.get(id) == text]
            if is_acknowledged and len(present) != PARTS:
                return f"batch {slot}-{number} was acknowledged, {len(present)} parts are there"
            if len(present) not in (0, PARTS):
                return f"batch {slot}-{number} is half there: {present}"
        child = self.start("verify", stdout=subprocess.PIPE)
        out, errors = child.communicate()
        if child.returncode != 0:
            return f"verify ended with {child.returncode}: {out.decode()} {errors.decode()}"
        return None


def answer_synced(path):
    """The meter's own process."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    block = b"x" * METER_BYTES
    for number, _ in enumerate(sys.stdin):
        os.pwrite(file, block, number % 4096 * METER_BYTES)
        os.fdatasync(file)
        print("ack", flush=True)


def main():
    if sys.argv[1:2] == ["--meter"]:
        return answer_synced(sys.argv[2])
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    gc.disable()
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "store")
        swarm = Swarm(options.program, store, options.seed)
        made = swarm.start("stash", "--id", "first", "made before the first kill",
                           stdout=subprocess.DEVNULL)
        if made.wait() != 0:
            sys.exit("the store could not be made")
        small_delta(os.path.join(store, "shale.toml"), 1000)
        problem = swarm.run(options.seconds, options.writers)
        if problem:
            sys.exit(f"seed {options.seed}, after {swarm.kills} kills: {problem}")
        waits = sorted(swarm.latencies)
        acknowledged = sum(map(sum, swarm.acknowledged.values()))
        print(f"{acknowledged} batches acknowledged, 0 lost; {swarm.kills} kills, "
              f"{swarm.searches} searches, {swarm.merges} merges; a batch took "
              f"{waits[len(waits) // 2] * 1000:.1f} ms (median), {waits[-1] * 1000:.0f} ms "
              f"(worst), a bare write and sync {max(swarm.metered[1:]) * 1000:.0f} ms (worst); "
              f"seed {options.seed}")


if __name__ == "__main__":
    main()

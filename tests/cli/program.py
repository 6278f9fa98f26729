"""Calls the built program (environment: SHALE_PROGRAM) in a folder of the test's own."""
import json
import os
import resource
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["SHALE_PROGRAM"]
# Images of vocabularies, made once for all tests of a build.
CACHE = os.path.join(os.path.dirname(os.path.abspath(PROGRAM)), "test-cache")
with open(PROGRAM, "rb") as program:
    HAS_SANITIZER = b"__asan_init" in program.read()


class Case(unittest.TestCase):
    """A test with a folder, a store in it, and `run`."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="shale-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.store = os.path.join(self.folder, "s")

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHALE")}
        return {**kept, "HOME": self.folder, "XDG_DATA_HOME": "", "XDG_CACHE_HOME": CACHE,
                "SHALE_STORE": self.store, **more}

    def run_program(self, *words, stdin=b"", exit=0, folder=None, descriptors=None,
                    file_bytes=None, **environment):
        """The finished process; its status must be `exit` (or one of them; None: 0 or 1).

        `descriptors`: how many files it may have open; `file_bytes`: how long it may make one.
        """
        limits = {resource.RLIMIT_NOFILE: descriptors, resource.RLIMIT_FSIZE: file_bytes}
        limits = {what: most for what, most in limits.items() if most is not None}

        def limit():
            for what, most in limits.items():
                resource.setrlimit(what, (most, most))

        if file_bytes is not None:
            # As it starts, clang's thread sanitizer writes a file of its own, if it has a place.
            environment.setdefault("TMPDIR", os.path.join(self.folder, "no-such-folder"))
        if isinstance(stdin, str):
            stdin = stdin.encode()
        done = subprocess.run([PROGRAM, *words], input=stdin, capture_output=True, timeout=120,
                              cwd=folder or self.folder, env=self.environment(**environment),
                              check=False, preexec_fn=limit if limits else None)
        allowed = (0, 1) if exit is None else exit if isinstance(exit, tuple) else (exit,)
        self.assertIn(done.returncode, allowed,
                      f"shale {words}: {done.stdout[:2000]!r} {done.stderr[:2000]!r}")
        return done

    def text(self, *words, **options):
        return self.run_program(*words, **options).stdout.decode()

    def json(self, *words, **options):
        answer, = self.lines(*words, "--json", **options)
        self.assertEqual(answer["v"], 1)
        return answer

    def ndjson(self, *words, **options):
        return self.lines(*words, "--ndjson", **options)

    def lines(self, *words, **options):
        """The JSON of every line; splitlines() would end some inside of a string."""
        whole = self.text(*words, **options)
        self.assertTrue(whole == "" or whole.endswith("\n"))
        return [json.loads(line) for line in whole.split("\n")[:-1]]

    def make_store(self, *options):
        self.text("init", *options, "--store", self.store)

    def ingest(self, *segments, **options):
        lines = "".join(json.dumps(segment) + "\n" for segment in segments)
        return self.json("ingest", stdin=lines, **options)

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

#!/usr/bin/env python3
"""How the program ends when it cannot do what it was asked: statuses, messages, streams."""
import fcntl
import json
import os
import pathlib
import shutil
import struct
import subprocess
import unittest
import unittest.mock

from program import PROGRAM, Case


class AnotherVersion(Case):
    """A page that processes of another version share: they may be alive, in this boot."""

    def setUp(self):
        super().setUp()
        self.ingest({"id": "a", "text": "x"})
        self.control = os.path.join(self.store, "projects/default/volatile/CONTROL")
        with open(self.control, "rb") as file:
            self.page = file.read()

    def write_page(self, version, boot=None, size=None):
        page = bytearray(self.page)
        struct.pack_into("<I", page, 8, version)
        if boot is not None:
            struct.pack_into("<Q", page, 16, boot)
        with open(self.control, "r+b") as file:  # in place: it stays the same file
            file.write(page)
            file.truncate(size or len(page))

    def listing(self):
        return {path: path.read_bytes() for path in pathlib.Path(self.store).rglob("*")
                if path.is_file()}

    def test_it_is_left_alone_with_status_6(self):
        own, = struct.unpack_from("<I", self.page, 8)
        for version, size in [(own + 1, None), (own + 1, 4 * len(self.page)), (own - 1, 4096)]:
            self.write_page(version, size=size)
            before = self.listing()
            for words in [["count"], ["search", "x"], ["stash", "--id", "b", "y"], ["rm", "a"],
                          ["merge"], ["who"], ["verify"]]:
                error = self.json(*words, exit=6)["error"]
                self.assertEqual(error["code"], "too_new", (version, words))
                self.assertEqual(error["path"], self.control)
            self.assertEqual(self.listing(), before)
        self.write_page(own)
        self.assertEqual(self.text("count"), "1\n")

    def test_after_a_reboot_nobody_uses_it_any_more(self):
        own, = struct.unpack_from("<I", self.page, 8)
        self.write_page(own + 1, boot=1)
        self.assertEqual(self.text("count"), "1\n")
        self.text("stash", "--id", "b", "y")
        self.assertEqual(self.text("count"), "2\n")
        with open(self.control, "rb") as file:
            self.assertEqual(struct.unpack_from("<I", file.read(), 8), (own,))


class AnotherFileSystem(Case):
    """ramfs is a file system that nobody said processes may share memory on."""

    def run_there(self, script):
        """A shell script in a namespace with a ramfs at $1: its output, or a skipped test."""
        place = os.path.join(self.folder, "ram")
        os.makedirs(place, exist_ok=True)
        for flags in [["-m"], ["-r", "-m"]]:
            start = ["unshare", *flags, "sh", "-c", 'mount -t ramfs none "$1"', "sh", place]
            if subprocess.run(start, capture_output=True, check=False).returncode == 0:
                break
        else:
            self.skipTest("this machine lets nobody mount")
        script = 'mount -t ramfs none "$1"; ' + script
        done = subprocess.run(["unshare", *flags, "sh", "-c", script, "sh", place, PROGRAM],
                              env=self.environment(SHALE_STORE=os.path.join(place, "s")),
                              cwd=self.folder, capture_output=True, timeout=120, check=False)
        return done.stdout.decode(), done.stderr.decode()

    def test_a_store_is_read_and_not_written(self):
        self.ingest({"id": "a", "text": "word"})
        out, err = self.run_there(
            'cp -r s "$1/s"; "$2" count; "$2" search word --count; echo "status $?"; '
            '"$2" stash --id b text; echo "status $?"; ls "$1/s/projects/default/volatile" | wc -l')
        self.assertEqual(out, "1\n1\nstatus 0\nstatus 5\n4\n")  # 4: as copied
        self.assertIn("ramfs", err)
        out, err = self.run_there('"$2" init "$1"; echo "status $?"; ls -A "$1"')
        self.assertEqual(out, "status 5\n")

    def test_where_asked_for_one_process_writes_it(self):
        out, err = self.run_there(
            'p="$2"; alone() { "$p" --any-file-system "$@"; }; '
            'alone stash --id a "some words"; alone stash --id b "more words"; alone count; '
            'alone merge --full --quiet; alone search words --count; alone verify --quiet; '
            'echo "status $?"; "$p" count; ls "$1/s/projects/default/volatile"')
        self.assertEqual(out, "a\nb\n2\n2\nstatus 0\n2\nCACHEDIR.TAG\n", err)


class NoStore(Case):
    def test_reading_verbs_say_how_to_make_one(self):
        for words in [["search", "x"], ["get", "a"], ["list"], ["count"], ["sum", "tokens"],
                      ["usage"], ["stats"], ["projects"], ["verify"], ["config"], ["merge"],
                      ["who"]]:
            answer = self.json(*words, exit=5)
            self.assertEqual(list(answer["error"]), ["code", "message", "path", "offset"])
            self.assertEqual(answer["error"]["code"], "not_found")
            self.assertIn("shale init", answer["error"]["message"])
            self.assertFalse(os.path.exists(self.store))

    def test_what_changes_segments_makes_neither_a_store_nor_a_project(self):
        verbs = [["rm", "a"], ["update", "a", "--task", "t"], ["touch", "a"], ["pin", "a"],
                 ["unpin", "a"]]
        expected = self.json("get", "a", exit=5)["error"]["message"]
        for words in verbs:
            self.assertEqual(self.json(*words, exit=5)["error"]["message"], expected)
        self.assertFalse(os.path.exists(self.store))
        self.run_program("init", "--store", self.store)
        for words in verbs:
            answer = self.json(*words, exit=1)
            self.assertEqual((answer["missing"], answer["lsn"]), (["a"], 0))
            error = self.json(*words, "--project=absent", exit=5)["error"]
            self.assertIn('no project "absent"', error["message"])
        self.assertEqual(self.json("projects")["projects"], [])

    def test_a_folder_that_is_no_store(self):
        self.write("s/something.txt", "x")
        for words in [["count"], ["stash", "--id", "a", "b"]]:
            done = self.run_program(*words, exit=5)
            self.assertEqual(done.stdout, b"")
            self.assertIn(b"not a shale store", done.stderr)
        self.assertEqual(os.listdir(self.store), ["something.txt"])

    def test_a_file_that_is_no_store(self):
        self.write("s", "x")
        self.run_program("count", exit=5)
        self.run_program("stash", "--id", "a", "b", exit=5)

    def test_a_project_that_is_not_there(self):
        self.run_program("init", "--store", self.store)
        self.assertEqual(self.text("count"), "0\n")
        self.run_program("search", "x", exit=1)
        done = self.run_program("count", "--project", "absent", exit=5)
        self.assertIn(b"absent", done.stderr)
        self.run_program("stash", "--project", "x" * 300, "--id", "a", "b", exit=2)


class Refused(Case):
    def test_a_store_of_a_newer_version(self):
        self.run_program("stash", "--id", "a", "b")
        path = os.path.join(self.store, "projects", "default", "MANIFEST")
        with open(path, "rb") as file:
            content = file.read()
        self.assertTrue(content.startswith(b"shale-manifest 1 1\n"))
        content = content.replace(b"shale-manifest 1 1\n", b"shale-manifest 9 9\n", 1)
        self.write("s/projects/default/MANIFEST", content)
        for words in [["count"], ["stash", "--id", "c", "d"], ["verify"]]:
            self.assertEqual(self.json(*words, exit=6)["error"]["code"], "too_new")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), content)

    def test_no_permission(self):
        self.run_program("stash", "--id", "a", "b")
        os.chmod(self.folder, 0o755)
        os.chmod(self.store, 0o000)
        self.addCleanup(os.chmod, self.store, 0o700)
        # Root may do everything: then the program runs as nobody.
        nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        for words in [["count"], ["stash", "--id", "c", "d"],
                      ["stash", "--store", os.path.join(self.folder, "new"), "--id", "c", "d"]]:
            if len(words) > 4 and not nobody:
                os.chmod(self.folder, 0o500)
                self.addCleanup(os.chmod, self.folder, 0o700)
            done = subprocess.run([PROGRAM, *words], capture_output=True, cwd="/", check=False,
                                  env=self.environment(), **nobody)
            self.assertEqual(done.returncode, 5, (words, done.stderr))
            self.assertIn(b"ermission denied", done.stderr)

    def test_a_place_that_does_not_exist(self):
        self.run_program("stash", "--store", "/proc/no/such/place", "--id", "a", "b", exit=5)

    def test_usage(self):
        for words in [[], ["dance"], ["get"], ["search", "--limit", "x"], ["stash", "--tier", "no"],
                      ["stash", "--created", "noon", "x"], ["update", "a"], ["count", "--no-such"],
                      ["add"], ["get", "a", "--lines", "9:1"], ["ingest", "--ack=x"],
                      ["stash", "--id", "", "x"], ["stash", "--id=", "x"],
                      ["stash", "--attr", ".x=1", "x"], ["update", "a", "--attr", ".x:=1"],
                      ["search", "x", "--where", "nonsense:x"]]:
            done = self.run_program(*words, exit=unittest.mock.ANY)
            if words[:1] == ["search"] and "--where" in words:
                self.assertIn(done.returncode, (2, 5))
            else:
                self.assertEqual(done.returncode, 2, words)
            self.assertEqual(done.stdout, b"", words)
            self.assertTrue(done.stderr.startswith(b"shale: "), done.stderr)

    def test_all_projects_is_refused_where_it_would_be_ignored(self):
        self.run_program("stash", "--id", "a", "b")
        for words in [["get", "a"], ["rm", "a"], ["update", "a", "--task", "t"], ["touch", "a"],
                      ["pin", "a"], ["unpin", "a"], ["stash", "--id", "c", "x"], ["ingest"],
                      ["add", "."], ["init"], ["config"], ["inspect", "s/shale.toml"]]:
            done = self.run_program(*words, "--all-projects", exit=2)
            self.assertIn(f"`{words[0]}` does not take --all-projects".encode(), done.stderr)
            self.assertEqual(done.stdout, b"")
        for words in [["list"], ["count"], ["sum", "tokens"], ["usage"], ["search", "b"], ["stats"],
                      ["who"], ["projects"], ["verify"], ["merge"]]:
            self.run_program("--all-projects", *words)
        self.assertEqual(self.text("list").split("\t")[0], "a")

    def test_busy_names_the_holder(self):
        self.run_program("stash", "--id", "a", "b")
        path = os.path.join(self.store, "projects", "default", "LOCK")
        with open(path, "r+b") as file:
            whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            try:
                fcntl.fcntl(file, 37, whole)  # F_OFD_SETLK
            except OSError as error:
                self.skipTest(f"no OFD locks here: {error}")
            answer = self.json("stash", "--id", "c", "d", "--no-merge", exit=4)
            self.assertEqual(answer["error"]["code"], "busy")
            self.assertEqual(answer["error"]["pid"], os.getpid())
        self.run_program("stash", "--id", "c", "d")


    def test_nothing_is_kept_up_where_nothing_was_written(self):
        self.run_program("init", "--store", self.store)
        self.write("s/shale.toml", "[delta]\nsegments = 4\n")
        for number in range(10):
            self.run_program("stash", "--no-merge", "--id", f"s{number}", "x")
        edition = self.json("stats")["projects"][0]["edition"]
        self.run_program("update", "absent", "--task", "t", exit=1)
        self.run_program("rm", "absent", exit=1)
        self.assertEqual(self.json("stats")["projects"][0]["edition"], edition)
        self.run_program("update", "s1", "--task", "t")
        self.assertGreater(self.json("stats")["projects"][0]["edition"], edition)


class Streams(Case):
    def test_a_closed_pipe_is_silent(self):
        self.ingest(*[{"id": f"s{i}", "text": "word " * 2000} for i in range(100)])
        with subprocess.Popen([PROGRAM, "get", *[f"s{i}" for i in range(100)]],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=self.environment(), cwd=self.folder) as process:
            process.stdout.read(10)
            process.stdout.close()
            self.assertEqual(process.wait(60), -13)
            self.assertEqual(process.stderr.read(), b"")

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_a_full_disk_keeps_nobody_from_reading(self):
        """Not even where a recovery is due, which needs room for a log and an index."""
        self.ingest({"id": "a", "text": "some words"})
        shutil.rmtree(os.path.join(self.store, "projects/default/volatile"))
        full = {"file_bytes": 0}
        self.assertEqual(self.text("get", "a", **full), "some words")
        self.assertEqual(self.text("count", **full), "1\n")
        self.assertIn("a", self.text("search", "words", **full))
        self.text("verify", **full)
        error = self.json("stash", "--id", "b", "more", exit=5, **full)["error"]
        self.assertEqual(error["code"], "no_space")
        self.text("stash", "--id", "b", "more")
        self.assertEqual(self.text("count"), "2\n")

    def test_a_full_disk_under_the_output(self):
        self.run_program("stash", "--id", "a", "words")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "get", "a"], stdout=full, stderr=subprocess.PIPE,
                                  env=self.environment(), cwd=self.folder, check=False)
        self.assertEqual(done.returncode, 5)
        self.assertIn(b"cannot write", done.stderr)

    def test_errors_in_json_are_on_both_streams(self):
        done = self.run_program("get", "a", "--json", exit=5)
        self.assertEqual(json.loads(done.stdout)["error"]["code"], "not_found")
        self.assertIn(b"There is no store", done.stderr)

    def test_quiet(self):
        done = self.run_program("--quiet", "ingest", stdin='{"id":"a","text":"b"}\n')
        self.assertEqual((done.stdout, done.stderr), (b"", b""))


if __name__ == "__main__":
    unittest.main()

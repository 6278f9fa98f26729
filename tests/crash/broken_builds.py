#!/usr/bin/env python3
"""Builds broken on purpose: the crash laboratory and the fault tests must catch every one.

Usage: broken_builds.py [NAME...] [--folder DIR]

Each break is a few lines of the sources replaced by what a naive design would have there. A copy of
the tree is broken, built and run, one break after the other; a break whose lines are no longer in
the sources is an error, so that the list stays true. Prints a line for each; exits 1 where one is
not caught.
"""
import argparse
import json
import pathlib
import subprocess
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Break(NamedTuple):
    name: str
    changes: tuple  # (file, what stands there, what a naive design has there)
    by: str = "laboratory"


BREAKS = [
    Break("no fsync", (
        ("src/base/file.cpp",
         "if (retry([&] { return disk().sync_data(descriptor_); }) == 0) return {};",
         "if (descriptor_ >= 0) return {};"),)),
    Break("acknowledged before the sync", (
        ("src/store/stash.cpp", "TRY(make_durable(project, log, Lsn{done.lsn}));",
         "project.sync_wanted.store(true);"),)),
    Break("no checksum of frames", (
        ("src/delta/log_format.cpp", "header.payload_bytes == payload.size() &&\n",
         "(header.payload_bytes == payload.size() ||\n"),
        ("src/delta/log_format.cpp", "header.checksum == frame_checksum(header, payload);",
         "header.checksum == frame_checksum(header, payload));"))),
    Break("appending to a recovered log, behind what it ends with", (
        ("src/store/recovery.cpp", "  const FileId active = next.logs.back().id;\n",
         "  catalog::Manifest changed = next;\n"
         "  const bool goes_on = changed.logs.size() > 1;\n"
         "  catalog::LastFrame torn{last, 0, 0};\n"
         "  if (goes_on) {\n"
         "    changed.logs.pop_back();\n"
         "    const FileId id = changed.logs.back().id;\n"
         "    const Buffer all = TRY(read_file(project.paths.log(id), 1u << 30));\n"
         "    u64 end = changed.logs.back().sealed_end;\n"
         "    for (u64 at = end; at < all.size(); ++at)\n"
         "      end = all[at] == std::byte(0) ? end : at + 1;\n"
         "    torn = {Lsn::make(changed.logs.back().id.sequence, (end + 7) / 8 * 8),\n"
         "            changed.logs.back().checksum, 0};\n"
         "    changed.logs.back() = {changed.logs.back().id, 0, 0, {}};\n"
         "  }\n"
         "  const FileId active = changed.logs.back().id;\n"),
        ("src/store/recovery.cpp", "  (void)TRY(delta::LogWriter::create(project.paths.log(active)",
         "  if (!goes_on) (void)TRY(delta::LogWriter::create(project.paths.log(active)"),
        ("src/store/recovery.cpp", "  TRY(make_log_arena(project, active));",
         "  if (!goes_on) TRY(make_log_arena(project, active));"),
        ("src/store/recovery.cpp", "write_manifest(project.paths.manifest(), next)",
         "write_manifest(project.paths.manifest(), changed)"),
        ("src/store/recovery.cpp", "{next.edition, active, {last, 0, 0}};",
         "{next.edition, active, torn};"),
        ("src/store/recovery.cpp", "  remove_orphans(project.paths, next, Orphans::all);",
         "  remove_orphans(project.paths, changed, Orphans::all);"))),
    Break("folders not synced", (
        ("src/base/file.cpp",
         "const int answer = retry([&] { return disk().sync_folder(descriptor); });",
         "const int answer = 0;"),)),
    Break("renamed before the sync", (
        ("src/base/file.cpp", "  TRY(file.write_at(0, bytes));\n  return file.sync_data();",
         "  return file.write_at(0, bytes);"),
        ("src/base/file.cpp", "  const std::filesystem::path folder = path.parent_path();\n",
         "  File renamed = TRY(File::open(path, File::Mode::read_write));\n"
         "  TRY(renamed.sync_data());\n"
         "  const std::filesystem::path folder = path.parent_path();\n"))),
    Break("shards not synced", (
        ("src/shard/shard_writer.cpp", "  TRY(state.file.sync_data());\n", ""),)),
    Break("old files deleted first", (
        ("src/store/publish.cpp", "  control.set_manifest_in_flight(next.edition);\n",
         "  control.set_manifest_in_flight(next.edition);\n"
         "  remove_retired(project.paths, before->manifest, next);\n"),)),
    Break("sealed before it is synced", (
        ("src/store/publish.cpp", "  TRY(make_committed_durable(lease));\n", ""),)),
    # In the laboratory a copy stands for the file itself after a restart: what CONTROL says of its
    # inode goes together with the boot.
    Break("the index trusted after a reboot", (
        ("src/catalog/control.cpp",
         "  if (found.boot != wanted.boot) return std::string(\"of another boot\");\n", ""),
        ("src/catalog/control.cpp", "if (!itself || found.bytes",
         "if ((!itself && found.bytes == 0) || found.bytes"),
        ("src/delta/arena.cpp", "header.boot == identity.boot && ", ""))),
    Break("a shard dropped though a log holds what it had superseded", (
        ("src/store/shard_drop.cpp", "return entry.as_of.log_sequence() < log.id.sequence;",
         "return log.id.sequence != 0 || entry.level != 0;"),)),
    Break("a failed sync tried again", (
        ("src/store/durability.cpp", "if (!log.sync()) return",
         "if (!log.sync() && !log.sync()) return"),), by="faults"),
]


def run(*command, cwd):
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


class Copy:
    """The tree in a folder of its own, with a build in it."""

    def __init__(self, folder):
        self.folder = folder
        listed = run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT)
        for name in listed.stdout.splitlines():
            self.write(name, (ROOT / name).read_bytes())
        if not (folder / "build" / "build.ninja").exists():
            made = run("meson", "setup", "build", cwd=folder)
            if made.returncode != 0:
                sys.exit(made.stdout + made.stderr)

    def write(self, name, content):
        """Only where it differs: what is built stays built."""
        path = self.folder / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def break_it(self, one):
        changed = {}
        for name, there, naive in one.changes:
            text = changed.get(name) or (ROOT / name).read_text(encoding="utf-8")
            if text.count(there) != 1:
                sys.exit(f"{one.name}: {name} does not hold this once: {there!r}")
            changed[name] = text.replace(there, naive)
        for name, text in changed.items():
            self.write(name, text.encode())

    def mend(self, one):
        for name, _, _ in one.changes:
            self.write(name, (ROOT / name).read_bytes())

    def build(self):
        built = run("ninja", "-C", "build", "tests/crash/laboratory", "tests/crash/faults",
                    cwd=self.folder)
        if built.returncode != 0:
            sys.exit(built.stdout[-4000:])

    def violation(self, by):
        """What the program found, or None."""
        options = ["--length", "2"] if by == "laboratory" else ["--only", "sync"]
        done = run(str(self.folder / "build" / "tests" / "crash" / by), *options, cwd=self.folder)
        if done.returncode == 0:
            return None
        if done.returncode < 0:
            return f"it died of signal {-done.returncode}"
        return json.loads(done.stdout.splitlines()[-1])["violation"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build-broken")
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    copy = Copy(options.folder)
    caught = 0
    wanted = [one for one in BREAKS if not options.names or one.name in options.names]
    for one in wanted:
        copy.break_it(one)
        copy.build()
        violation = copy.violation(one.by)
        copy.mend(one)
        caught += violation is not None
        print(f"{'caught' if violation else 'NOT CAUGHT'}: {one.name}: {violation}", flush=True)
    print(f"{caught} of {len(wanted)} broken builds caught")
    sys.exit(0 if caught == len(wanted) else 1)


if __name__ == "__main__":
    main()

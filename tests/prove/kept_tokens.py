"""What `./run prove tokens` shows of counts that are kept with segments, of sums and of packs.

Stores are made of the kernel's sources in 30-line pieces: `type` is the kind of file, `task` its
first two folders. CPU seconds are those of whole processes.
"""
import json
import pathlib
import re
import subprocess
import sys

from corpus import linux_pieces, sources
from proof import Ran

CHANGED_EVERY = 1000
PACKS = 10_000
PACK_SEED = 7
TYPES = {".c": "code", ".h": "header", ".S": "assembly", ".rst": "document", ".txt": "note"}


def write_lines(path, pieces, changed=False):
    """Pieces as NDJSON; returns how many, their bytes of text, and how many were changed."""
    count = text_bytes = changes = 0
    with open(path, "w", encoding="utf-8") as file:
        for name, first, last, text in pieces:
            count += 1
            if changed and count % CHANGED_EVERY == 0:
                text += "/* changed */\n"
                changes += 1
            text_bytes += len(text.encode())
            task = "/".join(pathlib.PurePath(name).parts[:-1][:2])
            file.write(json.dumps(
                {"id": f"{name}#{first}", "type": TYPES.get(pathlib.PurePath(name).suffix, "other"),
                 "task": task, "file": name, "line_range": [first, last], "text": text},
                ensure_ascii=False) + "\n")
    return count, text_bytes, changes


def document_pieces():
    """The kernel's documentation by headings: (path, first line, last line, text)."""
    root = sources()
    for path in sorted((root / "Documentation").glob("**/*.rst")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        begins = [n - 1 for n in range(1, len(lines))
                  if re.fullmatch(r"[=\-~^]{4,}\s*", lines[n]) and lines[n - 1].strip()]
        borders = sorted({0, *begins, len(lines)})
        for first, end in zip(borders, borders[1:]):
            text = "".join(lines[first:end]).replace("\0", " ")
            if text.strip():
                yield str(path.relative_to(root)), first + 1, end, text


class KeptTokens:
    def __init__(self, proof):
        self.proof, self.build, self.work = proof, proof.build, proof.work
        self.limit = 100_000 if proof.quick else None
        self.whole, self.small, self.documents = (
            self.work / name for name in ("whole", "small", "documents"))

    def shale(self, store, *words):
        return Ran([str(self.build / "shale"), "--store", str(store), "--quiet", *words])

    def ingest(self, store, corpus, tokenizer="o200k_base", analysis="plain"):
        ran = self.shale(store, "ingest", "--analysis", analysis, "--tokenizer", tokenizer,
                         "--no-merge", "--json", str(corpus))
        return json.loads(ran.out), ran

    def in_log(self, store):
        stats = json.loads(self.shale(store, "stats", "--json").out)["projects"][0]
        return stats["delta_segments"]

    def ingests(self):
        corpus, changed = self.work / "corpus.ndjson", self.work / "changed.ndjson"
        segments, text_bytes, _ = write_lines(corpus, linux_pieces(self.limit))
        _, _, changes = write_lines(changed, linux_pieces(self.limit), changed=True)
        without_store = self.work / "without"
        _, without = self.ingest(without_store, corpus, "none")
        first, ran = self.ingest(self.whole, corpus)
        late = self.in_log(self.whole)
        rate = text_bytes / 1e6 / ran.cpu
        self.proof.item("bulk ingest with o200k_base and whole words",
                        f"{rate:.1f} MB of text a CPU second, "
                        f"{text_bytes / 1e6 / ran.wall:.1f} MB/s wall "
                        f"(with none {text_bytes / 1e6 / without.cpu:.1f} a CPU second)", ">= 22",
                        rate >= 22)
        self.proof.item("counted", f"{first['counted']}, {late} wait in the log", segments,
                        first["counted"] + late == segments)
        again, ran = self.ingest(self.whole, corpus)
        self.proof.item("ingested again, unchanged",
                        f"{again['counted']} of {again['replaced']} counted, {ran.cpu:.1f} CPU s",
                        "0 counted", again["counted"] == 0 and again["replaced"] == segments)
        third, _ = self.ingest(self.whole, changed)
        late = self.in_log(self.whole)
        counted = third["counted"]
        self.proof.item(f"ingested again, {changes} texts changed",
                        f"{counted} counted, {late} segments wait in the log",
                        f"{changes} but for those in the log",
                        0 <= changes - counted <= late // CHANGED_EVERY + 1 and changes > 0)
        self.shale(self.whole, "merge", "--full")
        rows = json.loads(self.shale(self.whole, "sum", "tokens", "--json").out)["rows"]
        self.proof.item("segments without a count after the merge", rows[0]["absent"], 0,
                        rows[0]["absent"] == 0 and rows[0]["count"] == segments)
        shard = max((self.whole / "projects/default/shards").glob("*.shard"),
                    key=lambda path: path.stat().st_size)
        kept, = self.proof.run("kept", str(shard))
        self.proof.item("a kept count of a random segment", f"{kept['ns_each']:.0f} ns", "< 100 ns",
                        kept["ns_each"] < 100 and kept["absent"] == 0)

    def figures(self, program, *words, build=None):
        path = (build or self.build) / "bench" / program
        done = subprocess.run([str(path), *map(str, words)], capture_output=True, text=True,
                              check=False)
        if done.returncode not in (0, 1) or not done.stdout:
            sys.exit(f"{program} {words}: exit {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def sums(self):
        corpus = self.work / "small.ndjson"
        write_lines(corpus, linux_pieces(100_000))
        self.ingest(self.small, corpus, analysis="english")
        self.shale(self.small, "merge", "--full")
        whole = self.figures("store_figures", "sums", self.whole)
        small = self.figures("store_figures", "sums", self.small)
        self.proof.item(
            f"sum tokens --by type,task of {whole['segments']} segments",
            f"{whole['tokens_by_type_task_ms']:.2f} ms, {whole['type_task_rows']} rows", "< 10 ms",
            whole["tokens_by_type_task_ms"] < 10)
        for figures, limit in [(whole, 10), (small, 1)]:
            if figures is whole and self.proof.quick:
                continue
            self.proof.item(f"usage of {figures['segments']} segments",
                            f"{figures['usage_ms']:.2f} ms, {figures['tasks']} tasks",
                            f"< {limit} ms", figures["usage_ms"] < limit)

    def packs(self):
        corpus = self.work / "documents.ndjson"
        write_lines(corpus, document_pieces())
        self.ingest(self.documents, corpus)
        self.shale(self.documents, "merge", "--full")
        stores = {"code, plain": self.whole, "code, english": self.small,
                  "documentation": self.documents}
        count = (PACKS // 10 if self.proof.quick else PACKS) // len(stores) + 1
        for name, store in stores.items():
            first = self.figures("pack_figures", store, count, PACK_SEED)
            wrong = first["over"] + first["miscounted"]
            self.proof.item(f"{name}: packs over their budget, or counted wrongly",
                            f"{wrong} of {first['packs']}", 0,
                            wrong == 0 and first["packs"] == count)
            self.proof.item(f"{name}: budget not used, where something had no room",
                            f"{first['unused_median']:.2%} median of {first['enough']}", "< 3 %",
                            first["unused_median"] < .03 and first["enough"] > 0)
            self.proof.item(f"{name}: 8,000 tokens packed",
                            f"{first['pack_of_8000']['median'] / 1000:.2f} ms median", "< 5 ms",
                            first["pack_of_8000"]["median"] < 5000)
            self.same_bytes(name, store, count, first["digest"])

    def same_bytes(self, name, store, count, digest):
        again = self.figures("pack_figures", store, count, PACK_SEED)["digest"]
        self.proof.item(f"{name}: the bytes of a second run", again, digest, again == digest)
        others = [folder for folder in (self.build.parent / "build-clang",
                                        self.build.parent / "build-asan")
                  if (folder / "bench" / "pack_figures").exists()]
        if not others:
            self.proof.skipped(f"{name}: the bytes of a build by clang",
                               "no build-clang or build-asan here (./run asan makes one)")
            return
        other = self.figures("pack_figures", store, count, PACK_SEED, build=others[0])["digest"]
        self.proof.item(f"{name}: the bytes of {others[0].name}, by clang", other, digest,
                        other == digest)

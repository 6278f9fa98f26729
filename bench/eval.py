"""Relevance on a judged collection: `./run eval FOLDER [--analysis plain] [--match any]`.

FOLDER holds docs.ndjson ({id, title, text}), queries.tsv (id, text) and qrels.tsv (query, document,
grade). Documents are stored as title, newline, text; every query goes through the program as it
stands. Prints nDCG@10 (gain = grade), MAP and MRR over the first 1,000 hits, and recall at 100,
means over the queries that have a relevant document.
"""
import argparse
import collections
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEPTH = 1000  # hits looked at


def read_tsv(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file if line.strip()]


class Collection:
    """Documents, queries and judgements of a folder."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        with open(folder / "docs.ndjson", encoding="utf-8") as file:
            self.documents = [json.loads(line) for line in file]
        self.queries = [(row[0], row[1]) for row in read_tsv(folder / "queries.tsv")]
        self.grades = collections.defaultdict(dict)
        for query, document, grade in read_tsv(folder / "qrels.tsv"):
            if int(grade) > 0:
                self.grades[query][document] = int(grade)

    def segments(self):
        for document in self.documents:
            title = document.get("title")
            text = f"{title}\n{document['text']}" if title else document["text"]
            yield json.dumps({"id": document["id"], "text": text}, ensure_ascii=False)


class Store:
    """A collection in a store of its own."""

    def __init__(self, program, folder, collection, analysis):
        self.program, self.folder = str(program), str(pathlib.Path(folder) / ".shale")
        subprocess.run([self.program, "init", "--analysis", analysis, str(folder)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.run("ingest", "--quiet", "-", stdin="\n".join(collection.segments()) + "\n")

    def run(self, *words, stdin=None, allowed=(0,)):
        done = subprocess.run([self.program, "--store", self.folder, *words], input=stdin,
                              capture_output=True, text=True, check=False)
        if done.returncode not in allowed:
            raise RuntimeError(f"shale {words}: {done.stderr}")
        return done.stdout

    def search(self, text, match, limit=DEPTH):
        """Ids and scores, best first."""
        out = self.run("search", "--match", match, "--limit", str(limit), "--json", "--", text,
                       allowed=(0, 1))
        return [(hit["id"], hit["score"]) for hit in json.loads(out)["hits"]]


def measures(ids, grades):
    """nDCG@10, average precision, recall at 100, reciprocal rank of one query."""
    gains = [grades.get(name, 0) / math.log2(rank + 2) for rank, name in enumerate(ids[:10])]
    ideal = sorted(grades.values(), reverse=True)[:10]
    best = sum(grade / math.log2(rank + 2) for rank, grade in enumerate(ideal))
    ranks = [rank for rank, name in enumerate(ids, 1) if name in grades]
    precision = sum(found / rank for found, rank in enumerate(ranks, 1)) / len(grades)
    recall = sum(rank <= 100 for rank in ranks) / len(grades)
    return sum(gains) / best, precision, recall, 1 / ranks[0] if ranks else 0


def evaluate(program, collection, analysis="english", match="any"):
    """Means of the four measures."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(program, folder, collection, analysis)
        rows = [measures([name for name, _ in store.search(text, match)], collection.grades[query])
                for query, text in collection.queries if collection.grades[query]]
    return [statistics.mean(column) for column in zip(*rows)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--analysis", default="english")
    parser.add_argument("--match", default="any")
    options = parser.parse_args()
    for folder in options.folders:
        collection = Collection(folder)
        figures = evaluate(options.build / "src/cli/shale", collection, options.analysis,
                           options.match)
        print("{}: nDCG@10 {:.4f}  MAP {:.4f}  R@100 {:.4f}  MRR {:.4f}".format(
            folder.name, *figures), flush=True)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""`./run prove search`: that what is found is right, whatever is asked, and how fast.

Usage: search.py BUILD_FOLDER [--quick] [--json]

The corpus is linux-source-6.1 in 30-line pieces, 1.1 million segments; --quick takes 100,000 of
them and fewer queries. Judged collections are no part of the repository: where ../shared beside the
checkout (or the folder that SHALE_SHARED names) does not hold them, those items are skipped, and
said to be. The table of SQLite's FTS5 is made once and kept in the user's cache folder. A time is
what the query's thread spent on its core, in the fastest of some rounds. Exits 1 when an item is
not met.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "bench")]
import eval as judged  # noqa: E402 (the folders are known only now)
from bm25 import BruteForce, words  # noqa: E402
from proof import Proof, arguments  # noqa: E402
from search_corpora import (  # noqa: E402
    FOUND_FIRST, ODD_TEXTS, markdown_sections, texts_in_scripts, write_linux_corpus)
from shared_data import WHERE, shared  # noqa: E402

SEED = 20261120
DEPTH = 100  # hits compared with the brute force's
SLACK = 1e-5
NDCG = {"cranfield": .357, "medline": .690, "cosqa-dev": .385}  # at least
ODD_SEGMENTS = 100_000
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "shale"


class Store:
    """A store of the proof's own, asked through the program."""

    def __init__(self, program, folder, analysis):
        self.program, self.path = str(program), pathlib.Path(folder) / ".shale"
        subprocess.run([self.program, "init", "--quiet", "--analysis", analysis, str(folder)],
                       check=True, stdout=subprocess.DEVNULL)

    def run(self, *command, stdin=None):
        done = subprocess.run([self.program, "--store", str(self.path), "--quiet", *command],
                              input=stdin, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"shale {command}: exit {done.returncode}: {done.stderr}")
        return done.stdout

    def add(self, segments):
        """Dictionaries by the names of the NDJSON fields."""
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in segments)
        self.run("ingest", "-", stdin=lines)

    def search(self, text, limit, match="any"):
        return json.loads(self.run("search", "--json", "--match", match, "--limit", str(limit),
                                   "--", text))

    def shard(self):
        """The one shard of a store that was merged in full."""
        shard, = self.path.glob("projects/default/shards/*.shard")
        return shard


def figures_of(*command):
    """What a program of bench says; what it complains of goes to stderr."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                          check=False)
    if not done.stdout.strip():
        raise RuntimeError(f"{command[0]}: exit {done.returncode}, no output")
    return json.loads(done.stdout)


def differences(answer, expected):
    """What of an answer is not the brute force's, in one line; nothing where all is."""
    hits = answer["hits"]
    if answer["total"] != len(expected) or len(hits) != min(DEPTH, len(expected)):
        return f"{answer['total']} matches, {len(hits)} hits, not {len(expected)}"
    scores = {name: score for score, name in expected}
    if len({hit["id"] for hit in hits}) != len(hits):
        return "an id twice"
    for rank, (hit, (score, name)) in enumerate(zip(hits, expected), 1):
        own = scores.get(hit["id"], -1)
        # Of documents whose scores are closer than the slack, either may stand there.
        if abs(hit["score"] - own) > SLACK or abs(score - own) > SLACK:
            return f"at {rank} {hit['id']} with {hit['score']}, not {name} with {score}"
    return ""


class SearchProof:
    def __init__(self, proof, build, quick, work):
        self.proof, self.quick, self.work = proof, quick, work
        self.build, self.bench = build, build / "bench"
        self.program = build / "src" / "cli" / "shale"

    def folder(self, name):
        path = self.work / name
        path.mkdir()
        return path

    # -- what is found --

    def exactness(self):
        for name in NDCG:
            folder = shared(f"data/eval/{name}")
            if folder is None:
                self.proof.skipped(f"{name}: beside BM25 by brute force", f"no {WHERE}")
                continue
            collection = judged.Collection(folder)
            queries = [text for _, text in collection.queries]
            self.compare(name, [json.loads(line) for line in collection.segments()],
                         queries[::10] if self.quick else queries)
        texts = texts_in_scripts(SEED, 400)
        self.compare("made-up texts in many scripts",
                     [{"id": f"t{number}", "text": text} for number, text in enumerate(texts)],
                     [" ".join(words(text)[:1 + number % 5]) for number, text in
                      enumerate(texts[::4])])

    def compare(self, name, segments, queries):
        """Ids, scores and totals, any of the words, plain analysis."""
        store = Store(self.program, self.folder(f"exact-{name}"), "plain")
        store.add(segments)
        truth = BruteForce({one["id"]: one["text"] for one in segments})
        wrong = []
        for text in queries:
            asked = " ".join(words(text))  # what is syntax is no word to the brute force
            if difference := differences(store.search(asked, DEPTH), truth.rank(asked)):
                wrong.append(f"{asked!r}: {difference}")
        self.proof.item(f"{name}: beside BM25 by brute force, {DEPTH} best of any word",
                        f"{len(queries)} queries, {len(wrong)} differ "
                        f"{wrong[0] if wrong else ''}".strip(),
                        f"ids and scores the same within {SLACK}", not wrong)

    def relevance(self):
        for name, least in NDCG.items():
            folder = shared(f"data/eval/{name}")
            if folder is None:
                self.proof.skipped(f"{name}: nDCG@10", f"no {WHERE}")
                continue
            ndcg, average, recall, reciprocal = judged.evaluate(self.program,
                                                                judged.Collection(folder))
            self.proof.item(f"{name}: nDCG@10, default analysis, any word",
                            f"{ndcg:.4f} (MAP {average:.4f}, R@100 {recall:.4f}, "
                            f"MRR {reciprocal:.4f})", f">= {least}", ndcg >= least)

    def contexts(self):
        folder = shared("data/context-eval")
        if folder is None:
            self.proof.skipped("context documents", f"no {WHERE}")
            return
        store = Store(self.program, self.folder("contexts"), "english")
        for path in sorted(folder.glob("*.mdc")):
            sections = markdown_sections(path.read_text(encoding="utf-8"))
            store.add([{"id": f"{path.stem}#{number}", "file": path.stem, "text": section}
                       for number, section in enumerate(sections)])
        queries = json.loads((folder / "testset.json").read_text(encoding="utf-8"))["queries"]
        recalls, ranks = [], []
        for query in queries:
            hits = store.search(query["query"], 1000)["hits"]
            ranked = list(dict.fromkeys(hit["file"] for hit in hits))  # by their best sections
            wanted = set(query["relevant_contexts"])
            recalls.append(len(wanted & set(ranked[:5])) / len(wanted))
            ranks.append(next((1 / rank for rank, name in enumerate(ranked, 1) if name in wanted),
                              0))
        recall, reciprocal = statistics.mean(recalls), statistics.mean(ranks)
        self.proof.item(f"context documents, {len(queries)} queries", f"R@5 {recall:.3f}, MRR "
                        f"{reciprocal:.3f}", "R@5 1.000, MRR >= .80",
                        recall == 1 and reciprocal >= .8)

    def found_first(self):
        store = Store(self.program, self.folder("first"), "english")
        for query, texts in FOUND_FIRST.items():
            store.add([{"id": f"{query}-{rank}", "text": text}
                       for rank, text in enumerate(texts)])
        wrong = []
        for query in FOUND_FIRST:
            for match in ("all", "any", "auto"):
                hits = store.search(query, 10, match)["hits"]
                first = hits[0]["id"] if hits else "nothing"
                if first != f"{query}-0":
                    wrong.append(f"{query} ({match}): {first}")
        self.proof.item("what std::vector and getUser find first", "; ".join(wrong) or "what holds "
                        "them", "what holds them", not wrong)

    def tests(self, program, what, *names):
        done = subprocess.run([str(self.build / "tests" / "query" / program), "--warn", "NoTests",
                               *names], capture_output=True, text=True, check=False)
        lines = done.stdout.strip().splitlines()
        self.proof.item(what, lines[-1] if lines else "no output", "passed", done.returncode == 0)

    # -- whatever is asked --

    def odd_texts(self):
        segments = 20_000 if self.quick else ODD_SEGMENTS
        corpus = self.work / "odd.ndjson"
        write_linux_corpus(corpus, segments)
        store = Store(self.program, self.folder("odd"), "english")
        store.run("ingest", str(corpus))
        store.run("merge", "--full")
        texts = self.work / "odd.txt"
        texts.write_text("\n".join(ODD_TEXTS) + "\n", encoding="utf-8")
        count = 10_000 if self.quick else 100_000
        said = figures_of(self.bench / "odd_queries", store.path, texts, count, SEED)
        for name, what in (("known", "odd texts"), ("bytes", "random bytes"),
                           ("mixed", "words and syntax at random"), ("long", "a hundred of those")):
            one = said[name]
            # Dozens of fuzzy words in one query have dozens of times to themselves.
            limit = "none over 50 ms" if name != "long" else "whatever time it takes"
            self.proof.item(f"{what}, {segments} segments", f"{one['queries']} queries, "
                            f"{one['failed']} failed {one['error']}, {one['slow']} over 50 ms, "
                            f"{one['median']} us median, {one['p99']} p99, {one['worst']} worst: "
                            f"{one['text'][:200]!r}", f"none fails, {limit}",
                            one["failed"] == 0 and (one["slow"] == 0 or name == "long"))
        empty = store.search("", 10)
        self.proof.item("the empty text", f"{empty['total']} segments, {len(empty['hits'])} told",
                        f"{segments} segments, 10 told",
                        (empty["total"], len(empty["hits"])) == (segments, 10))
        self.readers(store)

    def readers(self, store):
        """Throughput of several processes on one store; queries are words of its segments."""
        listed = json.loads(store.run("list", "--json", "--limit", "20000"))["segments"]
        ids = [one["id"] for one in listed[::200]]
        texts = json.loads(store.run("get", "--json", *ids))["segments"]
        queries = [" ".join(words(one["text"])[5:7]) for one in texts]
        path = self.work / "readers.txt"
        path.write_text("\n".join(filter(None, queries)) + "\n", encoding="utf-8")
        cores = len(os.sched_getaffinity(0))
        rounds = []  # of one, two and four readers in turn: a machine is not as fast all the time
        for _ in range(3 if self.quick else 7):
            rounds.append([figures_of(self.bench / "store_figures", "readers", store.path, path,
                                      count, 1 if self.quick else 2)["searches_per_second"]
                           for count in (1, 2, 4)])
        alone = statistics.median(one for one, _, _ in rounds)
        ratios = {2: statistics.median(two / one for one, two, _ in rounds),
                  4: statistics.median(four / one for one, _, four in rounds)}
        met = all(ratio >= .9 * min(count, cores) for count, ratio in ratios.items())
        self.proof.item(f"reader processes on {cores} cores", f"{alone:.0f} searches/s of one, "
                        f"{ratios[2]:.2f} times that of 2, {ratios[4]:.2f} of 4",
                        ">= .9 a core", met)

    # -- how fast --

    def speed(self):
        corpus = self.work / "linux.ndjson"
        segments = write_linux_corpus(corpus, 100_000 if self.quick else None)
        store = Store(self.program, self.folder("linux"), "plain")
        store.run("ingest", "--tokenizer", "none", str(corpus))
        store.run("merge", "--full")
        corpus.unlink()
        self.disjunctions(store.shard(), segments)
        self.kinds(store.shard())
        self.fts5(store, segments)

    def disjunctions(self, shard, segments):
        said = figures_of(self.bench / "search_figures", "rank", shard, 10 if self.quick else 60)
        rivals = [said[name]["median"] for name in ("block-max WAND", "block-max MaxScore")]
        own = said["range maxima"]
        ratio = min(rivals) / own["median"]
        self.proof.item(f"any word, {segments} segments, 10 best", f"{own['median']} us median, "
                        f"{own['mean']} mean, {own['p99']} p99; block-max WAND {rivals[0]}, "
                        f"MaxScore {rivals[1]}: {ratio:.1f} times; {said['disagreed']} disagree",
                        ">= 3 times the better, 0 disagree",
                        ratio >= 3 and said["disagreed"] == 0)

    def kinds(self, shard):
        said = figures_of(self.bench / "search_figures", "kinds", shard,
                          *((40, 4) if self.quick else (400, 20)))
        both = said["and"]
        rival = min(both[name]["median"] for name in ("block-max, then a count",
                                                      "block-max, counting"))
        # Once the words are known, as they are to the yardsticks; then from text to ids.
        own, whole = both["every word"]["median"], both["engine"]["median"]
        self.proof.item("every word, 10 best and the exact count", f"{own} us median, block-max "
                        f"{rival}: {rival / own:.1f} times; {whole} from text to ids; "
                        f"{said['disagreed']} disagree",
                        ">= 1.5 times, 0 disagree", rival >= 1.5 * own and said["disagreed"] == 0)
        for name, what, share, limit in (("count of or", "count of any word", "p99", 1000),
                                         ("phrase", "phrases of 2 and 3 words", "median", 150),
                                         ("prefix", "prefixes of 3 to 5 letters", "median", 200),
                                         ("fuzzy", "one edit away", "median", 5000)):
            one = said[name]["engine"]
            over = f" over {said['terms']} terms" if name == "fuzzy" else ""
            self.proof.item(what + over, f"{one['median']} us median, {one['mean']} mean, "
                            f"{one['p99']} p99", f"{share} < {limit} us", one[share] < limit)

    def fts5(self, store, segments):
        program = self.bench / "fts5_figures"
        if not program.exists():
            self.proof.skipped("beside SQLite's FTS5", "built without sqlite3")
            return
        CACHE.mkdir(parents=True, exist_ok=True)
        table = CACHE / f"fts5-{segments}.db"
        subprocess.run([str(program), "build", str(table), str(store.shard())], check=True)
        said = figures_of(program, "compare", table, store.path, store.shard(),
                          2 if self.quick else 8)
        for name, share, least in (("and", "median", 20), ("and", "p99", 10), ("or", "median", 200),
                                   ("filtered", "median", 20), ("phrase", "median", 2),
                                   ("prefix", "median", 5)):
            one = said[name]
            own, other = one["shale"][share], one["fts5"][share]
            self.proof.item(f"beside FTS5: {name}, {share}", f"{own} us, FTS5 {other}: "
                            f"{other / max(own, .1):.1f} times; {one['queries']} queries, "
                            f"{one['differing']} with other hits", f">= {least} times, 0 with "
                            "other hits", other >= least * own and one["differing"] == 0)


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="shale-prove-", dir=os.environ.get("TMPDIR")) as folder:
        proof = Proof(options.json)
        search = SearchProof(proof, options.build.resolve(), options.quick, pathlib.Path(folder))
        search.exactness()
        search.relevance()
        search.contexts()
        search.found_first()
        search.tests("ranking_test", "pruned beside exhaustive ranking, stores of every shape")
        search.tests("allocations_test", "no allocation in the scoring loops")
        search.odd_texts()
        search.speed()
    sys.exit(1 if proof.failed else 0)


if __name__ == "__main__":
    main()

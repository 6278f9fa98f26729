"""Random segments, and what the program must say of them by a look at every one."""
import math
import random
import re

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
TYPES = ["message", "code", "log", "note"]
TAGS = ["red", "green", "blue"]


def seeded():
    """A seed and the numbers that follow from it; tests name the seed when they fail."""
    seed = random.randrange(1 << 32)
    return seed, random.Random(seed)


def random_segment(number, rng):
    """Equal texts, times and counts are frequent: what decides between equals is tested too."""
    segment = {"id": f"s{number:03}", "type": rng.choice(TYPES),
               "text": " ".join(rng.choice(WORDS) for _ in range(rng.choice([1, 2, 3, 5, 8]))),
               "created_at": 1_700_000_000 + 3600 * rng.randrange(60),
               "touched_at": 1_700_000_000 + rng.randrange(20), "refcount": rng.randrange(4)}
    optional = {"task": rng.choice(["one", "two"]), "topic": rng.choice(["", "x y"]),
                "file": f"src/{rng.choice('ab')}/{number % 7}.c", "tokens": rng.randrange(50),
                "tags": rng.sample(TAGS, rng.randrange(3)), "pinned": rng.random() < 0.5,
                "tier": rng.choice(["working", "stashed", "archive"]),
                "generation": rng.choice(["young", "old"]), "attrs": {"n": rng.randrange(-3, 9)}}
    segment.update({key: value for key, value in optional.items() if rng.random() < 0.6})
    return segment


def random_segments(count, rng):
    return [random_segment(number, rng) for number in range(count)]


def words_of(text):
    return re.findall(r"[a-z0-9_]+", text.lower())


def newest_first(segments):
    return sorted(segments, key=lambda s: (-s["created_at"], s["id"]))


def scores(segments, terms):
    """The BM25 of the contract for every segment that holds a term, by id."""
    lengths = {s["id"]: len(words_of(s["text"])) for s in segments}
    average = sum(lengths.values()) / len(segments)
    found = {}
    for segment in segments:
        words = words_of(segment["text"])
        norm = 1.2 * (0.25 + 0.75 * len(words) / average)
        score = 0.0
        for term in terms:
            df = sum(term in words_of(s["text"]) for s in segments)
            idf = math.log(1 + (len(segments) - df + 0.5) / (df + 0.5))
            tf = words.count(term)
            score += idf * tf / (tf + norm)
        if set(terms) & set(words):
            found[segment["id"]] = score
    return found

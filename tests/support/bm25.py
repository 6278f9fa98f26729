"""BM25 by brute force, in double: what the program's ranking is held against.

Written from the formula and the rules for words, with nothing of the program's code: words are runs
of letters, marks, digits and underscores, composed (NFC), folded; a run of Han, Kana, Hangul or
Thai is cut out of its word and becomes overlapping pairs.
"""
import collections
import math
import unicodedata

K1, B = 1.2, .75
WORD_BYTES_MAX = 255
PAIRED = ("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "HIRAGANA", "KATAKANA", "HANGUL", "THAI")


def is_word_character(character):
    return character == "_" or unicodedata.category(character)[0] in "LMN"


def is_paired(character):
    return ord(character) > 0x7f and unicodedata.name(character, "").startswith(PAIRED)


def fold(character):
    folded = character.casefold()
    return folded if len(folded) == 1 else character.lower()


def cut(word):
    return word.encode()[:WORD_BYTES_MAX].decode(errors="ignore")


def runs(text, kind):
    """Maximal runs of characters of one kind: (kind, run)."""
    run, kind_of_run = "", None
    for character in text:
        here = kind(character)
        if here != kind_of_run and run:
            yield kind_of_run, run
            run = ""
        kind_of_run = here
        run += character
    if run:
        yield kind_of_run, run


def words(text):
    """The words of a text, in order, with repetitions."""
    found = []
    for is_word, run in runs(unicodedata.normalize("NFC", text), is_word_character):
        if not is_word:
            continue
        for paired, part in runs("".join(map(fold, run)), is_paired):
            if paired and len(part) > 1:
                found += [part[i:i + 2] for i in range(len(part) - 1)]
            else:
                found.append(cut(part))
    return found


class BruteForce:
    """A collection, each text of it scored for each query."""

    def __init__(self, texts):
        self.counts = {name: collections.Counter(words(text)) for name, text in texts.items()}
        self.lengths = {name: sum(counts.values()) for name, counts in self.counts.items()}
        self.average = sum(self.lengths.values()) / len(texts)

    def idf(self, word):
        n = len(self.counts)
        df = sum(word in counts for counts in self.counts.values())
        return math.log(1 + (n - df + .5) / (df + .5))

    def rank(self, query):
        """(score, id) of every text that holds a word of the query, best first."""
        weights = {word: times * self.idf(word)
                   for word, times in collections.Counter(words(query)).items()}
        ranked = []
        for name, counts in self.counts.items():
            norm = K1 * (1 - B + B * self.lengths[name] / self.average)
            if any(word in counts for word in weights):
                ranked.append((sum(weight * counts[word] / (counts[word] + norm)
                                   for word, weight in weights.items() if word in counts), name))
        return sorted(ranked, key=lambda one: (-one[0], one[1]))

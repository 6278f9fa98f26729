#!/usr/bin/env python3
"""NDJSON of as much text as is asked for: the kernel's sources again and again, each time with
other ids and other words.

Usage: large_corpus.py TEXT_BYTES > FILE      (or into `shale ingest -`)

The kernel has 1.2 GB of text. In the rounds after the first each part of a name that follows an
underscore begins with a letter of the round: new words, as many as the first round had, so that the
dictionary grows with the store as it would with new text.
"""
import json
import sys

from corpus import linux_pieces


def large_corpus(text_bytes):
    """Yields NDJSON lines until their texts have so many bytes."""
    done, number = 0, 0
    while done < text_bytes:
        letter = "" if number == 0 else chr(ord("a") + (number - 1) % 26)
        for name, first, last, text in linux_pieces():
            text = text.replace("_", "_" + letter) if letter else text
            topic = name.split("/")[0] if "/" in name else "top"
            yield json.dumps({"id": f"{number}/{name}#{first}", "type": "code", "file": name,
                              "task": f"round-{number}", "topic": topic, "text": text,
                              "line_range": [first, last]}, ensure_ascii=False) + "\n"
            done += len(text.encode())
            if done >= text_bytes:
                return
        number += 1


def main():
    for line in large_corpus(int(sys.argv[1])):
        sys.stdout.write(line)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    main()

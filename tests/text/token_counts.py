#!/usr/bin/env python3
"""Writes token_counts.tsv: texts of our own and how many tokens npm's tiktoken counts in them.

Usage: token_counts.py   (needs npm and node)

Each line: the count of cl100k_base, that of o200k_base, the text in base64. Texts are pieces of
this repository, mixes of characters that the rules tell apart, and bytes that are no UTF-8, which
the oracle is given as decoders replace them.
"""
import base64
import json
import pathlib
import random
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ORACLE_PACKAGE = "tiktoken@1.0.22"
SEED = 16
LETTERS = ["a", "z", "Q", "É", "ß", "ſ", "ǅ", "ʰ", "中", "か", "가", "ש", "न", "ก", "\u0301",
           "\u0e31", "\u20dd", "Å", "𝒳", "ꙮ", "ᲊ", "Ა", "𐵐", "𖵀"]
OTHERS = ["1", "9", "٣", "½", "Ⅷ", " ", " ", "\t", "\n", "\r", "\r\n", "\u00a0", "\u3000", "\u2028",
          "\u0085", "\u180e", "\u200b", "\ufeff", "'", "'s", "'LL", "'ſ", "'Re", "’s", "/", "//",
          "-", "--", "==", "_", "{", "}", "();", "<|endoftext|>", "🙂", "👨‍👩‍👧", "🇩🇪", "€", "\u0000"]
SCRIPT = """
const { Tiktoken } = require(process.argv[1] + "/lite/tiktoken.cjs");
const encoders = ["cl100k_base", "o200k_base"].map((name) => {
  const e = require(process.argv[1] + "/encoders/" + name + ".json");
  return new Tiktoken(e.bpe_ranks, e.special_tokens, e.pat_str);
});
const lines = require("fs").readFileSync(0, "utf8").split("\\n").filter((line) => line);
for (const line of lines) {
  const bytes = Buffer.from(line, "base64");
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  console.log(encoders.map((e) => e.encode_ordinary(text).length).join("\\t") + "\\t" + line);
}
"""


def main():
    chance = random.Random(SEED)
    texts = [b"", *(text.encode() for text in LETTERS + OTHERS)]
    texts += [piece_of_ours(chance) for _ in range(250)]
    texts += [mix(chance) for _ in range(400)]
    texts += [run(chance) for _ in range(80)]
    texts += [broken(chance) for _ in range(150)]
    with tempfile.TemporaryDirectory() as folder:
        oracle = fetch_oracle(folder)
        if oracle is None:
            raise SystemExit(f"npm gives no {ORACLE_PACKAGE}")
        (HERE / "token_counts.tsv").write_text(counted_by_oracle(oracle, texts))


def fetch_oracle(folder):
    """The folder of the unpacked npm package, its scripts never run; None where npm has it not."""
    packed = subprocess.run(["npm", "pack", "--silent", ORACLE_PACKAGE], cwd=folder, check=False,
                            capture_output=True, text=True)
    if packed.returncode != 0:
        return None
    oracle = pathlib.Path(folder) / "oracle"
    oracle.mkdir()
    archive = pathlib.Path(folder) / packed.stdout.strip().splitlines()[-1]
    subprocess.run(["tar", "xzf", str(archive), "--strip", "1"], cwd=oracle, check=True)
    return oracle


def counted_by_oracle(oracle, texts):
    """Lines as in token_counts.tsv."""
    lines = "\n".join(base64.b64encode(text).decode() or "=" for text in texts)
    done = subprocess.run(["node", "-e", SCRIPT, str(oracle)], input=lines, check=True,
                          capture_output=True, text=True)
    return done.stdout


def piece_of_ours(chance):
    files = sorted([*ROOT.glob("src/**/*.?pp"), *ROOT.glob("tests/**/*.py"), ROOT / "README.md"])
    text = chance.choice(files).read_bytes()
    begin = chance.randrange(len(text))
    return text[begin:begin + chance.randrange(1, 400)]


def mix(chance):
    wanted = chance.choice([LETTERS, OTHERS, LETTERS + OTHERS, ["a", "B", "é", "中", "'s", " "]])
    return "".join(chance.choice(wanted) for _ in range(chance.randrange(1, 40))).encode()


def run(chance):
    unit = chance.choice(LETTERS + OTHERS + ["ab", "-=", "\n ", " \n"])
    return (unit * chance.randrange(2, 300)).encode()


def broken(chance):
    text = bytearray(mix(chance) + piece_of_ours(chance)[:60])
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(text))
        text[at:at + chance.randrange(2)] = bytes([chance.choice(
            [0x80, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xA0, 0xEF, 0xF0, 0x90, 0xF4, 0x8F, 0xF5, 0xFF])])
    return bytes(text)


if __name__ == "__main__":
    main()

"""A dump of any size to measure on: real headlines and leads where there are some, else recombined sample texts.

Needs no more than the standard library. `python -m benchmarks.dump --help`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parent.parent / "data" / "sample-news.jsonl"
LEAD_LENGTH = 300
_TITLES = ("title", "headline")
_BODIES = ("body", "text")
_LANGUAGES = ("lang", "language")

Record = dict[str, str]


def write_dump(path: Path, n: int, seed: int, source: Path | None = None) -> int:
    """Writes JSON lines {id, title, body, lang, source}: headline and lead (at most 300 characters). Returns how many.

    With a `source` (a file of JSON lines with title, body and lang, gzipped or not, or a folder of such files named
    ``*.news.jsonl`` or ``*.news.jsonl.gz``) its records are drawn without repetition, as evenly over files and
    languages as they allow. Without, words of the sample's texts are recombined within their language. The same
    arguments give the same dump. Raises ValueError where there are too few different records.
    """
    chance = random.Random(seed)
    records = _drawn(source, n, chance) if source else _recombined(SAMPLE, n, chance)
    if len(records) < n:
        raise ValueError(f"{source or SAMPLE} gives only {len(records)} different records of {n}")
    chance.shuffle(records)
    with path.open("w", encoding="utf-8") as lines:
        for number, record in enumerate(records):
            lines.write(json.dumps({"id": f"b{number}", **record}, ensure_ascii=False) + "\n")
    return len(records)


def _drawn(source: Path, n: int, chance: random.Random) -> list[Record]:
    """At most n records, no text twice, evenly over the pairs of file and language."""
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    seen: set[tuple[str, str]] = set()
    for file in _files(source):
        for record in _records(file):
            text = record["title"], record["body"]
            if text not in seen:
                seen.add(text)
                groups[record["source"], record["lang"]].append(record)
    drawn: list[Record] = []
    # The smallest group first: what it cannot give is shared by the larger ones.
    by_size = sorted(groups.items(), key=lambda group: (len(group[1]), group[0]))
    for place, (_, records) in enumerate(by_size):
        share = -(-(n - len(drawn)) // (len(by_size) - place))
        drawn += chance.sample(records, min(share, len(records)))
    return drawn


def read_news(source: Path) -> Iterator[Record]:
    """The records of a file or of a folder's files that have a headline and a body: {title, body, lang, source}."""
    for file in _files(source):
        yield from _records(file)


def _files(source: Path) -> list[Path]:
    if source.is_dir():
        return sorted([*source.glob("*.news.jsonl"), *source.glob("*.news.jsonl.gz")])
    return [source]


def _records(file: Path) -> Iterator[Record]:
    """The records of a file that have a headline and a body, cut to headline and lead."""
    name = file.name.split(".")[0]
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            title, body = _field(record, _TITLES), _lead(_field(record, _BODIES))
            if title and body:
                yield {"title": title, "body": body, "lang": _field(record, _LANGUAGES) or "und", "source": name}


def _field(record: dict[str, Any], names: Sequence[str]) -> str:
    return next((" ".join(str(record[name]).split()) for name in names if record.get(name)), "")


def _lead(body: str) -> str:
    """The beginning of a body, cut after a word where it has spaces."""
    if len(body) <= LEAD_LENGTH:
        return body
    return body[: LEAD_LENGTH + 1].rsplit(" ", 1)[0][:LEAD_LENGTH]


def _recombined(sample: Path, n: int, chance: random.Random) -> list[Record]:
    """At most n different texts of the sample's words in a new order, its languages as frequent as they are there."""
    originals = list(_records(sample))
    words: dict[str, list[str]] = defaultdict(list)
    for record in originals:
        words[record["lang"]] += [*_words(record["title"]), *_words(record["body"])]
    made: dict[tuple[str, str], Record] = {}
    # Very short texts run out of new combinations; a few fruitless attempts for each record are enough to tell.
    for _ in range(4 * n if originals else 0):
        if len(made) == n:
            break
        like = chance.choice(originals)
        title, body = (_remade(like[field], words[like["lang"]], chance) for field in ("title", "body"))
        made.setdefault((title, body), {**like, "title": title, "body": body})
    return list(made.values())


def _remade(text: str, words: Sequence[str], chance: random.Random) -> str:
    """As many words as the text has, half of them its own in their places, the others any of its language."""
    kept = [word if chance.random() < 0.5 else chance.choice(words) for word in _words(text)]
    return (" " if " " in text else "").join(kept)


def _words(text: str) -> list[str]:
    """The words of a text, or the letters of one that is written without spaces."""
    return text.split() if " " in text else list(text)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dump", description="Writes a dump to measure on.")
    parser.add_argument("path", type=Path, help="where to write it, as JSON lines")
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--source", type=Path, help="a file or folder of real news; without it the sample is recombined"
    )
    options = parser.parse_args()
    print(f"{write_dump(options.path, options.records, options.seed, options.source):,} records in {options.path}")


if __name__ == "__main__":
    main()

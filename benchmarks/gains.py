"""Which texts need less evidence? `python -m benchmarks.gains [--model NAME]`, on the sample and ../shared/eval.

Beside the sets as they are: the headlines of allsides-2021 alone, the beginnings of ecbplus, and translated texts as
stories, FLORES' sentences one by one and as documents of four. First the evidence from which groups are joined, where
nothing is gained; then what few words gain, at the evidence that ships; then what texts of badly known languages gain
beside that.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.corpora import GOLD, gold_records, story_sets
from benchmarks.gold_set import GoldSet, load_gold_set
from clusterer.encoding.encoder import Encoder
from clusterer.encoding.loading import load_encoder
from clusterer.grouping import evidence
from clusterer.grouping.calibration import EVEN_EVIDENCE as EVEN
from clusterer.grouping.partition import partition

NEIGHBOURS = 32
LEAST_EVIDENCE = (0.28, 0.32, 0.36, 0.40, 0.44)
BREVITY_GAINS = ((0.0, 40), (0.01, 40), (0.0125, 32), (0.0125, 40), (0.0125, 48), (0.015, 40), (0.02, 40))
ALIGNMENT_GAINS = (0.0, 0.1, 0.15, 0.2, 0.25)
SHIPPED = evidence.BREVITY_GAIN, evidence.MIDDLE_WORDS
BEGINNING_CHARACTERS = 70
SENTENCES_OF_A_DOCUMENT = 4
EVERY_SENTENCE = 3

Record = dict[str, Any]


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gains", description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a sentence-transformers model; without it the bundled one")
    encoder = load_encoder(parser.parse_args().model)
    sets = [load_gold_set(path, encoder) for path in story_sets()] + list(_made_sets(encoder))
    words = [int(np.median(np.diff(found.features.lexical.indptr))) for found in sets]
    lines = [
        f"| B-cubed F1 | {' | '.join(found.name for found in sets)} |",
        f"|{'---|' * (len(sets) + 1)}",
        f"| distinct words, median | {' | '.join(map(str, words))} |",
        *(_row(f"joined from {least:.2f}", sets, least=least) for least in LEAST_EVIDENCE),
        *(_row(f"few words {gain}, middle {middle}", sets, gain, middle) for gain, middle in BREVITY_GAINS),
        *(_row(f"and languages {gain}", sets, *SHIPPED, gain) for gain in ALIGNMENT_GAINS),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _row(
    name: str,
    sets: list[GoldSet],
    brevity: float = 0.0,
    middle: int = 1,
    alignment: float = 0.0,
    *,
    least: float = EVEN,
) -> str:
    with (
        patch.object(evidence, "GAIN_OF_WORDS", evidence.gain_of_words(brevity, middle)),
        patch.object(evidence, "ALIGNMENT_GAIN", alignment),
    ):
        labels = [partition(found.features, least_evidence=least, neighbours=NEIGHBOURS) for found in sets]
    scores = [found.score(own).f1 for found, own in zip(sets, labels, strict=True)]
    return f"| {name} | {' | '.join(f'{score:.3f}' for score in scores)} |"


def _made_sets(encoder: Encoder) -> Iterator[GoldSet]:
    made = {
        "allsides-2021 headlines": _without_bodies("allsides-2021"),
        "ecbplus beginnings": _beginnings("ecbplus"),
        "translated sentences": _translated(1, EVERY_SENTENCE),
        "translated documents": _translated(SENTENCES_OF_A_DOCUMENT, SENTENCES_OF_A_DOCUMENT),
    }
    if not GOLD.is_dir():
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, records in made.items():
            path = Path(folder) / f"{name}.stories.jsonl"
            path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
            yield load_gold_set(path, encoder)


def _without_bodies(name: str) -> Iterator[Record]:
    for record in gold_records(GOLD / f"{name}.stories.jsonl.gz"):
        yield {field: value for field, value in record.items() if field != "body"}


def _beginnings(name: str) -> Iterator[Record]:
    for record in gold_records(GOLD / f"{name}.stories.jsonl.gz"):
        beginning = record.pop("body")[:BEGINNING_CHARACTERS].rpartition(" ")[0]
        yield record | {"title": beginning}


def _translated(sentences: int, step: int) -> Iterator[Record]:
    """So many sentences, one after another, and their translations are a story; one begins at every `step`."""
    rows = gold_records(GOLD / "flores.parallel.jsonl.gz")
    for start in range(0, len(rows) - sentences + 1, step):
        some = rows[start : start + sentences]
        for language in sorted(set.intersection(*(set(row) for row in some))):
            first, *rest = (row[language] for row in some)
            yield {"id": f"{start}-{language}", "title": first, "body": " ".join(rest), "cluster": str(start)}


if __name__ == "__main__":
    main()

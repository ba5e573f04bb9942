"""Which texts and groups need less evidence? `python -m benchmarks.gains [--model NAME]`.

On the sample and ../shared/eval, and beside the sets as they are on the headlines of allsides-2021, the beginnings
of ecbplus, and translated texts as stories, FLORES' sentences one by one and as documents of four. First the evidence
from which groups are joined, where nothing is gained; then what few words gain, at the evidence that ships; then what
texts of badly known languages gain beside that; all with one limit for all groups. Then, with both gains, how much of
what groups have within is asked for between them, and from how much less a family joins that is alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.corpora import GOLD, gold_records, story_sets
from benchmarks.gold_set import GoldSet, load_gold_set
from clusterer.encoding.encoder import Encoder
from clusterer.encoding.loading import load_encoder
from clusterer.grouping import evidence, limits
from clusterer.grouping.calibration import EVEN_EVIDENCE as EVEN
from clusterer.grouping.partition import partition

NEIGHBOURS = 32
LEAST_EVIDENCE = (0.28, 0.32, 0.36, 0.40, 0.44)
BREVITY_GAINS = ((0.0, 40), (0.01, 40), (0.0125, 32), (0.0125, 40), (0.0125, 48), (0.015, 40), (0.02, 40))
ALIGNMENT_GAINS = (0.0, 0.1, 0.15, 0.2, 0.25)
WITHIN_SHARES = (0.5, 0.7, 0.9)
TYPICAL_WITHIN = (0.48, 0.52)
TYPICAL_PAIRS = (5, 20)
ALONE_BELOW = (0.0, 0.02, 0.04)
BEGINNING_CHARACTERS = 70
SENTENCES_OF_A_DOCUMENT = 4
EVERY_SENTENCE = 3

Record = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """What few words and badly known languages gain, what limits groups, and the evidence that joins them."""

    brevity: float = 0.0
    middle: int = 1
    alignment: float = 0.0
    alone: float = 0.0
    within: float = 0.0
    typical: float = limits.TYPICAL_WITHIN
    pairs: int = limits.TYPICAL_PAIRS
    least: float = EVEN


BRIEF = Setting(evidence.BREVITY_GAIN, evidence.MIDDLE_WORDS)
GAINING = replace(BRIEF, alignment=evidence.ALIGNMENT_GAIN)
SHIPPED = replace(GAINING, alone=limits.ALONE_BELOW, within=limits.WITHIN_SHARE)


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
        *(_row(f"joined from {least:.2f}", sets, Setting(least=least)) for least in LEAST_EVIDENCE),
        *(_row(f"few words {gain}, middle {middle}", sets, Setting(gain, middle)) for gain, middle in BREVITY_GAINS),
        *(_row(f"and languages {gain}", sets, replace(BRIEF, alignment=gain)) for gain in ALIGNMENT_GAINS),
        *(_row(f"and lone families {below} less", sets, replace(GAINING, alone=below)) for below in ALONE_BELOW),
        *(_row(f"and share of within {share}", sets, replace(SHIPPED, within=share)) for share in WITHIN_SHARES),
        *(_row(f"typical within {typical}", sets, replace(SHIPPED, typical=typical)) for typical in TYPICAL_WITHIN),
        *(_row(f"typical pairs {pairs}", sets, replace(SHIPPED, pairs=pairs)) for pairs in TYPICAL_PAIRS),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _row(name: str, sets: list[GoldSet], setting: Setting) -> str:
    with (
        patch.object(evidence, "GAIN_OF_WORDS", evidence.gain_of_words(setting.brevity, setting.middle)),
        patch.object(evidence, "ALIGNMENT_GAIN", setting.alignment),
        patch.object(limits, "ALONE_BELOW", setting.alone),
        patch.object(limits, "WITHIN_SHARE", setting.within),
        patch.object(limits, "TYPICAL_WITHIN", setting.typical),
        patch.object(limits, "TYPICAL_PAIRS", setting.pairs),
    ):
        labels = [partition(found.features, least_evidence=setting.least, neighbours=NEIGHBOURS) for found in sets]
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

"""Which texts and groups need less evidence? `python -m benchmarks.gains [--model NAME]`.

On the sample and ../shared/eval, and beside the sets as they are on the headlines of allsides-2021, the beginnings
of ecbplus, and translated texts as stories, FLORES' sentences one by one and as documents of four. First the evidence
from which groups are joined, where nothing is gained; then what few words gain, at the evidence that ships; then what
texts of badly known languages gain beside that; all with one limit for all groups, and without neighbours. Then, with
both gains and neighbours, from how much less a family joins that is alone, how much of what groups have within is asked
for between them, of the looser one and of both, how much more where what is nearest to each is its own, and what days
take.

One story that is joined or not moves a set by .01. So with `--parts N` the settings are compared that matter beside
those that ship, in the mean of N parts of each set, nine families in ten by chance, the same for each.
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
BREVITY_GAINS = ((0.0, 40), (0.01, 40), (0.0125, 40), (0.016, 32), (0.016, 40), (0.016, 48), (0.02, 40))
ALIGNMENT_GAINS = (0.0, 0.1, 0.15, 0.2, 0.25)
WITHIN_SHARES = (0.5, 0.7, 0.9, 1.1)
SHARES_BETWEEN = ((0.64, 0.16), (0.7, 0.0), (0.7, 0.08), (0.7, 0.12), (0.7, 0.16), (0.7, 0.20), (0.75, 0.16))
MORE_OF_UNMIXED = (0.0, 0.3, 0.6, 0.9)
TYPICAL_WITHIN = (0.58, 0.62)
TYPICAL_PAIRS = (2, 10)
DAY_PENALTIES = (0.12, 0.16)
ALONE_BELOW = (0.0, 0.02, 0.04)
BEGINNING_CHARACTERS = 70
SENTENCES_OF_A_DOCUMENT = 4
EVERY_SENTENCE = 3
SHARE_OF_A_PART = 0.9

Record = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """What few words, badly known languages and neighbours give, what limits groups, and what joins them."""

    brevity: float = 0.0
    middle: int = 1
    alignment: float = 0.0
    alone: float = 0.0
    within: float = 0.0
    typical: float = limits.TYPICAL_WITHIN
    pairs: int = limits.TYPICAL_PAIRS
    least: float = EVEN
    days: float = evidence.DAY_PENALTY
    neighbours: float = 0.0
    between: float = 0.0
    short: float = 0.0
    mixing: float = limits.EVEN_MIXING
    unmixed: float = 0.0


BRIEF = Setting(evidence.BREVITY_GAIN, evidence.MIDDLE_WORDS)
SHIPPED = replace(
    BRIEF,
    alignment=evidence.ALIGNMENT_GAIN,
    alone=limits.ALONE_BELOW,
    within=limits.WITHIN_SHARE,
    neighbours=evidence.NEIGHBOUR_SHARE,
    between=limits.SHARE_BETWEEN,
    short=limits.LESS_OF_SHORT,
    unmixed=limits.MORE_OF_UNMIXED,
)
# What shipped before groups that are not mixed needed more, and each number beside the one that ships.
EARLIER: dict[str, Any] = {"short": 0.12, "unmixed": 0.0, "within": 1.1}
OTHERS: tuple[dict[str, Any], ...] = (
    {"between": 0.67},
    {"between": 0.73},
    {"short": 0.12},
    {"short": 0.20},
    {"unmixed": 0.0},
    {"unmixed": 0.4},
    {"unmixed": 0.8},
    {"mixing": 0.25},
    {"mixing": 0.35},
    {"within": 0.5},
    {"within": 0.9},
    {"within": 1.1},
    {"typical": 0.58},
    {"typical": 0.62},
    {"neighbours": 0.25},
)


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gains", description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a sentence-transformers model; without it the bundled one")
    parser.add_argument("--parts", type=int, metavar="N", help="compare what ships in N parts of each set")
    chosen = parser.parse_args()
    encoder = load_encoder(chosen.model)
    sets = [load_gold_set(path, encoder) for path in story_sets()] + list(_made_sets(encoder))
    lines = [f"| B-cubed F1 | {' | '.join(found.name for found in sets)} |", f"|{'---|' * (len(sets) + 1)}"]
    lines += _in_parts(sets, chosen.parts) if chosen.parts else _step_by_step(sets)
    sys.stdout.write("\n".join(lines) + "\n")


def _step_by_step(sets: list[GoldSet]) -> list[str]:
    words = [int(np.median(np.diff(found.features.lexical.indptr))) for found in sets]
    return [
        f"| distinct words, median | {' | '.join(map(str, words))} |",
        *(_row(f"joined from {least:.2f}", sets, Setting(least=least)) for least in LEAST_EVIDENCE),
        *(_row(f"few words {gain}, middle {middle}", sets, Setting(gain, middle)) for gain, middle in BREVITY_GAINS),
        *(_row(f"and languages {gain}", sets, replace(BRIEF, alignment=gain)) for gain in ALIGNMENT_GAINS),
        *(_row(f"and lone families {below} less", sets, replace(SHIPPED, alone=below)) for below in ALONE_BELOW),
        *(_row(f"and share of within {share}", sets, replace(SHIPPED, within=share)) for share in WITHIN_SHARES),
        *(
            _row(
                f"and share between {share}, less of short {short}", sets, replace(SHIPPED, between=share, short=short)
            )
            for share, short in SHARES_BETWEEN
        ),
        *(_row(f"more of unmixed {more}", sets, replace(SHIPPED, unmixed=more)) for more in MORE_OF_UNMIXED),
        *(_row(f"typical within {typical}", sets, replace(SHIPPED, typical=typical)) for typical in TYPICAL_WITHIN),
        *(_row(f"typical pairs {pairs}", sets, replace(SHIPPED, pairs=pairs)) for pairs in TYPICAL_PAIRS),
        *(_row(f"days {penalty}", sets, replace(SHIPPED, days=penalty)) for penalty in DAY_PENALTIES),
    ]


def _in_parts(sets: list[GoldSet], count: int) -> list[str]:
    settings = {"as shipped": SHIPPED, "what shipped before": replace(SHIPPED, **EARLIER)}
    settings |= {
        " ".join(f"{name} {value}" for name, value in other.items()): replace(SHIPPED, **other) for other in OTHERS
    }
    parts = [[_part_of(found, number) for found in sets] for number in range(count)]
    found = {name: np.array([_scores(part, setting) for part in parts]) for name, setting in settings.items()}
    shipped = found.pop("as shipped")
    lines = [f"| as shipped | {' | '.join(f'{score:.4f}' for score in shipped.mean(axis=0))} |"]
    for name, scores in found.items():
        less = scores - shipped
        errors = less.std(axis=0) / np.sqrt(count)
        told = (f"{mean:+.4f} ± {error:.4f}" for mean, error in zip(less.mean(axis=0), errors, strict=True))
        lines.append(f"| {name} | {' | '.join(told)} |")
    return lines


def _part_of(found: GoldSet, number: int) -> GoldSet:
    """A set of which only a part by chance is grouped and scored, SHARE_OF_A_PART of its families."""
    count = len(found.features)
    draw = np.random.default_rng(number)
    kept = np.sort(draw.choice(count, int(SHARE_OF_A_PART * count), replace=False))
    place = np.full(count, -1, dtype=np.intp)
    place[kept] = np.arange(len(kept))
    there = np.flatnonzero(place[found.rows] >= 0).tolist()
    return replace(
        found,
        features=found.features.take(kept),
        ids=[found.ids[row] for row in there],
        stories=[found.stories[row] for row in there],
        rows=place[found.rows[there]],
    )


def _row(name: str, sets: list[GoldSet], setting: Setting) -> str:
    return f"| {name} | {' | '.join(f'{score:.3f}' for score in _scores(sets, setting))} |"


def _scores(sets: list[GoldSet], setting: Setting) -> list[float]:
    with (
        patch.object(evidence, "GAIN_OF_WORDS", evidence.gain_of_words(setting.brevity, setting.middle)),
        patch.object(evidence, "ALIGNMENT_GAIN", setting.alignment),
        patch.object(evidence, "DAY_PENALTY", setting.days),
        patch.object(evidence, "NEIGHBOUR_SHARE", setting.neighbours),
        patch.object(limits, "ALONE_BELOW", setting.alone),
        patch.object(limits, "WITHIN_SHARE", setting.within),
        patch.object(limits, "TYPICAL_WITHIN", setting.typical),
        patch.object(limits, "TYPICAL_PAIRS", setting.pairs),
        patch.object(limits, "SHARE_BETWEEN", setting.between),
        patch.object(limits, "LESS_OF_SHORT", setting.short),
        patch.object(limits, "EVEN_MIXING", setting.mixing),
        patch.object(limits, "MORE_OF_UNMIXED", setting.unmixed),
    ):
        labels = [partition(found.features, least_evidence=setting.least, neighbours=NEIGHBOURS) for found in sets]
    return [found.score(own).f1 for found, own in zip(sets, labels, strict=True)]


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

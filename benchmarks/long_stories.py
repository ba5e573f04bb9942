"""What dates do where stories are told over weeks: `python -m benchmarks.long_stories [--model NAME]`.

The gold sets have stories of a day or a few. Here the dates of each set are taken away, and its articles get others:
each story begins on a day of chance among 60 and goes on for so many days, its articles in an order of chance, or, but
for chance, in that in which its texts differ most (their first principal component), as a story that moves on. Told is
B-cubed F1 without any dates; with what the dump tells of how far articles of a story are apart (`days_apart`); and
where a story is taken to be of the usual length.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from statistics import fmean
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from benchmarks.corpora import story_sets
from benchmarks.environment import described
from benchmarks.gold_set import GoldSet, load_gold_set
from clusterer.encoding.loading import load_encoder
from clusterer.grouping import days_apart
from clusterer.grouping.calibration import evidence_at
from clusterer.grouping.features import Features
from clusterer.grouping.grid import STEPS
from clusterer.grouping.partition import partition
from clusterer.settings import Settings

FIRST_DAYS = 60
SPANS = (2, 7, 21, 42)
SHARE_IN_ORDER = 0.7
NEVER_SURE = 9.0
ORDERS = 2

Days = npt.NDArray[np.float64]


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.long_stories", description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a sentence-transformers model; without it the bundled one")
    encoder = load_encoder(parser.parse_args().model)
    heads = [f"{days} days, {kind}" for days in SPANS for kind in ("by chance", "moving on")]
    lines = [described(), "", f"| set | no dates | {' | '.join(heads)} |", f"|{'---|' * (len(heads) + 2)}"]
    for path in story_sets():
        gold = load_gold_set(path, encoder)
        undated = _score(gold, np.full(len(gold.features), np.nan))
        cells = [_cell(gold, days, moving_on) for days in SPANS for moving_on in (False, True)]
        lines.append(f"| {gold.name} | {undated:.3f} | {' | '.join(cells)} |")
        sys.stderr.write(f"{lines[-1]}\n")
    sys.stdout.write("\n".join(lines) + "\n")


def _cell(gold: GoldSet, span: int, moving_on: bool) -> str:
    """The score by what the dump tells, and for the usual length, in the mean of some orders of chance."""
    dated = [told_over(gold, span, moving_on, seed) for seed in range(ORDERS)]
    told = fmean(_score(gold, days) for days in dated)
    with patch.object(days_apart, "SURE_EVIDENCE", NEVER_SURE):
        usual = fmean(_score(gold, days) for days in dated)
    return f"{told:.3f}, {usual:.3f}"


def told_over(gold: GoldSet, span: int, moving_on: bool, seed: int) -> Days:
    """Days of families whose stories go on for so many each, float64 [n]; those of no known story have any day."""
    chance = np.random.default_rng(seed)
    days = np.floor(chance.uniform(0, FIRST_DAYS, len(gold.features)))
    story = np.unique(gold.stories, return_inverse=True)[1]
    begins = chance.uniform(0, FIRST_DAYS, story.max() + 1)
    when = chance.uniform(0, 1, len(story))
    if moving_on:
        for rows in (np.flatnonzero(story == number) for number in range(story.max() + 1)):
            when[rows] += SHARE_IN_ORDER * (_place(gold.features, gold.rows[rows]) - when[rows])
    days[gold.rows] = np.floor(begins[story] + span * when)
    return days


def _place(features: Features, rows: npt.NDArray[np.intp]) -> Days:
    """Where each family stands in the order in which they differ most, from 0 to 1."""
    if len(rows) < 3:
        return np.zeros(len(rows))
    vectors = features.dense[rows].astype(np.float64) / STEPS
    component = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)[0][:, 0]
    place: Days = np.argsort(np.argsort(component)) / (len(rows) - 1)
    return place


def _score(gold: GoldSet, days: Days) -> float:
    settings = Settings()
    features = replace(gold.features, day=days)
    least_evidence = evidence_at(settings.threshold)
    return gold.score(partition(features, least_evidence=least_evidence, neighbours=settings.neighbours)).f1


if __name__ == "__main__":
    main()

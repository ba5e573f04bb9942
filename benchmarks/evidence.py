"""Would learned evidence be better? `python -m benchmarks.evidence [--model NAME]`, on the sample and ../shared/eval.

Two tests, each leaving one set out. First: logistic regressions of pairs of neighbours, on the terms of the formula and
on more, learned on the other sets and held against the formula by ROC AUC on the set left out. Then: the two numbers
that the formula has most need of, what days apart take and from which evidence on groups are joined, chosen on the
other sets by B-cubed F1.
"""

from __future__ import annotations

import argparse
import itertools
import re
import sys
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from benchmarks.corpora import story_sets
from benchmarks.gold_set import GoldSet, load_gold_set
from clusterer.encoding.loading import load_encoder
from clusterer.evaluation.pairs import roc_auc
from clusterer.grouping import evidence
from clusterer.grouping.calibration import EVEN_EVIDENCE
from clusterer.grouping.evidence import pair_terms
from clusterer.grouping.neighbours import neighbour_pairs
from clusterer.grouping.partition import partition

NEIGHBOURS = 32
DAY_PENALTIES = (0.02, 0.04, 0.08, 0.12, 0.14, 0.16, 0.2)
LEAST_EVIDENCE = (0.32, 0.36, 0.40, 0.44)
FORMULA = ("meaning, one language", "meaning, two", "words", "names", "two languages", "days")
REGRESSIONS = {
    "its terms, learned": FORMULA,
    "and headlines and leads apart": (*FORMULA, "headlines", "leads"),
    "and numbers": (*FORMULA, "numbers"),
    "and length": (*FORMULA, "length"),
}

Columns = dict[str, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Neighbours:
    """A set, and its pairs of neighbours: what is known of each by name, and whether it is of one story."""

    gold: GoldSet
    columns: Columns
    together: npt.NDArray[np.bool_]


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence", description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a sentence-transformers model; without it the bundled one")
    encoder = load_encoder(parser.parse_args().model)
    sets = [compare_neighbours(load_gold_set(path, encoder)) for path in story_sets()]
    sys.stdout.write("\n".join([*_regressions(sets), "", *_settings(sets)]) + "\n")


def compare_neighbours(gold: GoldSet) -> Neighbours:
    """What speaks for and against one story in each pair of neighbours whose right stories are known."""
    features, articles = gold.features, gold.encoded.articles
    story_of = dict(zip(gold.rows.tolist(), gold.stories, strict=True))
    (left, right), cosines = neighbour_pairs(features.dense, NEIGHBOURS)
    known = np.isin(left, gold.rows) & np.isin(right, gold.rows)
    left, right = left[known], right[known]
    terms = pair_terms(features, left, right, cosines[known])
    languages = [article.language for article in articles]
    headlines = gold.constants.centre(gold.encoded.headlines, languages)
    leads = gold.constants.centre(gold.encoded.leads, languages)
    numbers = [set(re.findall(r"\d+", article.text[:1000])) for article in articles]
    lengths = np.log1p([len(article.text) for article in articles])
    one = terms.one_language
    columns: Columns = {
        "formula": terms.evidence(),
        "meaning, one language": terms.dense * one,
        "meaning, two": terms.dense * ~one,
        "words": terms.lexical,
        "names": terms.names,
        "two languages": (~one).astype(float),
        "days": np.log1p(np.nan_to_num(np.abs(features.day[left] - features.day[right]))),
        "headlines": np.einsum("ij,ij->i", headlines[left], headlines[right]).astype(np.float64),
        "leads": np.einsum("ij,ij->i", leads[left], leads[right]).astype(np.float64),
        "numbers": np.array([_shared(numbers[a], numbers[b]) for a, b in zip(left, right, strict=True)]),
        "length": np.minimum(lengths[left], lengths[right]),
    }
    together = np.array([story_of[a] == story_of[b] for a, b in zip(left.tolist(), right.tolist(), strict=True)])
    return Neighbours(gold, columns, together)


def _shared(some: set[str], others: set[str]) -> float:
    return len(some & others) / len(some | others) if some or others else 0.0


def _regressions(sets: list[Neighbours]) -> list[str]:
    lines = [
        f"| ROC AUC of neighbours | {' | '.join(found.gold.name for found in sets)} | mean |",
        f"|{'---|' * (len(sets) + 2)}",
    ]
    by_formula = [roc_auc(found.together, found.columns["formula"]) for found in sets]
    lines.append(_row("the formula", by_formula))
    for name, columns in REGRESSIONS.items():
        scores = [_learned_elsewhere(sets, found, columns) for found in sets]
        lines.append(_row(f"{name}, this set left out", scores))
    return lines


def _learned_elsewhere(sets: list[Neighbours], left_out: Neighbours, columns: tuple[str, ...]) -> float:
    """ROC AUC on a set of a regression that was learned on the others, each of which counts the same."""
    from sklearn.linear_model import LogisticRegression

    others = [found for found in sets if found is not left_out]
    values = np.concatenate([_values(found, columns) for found in others])
    together = np.concatenate([found.together for found in others])
    weights = np.concatenate([np.full(len(found.together), 1 / len(found.together)) for found in others])
    model: Any = LogisticRegression(C=1e4, max_iter=2000)
    model.fit(values, together, sample_weight=weights / weights.mean())
    return roc_auc(left_out.together, _values(left_out, columns) @ model.coef_[0])


def _values(found: Neighbours, columns: tuple[str, ...]) -> npt.NDArray[np.float64]:
    return np.column_stack([found.columns[name] for name in columns])


def _settings(sets: list[Neighbours]) -> list[str]:
    scores: dict[tuple[float, float], list[float]] = {}
    for penalty, least in itertools.product(DAY_PENALTIES, LEAST_EVIDENCE):
        scores[penalty, least] = [_score(found, penalty, least) for found in sets]
    lines = [f"| B-cubed F1: days, least evidence | {' | '.join(found.gold.name for found in sets)} | mean |"]
    lines.append(f"|{'---|' * (len(sets) + 2)}")
    lines += [_row(f"{penalty}, {least:.2f}", values) for (penalty, least), values in scores.items()]
    chosen = []
    for place in range(len(sets)):
        best = max(scores, key=lambda key: sum(scores[key]) - scores[key][place])
        chosen.append(scores[best][place])
    lines.append(_row("the best on the other sets", chosen))
    default = evidence.DAY_PENALTY, EVEN_EVIDENCE
    lines.append(_row(f"as shipped, {default[0]}, {default[1]:.2f}", [_score(found, *default) for found in sets]))
    return lines


def _score(found: Neighbours, penalty: float, least: float) -> float:
    with patch.object(evidence, "DAY_PENALTY", penalty):
        labels = partition(found.gold.features, least_evidence=least, neighbours=NEIGHBOURS)
    return found.gold.score(labels).f1


def _row(name: str, values: list[float]) -> str:
    return f"| {name} | {' | '.join(f'{value:.3f}' for value in values)} | {np.mean(values):.3f} |"


if __name__ == "__main__":
    main()
